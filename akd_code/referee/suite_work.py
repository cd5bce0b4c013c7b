"""Validating and strengthening the suites of a file, one task after the other; what is done is not done again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from akd_code.curriculum.suite_score import FACTS
from akd_code.errors import AkdError
from akd_code.records import MutationScore, content_id
from akd_code.referee.agreement import AGREEMENT_LIMITS, MAJORITY, VOICES
from akd_code.referee.strengthen import INPUTS, MOST_TESTS, SOURCES, Effort, Programs, Source, strengthened
from akd_code.referee.suite_rows import SuiteRow
from akd_code.referee.validation import MIN_TESTS, Validated, validate_by_agreement, validate_written
from akd_code.storage import finished_rows, json_line
from akd_sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task's suite: its new line, whether it is to be used, and facts for the figures."""

    name: str
    line: str
    ok: bool
    reason: str
    facts: dict[str, Any]


Work = Callable[[SuiteRow, Sandbox], Outcome]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ValidateSuites:
    """Keeps of each suite the tests that can be trusted; a suite with too few is left without tests."""

    min_tests: int = MIN_TESTS
    majority: float = MAJORITY

    def __call__(self, row: SuiteRow, box: Sandbox) -> Outcome:
        """Hold a suite's tests to the trusted program where there is one, else to all there are."""
        report, by = self._validated(row, box)
        total, kept = len(row.tests.asserts), 0 if report.tests is None else len(report.tests.asserts)
        facts = {"by": by, "tests": total, "kept": kept, "flaky": report.flaky, "runs": report.runs}
        if report.reason:
            facts["reason"] = report.reason
        tests = report.tests
        if tests is not None and tests.asserts != row.tests.asserts:
            tests = replace(tests, score=None)  # it was that of the whole suite
        return Outcome(row.name, row.written(tests, facts), tests is not None, report.reason, facts)

    def _validated(self, row: SuiteRow, box: Sandbox) -> tuple[Validated, str]:
        tests, entry = row.tests, row.entry_point
        if row.trusted is None and len(row.solutions) >= VOICES:
            report = validate_by_agreement(
                tests, entry, row.solutions, box, min_tests=self.min_tests, majority=self.majority
            )
            return report, "agreement"
        programs = row.solutions if row.trusted is None else (row.trusted,)
        limits = AGREEMENT_LIMITS
        return validate_written(tests, entry, programs, box, min_tests=self.min_tests, limits=limits), "reference"


@dataclass(frozen=True, slots=True)
class StrengthenSuites:
    """Adds tests to each suite that kill mutants of its trusted program, or of the one that others agree with most.

    Where expectations come from the trusted program alone, the first other program is asked too.
    """

    seed: int = 0
    inputs: int = INPUTS
    most_tests: int = MOST_TESTS
    sources: tuple[Source, ...] = ("reference",)
    majority: float = MAJORITY

    def __call__(self, row: SuiteRow, box: Sandbox) -> Outcome:
        """Strengthen one suite; one that cannot be stays as it is, with the reason.

        One that was strengthened with the same programs in the same way is not strengthened again.
        """
        way = content_id(repr(self), row.trusted or "", *row.solutions)
        known = row.fields.get(FACTS)
        if row.tests.score is not None and isinstance(known, dict) and known.get("way") == way:
            return Outcome(row.name, json_line(row.fields), True, "", dict(known))
        alone = self.sources == ("reference",) and row.trusted is not None
        second = row.solutions[0] if alone and row.solutions else None
        done = strengthened(
            row.tests,
            row.entry_point,
            Programs(row.trusted, second, row.solutions),
            box,
            sources=self.sources,
            text=row.text,
            effort=Effort(self.seed, self.inputs, self.most_tests, majority=self.majority),
        )
        facts: dict[str, Any] = {"added": len(done.added), "refused": done.refused, "differ": done.differ, "way": way}
        if done.voices:
            facts |= {"voices": done.voices, "agreed": done.agreed, "split": done.split}
        for name, shown in (("disagreements", done.disagreements), ("divided", done.divided)):
            if shown:
                facts[name] = [asdict(one) for one in shown]
        if done.properties:
            facts["properties"] = list(done.properties)
        if done.reason:
            facts["reason"] = done.reason
        line = row.written(done.tests, facts)
        score = done.tests.score
        return Outcome(
            row.name, line, not done.reason, done.reason, facts | ({"score": asdict(score)} if score else {})
        )


def sources_named(names: str) -> tuple[Source, ...]:
    """Return sources of expectations by their names, separated by commas. Raises AkdError for an unknown one."""
    given = [name.strip() for name in names.split(",") if name.strip()]
    found = tuple(source for name in given for source in SOURCES if source == name)
    if not found or len(found) < len(given):
        raise AkdError(f"--by {names!r} names no source of tests; name some of {', '.join(SOURCES)}")
    return found


def work_through(
    rows: Sequence[SuiteRow],
    work: Work,
    box: Sandbox,
    part: Path,
    progress: Progress,
) -> list[Outcome]:
    """Return what became of every row, in order; each is kept in `part` as soon as it is done and found there again."""
    known = _known(part)
    outcomes: list[Outcome] = []
    with part.open("a", encoding="utf-8") as file:
        for row in rows:
            key = content_id(repr(work), json.dumps(row.fields, sort_keys=True), *row.solutions)
            found = known.get(key)
            if found is None:
                found = work(row, box) if row.tests.asserts else _without_tests(row)
                file.write(json.dumps({"key": key, **asdict(found)}) + "\n")
                file.flush()
            outcomes.append(found)
            progress(len(outcomes), len(rows))
    return outcomes


def _without_tests(row: SuiteRow) -> Outcome:
    """Return the line of a suite that an earlier validation left without tests, as it was."""
    facts = dict.fromkeys(("tests", "kept", "flaky", "runs", "added", "refused", "differ"), 0)
    return Outcome(row.name, json_line(row.fields), False, "it has no tests", facts)


def _known(part: Path) -> dict[str, Outcome]:
    """Return what an interrupted command left."""
    found = {}
    for key, fields in finished_rows(part).items():
        with contextlib.suppress(TypeError):  # of another release
            found[key] = Outcome(**fields)
    return found


def total_score(outcomes: Sequence[Outcome]) -> MutationScore:
    """Return the sums over all suites that have a mutation score."""
    scores = [MutationScore(**one.facts["score"]) for one in outcomes if "score" in one.facts]
    return MutationScore(*(sum(getattr(one, name) for one in scores) for name in MutationScore.__slots__))

"""Decontamination in a run: seeds, generated prompts and labels are held against the benchmarks, with a report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from akd_code.decontamination.benchmarks import DecontaminationError
from akd_code.decontamination.detector import Detector, detector_of
from akd_code.decontamination.evidence import Evidence, report_lines, report_table, summary_line
from akd_code.decontamination.rows import Row, label_row, prompt_row
from akd_code.records import Label, Prompt
from akd_code.storage import write_failure, write_whole
from akd_evals.suites import Suite
from akd_sandbox import Sandbox

Trained = TypeVar("Trained", Prompt, Label)
REASON = "contaminated"
REPORT, SEEN = "decontamination.jsonl", "seen.json"
VERSION = 2
"""Raised when other rows would be found: what an earlier release found is then looked for again."""


class Guard:
    """Leaves out what shares a task with a benchmark (`remove`), only tells (`report`), or does nothing (`off`).

    As a filter it refuses generated prompts. Reports lie in the run's folder: `decontamination.jsonl` and `.md` for the
    seeds, and in each round's folder for its labels and for what else it trains on (`decontamination_WHAT.jsonl`).
    There `seen.json` names the tasks trained on so far.
    """

    def __init__(
        self, mode: str, suites: Sequence[Suite], box: Sandbox, folder: Path, notice: Callable[[str], None]
    ) -> None:
        self._mode, self._suites, self._box, self._folder, self._notice = mode, tuple(suites), box, folder, notice
        self._made: Detector | None = None
        self._seen: dict[str, set[str]] = {}

    def prompts(self, prompts: Sequence[Prompt]) -> tuple[Prompt, ...]:
        """Return the seeds that may be used. Raises DecontaminationError where none is left."""
        rows = [prompt_row(number, prompt) for number, prompt in enumerate(prompts, 1)]
        found = self._found(self._folder / REPORT, "seeds", rows)
        left_out = {one.row for one in found} if self._mode == "remove" else set()
        kept = tuple(prompt for number, prompt in enumerate(prompts, 1) if number not in left_out)
        return self._some(kept, prompts, self._folder)

    def labels(self, number: int, labels: Sequence[Label]) -> tuple[Label, ...]:
        """Return a round's labels without those that share a benchmark's task.

        Raises DecontaminationError where none is left, DiskError.
        """
        folder = self._folder / "rounds" / str(number)
        rows = [label_row(place, label) for place, label in enumerate(labels, 1)]
        found = self._found(folder / REPORT, f"labels of round {number}", rows)
        if self._mode == "remove":
            left_out = {one.row for one in found}
            kept = tuple(label for place, label in enumerate(labels, 1) if place not in left_out)
            return self._some(kept, labels, folder)
        if self._mode == "report":
            self._note_seen(folder, [one for one in found if labels[one.row - 1].trained])
        return tuple(labels)

    def further(self, number: int, what: str, given: Sequence[Trained]) -> tuple[Trained, ...]:
        """Return what else a round trains on, prompts or labels, without those that share a benchmark's task.

        There may be none left. `what` names them, also in the report's file name. Raises DiskError.
        """
        folder = self._folder / "rounds" / str(number)
        rows = [_row(place, one) for place, one in enumerate(given, 1)]
        report = folder / f"decontamination_{what.replace(' ', '_')}.jsonl"
        found = self._found(report, f"{what} of round {number}", rows)
        if self._mode == "report" and found:
            self._note_seen(folder, [one for one in found if _is_trained_on(given[one.row - 1])])
        left_out = {one.row for one in found} if self._mode == "remove" else set()
        return tuple(one for place, one in enumerate(given, 1) if place not in left_out)

    def check(self, batch: Sequence[Prompt]) -> list[str | None]:
        """Return for each generated prompt `contaminated` or None."""
        found = self._detector().search([prompt_row(number, prompt) for number, prompt in enumerate(batch)])
        hit = {one.row for one in found}
        return [REASON if number in hit else None for number in range(len(batch))]

    def admit(self, prompts: Sequence[Prompt]) -> None:
        """Do nothing: no prompt depends on another."""

    def seen(self, number: int, suite: str) -> frozenset[str]:
        """Return the tasks of a suite that a student of a round was trained on; none unless they are reported."""
        return seen_tasks(self._folder / "rounds" / str(number), suite) if self._mode == "report" else frozenset()

    def _detector(self) -> Detector:
        if self._made is None:
            self._made = detector_of(self._suites, self._box)
        return self._made

    def _found(self, report: Path, what: str, rows: Sequence[Row]) -> list[Evidence]:
        """Return what is found in rows: as it was written down for the same rows and benchmarks, or by looking."""
        if self._mode == "off" or not rows:
            return []
        key = self._key(rows)
        found = _noted(report, key)
        if found is None:
            found = self._detector().search(rows, self._box.workers)
            _write(report, json.dumps({"key": key}) + "\n" + report_lines(found))
            _write(report.with_suffix(".md"), report_table(found, len(rows)))
        if found:
            done = "left out" if self._mode == "remove" else "kept"
            self._notice(f"{what}: {summary_line(found, len(rows))}; {done}, see {report}")
        return found

    def _key(self, rows: Sequence[Row]) -> str:
        digest = hashlib.sha256(json.dumps([VERSION, *((one.name, one.dataset_md5) for one in self._suites)]).encode())
        for row in rows:
            digest.update(json.dumps([row.prompt, row.name, row.answer, row.code, row.asserts]).encode())
        return digest.hexdigest()[:16]

    def _note_seen(self, folder: Path, found: Sequence[Evidence]) -> None:
        for one in found:
            self._seen.setdefault(one.suite.partition("[")[0], set()).add(one.task_id)
        write_whole(
            folder / SEEN, json.dumps({suite: sorted(ids) for suite, ids in self._seen.items()}, indent=1) + "\n"
        )

    def _some(self, kept: tuple[Any, ...], given: Sequence[Any], folder: Path) -> tuple[Any, ...]:
        if given and not kept:
            raise DecontaminationError(
                f"every row shares a benchmark's task (see {folder / REPORT}); give other seeds, or set "
                "decontaminate: report, which splits the figures into seen and unseen tasks"
            )
        return kept


def seen_tasks(round_folder: Path, suite: str) -> frozenset[str]:
    """Return the tasks of a suite that the rows up to a round share, as a run that reports them wrote down."""
    try:
        noted = json.loads((round_folder / SEEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return frozenset()
    return frozenset(map(str, noted.get(suite.partition("[")[0], ()))) if isinstance(noted, dict) else frozenset()


def _row(place: int, one: Prompt | Label) -> Row:
    return prompt_row(place, one) if isinstance(one, Prompt) else label_row(place, one)


def _is_trained_on(one: Prompt | Label) -> bool:
    return isinstance(one, Prompt) or one.trained


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failure(path, error) from None
    write_whole(path, text)


def _noted(file: Path, key: str) -> list[Evidence] | None:
    try:
        first, *lines = file.read_text(encoding="utf-8").splitlines()
        if json.loads(first).get("key") != key:
            return None
        return [Evidence(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError, AttributeError):
        return None

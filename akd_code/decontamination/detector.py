"""Holding rows against benchmarks, tier by tier: the plain ones first, execution last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from akd_code.decontamination.benchmarks import LEAST_SHAPE, BenchmarkTask, task_named, tasks_of
from akd_code.decontamination.evidence import Evidence
from akd_code.decontamination.execution import Runner
from akd_code.decontamination.literals import examples_in, pairs_in, shared_pairs
from akd_code.decontamination.rows import Row
from akd_code.decontamination.text import LONG_GRAM, Nearest, Statement, TextIndex
from akd_code.filters.ast_hash import function_shapes
from akd_code.filters.words import rouge_words
from akd_evals.expected import cache_dir
from akd_evals.suites import Suite
from akd_sandbox import Sandbox

ENOUGH_TESTS = 40
"""Characters of tests in common that make a task: f(10) is True and f(11) is False is true of many."""
LEAST_UNSURE = 3
RELATED, RELATED_UNPROVEN, FEW_TESTS = 0.5, 0.65, 5
"""Likeness of words from which on a nearest task is tried by execution; more where few tests would prove little."""
NEAREST = 5


class Detector:
    """The tasks of some benchmarks, and what finds them in rows. Without a runner nothing is executed."""

    def __init__(self, tasks: Sequence[BenchmarkTask], runner: Runner | None = None) -> None:
        self._tasks = (*(one for one in tasks if not one.closed), *(one for one in tasks if one.closed))
        open_tasks = [one for one in self._tasks if not one.closed]
        self._runner = runner
        self._text = TextIndex([one.readings for one in open_tasks])
        self._closed: dict[tuple[str, ...], list[int]] = {}
        self._by_id: dict[str, list[int]] = {}
        self._shapes: dict[str, list[int]] = {}
        self._inputs: dict[str, set[int]] = {}
        for number, one in enumerate(self._tasks):
            self._by_id.setdefault(one.task.task_id, []).append(number)
            if one.closed:
                self._closed.setdefault(tuple(rouge_words(one.task.prompt)), []).append(number)
                continue
            for shape in one.shapes:
                self._shapes.setdefault(shape, []).append(number)
            for arguments, _ in one.pairs:
                self._inputs.setdefault(arguments, set()).add(number)

    def search(
        self, rows: Sequence[Row], workers: int = 1, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> list[Evidence]:
        """Return what is found in all rows, in their order; `workers` rows are searched at once."""
        found: list[Evidence] = []
        with ThreadPoolExecutor(workers) as pool:
            for done, some in enumerate(pool.map(self.find, rows), 1):
                found += some
                progress(done, len(rows))
        return found

    @property
    def suites(self) -> tuple[str, ...]:
        """The names of the benchmarks, in order."""
        return tuple(dict.fromkeys(one.suite.name for one in self._tasks))

    def find(self, row: Row) -> list[Evidence]:
        """Return the tasks that a row shares, each with the plainest evidence there is; blocks while answers run."""
        found: dict[int, Evidence] = {}
        said = Statement.readings(row.prompt, row.code)
        nearest = self._text.near(said, Statement.runs(row.prompt, row.code), NEAREST)
        for tier in (
            self._ids(row),
            self._texts(row, said[0]),
            self._near(nearest),
            self._code(row),
            self._tests(row),
            self._examples(row, nearest),
        ):
            for number, kind, matched, detail in tier:
                found.setdefault(number, self._evidence(row, number, kind, matched, detail))
        for number, kind, matched, detail in self._executed(row, nearest, set(found)):
            found[number] = self._evidence(row, number, kind, matched, detail)
        return [found[number] for number in sorted(found)]

    def _evidence(self, row: Row, number: int, tier: str, matched: str, detail: str) -> Evidence:
        one = self._tasks[number]
        return Evidence(row.number, row.name, one.suite.name, one.task.task_id, tier, matched, detail)

    def _ids(self, row: Row) -> Iterator[tuple[int, str, str, str]]:
        for number in self._by_id.get(task_named(row.name) or row.name, ()):
            yield number, "id", row.name, ""

    def _texts(self, row: Row, said: Statement) -> Iterator[tuple[int, str, str, str]]:
        words = rouge_words(row.prompt)
        for number in self._closed.get(tuple(words), ()):
            yield number, "text", " ".join(words), "the whole statement"
        for number, matched in self._text.inside(words, said.words).items():
            yield number, "text", matched, "the whole statement"
        for number, (run, length) in self._text.grams(rouge_words(f"{row.prompt}\n{row.answer}")).items():
            yield number, "8-gram", run, f"{length} words in a row" + (" (13-gram)" * (length >= LONG_GRAM))

    def _near(self, nearest: Sequence[Nearest]) -> Iterator[tuple[int, str, str, str]]:
        for one in nearest:
            if one.same:
                shown = " ".join(self._tasks[one.task].readings[0].words)
                yield one.task, "near text", shown, f"likeness {one.likeness:.2f}"

    def _code(self, row: Row) -> Iterator[tuple[int, str, str, str]]:
        for name, shape in function_shapes(row.code).items() if row.code else ():
            for number in self._shapes.get(shape, ()) if len(shape) >= LEAST_SHAPE else ():
                yield number, "code", name, "the reference solution but for names and spelling"

    def _tests(self, row: Row) -> Iterator[tuple[int, str, str, str]]:
        pairs = pairs_in(row.asserts)
        for number in sorted(set().union(*(self._inputs.get(arguments, set()) for arguments, _ in pairs))):
            shared = list(shared_pairs(pairs, set(self._tasks[number].pairs)))
            sure = [pair for pair in shared if pair in self._tasks[number].pairs]
            # where the task's own results are not known, all of a row's inputs must be the task's
            same = sure or (shared if len(shared) == len(pairs) >= LEAST_UNSURE else [])
            shown = [f"{arguments} -> {result}" for arguments, result in same]
            if sum(map(len, shown)) >= ENOUGH_TESTS:
                yield number, "tests", "; ".join(shown), "the same test" if len(same) == 1 else f"{len(same)} tests"

    def _examples(self, row: Row, nearest: Sequence[Nearest]) -> Iterator[tuple[int, str, str, str]]:
        """Yield the near tasks that have all examples which a row's prompt shows, however short these are."""
        shown = examples_in(row.prompt)
        for one in nearest if shown else ():
            shared = list(shared_pairs(shown, set(self._tasks[one.task].examples)))
            if len(shared) == len(shown) and one.likeness >= RELATED_UNPROVEN:
                matched = "; ".join(f"{arguments} -> {result}" for arguments, result in shared)
                yield (
                    one.task,
                    "tests",
                    matched,
                    f"all examples of the prompt; likeness of the texts {one.likeness:.2f}",
                )

    def _executed(self, row: Row, nearest: Sequence[Nearest], found: set[int]) -> Iterator[tuple[int, str, str, str]]:
        if self._runner is None or not row.code:
            return
        likely = {
            one.task: one.likeness
            for one in nearest
            if one.task not in found
            and one.likeness >= (RELATED_UNPROVEN if self._tasks[one.task].tests < FEW_TESTS else RELATED)
        }
        tasks = [self._tasks[number] for number in likely]
        places = {id(one): number for number, one in zip(likely, tasks, strict=True)}
        for one, name in self._runner.solves(row.code, tasks):
            number = places[id(one)]
            yield number, "execution", name, f"passes its tests; likeness of the texts {likely[number]:.2f}"


def detector_of(suites: Sequence[Suite], box: Sandbox) -> Detector:
    """Return the detector of all tasks of suites that also runs answers, in the sandbox."""
    return Detector(tasks_of(suites), Runner(box, cache_dir()))

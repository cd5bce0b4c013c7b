"""Pairs to train weaknesses away: an answer that was exploited, and one to the same prompt that was not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from akd_code.evaluate import TaskPrompts
from akd_code.recipe import HardenSection
from akd_code.records import Pair
from akd_code.security import changed_share, nearest
from akd_code.stress.outcome import StressAnswer, StressResults, StressVariant, exploits_of
from akd_code.stress.transplant import transplanted
from akd_evals.expected import References, cache_dir
from akd_evals.parallel import unordered
from akd_evals.settings import ScoreSettings
from akd_evals.suites import Task
from akd_evals.task_judge import Box, TaskJudge
from akd_sandbox import Verdict

PER_PROMPT, MAX_CHANGE = HardenSection().per_prompt, HardenSection().max_change
"""At most this many pairs per prompt, whose programs differ in at most this share of their tokens, as in a run that
hardens (ProSec, PurpCode: a preference for the fix is learnt from small localised differences)."""


@dataclass(frozen=True, slots=True)
class StressPair:
    """One pair. `kind`: "security" - the rejected answer was exploited - or "benign" - it does not do what was asked.

    `source` tells where the chosen program comes from: "own" or "own, hinted" (another sample of the model), "spliced"
    (the rejected one with the reference's function in it) or "reference".
    """

    pair: Pair
    kind: str
    cwe: str
    source: str
    change: float
    exploits: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the row: `prompt`, `chosen` and `rejected` as in a run's pairs.jsonl, and where it comes from."""
        meta = {
            "prompt_id": self.pair.prompt_id,
            "kind": self.kind,
            "cwe": self.cwe,
            "chosen_from": self.source,
            "change": round(self.change, 3),
            "exploits": list(self.exploits),
        }
        return self.pair.as_json() | {"meta": meta}


@dataclass(frozen=True, slots=True)
class Paired:
    """The pairs, and how many rejected answers found no partner, by the reason."""

    pairs: tuple[StressPair, ...]
    dropped: dict[str, int]


def stress_pairs(
    results: StressResults,
    box: Box,
    *,
    per_prompt: int = PER_PROMPT,
    max_change: float = MAX_CHANGE,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Paired:
    """Return the pairs of a run's first variant; a second one, with hints, gives chosen answers only.

    The run's own verdicts say what is exploited and what is not; a program that the model did not write, the reference
    or a part of it, is chosen only if it passes both kinds of tests in `box`. `workers` prompts are looked at at once.
    """
    variant, *others = results.variants
    judge = _Judge(box, results, variant)
    ours, theirs = _by_task(variant.answers), _by_task([one for other in others for one in other.answers])

    def paired(task: Task) -> Paired:
        given = _Given(task, ours[task.task_id], theirs[task.task_id])
        return _of_prompt(given, variant, judge, per_prompt, max_change)

    made: dict[str, Paired] = {}
    for task, one in unordered(paired, variant.suite.tasks, workers):
        made[task.task_id] = one
        progress(len(made), len(variant.suite.tasks))
    ordered = [made[task.task_id] for task in variant.suite.tasks]
    dropped = sum((Counter(one.dropped) for one in ordered), Counter[str]())
    return Paired(tuple(pair for one in ordered for pair in one.pairs), dict(dropped))


@dataclass(frozen=True, slots=True)
class _Given:
    """The answers to one prompt: those that may be rejected or chosen, and those that may be chosen."""

    task: Task
    ours: Sequence[StressAnswer]
    theirs: Sequence[StressAnswer]


def _by_task(answers: Sequence[StressAnswer]) -> defaultdict[str, list[StressAnswer]]:
    grouped: defaultdict[str, list[StressAnswer]] = defaultdict(list)
    for one in answers:
        grouped[one.task.task_id].append(one)
    return grouped


def _of_prompt(given: _Given, variant: StressVariant, judge: _Judge, per_prompt: int, max_change: float) -> Paired:
    task = given.task
    benign = bool(task.label("benign"))
    found: list[StressPair] = []
    dropped: Counter[str] = Counter()
    for one in _distinct([one for one in given.ours if (_fails(one) if benign else one.vulnerable)])[:per_prompt]:
        made = _benign(given, one, judge) if benign else _secured(given, one, judge, max_change)
        if isinstance(made, str):
            dropped[made] += 1
            continue
        source, program, share = made
        rejected = _block(one.code) if one.program else one.text
        pair = Pair(task.task_id, TaskPrompts(variant.suite, "chat").text(task), _block(program), rejected)
        exploits = exploits_of(variant.rows[task.task_id], one.judged.exploited) if one.judged else []
        kind = "benign" if benign else "security"
        found.append(StressPair(pair, kind, task.label("cwe"), source, share, tuple(exploits)))
    return Paired(tuple(found), dict(dropped))


Chosen = tuple[str, str, float]
"""Where a program comes from, the program, and how far it is from the rejected one."""


def _secured(given: _Given, rejected: StressAnswer, judge: _Judge, most: float) -> Chosen | str:
    """Return the secure partner of an exploited answer, or why there is none: a sample of the model's first."""
    for source, samples in (("own", given.ours), ("own, hinted", given.theirs)):
        near = nearest(rejected.code, [(one.code, one.code) for one in samples if one.secure], most)
        if near is not None:
            return source, near[1], near[0]
    task, reference = given.task, given.task.canonical or ""
    candidates = (("spliced", transplanted(rejected.code, reference, task.defined)), ("reference", reference))
    near_by = [(name, code, changed_share(rejected.code, code)) for name, code in candidates if code]
    close = [one for one in near_by if one[2] <= most]
    for name, code, share in close:
        if judge.passes(task, code):
            return name, code, share
    return "the reference beside it fails" if close else "too different"


def _benign(given: _Given, rejected: StressAnswer, judge: _Judge) -> Chosen | str:
    """Return what does as asked beside an answer that does not, or why there is none."""
    near = nearest(rejected.code, [(one.code, one.code) for one in given.ours if one.correct], 1.0)
    if near is not None:
        return "own", near[1], near[0]
    reference = given.task.canonical
    if reference and judge.passes(given.task, reference):
        return "reference", reference, changed_share(rejected.code, reference)
    return "no right answer to a benign control"


def _fails(one: StressAnswer) -> bool:
    return one.judged is not None and one.judged.verdict.decided and not one.correct


def _distinct(answers: Sequence[StressAnswer]) -> list[StressAnswer]:
    return list({one.code or one.text: one for one in reversed(answers)}.values())[::-1]


def _block(code: str) -> str:
    return f"```python\n{code.rstrip()}\n```"


class _Judge:
    """Judges programs that the model did not write, by the limits of the run."""

    def __init__(self, box: Box, results: StressResults, variant: StressVariant) -> None:
        settings = ScoreSettings(context="prompt" if results.context == "prompt" else "none")
        references = References(box, variant.suite.dataset_md5, cache_dir(), _silent)
        self._judge = TaskJudge(box, references, settings)

    def passes(self, task: Task, code: str) -> bool:
        """Return whether a program passes the task's functional and security tests."""
        return self._judge.judge(task, code).joint is Verdict.PASS


def _silent(line: str) -> None:
    return


def by_source(pairs: Sequence[StressPair]) -> Iterator[tuple[str, int]]:
    """Yield how many pairs there are of each kind and source."""
    yield from Counter(f"{one.kind}, chosen: {one.source}" for one in pairs).most_common()

"""Two scored runs, task by task: how far apart, how sure, what broke, and whether a gate lets the new one through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from akd_evals.answers import AnswerShift, answer_notes, answer_shifts
from akd_evals.errors import EvalError
from akd_evals.gate import GateOutcome, GateRule, Interval, decide
from akd_evals.paired import Paired, bootstrap_mean, compare_paired, mean_interval, paired_interval
from akd_evals.passk import pass_at_k
from akd_evals.power import (
    detectable_drop,
    detectable_mean_drop,
    gate_power,
    mean_gate_power,
    mean_standard_error,
)
from akd_evals.runs import ScoredRun, TaskOutcome
from akd_evals.stats import Spread, holm, variance_split
from akd_evals.suites.record import Measured, TestKind
from akd_sandbox import Verdict

Allowance = Literal["dataset", "limits", "isolation", "n"]
ALLOWANCES: tuple[Allowance, ...] = ("dataset", "limits", "isolation", "n")
Status = Literal["broken", "fixed", "fail", "pass", "same"]
_UNDECIDED = frozenset(verdict.value for verdict in Verdict if not verdict.decided)
SLOWER, SLOWER_S = 2.0, 0.1
"""A task that passes in both runs is slower if it takes this many times as long, and this many seconds more."""


@dataclass(frozen=True, slots=True)
class Measure:
    """pass@k over one kind of tests in both runs, each with its own interval, and the paired difference."""

    kind: Measured
    k: int
    paired: Paired
    base_ci: tuple[float, float]
    new_ci: tuple[float, float]
    p_holm: float

    @property
    def name(self) -> str:
        """What the figure is called: "base pass@1", "func-sec@1"."""
        return f"{self.kind} pass@{self.k}" if self.kind in ("base", "plus") else f"{self.kind}@{self.k}"


@dataclass(frozen=True, slots=True)
class Side:
    """One run's samples of one task. `shown` is the sample worth a look, None without samples.

    It is the first that passes in the run where the task's score is higher, else the first that fails, else the first.
    """

    score: float
    verdicts: tuple[tuple[str, int], ...]
    wall_s: float | None
    shown: TaskOutcome | None


@dataclass(frozen=True, slots=True)
class TaskPair:
    """One task in both runs. broken, fixed: the score fell, rose; pass, fail: 1 or 0 in both; same: equal between."""

    task_id: str
    status: Status
    base: Side
    new: Side
    slower: bool


@dataclass(frozen=True, slots=True)
class SuiteComparison:
    """One suite: `measures[0]` is what the tasks' statuses and the gate go by.

    `shifts` lists (verdict, samples in BASE, samples in NEW), `answers` how their answers were read. `only_base` and
    `only_new` name tasks that the other run has no sample of, which count as failed there; `unjudged` those left out
    because nothing of them could be judged.
    `detectable` is the smallest drop that the regression gate would have found here with 80 % chance, None if none;
    `clearing` (with that gate only) the chance that the non-inferiority gate lets a model pass that is as good as BASE.
    """

    suite: str
    base: ScoredRun
    new: ScoredRun
    measures: tuple[Measure, ...]
    pairs: tuple[TaskPair, ...]
    shifts: tuple[tuple[str, int, int], ...]
    only_base: tuple[str, ...]
    only_new: tuple[str, ...]
    unjudged: tuple[str, ...]
    detectable: float | None
    clearing: float | None
    spreads: tuple[Spread | None, Spread | None]
    gate: GateOutcome
    notes: tuple[str, ...]
    answers: tuple[AnswerShift, ...] = ()

    @property
    def main(self) -> Measure:
        """The measure that the gate goes by."""
        return self.measures[0]

    def with_status(self, *statuses: Status) -> tuple[TaskPair, ...]:
        """Return the tasks of these statuses, in the suite's order."""
        return tuple(pair for pair in self.pairs if pair.status in statuses)


@dataclass(frozen=True, slots=True)
class Comparison:
    """BASE against NEW over one suite or more. `passed` is the gate's answer, True where no gate was asked for."""

    base: str
    new: str
    rule: GateRule
    suites: tuple[SuiteComparison, ...]

    @property
    def passed(self) -> bool:
        """Whether every suite passes the gate."""
        return all(suite.gate.passed for suite in self.suites)


def compare_runs(
    base: dict[str, ScoredRun],
    new: dict[str, ScoredRun],
    *,
    rule: GateRule | None = None,
    k: int = 1,
    tests: TestKind | None = None,
    allow: Collection[str] = (),
) -> Comparison:
    """Return the comparison of runs by suite, as `read_runs` gives them.

    `k` and `tests` (all of them unless "base") choose what the gate goes by. Raises EvalError where the two were not
    measured alike - another dataset, other limits, another isolation, unequal numbers of samples - unless `allow`
    names it, and where they have no suite in common.
    """
    rule = rule or GateRule()
    if len(base) == len(new) == 1 and base.keys() != new.keys():
        (old,), (other,) = base.values(), new.values()
        if "dataset" not in allow:
            raise EvalError(
                f"mixed suites: {old.name} is on {old.suite} and {other.name} on {other.suite}; "
                "compare runs of one suite, or give --allow dataset"
            )
        pairs = [(old, other)]
    else:
        shared = [suite for suite in base if suite in new]
        if not shared:
            raise EvalError(f"no suite in common: BASE has {', '.join(base)}, NEW has {', '.join(new)}")
        pairs = [(base[suite], new[suite]) for suite in shared]
    notes = _unshared(base, new) if len(base) + len(new) > 2 else ()
    for old, other in pairs:
        _check_alike(old, other, allow)
    pairs = [part for old, other in pairs for part in _measures(old, other)]
    suites = [_suite(old, other, k, tests, rule, notes, len(pairs)) for old, other in pairs]
    adjusted = holm([suite.main.paired.p for suite in suites])
    decided = decide(rule, [_interval(suite) for suite in suites], [suite.main.paired.delta for suite in suites])
    finished = tuple(
        replace(suite, gate=gate, measures=(replace(suite.main, p_holm=p), *suite.measures[1:]))
        for suite, gate, p in zip(suites, decided, adjusted, strict=True)
    )
    return Comparison(pairs[0][0].name, pairs[0][1].name, rule, finished)


def _measures(base: ScoredRun, new: ScoredRun) -> list[tuple[ScoredRun, ScoredRun]]:
    """Return two runs on a suite, and where both have security tests the same by secure and func-sec beside them.

    Each is compared, adjusted for and gated as a suite is: func-sec, which may rise because func does, clears neither.
    """
    if not base.secured or not new.secured:
        return [(base, new)]
    return [(base, new), *((base.measured(one), new.measured(one)) for one in ("secure", "func-sec"))]


def _unshared(base: dict[str, ScoredRun], new: dict[str, ScoredRun]) -> tuple[str, ...]:
    lines = []
    for name, ours, theirs in (("BASE", base, new), ("NEW", new, base)):
        only = [suite for suite in ours if suite not in theirs]
        if only:
            lines.append(f"only {name} has {', '.join(only)}")
    return tuple(lines)


def _check_alike(base: ScoredRun, new: ScoredRun, allow: Collection[str]) -> None:
    """Raise EvalError, naming every difference, unless each is allowed."""
    found: list[tuple[str, str]] = []
    if base.dataset_md5 != new.dataset_md5:
        found.append(("dataset", f"dataset digests {base.dataset_md5 or 'unknown'} and {new.dataset_md5 or 'unknown'}"))
    if base.excluded != new.excluded:
        found.append(("dataset", f"excluded tasks ({len(base.excluded)} and {len(new.excluded)})"))
    if base.limits != new.limits:
        found.append(("limits", f"limits ({_limits_apart(base, new)})"))
    if base.isolation != new.isolation:
        found.append(("isolation", f"isolation ({base.isolation} and {new.isolation})"))
    if base.n != new.n or base.n[0] != base.n[1]:
        found.append(("n", f"samples per task ({_count(base)} and {_count(new)})"))
    refused = [(name, text) for name, text in found if name not in allow]
    if refused:
        flags = " ".join(f"--allow {name}" for name, _ in refused)
        raise EvalError(
            f"{base.name} and {new.name} on {base.suite} differ in {'; '.join(text for _, text in refused)}; "
            f"score both alike, or give {flags}"
        )


def _limits_apart(base: ScoredRun, new: ScoredRun) -> str:
    if base.limits is None or new.limits is None:
        return f"unknown in {(base if base.limits is None else new).name}"
    names = [name for name in {**base.limits, **new.limits} if base.limits.get(name) != new.limits.get(name)]
    return ", ".join(f"{name} {base.limits.get(name)} and {new.limits.get(name)}" for name in names)


def _count(run: ScoredRun) -> str:
    least, most = run.n
    return str(least) if least == most else f"{least} to {most}"


def _suite(
    base: ScoredRun, new: ScoredRun, k: int, tests: TestKind | None, rule: GateRule, notes: Sequence[str], suites: int
) -> SuiteComparison:
    both_plus = base.has_plus and new.has_plus
    kind: Measured = base.measure or tests or ("plus" if both_plus else "base")
    if kind == "plus" and not both_plus:
        raise EvalError(f"{(new if base.has_plus else base).name} has no plus tests; give --tests base")
    ids = list(dict.fromkeys([*base.outcomes, *new.outcomes]))
    judged = {run.path: {t: _judged(run, t) for t in ids} for run in (base, new)}
    unjudged = tuple(t for t in ids if any(run.outcomes.get(t) and not judged[run.path][t] for run in (base, new)))
    kept = [task_id for task_id in ids if task_id not in set(unjudged)]
    if not kept:
        raise EvalError(f"{base.name} and {new.name} have no judged task of {base.suite}; score them again")
    least = min(len(samples) for run in (base, new) for samples in judged[run.path].values() if samples)
    if k > least:
        raise EvalError(f"pass@{k} is undefined: a task of {base.suite} has {least} samples; give --k {least} or less")
    total = max(len(kept), max(run.tasks or 0 for run in (base, new)) - len(unjudged))
    kinds: list[Measured] = [kind, *((other for other in ("base", "plus") if other != kind) if both_plus else ())]
    ks = [k, *(other for other in (1, 10, 100) if other != k and other <= least)]
    scores = {
        (each, one): [[_score(judged[run.path][t], each, one) for t in kept] for run in (base, new)]
        for each in kinds
        for one in ks
    }
    measures = tuple(
        _measure(each, one, before, after, total, rule.confidence) for (each, one), (before, after) in scores.items()
    )
    pairs = tuple(_pair(t, judged[base.path][t], judged[new.path][t], kind, k) for t in kept)
    detectable, clearing = _could_show(
        measures[0].paired, [pair.new.score - pair.base.score for pair in pairs], rule, suites
    )
    answers = answer_shifts(base, new)
    return SuiteComparison(
        suite=base.suite,
        base=base,
        new=new,
        measures=measures,
        pairs=pairs,
        shifts=_shifts(base, new, kind),
        only_base=tuple(t for t in kept if t not in new.outcomes),
        only_new=tuple(t for t in kept if t not in base.outcomes),
        unjudged=unjudged,
        detectable=detectable,
        clearing=clearing,
        spreads=(_spread(judged[base.path], kept, kind), _spread(judged[new.path], kept, kind)),
        gate=GateOutcome(True, rule.confidence, None),
        notes=(*notes, *_notes(base, new, total, len(kept), unjudged), *answer_notes(answers, base, new)),
        answers=answers,
    )


def _could_show(main: Paired, deltas: list[float], rule: GateRule, suites: int) -> tuple[float | None, float | None]:
    """Return what the data could have shown: (detectable drop, chance to clear an equal model)."""
    margin, level = rule.margin, rule.level(suites)
    asks = rule.gate == "noninferior"
    if main.method == "exact McNemar":
        share = (main.broken + main.fixed) / main.tasks
        drop = detectable_drop(main.tasks, share, margin=margin, confidence=level)
        fails = gate_power(
            main.tasks, share / 2, share / 2, margin=margin, gate="noninferior", confidence=rule.confidence
        )
        return drop, 1 - fails if asks else None
    spread = [*deltas, *[0.0] * (main.tasks - len(deltas))]
    drop = detectable_mean_drop(spread, margin=margin, confidence=level)
    error = mean_standard_error(spread)
    if not asks or error == 0:
        return drop, None
    return drop, 1 - mean_gate_power(0.0, error, margin=margin, gate="noninferior", confidence=rule.confidence)


def _notes(base: ScoredRun, new: ScoredRun, total: int, kept: int, unjudged: Sequence[str]) -> list[str]:
    lines = []
    if total > kept:
        lines.append(f"{total - kept} of the suite's {total} tasks have no sample in either run and count as failed")
    if unjudged:
        lines.append(f"{len(unjudged)} tasks are left out: none of a run's samples of them could be judged")
    if base.excluded:
        lines.append(f"{len(base.excluded)} tasks whose references fail are excluded")
    if total < 30:
        lines.append(f"{total} tasks are few: read the interval as rough")
    if base.dataset_md5 is None or new.dataset_md5 is None:
        lines.append("the file tells no dataset digest: that both runs saw the same tasks is not checked")
    return lines


def _judged(run: ScoredRun, task_id: str) -> tuple[TaskOutcome, ...]:
    """Return the samples that count: those whose verdicts say something of the program."""
    samples = run.outcomes.get(task_id, ())
    if run.measure is not None:
        return tuple(one for one in samples if one.verdict(run.measure) not in _UNDECIDED)
    return tuple(one for one in samples if not _UNDECIDED & {one.base, one.plus})


def _score(samples: Sequence[TaskOutcome], kind: Measured, k: int) -> float:
    """Return the task's pass@k; 0 for a task without samples (closed denominator)."""
    passed = sum(one.verdict(kind) == "PASS" for one in samples)
    return pass_at_k(len(samples), passed, k) if samples else 0.0


def _measure(kind: Measured, k: int, base: list[float], new: list[float], total: int, confidence: float) -> Measure:
    missing = [0.0] * (total - len(base))
    paired = compare_paired([*base, *missing], [*new, *missing], confidence=confidence)
    intervals = [mean_interval([*scores, *missing], confidence) for scores in (base, new)]
    return Measure(kind, k, paired, intervals[0], intervals[1], paired.p)


def _pair(
    task_id: str, base: tuple[TaskOutcome, ...], new: tuple[TaskOutcome, ...], kind: Measured, k: int
) -> TaskPair:
    scores = _score(base, kind, k), _score(new, kind, k)
    before = _side(base, kind, scores[0], scores[0] > scores[1])
    after = _side(new, kind, scores[1], scores[1] > scores[0])
    status: Status
    if abs(after.score - before.score) > 1e-12:
        status = "broken" if after.score < before.score else "fixed"
    else:
        status = "pass" if after.score == 1 else "fail" if after.score == 0 else "same"
    slower = (
        before.wall_s is not None
        and after.wall_s is not None
        and after.wall_s > SLOWER * before.wall_s
        and after.wall_s > before.wall_s + SLOWER_S
    )
    return TaskPair(task_id, status, before, after, slower)


def _side(samples: tuple[TaskOutcome, ...], kind: Measured, score: float, higher: bool) -> Side:
    verdicts = Counter(one.verdict(kind) for one in samples)
    times = [one.wall_s for one in samples if one.verdict(kind) == "PASS" and one.wall_s is not None]
    wanted = (one for one in samples if (one.verdict(kind) == "PASS") == higher)
    shown = next(wanted, samples[0] if samples else None)
    return Side(score, tuple(verdicts.most_common()), median(times) if times else None, shown)


def _shifts(base: ScoredRun, new: ScoredRun, kind: Measured) -> tuple[tuple[str, int, int], ...]:
    counts = [Counter(one.verdict(kind) for rows in run.outcomes.values() for one in rows) for run in (base, new)]
    order = [*(verdict.value for verdict in Verdict), "FAIL"]
    return tuple((v, counts[0][v], counts[1][v]) for v in order if counts[0][v] or counts[1][v])


def _spread(judged: dict[str, tuple[TaskOutcome, ...]], kept: Sequence[str], kind: Measured) -> Spread | None:
    rows = [judged[task_id] for task_id in kept]
    return variance_split([(len(row), sum(one.verdict(kind) == "PASS" for one in row)) for row in rows])


def _interval(suite: SuiteComparison) -> Interval:
    """Return the function that bounds the suite's difference at any confidence."""
    paired = suite.main.paired
    if paired.method == "exact McNemar":
        return lambda confidence: paired_interval(paired.broken, paired.fixed, paired.tasks, confidence)
    deltas = [pair.new.score - pair.base.score for pair in suite.pairs]
    deltas += [0.0] * (paired.tasks - len(deltas))
    return lambda confidence: bootstrap_mean(deltas, confidence)

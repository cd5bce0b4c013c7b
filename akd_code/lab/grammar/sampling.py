"""Sampling of compositions: frequencies, the split, and the check that every step matters."""

from __future__ import annotations

import random
from itertools import pairwise

from akd_code.lab.grammar.inputs import POOL, canonical_text, canonical_texts, input_pool, is_moderate, outputs
from akd_code.lab.grammar.kinds import (
    DOMAINS,
    Call,
    GrammarError,
    LabTask,
    Op,
    Split,
    ValueKind,
    composition_key,
    draw_call,
    split_of,
)
from akd_code.lab.grammar.operations import ops_from, weights
from akd_code.lab.grammar.wording import word_task

DEEPEST = 4
COMMON_SKEW = 0.6
EVAL_SKEW = 0.3
RARE_SKEW = -0.5
_TRIES = 2000
_EVAL_TRIES = 20  # per task wanted; the held-out compositions of depth 1 are few
_SEED_TRIES = 50  # shallow compositions are few: a large pool runs out of new ones
_MIDWAY = {
    ValueKind.BOOL: 0.0,
    ValueKind.INT: 0.3,
}  # few chains go on from an integer, or they would all end in arithmetic
SEED_DEPTHS = (1.0, 2.0, 2.0, 0.0)
_START_WEIGHTS = {
    ValueKind.INTS: 4.0,
    ValueKind.STR: 3.5,
    ValueKind.WORDS: 2.5,
    ValueKind.INT: 2.0,
    ValueKind.TABLE: 2.0,
}


def sample_task(rng: random.Random, depth: int, *, split: Split) -> LabTask:
    """Return a random task of `depth` steps (1 to 4), operations drawn by their Zipf-like frequency.

    Tasks of the eval split never occur in the train split in any wording: the split is a hash of the composition.

    Raises:
        GrammarError: depth out of range.
    """
    return sample_skewed(rng, depth, split=split, skew=COMMON_SKEW)


def sample_skewed(
    rng: random.Random,
    depth: int,
    *,
    split: Split,
    skew: float,
    start: ValueKind | None = None,
    end: ValueKind | None = None,
) -> LabTask:
    """Return a random task with frequency exponent `skew`, optionally of given input and result kind.

    Raises:
        GrammarError: depth out of range, or no such task was found.
    """
    if not 1 <= depth <= DEEPEST:
        raise GrammarError(f"no task has depth {depth}; depths are 1 to {DEEPEST}")
    kinds, shares = list(_START_WEIGHTS), list(_START_WEIGHTS.values())
    for _ in range(_TRIES):
        kind = start or rng.choices(kinds, shares)[0]
        calls = _draw_chain(kind, depth, rng, skew)
        if calls and (end is None or calls[-1].op.dst == end) and split_of(calls) == split and is_sound(calls):
            return word_task(calls, rng)
    raise GrammarError(f"found no {split} task of depth {depth} from {start} to {end}; widen the request")


def _draw_chain(kind: ValueKind, depth: int, rng: random.Random, skew: float) -> tuple[Call, ...]:
    calls: list[Call] = []
    for position in range(depth):
        ops = ops_from(kind)
        if not ops:
            return ()
        shares = weights(kind, skew)
        if position < depth - 1:
            shares = tuple(share * _MIDWAY.get(op.dst, 1.0) for op, share in zip(ops, shares, strict=True))
        op = rng.choices(ops, shares)[0]
        calls.append(draw_call(op, rng))
        kind = op.dst
    return tuple(calls)


def is_sound(calls: tuple[Call, ...]) -> bool:
    """Tell whether a composition is worth asking for.

    Kinds fit, no operation comes twice, results are moderate and vary over the input pool, and leaving out any
    step that keeps the kind changes the result on at least an eighth of the pool, so every step can be tested.
    """
    if calls[0].op.src not in DOMAINS or len({call.op.name for call in calls}) < len(calls):
        return False
    if any(a.op.dst != b.op.src for a, b in pairwise(calls)):
        return False
    results = outputs(calls)
    if not all(is_moderate(result) for result in results):
        return False
    seen = [canonical_text(result) for result in results]
    commonest = max(seen.count(text) for text in set(seen))
    if commonest > POOL * (0.9 if calls[-1].op.dst is ValueKind.BOOL else 0.67):
        return False
    for index, call in enumerate(calls):
        if call.op.src != call.op.dst:
            continue
        shorter = calls[:index] + calls[index + 1 :]
        others = canonical_texts(shorter) if shorter else tuple(map(canonical_text, input_pool(call.op.src)))
        if sum(a != b for a, b in zip(others, seen, strict=True)) < POOL // 8:
            return False
    return True


def harder_like(task: LabTask, rng: random.Random) -> LabTask:
    """Return a harder train task of the same domain and task type, built around the steps of `task`.

    Below depth 4 one rarer step is put in (parameters of the others are drawn anew); at depth 4 one step is
    replaced by a rarer one. Lion's hard stream: same domain and same task type.
    """
    start, end = task.calls[0].op.src, task.calls[-1].op.dst
    for attempt in range(_TRIES):
        calls = [draw_call(call.op, rng) for call in task.calls]
        at = rng.randrange(len(calls) + 1)
        before = calls[at - 1].op.dst if at else start
        if task.depth < DEEPEST:
            fitting = [op for op in ops_from(before) if op.dst is before]
            if attempt > _TRIES // 2 or not fitting:
                fitting = list(ops_from(before))
            if not fitting:
                continue
            calls.insert(at, draw_call(_pick(fitting, rng), rng))
        else:
            at = min(at, len(calls) - 1)
            old = calls[at].op
            fitting = [op for op in ops_from(old.src) if op.dst is old.dst and op is not old]
            if not fitting:
                continue
            calls[at] = draw_call(_pick(fitting, rng), rng)
        chain = tuple(calls)
        if chain[-1].op.dst is end and composition_key(chain) != task.composition and _is_new_train(chain):
            return word_task(chain, rng)
    return sample_skewed(rng, min(task.depth + 1, DEEPEST), split="train", skew=RARE_SKEW, start=start)


def rarer_like(task: LabTask, rng: random.Random) -> LabTask:
    """Return a train task of the same domain from the long tail: rare operations, at least as deep as `task`.

    Lion's easy stream: same domain, longer-tailed.
    """
    depth = min(DEEPEST, max(2, task.depth + rng.choice((0, 0, 1))))
    start = task.calls[0].op.src
    for _ in range(_TRIES):
        made = sample_skewed(rng, depth, split="train", skew=RARE_SKEW, start=start)
        if made.composition != task.composition:
            return made
    raise GrammarError(f"found no rarer task like {task.composition!r}")


def _pick(ops: list[Op], rng: random.Random) -> Op:
    return rng.choices(ops, [(op.rank + 1) ** -RARE_SKEW for op in ops])[0]


def _is_new_train(calls: tuple[Call, ...]) -> bool:
    return split_of(calls) == "train" and is_sound(calls)


def seed_tasks(n: int, seed: int, depths: tuple[float, ...] = SEED_DEPTHS, skew: float = COMMON_SKEW) -> list[LabTask]:
    """Return `n` train tasks of distinct composition to start the loop with.

    `depths` says how often each depth from 1 on is drawn, `skew` how unevenly the operations are. Unless told otherwise
    one in five has depth 1, two in five each depth 2 and 3: the deepest tasks are left to the adversary.

    Raises:
        GrammarError: so many distinct tasks were not found.
    """
    rng = random.Random(f"lab seeds {seed}")
    shares = {depth: share for depth, share in enumerate(depths, 1) if share}
    if not shares:
        raise GrammarError("no depth has a share of the seeds")
    made: dict[str, LabTask] = {}
    fruitless = 0
    while len(made) < n:
        depth, before = rng.choices(list(shares), list(shares.values()))[0], len(made)
        for _ in range(_SEED_TRIES):
            task = sample_skewed(rng, depth, split="train", skew=skew)
            made.setdefault(task.composition, task)
            if len(made) > before:
                break
        fruitless = 0 if len(made) > before else fruitless + 1
        if fruitless == _SEED_TRIES:
            raise GrammarError(f"found no more than {before} distinct seeds of {n}")
    return list(made.values())


def eval_tasks(n_per_depth: int, seed: int) -> list[LabTask]:
    """Return up to `n_per_depth` held-out tasks of each depth 1 to 4, compositions distinct.

    There are about thirty of depth 1, and more than can be used of the others. Operations are drawn less unevenly than
    in training: the long tail counts for more than it is seen.
    """
    rng = random.Random(f"lab eval {seed}")
    made: list[LabTask] = []
    for depth in range(1, DEEPEST + 1):
        found: dict[str, LabTask] = {}
        for _ in range(_EVAL_TRIES * n_per_depth):
            task = sample_skewed(rng, depth, split="eval", skew=EVAL_SKEW)
            found.setdefault(task.composition, task)
            if len(found) == n_per_depth:
                break
        made += found.values()
    return made

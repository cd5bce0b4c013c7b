"""Doing a stage, unless it is done: its key, its stored result, its time, its figures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypeVar

from akd_code.report import RoundFigures
from akd_code.run import FinishedStep, step_key
from akd_code.stages.stage import Stage, StageResult
from akd_code.stages.workbench import Workbench

F = TypeVar("F")
I = TypeVar("I")  # noqa: E741


class StepRunner:
    """Does the stages of a run one after another, and gathers the figures of the round under way."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._keys: list[str] = []
        self._stages: dict[str, dict[str, Any]] = {}
        self._done_anew = False

    def do(self, stage: Stage[F, I]) -> tuple[StageResult[F, I], str]:
        """Return a stage's result and its key: what is stored, or what its work gives, stored before this returns."""
        bench = self._bench
        key = step_key(stage.title, stage.version, stage.number, bench.recipe.seed, stage.settings, stage.inputs)
        bench.watcher.stage(stage.number, stage.title)
        bench.run.ledger.round, bench.run.ledger.stage = stage.number, stage.title
        result = self._stored(stage, key)
        if result is None:
            result = self._worked(stage, key)
        self._keys.append(key)
        self._stages[stage.title] = stage.figures(result)
        for line in stage.note(result):
            bench.watcher.note(line)
        return result, key

    def round_figures(self, number: int, train_pool: int, cache_pool: int) -> RoundFigures:
        """Return the figures of the stages done since the last call, as a round's."""
        keys, stages = self._keys, self._stages
        self._keys, self._stages = [], {}
        run = self._bench.run
        return RoundFigures(number, train_pool, cache_pool, stages, run.ledger.totals(number), run.steps.wall_s(keys))

    def _stored(self, stage: Stage[F, I], key: str) -> StageResult[F, I] | None:
        if not stage.standing():
            return None
        steps = self._bench.run.steps
        found = steps.find(key)
        if found is not None:
            return self._read(stage, found)
        older = None if self._done_anew else steps.from_older_release(stage.number, stage.title)
        if older is None:
            return None
        result = self._read(stage, older)
        if not stage.fits(result):
            return None
        steps.adopt(older, key)
        return result

    def _read(self, stage: Stage[F, I], step: FinishedStep) -> StageResult[F, I]:
        run = self._bench.run
        items = run.items.of(step.key, stage.item_kind)
        return StageResult(run.steps.facts(step, stage.facts_kind), tuple(items.values()))

    def _worked(self, stage: Stage[F, I], key: str) -> StageResult[F, I]:
        # From here on nothing of an older release fits: it was made from other inputs.
        self._done_anew = True
        run = self._bench.run
        kept: dict[int, I] = run.items.of(key, stage.item_kind)
        stored = set(kept)

        def keep(items: Mapping[int, I]) -> None:
            run.items.put(key, [(at, (*stage.described(item), item)) for at, item in items.items()])
            stored.update(items)

        began = time.monotonic()
        result = stage.work(kept, keep)
        wall_s = time.monotonic() - began
        keep({at: item for at, item in enumerate(result.items) if at not in stored})
        run.steps.store(key, stage.number, stage.title, result.facts, len(result.items), wall_s)
        run.events.add("step", round=stage.number, stage=stage.title, wall_s=round(wall_s, 3))
        return result

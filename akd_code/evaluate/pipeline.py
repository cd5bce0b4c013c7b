"""The pipeline: answers are written, judged while others are generated, and scored once all are there."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from akd_code.evaluate.sampling import Drawn, TakeAnswer, sample_here, sample_served
from akd_code.evaluate.store import EvalSpec, SampleStore
from akd_code.progress import ProgressWatcher
from akd_evals.files import write_atomically
from akd_evals.results import SUMMARY, Result, Summary
from akd_evals.score import score
from akd_evals.stream import JudgingStream

if TYPE_CHECKING:
    from akd_code.models import ChatModel
    from akd_code.student import Student
    from akd_sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation left: the figures, every sample's verdicts, and how the answers were drawn.

    `cut` counts answers that ended at the token limit, `refused` prompts that a server refused; `tokens_per_s` is None
    where nothing was generated now, or a server told no counts.
    """

    summary: Summary
    results: tuple[Result, ...]
    generated: int
    cut: int
    tokens_per_s: float | None
    refused: int = 0


def evaluate(
    model: Student | ChatModel,
    spec: EvalSpec,
    out: Path,
    box: Sandbox,
    watch: ProgressWatcher,
    *,
    round_: int | None = None,
    ks: Sequence[int] = (1, 10, 100),
    concurrency: int = 16,
    excluded: Mapping[str, str] | None = None,
    retry_refused: bool = False,
) -> Evaluation:
    """Sample every task of the spec's suite into `out`/samples.jsonl and score, both at once.

    Samples that are in the file are not drawn again, but with `retry_refused` those that a server refused. `round_` is
    shown with the stages. `excluded` tells the tasks that were left out of the suite, and why, for the summary. Raises
    EvaluateError if `out` belongs to another model or other settings (they are named), EvalError as `score` does,
    ModelError for a server's faults.
    """
    suite, scoring = spec.prompts.suite, spec.scoring
    store = SampleStore(out, spec, retry_refused=retry_refused)
    total = len(suite.tasks) * spec.sampling.n
    at_once = _at_once(model, spec, concurrency)
    watch.stage(round_, f"sampling and judging {suite.name}")
    clock = _AnswerClock()
    with JudgingStream(
        suite, box, out, settings=scoring, per_task=spec.sampling.n, workers=box.workers, warn=watch.note
    ) as stream:

        def take(one: Drawn) -> None:
            stream.put(store.add(one))
            clock.count(one)
            watch.progress(len(store), total, clock.rate(stream.judged), at_once)

        for sample in store.samples():
            stream.put(sample)
        watch.progress(len(store), total)
        _sample(model, spec, store, take, concurrency, watch)
        tokens_per_s = clock.tokens_per_s()
        watch.stage(round_, f"judging the rest of {suite.name}")
    summary, results = score(
        suite,
        store.collected(),
        box,
        out,
        settings=scoring,
        workers=box.workers,
        ks=ks,
        warn=watch.note,
        excluded=excluded,
    )
    summary = _timed(out, summary, time.monotonic() - clock.started, clock.generated)
    return Evaluation(summary, tuple(results), clock.generated, store.cut, tokens_per_s, store.refused)


def draw(
    model: Student | ChatModel,
    spec: EvalSpec,
    out: Path,
    watch: ProgressWatcher,
    *,
    concurrency: int = 16,
    retry_refused: bool = False,
) -> None:
    """Sample every task of the spec's suite into `out`/samples.jsonl and judge nothing: for prompts without tests.

    What is in the file is not drawn again. Raises as `evaluate` does.
    """
    store = SampleStore(out, spec, retry_refused=retry_refused)
    total = len(spec.prompts.suite.tasks) * spec.sampling.n
    at_once = _at_once(model, spec, concurrency)
    watch.stage(None, f"sampling {spec.prompts.suite.name}")
    clock = _AnswerClock()

    def take(one: Drawn) -> None:
        store.add(one)
        clock.count(one)
        watch.progress(len(store), total, clock.rate(0), at_once)

    watch.progress(len(store), total)
    _sample(model, spec, store, take, concurrency, watch)
    store.collected()


def _sample(
    model: Student | ChatModel,
    spec: EvalSpec,
    store: SampleStore,
    take: TakeAnswer,
    concurrency: int,
    watch: ProgressWatcher,
) -> None:
    """Draw what is missing, whatever stands behind the model."""
    from akd_code.student import Student, left_out, sampling_way

    if isinstance(model, Student):
        watch.note(sampling_way(model))
        if others := left_out(model, spec.sampling.temperature):
            watch.note(f"not applied, though the model's generation_config asks for it: {', '.join(others)}")
        sample_here(model, spec.prompts, spec.sampling, store.has, take)
    else:
        asyncio.run(sample_served(model, spec.prompts, spec.sampling, store.has, take, concurrency))


def _at_once(model: Student | ChatModel, spec: EvalSpec, concurrency: int) -> int:
    """Return how many answers are written at once."""
    from akd_code.student import Student

    return spec.sampling.batch_size if isinstance(model, Student) else concurrency


class _AnswerClock:
    """Counts answers and their tokens while they are generated."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.generated = self._tokens = 0
        self._all_told = True

    def count(self, one: Drawn) -> None:
        self.generated += 1
        self._all_told = self._all_told and one.completion_tokens is not None
        self._tokens += one.completion_tokens or 0

    def tokens_per_s(self) -> float | None:
        """Return the speed so far; None before the first answer, and where a server told no counts."""
        seconds = time.monotonic() - self.started
        return self._tokens / seconds if self.generated and self._all_told and seconds > 0 else None

    def rate(self, judged: int) -> str:
        speed = self.tokens_per_s()
        return f"{judged} judged" if speed is None else f"{speed:.0f} tokens/s, {judged} judged"


def _timed(out: Path, summary: Summary, wall_s: float, generated: int) -> Summary:
    """Return the summary with the time of the whole pipeline instead of the last step's, and write it."""
    rate = generated / wall_s if wall_s > 0 else 0.0
    timed = replace(summary, wall_s=round(wall_s, 3), samples_per_s=round(rate, 3))
    write_atomically(out / SUMMARY, json.dumps(timed.as_json(), indent=1) + "\n")
    return timed

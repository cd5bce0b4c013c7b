"""The student's pace on this machine: a few answers and two steps of training, timed before anything is promised."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import TypeVar

from akd_code.engine import LocalEngine, silence_transformers
from akd_code.evaluate import run_settings
from akd_code.models import Message, NoRecordedAnswerError, Sampling, open_model
from akd_code.reading import answer_from
from akd_code.recipe import Recipe
from akd_code.records import ChatRow, Prompt
from akd_code.referee import run_tests
from akd_code.stages.estimate import ANSWER_TOKENS, SANDBOX_S, Pace
from akd_code.student import Sampled, Student, TrainingStep
from akd_code.student.encode import encode_row, prompt_ids, stop_ids
from akd_sandbox import Sandbox

T = TypeVar("T")

_ASKED = 48
"""Prompts that are asked, side by side as in a run."""
_WRITTEN = 24
"""Tokens of each answer to them."""
_BATCH = 8
_STEPS = 3
"""Steps of training, of `_BATCH` rows each; the first warms up and is not counted."""
_PROGRAMS = 64
"""Recorded programs whose tests are run, for at most `_PROGRAMS_S` seconds: a few may take as long as all others."""
_PROGRAMS_S = 15.0
_LENGTHS = 400
"""Rows whose tokens are counted, evenly over the seeds."""


def can_be_measured(recipe: Recipe) -> bool:
    """Return whether the student is a file or folder at hand; the lab's needs no measuring."""
    return recipe.student.model != "lab" and Path(recipe.student.model).exists()


def measured_pace(recipe: Recipe, seeds: Sequence[Prompt]) -> Pace:
    """Return how fast the student is on this machine and how long texts are, in its own tokens.

    Where answers are recorded, the tests of some are run, too. Takes about a minute for a student of 135 million
    parameters on two cores. Leaves nothing behind. Raises StudentError, RecordingError, SandboxError.
    """
    silence_transformers()
    sample = _spread(seeds, _LENGTHS)
    told = [(seed, text) for seed, text in zip(sample, _recorded(recipe, sample), strict=True) if text]
    tests_s = _tests_take(recipe, told)
    few = recipe.model_copy(update={"sft": recipe.sft.model_copy(update={"epochs": 1, "batch_size": _BATCH})})
    engine = LocalEngine(few)
    student = engine.student(None)
    prompts = [len(prompt_ids(student.tokenizer, (("user", seed.text),))) for seed in sample]
    known = [_row(seed, text) for seed, text in told]
    stops = stop_ids(student)
    answer = fmean(encode_row(student, row.messages, stops).trained for row in known) if known else ANSWER_TOKENS
    reads, writes, own = _asked(engine, _spread(sample, _ASKED))
    shown = _spread(known or own, _BATCH * _STEPS)
    trains = _trained(engine, student, list(islice(cycle(shown), _BATCH * _STEPS)))
    whose = "as recorded" if known else "assumed"
    return Pace(
        fmean(prompts),
        answer,
        reads,
        writes,
        trains,
        (
            f"a usual answer has {answer:.0f} tokens ({whose})",
            f"the student reads {reads:.0f} tokens/s, writes {writes:.0f} and is trained on {trains:.0f} "
            "(measured just now)",
        ),
        tests_s,
    )


def _row(seed: Prompt, answer: str) -> ChatRow:
    return ChatRow((("user", seed.text), ("assistant", answer)), seed.id)


def _tests_take(recipe: Recipe, answers: Sequence[tuple[Prompt, str]]) -> float:
    """Return how long the tests of a recorded program take, in seconds; what is assumed where there are none."""
    programs = [
        (seed.tests, seed.entry_point, answer_from(seed, text, "stop").code)
        for seed, text in answers
        if seed.tests is not None and seed.entry_point is not None
    ]
    if not programs:
        return SANDBOX_S
    settings, spent = recipe.sandbox, list[float]()
    drawn = random.Random(0).sample(programs, min(len(programs), _PROGRAMS))  # in no order: the time may be up midway
    with Sandbox(settings.backend, 1, run_settings(recipe).limits, settings.min_isolation) as box:
        for warm, (tests, entry_point, code) in enumerate([drawn[0], *drawn]):
            began = time.monotonic()
            run_tests(tests, entry_point, code, box)
            spent += [time.monotonic() - began] if warm else []
            if sum(spent) > _PROGRAMS_S:
                break
    return fmean(spent)


def _asked(engine: LocalEngine, seeds: Sequence[Prompt]) -> tuple[float, float, list[ChatRow]]:
    """Return tokens per second in reading and in writing, and what was written as rows.

    The first answers of all warm up; then one token each is all reading, and what more take beyond that is writing.
    """
    texts = [seed.text for seed in seeds]
    spent: list[float] = []
    found: list[Sampled] = []
    for tokens in (1, 1, 1 + _WRITTEN):
        began = time.monotonic()
        found = engine.answers(
            None, texts, temperature=1.0, max_tokens=tokens, seed=0, on_answer=lambda place, answer: None
        )
        spent.append(time.monotonic() - began)
    read = sum(one.prompt_tokens for one in found)
    more = max(1, sum(max(0, one.completion_tokens - 1) for one in found))
    writing = max(spent[2] - spent[1], 1e-3)
    own = [_row(seed, one.text or "pass") for seed, one in zip(seeds, found, strict=True)]
    return read / max(spent[1], 1e-3), more / writing, own


def _trained(engine: LocalEngine, student: Student, rows: Sequence[ChatRow]) -> float:
    """Return the tokens per second, prompts included, of the steps after the first."""
    stops = stop_ids(student)
    lengths = [encode_row(student, row.messages, stops).length for row in rows]
    ends: list[float] = []

    def ended(step: TrainingStep) -> None:
        ends.append(time.monotonic())

    with TemporaryDirectory(prefix="akd-pace-") as folder:
        engine.fine_tune(None, rows, Path(folder) / "adapter", seed=0, on_step=ended)
    return sum(lengths) * (_STEPS - 1) / _STEPS / max(ends[-1] - ends[0], 1e-3)


def _recorded(recipe: Recipe, seeds: Sequence[Prompt]) -> list[str | None]:
    """Return the recorded answer to each seed; None where there is none, or the teacher is no recording."""
    name = recipe.teacher.model
    if not name.startswith("recorded:"):
        return [None] * len(seeds)
    chat = open_model(name)

    async def text_of(seed: Prompt) -> str | None:
        try:
            return (await chat.complete([Message("user", seed.text)], Sampling())).text
        except NoRecordedAnswerError:
            return None

    async def all_of() -> list[str | None]:
        return [await text_of(seed) for seed in seeds]

    return asyncio.run(all_of())


def _spread(items: Sequence[T], most: int) -> list[T]:
    """Return at most so many of the items, evenly from beginning to end."""
    if len(items) <= most:
        return list(items)
    return [items[at * len(items) // most] for at in range(most)]

"""Labelling: the teacher's answer to each prompt, the prompt's suite, and whether the one passes the other.

`Labeller` is the protocol behind which other ways to make labels stand (AMR-Evol among them); `DirectLabeller` asks
once and, where a valid suite says the answer is wrong, again. Every loss is counted by its outcome, none is silent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from akd_code.models import ChatModel, Completion, Sampling
from akd_code.recipe import LabelSection
from akd_code.records import Answer, ChatRow, Prompt, Suite
from akd_code.referee import SuiteReport, run_suite, validate_given, validate_written
from akd_evals.extract import extract_code
from akd_prompts import PromptParseError, SolveInputs, WriteTestsInputs, parse_tests, render
from akd_sandbox import Limits, Sandbox, Verdict

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""`progress(done, total)`."""


class Outcome(StrEnum):
    """What became of a prompt's label; only the first two become training rows."""

    VERIFIED = "verified"  # it passes a valid suite
    UNVERIFIED = "unverified"  # there is no valid suite to fail
    FAILED = "failed"  # every answer asked for fails the suite
    TRUNCATED = "truncated"  # cut by length
    NO_CODE = "no code"  # a refusal or prose
    SPOILT = "sandbox fault"  # a fault of ours; it says nothing about the answer


TRAINED = (Outcome.VERIFIED, Outcome.UNVERIFIED)


@dataclass(frozen=True, slots=True)
class Label:
    """A prompt with its teacher's answer.

    `prompt.suite` is the validated suite or None. `calls` and `runs` count model requests and sandbox runs it took.
    """

    prompt: Prompt
    answer: Answer
    outcome: Outcome
    pass_rate: float | None
    calls: int
    runs: int

    def row(self) -> ChatRow:
        """Return the training row: the instruction as the user's turn, the teacher's text as the assistant's."""
        messages = (("user", self.prompt.text), ("assistant", self.answer.text))
        return ChatRow(messages, self.prompt.id, (("outcome", self.outcome.value), ("source", self.prompt.source)))


class Labeller(Protocol):
    """A way to make labels."""

    async def label(self, prompt: Prompt) -> Label:
        """Return the prompt's label. Raises ModelError."""
        ...


@dataclass(frozen=True)
class DirectLabeller:
    """One answer per prompt, asked again (as the next sample) while a valid suite says it is wrong."""

    teacher: ChatModel
    sampling: Sampling
    box: Sandbox
    limits: Limits
    settings: LabelSection

    async def label(self, prompt: Prompt) -> Label:
        """Return the prompt's label. Raises ModelError."""
        answer = await self._answer(prompt, 0)
        written, calls = await self._suite(prompt)
        if written is None:
            return Label(replace(prompt, suite=None), answer, _unchecked(answer), None, calls, 0)
        report = await asyncio.to_thread(self._validated, written, prompt, answer)
        runs = report.runs
        prompt = replace(prompt, suite=report.suite)
        if report.suite is None or prompt.entry_point is None:
            return Label(prompt, answer, _unchecked(answer), None, calls, runs)
        rate: float | None = None
        for attempt in range(self.settings.attempts):
            if attempt:
                answer = await self._answer(prompt, attempt)
                calls += 1
            run = await asyncio.to_thread(
                run_suite, report.suite, prompt.entry_point, answer.code, self.box, self.limits
            )
            runs += 1
            rate = run.pass_rate
            if run.verdict is Verdict.INFRA:
                return Label(prompt, answer, Outcome.SPOILT, None, calls, runs)
            if run.verdict is Verdict.PASS:
                return Label(prompt, answer, Outcome.VERIFIED, rate, calls, runs)
            if not self.settings.verify:
                return Label(prompt, answer, Outcome.UNVERIFIED, rate, calls, runs)
        return Label(prompt, answer, _failed(answer), rate, calls, runs)

    async def _answer(self, prompt: Prompt, sample: int) -> Answer:
        messages = render(SolveInputs(prompt.text)).messages
        return as_answer(prompt, await self.teacher.complete(messages, self.sampling, sample=sample))

    async def _suite(self, prompt: Prompt) -> tuple[Suite | None, int]:
        """Return the prompt's suite, written by the teacher if it came with none, and the calls made so far."""
        if prompt.suite is not None or prompt.entry_point is None or not self.settings.tests:
            return prompt.suite, 1
        inputs = WriteTestsInputs(prompt.text, prompt.entry_point, self.settings.tests)
        completion = await self.teacher.complete(render(inputs).messages, self.sampling)
        try:
            written = parse_tests(completion.text, prompt.entry_point)
        except PromptParseError:
            return None, 2
        return Suite(written.asserts, "teacher"), 2

    def _validated(self, suite: Suite, prompt: Prompt, answer: Answer) -> SuiteReport:
        entry = prompt.entry_point or ""
        references = [answer.code] if answer.code else []
        if suite.origin == "given":
            return validate_given(suite, entry, references, self.box, limits=self.limits)
        minimum = self.settings.min_tests
        return validate_written(suite, entry, references, self.box, min_tests=minimum, limits=self.limits)


def as_answer(prompt: Prompt, completion: Completion) -> Answer:
    """Return a model's completion as the answer to a prompt, with the program in it."""
    found = extract_code(completion.text, prompt.entry_point)
    return Answer(prompt.id, completion.text, found.code, completion.finish_reason, found.how)


def _unchecked(answer: Answer) -> Outcome:
    if answer.finish_reason == "length":
        return Outcome.TRUNCATED
    return Outcome.UNVERIFIED if _holds_code(answer) else Outcome.NO_CODE


def _failed(answer: Answer) -> Outcome:
    if answer.finish_reason == "length":
        return Outcome.TRUNCATED
    return Outcome.FAILED if _holds_code(answer) else Outcome.NO_CODE


def _holds_code(answer: Answer) -> bool:
    return answer.code is not None and ("def " in answer.code or "class " in answer.code)


async def label_all(labeller: Labeller, prompts: Sequence[Prompt], progress: Progress) -> list[Label]:
    """Return the labels of all prompts, in order: answers are tested while others are still being written.

    Raises ModelError: the first that cannot be helped; what was answered until then is in the cache.
    """
    done = 0

    async def one(prompt: Prompt) -> Label:
        nonlocal done
        label = await labeller.label(prompt)
        done += 1
        progress(done, len(prompts))
        return label

    return await in_order([one(prompt) for prompt in prompts])


async def in_order(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all of work together and return the results in order; the first failure cancels the rest and is raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def outcomes(labels: Sequence[Label]) -> dict[str, int]:
    """Return how many labels ended which way."""
    return dict(Counter(label.outcome.value for label in labels))

"""Labelling: the teacher's answer to each prompt, the prompt's suite, and whether the one passes the other.

`Labeller` is the protocol behind which other ways to make labels stand (AMR-Evol among them); `DirectLabeller` asks
once and, where a valid suite says the answer is wrong, again. Every loss is counted by its outcome, none is silent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from akd_code.models import ChatModel, Completion, Sampling
from akd_code.reading import injected, read_answer
from akd_code.recipe import LabelSection
from akd_code.records import Answer, Candidate, Label, LabelOutcome, Prompt, PromptTests
from akd_code.referee import Tested, Validated, run_tests, validate_given, validate_written
from akd_evals.extract import extract_code
from akd_prompts import Inputs, PromptParseError, SolveInputs, WriteTestsInputs, parse_tests, render
from akd_sandbox import Limits, Sandbox, Verdict

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""`progress(done, total)`."""


class Labeller(Protocol):
    """A way to make labels.

    Prompts are labelled in waves of `wave` (0: all at once). What one wave taught serves the next, so that no label
    depends on which of several answers happened to come first.
    """

    @property
    def wave(self) -> int:
        """Prompts labelled together."""
        ...

    def begin(self, round_: int) -> None:
        """Get ready for a round; what an interrupted attempt at it left behind is undone."""
        ...

    def settle(self, labels: Sequence[Label]) -> None:
        """Take note of a wave that is done."""
        ...

    async def label(self, prompt: Prompt) -> Label:
        """Return the prompt's label. Raises ModelError."""
        ...


@dataclass
class Asked:
    """A model with a count of what one label asked of it, and of what happened on the way."""

    model: ChatModel
    calls: int = 0
    tokens: int = 0
    runs: int = 0
    events: list[str] = field(default_factory=list)

    async def ask(self, inputs: Inputs, sampling: Sampling, sample: int = 0) -> Completion:
        """Return the answer to a prompt. Raises ModelError."""
        completion = await self.model.complete(render(inputs).messages, sampling, sample=sample)
        self.calls += 1
        self.tokens += (completion.prompt_tokens or 0) + (completion.completion_tokens or 0)
        return completion

    def made(self, prompt: Prompt, answer: Answer, outcome: LabelOutcome, pass_rate: float | None) -> Label:
        """Return the label with these counts."""
        one = (Candidate(answer, "direct"),)
        return Label(prompt, one, 0, outcome, pass_rate, self.calls, self.runs, self.tokens, tuple(self.events))


@dataclass(frozen=True)
class DirectLabeller:
    """One answer per prompt, asked again (as the next sample) while a valid suite says it is wrong.

    Other methods are subclasses with other `candidates`; tests, choice and counts are the same for all.
    """

    teacher: ChatModel
    sampling: Sampling
    box: Sandbox
    limits: Limits
    settings: LabelSection

    @property
    def wave(self) -> int:
        """All at once: nothing is learnt on the way."""
        return 0

    def begin(self, round_: int) -> None:
        """Do nothing."""

    def settle(self, labels: Sequence[Label]) -> None:
        """Do nothing."""

    async def candidates(self, prompt: Prompt, asked: Asked) -> list[Answer]:
        """Return the answers to choose from; where tests cannot tell, a later one is taken. Raises ModelError."""
        return [await self.answer(prompt, SolveInputs(prompt.text), self.sampling, asked)]

    async def label(self, prompt: Prompt) -> Label:
        """Return the prompt's label. Raises ModelError."""
        asked = Asked(self.teacher)
        answers = await self.candidates(prompt, asked)
        written = await self._suite(prompt, asked)
        if written is None:
            return self._untested(replace(prompt, tests=None), answers, asked)
        report = await asyncio.to_thread(self._validated, written, prompt, answers)
        asked.runs += report.runs
        prompt = replace(prompt, tests=report.tests)
        if report.tests is None or prompt.entry_point is None:
            return self._untested(prompt, answers, asked)
        best, run = await self._best(answers, report.tests, prompt, asked)
        for attempt in range(self.settings.attempts):
            if attempt:
                best = await self.answer(prompt, SolveInputs(prompt.text), self.sampling, asked, sample=attempt)
                run = await self._tested(best, report.tests, prompt, asked)
            if run.verdict is Verdict.INFRA:
                return asked.made(prompt, best, LabelOutcome.SPOILT, None)
            if run.verdict is Verdict.PASS:
                outcome = LabelOutcome.SUSPECT if injected(best.text, prompt.text) else LabelOutcome.VERIFIED
                return asked.made(prompt, best, outcome, run.pass_rate)
            if not self.settings.verify:
                return asked.made(prompt, best, _unchecked(best, prompt), run.pass_rate)
        return asked.made(prompt, best, _failed(best), run.pass_rate)

    def _untested(self, prompt: Prompt, answers: Sequence[Answer], asked: Asked) -> Label:
        """Return the label where nothing can tell the answers apart: the first, which is the plainest, stands."""
        if len(answers) > 1:
            asked.events.append("evolved: untested, the direct answer stays")
        return asked.made(prompt, answers[0], _unchecked(answers[0], prompt), None)

    async def _best(
        self, answers: Sequence[Answer], suite: PromptTests, prompt: Prompt, asked: Asked
    ) -> tuple[Answer, Tested]:
        """Return the answer that passes most; a later one replaces an earlier one if it passes at least as many."""
        best = answers[0]
        run = await self._tested(best, suite, prompt, asked)
        for answer in answers[1:]:
            other = await self._tested(answer, suite, prompt, asked)
            if other.verdict is Verdict.INFRA:
                asked.events.append("evolved: untested, the direct answer stays")
            elif run.verdict is Verdict.INFRA or other.passed >= run.passed:
                asked.events.append("evolved: better" if other.passed > run.passed else "evolved: as good")
                best, run = answer, other
            else:
                asked.events.append("evolved: worse, the direct answer stays")
        return best, run

    async def _tested(self, answer: Answer, suite: PromptTests, prompt: Prompt, asked: Asked) -> Tested:
        asked.runs += 1
        entry = prompt.entry_point or ""
        return await asyncio.to_thread(run_tests, suite, entry, answer.code, self.box, self.limits)

    async def answer(self, prompt: Prompt, inputs: Inputs, sampling: Sampling, asked: Asked, sample: int = 0) -> Answer:
        """Return the answer to a prompt that asks for a program; what can be seen to be wrong with it is noted."""
        completion = await asked.ask(inputs, sampling, sample)
        reading = read_answer(completion.text, completion.finish_reason, prompt.entry_point, context=prompt.text)
        if reading.fault is not None:
            asked.events.append(f"answer: {reading.fault}")
        if reading.blocks > 1:
            asked.events.append("answer: several blocks")
        return as_answer(prompt, completion)

    async def _suite(self, prompt: Prompt, asked: Asked) -> PromptTests | None:
        """Return the prompt's suite, written by the teacher if it came with none."""
        if prompt.tests is not None or prompt.entry_point is None or not self.settings.tests:
            return prompt.tests
        return await self.written_suite(prompt, prompt.entry_point, asked)

    async def written_suite(self, prompt: Prompt, entry_point: str, asked: Asked) -> PromptTests | None:
        """Return the tests that the teacher writes for a prompt, not yet validated; None if they cannot be read."""
        completion = await asked.ask(WriteTestsInputs(prompt.text, entry_point, self.settings.tests), self.sampling)
        try:
            return PromptTests(parse_tests(completion.text, entry_point).asserts, "teacher")
        except PromptParseError:
            asked.events.append("tests: unreadable")
            return None

    def _validated(self, suite: PromptTests, prompt: Prompt, answers: Sequence[Answer]) -> Validated:
        entry = prompt.entry_point or ""
        references = list(dict.fromkeys(answer.code for answer in answers if answer.code))
        if suite.origin == "given":
            return validate_given(suite, entry, references, self.box, limits=self.limits)
        minimum = self.settings.min_tests
        return validate_written(suite, entry, references, self.box, min_tests=minimum, limits=self.limits)


def as_answer(prompt: Prompt, completion: Completion) -> Answer:
    """Return a model's completion as the answer to a prompt, with the program in it."""
    found = extract_code(completion.text, prompt.entry_point)
    return Answer(prompt.id, completion.text, found.code, completion.finish_reason, found.how)


def _unchecked(answer: Answer, prompt: Prompt) -> LabelOutcome:
    if answer.finish_reason == "length":
        return LabelOutcome.TRUNCATED
    if injected(answer.text, prompt.text):
        return LabelOutcome.SUSPECT
    return LabelOutcome.UNVERIFIED if _holds_code(answer) else LabelOutcome.NO_CODE


def _failed(answer: Answer) -> LabelOutcome:
    if answer.finish_reason == "length":
        return LabelOutcome.TRUNCATED
    return LabelOutcome.FAILED if _holds_code(answer) else LabelOutcome.NO_CODE


def _holds_code(answer: Answer) -> bool:
    return answer.code is not None and ("def " in answer.code or "class " in answer.code)


async def label_all(labeller: Labeller, prompts: Sequence[Prompt], progress: Progress) -> list[Label]:
    """Return the labels of all prompts, in order: answers are tested while others are still being written.

    A labeller that learns on the way gets them wave by wave, and settles each before the next begins.

    Raises ModelError: the first that cannot be helped; what was answered until then is in the cache.
    """
    done = 0

    async def one(prompt: Prompt) -> Label:
        nonlocal done
        label = await labeller.label(prompt)
        done += 1
        progress(done, len(prompts))
        return label

    labels: list[Label] = []
    size = labeller.wave or max(1, len(prompts))
    for at in range(0, len(prompts), size):
        made = await in_order([one(prompt) for prompt in prompts[at : at + size]])
        labeller.settle(made)
        labels += made
    return labels


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


def labelling(method: str, labels: Sequence[Label]) -> dict[str, Any]:
    """Return what a round's labels cost, and how often what happened on the way, for the summary."""
    return {
        "method": method,
        "calls": sum(label.calls for label in labels),
        "tokens": sum(label.tokens for label in labels),
        "sandbox_runs": sum(label.runs for label in labels),
        "events": dict(sorted(Counter(event for label in labels for event in label.events).items())),
    }

"""What one label asks of its teacher, counted as it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from akd_code.models import ChatModel, Completion, NoRecordedAnswerError, PromptRefusedError, Sampling
from akd_code.reading import answer_from, read_answer
from akd_code.records import Answer, Prompt, PromptTests
from akd_prompts import Inputs, PromptParseError, SolveInputs, WriteTestsInputs, parse_tests, render


@dataclass
class LabelTally:
    """A teacher, with a count of what one label asked of it and of what happened on the way.

    `calls` counts requests, `runs` sandbox runs, `tokens` those of requests and answers together, as far as the
    endpoint tells. `events` are short texts whose counts the report shows.
    """

    teacher: ChatModel
    calls: int = 0
    tokens: int = 0
    runs: int = 0
    events: list[str] = field(default_factory=list)
    _solved: set[int] = field(default_factory=set)

    async def ask(self, inputs: Inputs, sampling: Sampling, sample: int = 0) -> Completion:
        """Return the teacher's reply, number `sample`, to a prompt.

        Raises ModelError; a refusal of this prompt alone, PromptRefusedError, becomes an event too.
        """
        completion = await self.ask_other(self.teacher, inputs, sampling, sample)
        if isinstance(inputs, SolveInputs):
            self._solved.add(sample)
        return completion

    async def ask_other(self, model: ChatModel, inputs: Inputs, sampling: Sampling, sample: int = 0) -> Completion:
        """Return another model's reply, counted and with errors as in `ask`."""
        rendered = render(inputs)
        self.calls += 1
        try:
            completion = await model.complete(rendered.messages, sampling, sample=sample)
        except PromptRefusedError:
            self.events.append(f"refused: {rendered.version.partition('/')[0]}")
            raise
        self.tokens += (completion.prompt_tokens or 0) + (completion.completion_tokens or 0)
        return completion

    async def answer(self, prompt: Prompt, inputs: Inputs, sampling: Sampling, sample: int = 0) -> Answer:
        """Return the reply to inputs that ask for a program; what can be seen to be wrong with it becomes an event."""
        completion = await self.ask(inputs, sampling, sample)
        reading = read_answer(completion.text, completion.finish_reason, prompt.entry_point, context=prompt.text)
        if reading.fault is not None:
            self.events.append(f"answer: {reading.fault}")
        if reading.blocks > 1:
            self.events.append("answer: several blocks")
        return answer_from(prompt, completion.text, completion.finish_reason)

    async def tests(self, prompt: Prompt, entry_point: str, count: int, sampling: Sampling) -> PromptTests | None:
        """Return the tests that the teacher writes for a prompt, not yet validated; None if they cannot be had."""
        try:
            completion = await self.ask(WriteTestsInputs(prompt.text, entry_point, count), sampling)
        except PromptRefusedError:
            return None
        try:
            return PromptTests(parse_tests(completion.text, entry_point).asserts, "teacher")
        except PromptParseError:
            self.events.append("tests: unreadable")
            return None

    async def another(self, prompt: Prompt, sampling: Sampling, attempt: int) -> Answer | None:
        """Return a further plain answer, for the attempt-th time; None where the prompt is refused now.

        None, too, where a recording holds no more answers to it: it need not hold several.
        """
        try:
            return await self.answer(prompt, SolveInputs(prompt.text), sampling, self.next_sample(attempt))
        except (PromptRefusedError, NoRecordedAnswerError):
            return None

    def next_sample(self, attempt: int) -> int:
        """Return the sample index with which to ask for the plain answer again, for the attempt-th time: an unused one.

        It is `attempt` itself unless that was asked for already, so that cached answers are found again.
        """
        return attempt if attempt not in self._solved else max(self._solved) + 1

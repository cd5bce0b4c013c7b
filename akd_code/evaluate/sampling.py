"""Answers of a model to a suite's tasks, in an order and with seeds that a resumed evaluation repeats."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from akd_code.evaluate.prompting import TaskPrompts
from akd_code.evaluate.target import EvaluateError
from akd_evals.suites import Task

if TYPE_CHECKING:
    from akd_code.models import ChatModel, ModelError, Sampling
    from akd_code.models.openai_chat import OpenAIChat
    from akd_code.student import Sampled, Student

OMITTABLE = ("temperature", "top_p", "max_tokens", "stop", "seed")
"""Settings that a request to a server can do without."""
REFUSED = "refused"
"""The finish reason of an answer that a server refused to give."""
_REFUSED_AT_FIRST = 10
SampleKey = tuple[str, int]
"""(task id, number of the sample)."""


@dataclass(frozen=True, slots=True)
class EvalSampling:
    """How answers are drawn: `n` per task, at most `max_tokens` long.

    `temperature` 0 is greedy and gives one answer per task. Of a server's requests, `omit` names the settings that are
    not sent, and `extra_body` is the JSON of fields added to each. Raises EvaluateError for settings out of range.
    """

    n: int = 1
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 512
    seed: int = 0
    batch_size: int = 16
    omit: tuple[str, ...] = ()
    extra_body: str = ""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.n < 1 or self.max_tokens < 1 or self.batch_size < 1:
            raise EvaluateError("n, max tokens and batch size must be at least 1")
        if self.temperature < 0 or not 0 < self.top_p <= 1:
            raise EvaluateError("the temperature must be at least 0, and top-p above 0 and at most 1")
        if self.n > 1 and self.temperature == 0:
            raise EvaluateError(f"{self.n} greedy samples would all be equal; give a temperature, such as 0.2")
        if unknown := sorted(set(self.omit) - set(OMITTABLE)):
            raise EvaluateError(f"{unknown[0]!r} cannot be left out; what can is {', '.join(OMITTABLE)}")

    def as_json(self) -> dict[str, Any]:
        """Return the settings as plain data; what only some evaluations have, only where they have it."""
        plain = asdict(self)
        return {name: value for name, value in plain.items() if name not in ("omit", "extra_body") or value}

    def request(self, stop: tuple[str, ...]) -> Sampling:
        """Return the settings of a request to a server."""
        from akd_code.models import Sampling

        fields: dict[str, Any] = {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens}
        fields |= {"stop": stop, "seed": self.seed} | {name: () if name == "stop" else None for name in self.omit}
        return Sampling(**fields)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One answer as the model gave it. Token counts are None where a server does not tell them."""

    task_id: str
    sample: int
    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None


TakeAnswer = Callable[[Drawn], None]
"""Is given each answer as soon as it ends."""


def sample_here(
    student: Student, prompts: TaskPrompts, sampling: EvalSampling, done: Callable[[SampleKey], bool], take: TakeAnswer
) -> None:
    """Have a model in this process answer every task of the suite, without the samples that are done.

    Each sample has a seed of its own, so a resumed evaluation draws the same ones. Raises EvaluateError where the
    machine cannot do it: out of memory, a prompt longer than the model reads.
    """
    from akd_code.student import Ask, ask_seed, sample_asks

    wanted: list[tuple[SampleKey, Ask]] = []
    for task in prompts.suite.tasks:
        left = [sample for sample in range(sampling.n) if not done((task.task_id, sample))]
        ids, stop = tuple(prompts.ids(student, task)) if left else (), prompts.stops(task)
        wanted += [
            ((task.task_id, sample), Ask(ids, ask_seed(sampling.seed, task.task_id, sample), stop)) for sample in left
        ]
    failures: list[Exception] = []  # of take: they are not the model's

    def ended(place: int, one: Sampled) -> None:
        task_id, sample = wanted[place][0]
        try:
            take(Drawn(task_id, sample, one.text, one.finish_reason, one.prompt_tokens, one.completion_tokens))
        except Exception as error:
            failures.append(error)
            raise

    try:
        sample_asks(
            student,
            [ask for _, ask in wanted],
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_new_tokens=sampling.max_tokens,
            batch_size=sampling.batch_size,
            on_answer=ended,
        )
    except (RuntimeError, IndexError) as error:  # what torch raises: out of memory, a prompt beyond the positions
        if error in failures:
            raise
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise EvaluateError(f"sampling failed: {line}; lower the batch size or the tokens of an answer") from error


async def sample_served(
    model: ChatModel,
    prompts: TaskPrompts,
    sampling: EvalSampling,
    done: Callable[[SampleKey], bool],
    take: TakeAnswer,
    concurrency: int,
) -> None:
    """Have a server answer every task of the suite, without the samples that are done.

    A prompt that the server refuses counts as an empty answer with the finish reason REFUSED. Raises ModelError,
    also where the first ten prompts are all refused.
    """
    from akd_code.models import Message, PromptRefusedError

    slots = asyncio.Semaphore(concurrency)
    refusals = _Refusals(take)

    async def one(task: Task, sample: int) -> None:
        settings = sampling.request(prompts.stops(task))
        try:
            async with slots:
                if prompts.style == "chat":
                    answer = await model.complete([Message("user", prompts.text(task))], settings, sample=sample)
                else:
                    answer = await _continuing(model).continued(prompts.text(task), settings, sample=sample)
        except PromptRefusedError as error:
            refusals.refused(Drawn(task.task_id, sample, "", REFUSED, None, None), error)
            return
        refusals.answered()
        counts = answer.prompt_tokens, answer.completion_tokens
        take(Drawn(task.task_id, sample, answer.text, answer.finish_reason, *counts))

    try:
        async with asyncio.TaskGroup() as group:
            for task in prompts.suite.tasks:
                for sample in range(sampling.n):
                    if not done((task.task_id, sample)):
                        group.create_task(one(task, sample))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    finally:
        await model.aclose()
    refusals.answered()


class _Refusals:
    """Takes refused prompts as answers once another is answered: a server that refuses all is set up wrongly."""

    def __init__(self, take: TakeAnswer) -> None:
        self._take = take
        self._held: list[Drawn] = []
        self._any_answered = False

    def answered(self) -> None:
        """Take note that the server answers, or that there is nothing more to ask."""
        self._any_answered = True
        held, self._held = self._held, []
        for one in held:
            self._take(one)

    def refused(self, one: Drawn, error: ModelError) -> None:
        """Take note of a refused prompt. Raises the error where so many were refused and none was answered."""
        if self._any_answered:
            self._take(one)
            return
        self._held.append(one)
        if len(self._held) >= _REFUSED_AT_FIRST:
            raise error


def _continuing(model: ChatModel) -> OpenAIChat:
    """Return the model as one that continues text. Raises EvaluateError for one that cannot."""
    from akd_code.models.openai_chat import OpenAIChat

    if not isinstance(model, OpenAIChat):
        raise EvaluateError(f"{model!r} only answers conversations; leave out --style completion")
    return model

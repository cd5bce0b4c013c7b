"""Samples of a model for a suite's tasks, batch by batch, in an order and with seeds that a resumed run repeats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from akd_code.evaluate.prompting import Asker
from akd_code.evaluate.target import EvaluateError
from akd_evals.suites import Task

if TYPE_CHECKING:
    from akd_code.models import ChatModel
    from akd_code.models.openai_chat import OpenAIChat
    from akd_code.student import Student

Key = tuple[str, int]
"""(task id, number of the sample)."""


@dataclass(frozen=True, slots=True)
class EvalSampling:
    """How answers are drawn. `temperature` 0 is greedy, which has one answer a task; raises EvaluateError otherwise."""

    n: int = 1
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 512
    seed: int = 0
    batch_size: int = 16

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.n < 1 or self.max_tokens < 1 or self.batch_size < 1:
            raise EvaluateError("n, max tokens and batch size must be at least 1")
        if self.temperature < 0 or not 0 < self.top_p <= 1:
            raise EvaluateError("the temperature must be at least 0, and top-p above 0 and at most 1")
        if self.n > 1 and self.temperature == 0:
            raise EvaluateError(f"{self.n} greedy samples would all be equal; give a temperature, such as 0.2")

    def as_json(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One answer as the model gave it. Token counts are None where a server tells none."""

    task_id: str
    sample: int
    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks sampled together, `copies` each from sample number `first` on; `number` makes the seed."""

    number: int
    tasks: tuple[Task, ...]
    first: int
    copies: int

    @property
    def keys(self) -> list[Key]:
        """The samples that the batch gives, in their order."""
        return [(task.task_id, self.first + copy) for task in self.tasks for copy in range(self.copies)]


def plan(tasks: Sequence[Task], lengths: Mapping[str, int], sampling: EvalSampling) -> list[Batch]:
    """Return the batches: tasks of like prompt length together, longest first, n samples of a task side by side.

    The plan depends on the tasks and the settings alone, never on what is done, so a resumed run draws the same
    samples. Longest first: what does not fit into memory fails at the start.
    """
    order = sorted(tasks, key=lambda task: (-lengths[task.task_id], task.task_id))
    copies = min(sampling.n, sampling.batch_size)
    together = max(1, sampling.batch_size // copies)
    batches: list[Batch] = []
    for at in range(0, len(order), together):
        for first in range(0, sampling.n, copies):
            taken = tuple(order[at : at + together])
            batches.append(Batch(len(batches), taken, first, min(copies, sampling.n - first)))
    return batches


def sample_here(
    student: Student, askers: Asker, tasks: Sequence[Task], sampling: EvalSampling, done: Callable[[Key], bool]
) -> Iterator[list[Drawn]]:
    """Yield the answers of a model in this process, a batch at a time, without the samples that are done.

    Raises EvaluateError where the machine cannot: out of memory.
    """
    from akd_code.student import sample_ids, sampling_model

    prompts = {task.task_id: askers.ids(student, task) for task in tasks}
    model = sampling_model(student)
    for batch in plan(tasks, {task_id: len(ids) for task_id, ids in prompts.items()}, sampling):
        if all(done(key) for key in batch.keys):
            continue
        stops = tuple(dict.fromkeys(stop for task in batch.tasks for stop in askers.stops(task)))
        try:
            answers = sample_ids(
                student,
                [prompts[task.task_id] for task in batch.tasks],
                model=model,
                copies=batch.copies,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_new_tokens=sampling.max_tokens,
                seed=sampling.seed * 1_000_003 + batch.number,
                stop=stops,
            )
        except (RuntimeError, IndexError) as error:  # what torch raises: out of memory, a prompt beyond the positions
            line = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise EvaluateError(f"sampling failed: {line}; lower --batch-size or --max-tokens") from error
        yield [
            Drawn(task_id, sample, one.text, one.finish_reason, one.prompt_tokens, one.completion_tokens)
            for (task_id, sample), one in zip(batch.keys, answers, strict=True)
            if not done((task_id, sample))
        ]


async def sample_served(
    model: ChatModel,
    asker: Asker,
    tasks: Sequence[Task],
    sampling: EvalSampling,
    done: Callable[[Key], bool],
    concurrency: int,
) -> AsyncIterator[list[Drawn]]:
    """Yield a server's answers as they arrive, without the samples that are done. Raises ModelError."""
    from akd_code.models import Message, Sampling

    ready: asyncio.Queue[Drawn] = asyncio.Queue()
    slots = asyncio.Semaphore(concurrency)
    keys = [(task, sample) for task in tasks for sample in range(sampling.n) if not done((task.task_id, sample))]

    async def one(task: Task, sample: int) -> None:
        async with slots:
            settings = Sampling(
                sampling.temperature, sampling.top_p, sampling.max_tokens, asker.stops(task), sampling.seed
            )
            if asker.style == "chat":
                answer = await model.complete([Message("user", asker.text(task))], settings, sample=sample)
            else:
                answer = await _continuing(model).continued(asker.text(task), settings, sample=sample)
        counts = answer.prompt_tokens, answer.completion_tokens
        await ready.put(Drawn(task.task_id, sample, answer.text, answer.finish_reason, *counts))

    running = [asyncio.create_task(one(task, sample)) for task, sample in keys]
    try:
        for _ in keys:
            getter = asyncio.create_task(ready.get())
            waiting = {getter, *(task for task in running if not task.done())}
            while not getter.done():
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in waiting if task.done() and task is not getter]:
                    task.result()  # raises what the request raised
                    waiting.discard(task)
            yield [getter.result()]
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _continuing(model: ChatModel) -> OpenAIChat:
    """Return the model as one that continues a text. Raises EvaluateError for one that cannot."""
    from akd_code.models.openai_chat import OpenAIChat

    if not isinstance(model, OpenAIChat):
        raise EvaluateError(f"{model!r} only answers conversations; leave out --style completion")
    return model

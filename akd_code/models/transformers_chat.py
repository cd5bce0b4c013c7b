"""A causal language model in this process, behind the same protocol as an endpoint."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from akd_code.models.chat import Completion, Message, Sampling
from akd_code.models.errors import EndpointError, ModelSpecError, RequestRefusedError

if TYPE_CHECKING:
    from akd_code.student import Student


@dataclass(frozen=True, slots=True, eq=False)
class _Queued:
    """A conversation that waits for its turn."""

    messages: tuple[Message, ...]
    sampling: Sampling
    sample: int
    answer: asyncio.Future[Completion]

    @property
    def settings(self) -> tuple[Sampling, int]:
        return self.sampling, self.sample


class TransformersChat:
    """A hub id or a path, loaded with the first request.

    Requests that wait at the same time with the same settings run as one batch of at most `batch_size`. Greedy
    answers do not depend on the batch; sampled ones do (one generator serves the whole batch), so put a `CachedChat`
    around it where a run must be repeatable.
    """

    def __init__(self, model: str, *, endpoint: str | None = None, batch_size: int = 16) -> None:
        self._model = model
        self._endpoint = endpoint or "hf"
        self._batch_size = batch_size
        self._student: Student | None = None
        self._waiting: list[_Queued] = []
        self._runner: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"TransformersChat({self._model!r})"

    @property
    def name(self) -> str:
        """The hub id or path."""
        return self._model

    @property
    def endpoint(self) -> str:
        """`hf`, or the stable name given for it."""
        return self._endpoint

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return the model's answer. Raises ModelSpecError if it cannot be loaded, EndpointError if it fails."""
        began = time.monotonic()
        answer: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Queued(tuple(messages), sampling, sample, answer))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return replace(await answer, latency_s=time.monotonic() - began)

    async def aclose(self) -> None:
        """Drop the model from memory; the next request loads it again."""
        if self._runner is not None:
            self._runner.cancel()
        self._runner, self._student = None, None

    async def _run(self) -> None:
        await asyncio.sleep(0)  # let the callers that are started together all queue
        while self._waiting:
            settings = self._waiting[0].settings
            batch = [request for request in self._waiting if request.settings == settings][: self._batch_size]
            self._waiting = [request for request in self._waiting if request not in batch]
            try:
                answers = await _in_daemon_thread(self, batch)
            except Exception as error:
                for request in batch:
                    if not request.answer.done():
                        request.answer.set_exception(error)
                continue
            for request, answer in zip(batch, answers, strict=True):
                if not request.answer.done():  # its caller may have been cancelled
                    request.answer.set_result(answer)

    def generate(self, batch: Sequence[_Queued]) -> list[Completion]:
        """Answer a batch of requests with equal settings, in their order; blocks."""
        from akd_code.student import StudentError, load_student, sample_answers

        if self._student is None:
            try:
                self._student = load_student(self._model)
            except StudentError as error:
                raise ModelSpecError(str(error)) from error
        sampling, sample = batch[0].settings
        temperature, top_p, max_tokens = sampling.temperature, sampling.top_p, sampling.max_tokens
        if temperature is None or top_p is None or max_tokens is None:
            raise ModelSpecError(f"{self._model} runs in this process: give temperature, top_p and max_tokens a number")
        try:
            answers = sample_answers(
                self._student,
                [request.messages for request in batch],
                temperature=temperature,
                top_p=top_p,
                max_new_tokens=max_tokens,
                seed=(sampling.seed or 0) + sample,
                batch_size=self._batch_size,
                stop=sampling.stop,
            )
        except StudentError as error:
            raise RequestRefusedError(f"{self._model}: {error}") from error
        except RuntimeError as error:  # what torch raises, out of memory included
            raise EndpointError(f"{self._model} failed: {error}; lower the batch size or max_tokens") from error
        return [
            Completion(answer.text, answer.finish_reason, answer.prompt_tokens, answer.completion_tokens, self._model)
            for answer in answers
        ]


async def _in_daemon_thread(model: TransformersChat, batch: Sequence[_Queued]) -> list[Completion]:
    """Run `generate` off the event loop. Not in an executor: the process would wait for it after Ctrl-C."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[list[Completion]] = loop.create_future()

    def deliver(answers: list[Completion] | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        elif answers is not None:
            done.set_result(answers)

    def work() -> None:
        answers, failure = None, None
        try:
            answers = model.generate(batch)
        except Exception as error:
            failure = error
        try:
            loop.call_soon_threadsafe(deliver, answers, failure)
        except RuntimeError:
            return  # the loop was closed meanwhile: nobody waits any more

    threading.Thread(target=work, daemon=True, name="akd-transformers").start()
    return await done

"""The front door: a pool of slots, retries, and the isolation that was obtained."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any

from akd_sandbox.errors import BackendError, IsolationError, SandboxError, SlotError
from akd_sandbox.job import Case, CodeTests, FunctionTests, Job
from akd_sandbox.judge import call_all, infra_result, judge_sample
from akd_sandbox.limits import Limits
from akd_sandbox.slot import Slot
from akd_sandbox.verdict import CallOutcome, SampleResult, Verdict

LEVELS = ("process", "namespace")
"""Backends from weakest to strongest. `process` is no boundary and runs only when asked for by name."""
_TRIES = 3


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Place:
    """A slot for programs and, started when first needed, one for test code."""

    def __init__(self, backend: str, limits: Limits) -> None:
        self.candidate = Slot(backend, limits)
        self.tester = Slot(backend, limits)
        self.open: set[str] = set()

    def ready(self, which: str) -> Slot:
        slot = self.candidate if which == "candidate" else self.tester
        if which not in self.open:
            slot.open()
            self.open.add(which)
        return slot

    def renew(self) -> None:
        """Put away the slot that ran the program; the one for test code has run nobody else's."""
        self.candidate.close()
        self.open.discard("candidate")

    def close(self) -> None:
        self.candidate.close()
        self.tester.close()
        self.open.clear()


class _Quiet:
    """Lets many samples run together, or one alone."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._running = 0
        self._alone_wanted = 0

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        with self._condition:
            self._condition.wait_for(lambda: self._running >= 0 and self._alone_wanted == 0)
            self._running += 1
        try:
            yield
        finally:
            with self._condition:
                self._running -= 1
                self._condition.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        with self._condition:
            self._alone_wanted += 1
            self._condition.wait_for(lambda: self._running == 0)
            self._running = -1
        try:
            yield
        finally:
            with self._condition:
                self._running = 0
                self._alone_wanted -= 1
                self._condition.notify_all()


class Sandbox:
    """Runs untrusted programs and judges them. A context manager; safe to use from many threads.

    Example:
        >>> with Sandbox() as box:
        ...     tests = FunctionTests((Case(args=(2,), expected=4),))
        ...     result = box.run(Job(code="def f(x): return x * 2", entry="f", tests=tests))
        >>> result.verdict
        <Verdict.PASS: 'PASS'>
    """

    def __init__(
        self,
        backend: str = "auto",
        workers: int | None = None,
        limits: Limits | None = None,
        min_isolation: str | None = None,
    ) -> None:
        """Choose the backend and start the first slot.

        Args:
            backend: "auto" (the strongest that is a boundary), "namespace", or "process" (no boundary).
            workers: how many samples run at once; the cores of this process when None.
            limits: defaults for jobs that bring none.
            min_isolation: refuse a weaker backend than this one.

        Raises:
            IsolationError: unknown backend, not available on this host, or weaker than min_isolation.
        """
        for name in (backend, min_isolation):
            if name not in (None, "auto", *LEVELS):
                raise BackendError(f"unknown backend {name!r}; choose one of auto, {', '.join(LEVELS)}")
        self.backend = "namespace" if backend == "auto" else backend
        if min_isolation not in (None, "auto") and LEVELS.index(self.backend) < LEVELS.index(str(min_isolation)):
            raise BackendError(f"{self.backend} is weaker than --min-isolation {min_isolation}; use a stronger backend")
        self.limits = limits or Limits()
        self.workers = workers or _cores()
        self._quiet = _Quiet()
        self._closed = False
        self._places: queue.LifoQueue[_Place] = queue.LifoQueue()
        self._all = [_Place(self.backend, self.limits) for _ in range(self.workers)]
        try:
            slot = self._all[-1].ready("candidate")
        except IsolationError as error:
            hint = (
                "run `akd sandbox doctor` to see why; `--backend process` runs without a boundary, for code you trust"
            )
            raise IsolationError(f"no isolation here ({error}); {hint}") from None
        except SlotError as error:
            self._all[-1].close()
            raise SandboxError(f"the sandbox did not start: {error}") from None
        layers = "+".join(slot.layers) if slot.layers else "NOT a boundary"
        self.isolation = f"{self.backend} ({layers})"
        for place in self._all:
            self._places.put(place)

    def __enter__(self) -> Sandbox:
        """Return self."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End every zygote and whatever runs in it, and remove what they left."""
        self._closed = True
        for place in self._all:
            place.close()

    def run(self, job: Job) -> SampleResult:
        """Judge one sample; blocks. A fault of ours is retried in a fresh zygote, then INFRA.

        A TIMEOUT for which load may be to blame is run once more, alone, before it counts.
        """
        with self._quiet.together():
            result, starved = self._judge(job)
        if starved:
            with self._quiet.alone():
                result, _ = self._judge(job)
        return result

    def run_many(self, jobs: Iterable[Job]) -> Iterator[tuple[int, SampleResult]]:
        """Judge samples on all workers; yield (position, result) as they finish. Consumes jobs lazily."""
        with ThreadPoolExecutor(self.workers, thread_name_prefix="akd-judge") as pool:
            waiting: dict[Future[SampleResult], int] = {}
            source = enumerate(jobs)
            exhausted = False
            try:
                while True:
                    while not exhausted and len(waiting) < 2 * self.workers:
                        try:
                            position, job = next(source)
                        except StopIteration:
                            exhausted = True
                            break
                        waiting[pool.submit(self.run, job)] = position
                    if not waiting:
                        return
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield waiting.pop(future), future.result()
            except GeneratorExit:  # the caller has seen enough; what runs is waited for
                raise
            except BaseException:
                self.close()  # ends what runs, so that leaving the pool does not wait for it
                raise
            finally:
                for future in waiting:
                    future.cancel()

    def call(
        self, code: str, entry: str, inputs: Sequence[tuple[Any, ...]], limits: Limits | None = None
    ) -> list[CallOutcome]:
        """Call a reference program on every input in the same jail; return what each call gave, in order.

        Values of more than a mebibyte come back as a Digest. Raises SandboxError when it cannot be run.
        """
        cases = FunctionTests(tuple(Case(args=args, expected=None) for args in inputs))
        limits = limits or self.limits
        problem = ""
        with self._quiet.together():
            for _ in range(_TRIES):
                with self._place() as place:
                    try:
                        return call_all(place.ready("candidate"), code, entry, cases, limits)
                    except (SlotError, IsolationError) as error:
                        problem = str(error)
                        place.close()
        raise SandboxError(f"the sandbox failed {_TRIES} times: {problem}")

    @contextlib.contextmanager
    def _place(self) -> Iterator[_Place]:
        place = self._places.get()
        try:
            yield place
        except BaseException:
            place.close()
            raise
        finally:
            self._places.put(place)

    def _judge(self, job: Job) -> tuple[SampleResult, bool]:
        limits = job.limits or self.limits
        problem = ""
        for _ in range(_TRIES):
            if self._closed:
                raise SandboxError("the sandbox is closed")
            with self._place() as place:
                candidate: Slot | None = None
                try:
                    candidate = place.ready("candidate")
                    tester = place.ready("tester") if isinstance(job.tests, CodeTests) else None
                    result, starved = judge_sample(candidate, tester, job, limits, self.isolation)
                except (SlotError, IsolationError) as error:
                    problem = str(error)
                    memory = candidate is not None and candidate.ran_out_of_memory()
                    place.close()
                    if memory:
                        detail = "the kernel killed it for lack of memory"
                        return infra_result(job, detail, self.isolation, Verdict.MEMORY), False
                    continue
                if result.verdict in (Verdict.TAMPER, Verdict.MEMORY):
                    place.renew()  # never let the next sample meet what this one may have left
                return result, starved
        return infra_result(job, f"the sandbox failed {_TRIES} times: {problem}", self.isolation), False

"""The front door: a pool of slots, retries, and the isolation that was obtained."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from akd_sandbox.code_tests import Admission, admit_reference
from akd_sandbox.concluding import infra_result
from akd_sandbox.errors import BackendError, IsolationError, SandboxError, SlotError
from akd_sandbox.job import Case, FunctionTests, Job
from akd_sandbox.judging import call_all, judge_sample
from akd_sandbox.limits import Limits
from akd_sandbox.slot import ROLES, Role, Slot, SlotOptions
from akd_sandbox.verdict import CallOutcome, SampleResult, Verdict

if TYPE_CHECKING:
    from concurrent.futures import Future

LEVELS = ("process", "namespace", "docker")
"""Backends from weakest to strongest. `process` is not a boundary and runs only when asked for by name."""
_TRIES = 3
_PAUSE_S = 0.5  # before the last try, for an engine that is being restarted
_CONTAINER_SAMPLES = 1000
_RESEEDED: frozenset[Role] = frozenset({"reseeded", "guarded"})
_SOILING = {
    # never let the next sample meet what such a one may have left
    "process": (Verdict.TAMPER, Verdict.MEMORY),
    "namespace": (Verdict.TAMPER, Verdict.MEMORY),
    "docker": (Verdict.TAMPER, Verdict.MEMORY, Verdict.CRASHED),
}


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Place:
    """The slots of one worker of the pool, one for each role, started when first needed."""

    def __init__(self, backend: str, limits: Limits, options: SlotOptions) -> None:
        self.slots: dict[Role, Slot] = {role: Slot(backend, limits, options, role) for role in ROLES}
        self.open: set[Role] = set()
        self.used: set[Role] = set()

    def ready(self, role: Role) -> Slot:
        """Return the slot of a role, running."""
        slot = self.slots[role]
        self.used.add(role)
        if role not in self.open:
            slot.open()
            self.open.add(role)
        return slot

    def ran_out_of_memory(self) -> bool:
        """Return whether the kernel killed something in any slot for lack of memory since last asked."""
        return any([self.slots[role].ran_out_of_memory() for role in self.open])

    def worn(self) -> bool:
        """Return whether a slot has run so many samples that it is replaced."""
        return any(slot.samples >= _CONTAINER_SAMPLES for slot in self.slots.values())

    def renew(self) -> None:
        """Put away the slots that the last sample ran in."""
        for role in self.used & self.open:
            self.slots[role].close()
        self.open -= self.used

    def reseed(self) -> None:
        """Put away the slots with hash seeds of their own: the next ones have others."""
        for role in self.open & _RESEEDED:
            self.slots[role].close()
        self.open -= _RESEEDED

    def close(self) -> None:
        for slot in self.slots.values():
            slot.close()
        self.open.clear()


def _close_all(places: list[_Place]) -> None:
    for place in places:
        place.close()


def strongest(image: str | None = None) -> str:
    """Return the strongest backend that is available here and is a boundary."""
    from akd_sandbox.container import why_unavailable

    return "namespace" if why_unavailable(image) else "docker"


def _shown(packages: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return where the packages are that samples may import too. Raises BackendError."""
    if not packages:
        return ()
    from akd_sandbox.packages import shown_packages  # reads every installed package's metadata

    return tuple(shown_packages(packages))


def _startable(programs: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return where the external programs are that samples may start. Raises BackendError."""
    if not programs:
        return ()
    from akd_sandbox.applets import shown_programs  # starts busybox

    return shown_programs(programs)


class _TogetherOrAlone:
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
        image: str | None = None,
        runtime: str | None = None,
        packages: Sequence[str] = (),
        programs: Sequence[str] = (),
    ) -> None:
        """Choose the backend and start the first slot.

        Args:
            backend: "auto" (the strongest that is available: "docker" where an engine has the image, else
                "namespace"), one of these, or "process" (no boundary).
            workers: how many samples run at once; the cores of this process when None.
            limits: defaults for jobs that bring none.
            min_isolation: refuse a weaker backend than this one.
            image: the container image of `docker`; AKD_SANDBOX_IMAGE, or what `akd sandbox build-image` made, for None.
            runtime: the container runtime (runc, crun); AKD_SANDBOX_RUNTIME, or the engine's own, for None.
            packages: installed packages that samples may import too, shown read-only with what they require.
            programs: external programs that samples may start: names of busybox's applets, `python`, `python3`. By
                default there are none. (Under `process` samples find the host's own whatever is given.)

        Raises:
            IsolationError: unknown backend, not available on this host, or weaker than min_isolation; a package that is
                not installed; a program that busybox does not have.
        """
        for name in (backend, min_isolation):
            if name not in (None, "auto", *LEVELS):
                raise BackendError(f"unknown backend {name!r}; choose one of auto, {', '.join(LEVELS)}")
        self.backend = strongest(image) if backend == "auto" else backend
        if min_isolation not in (None, "auto") and LEVELS.index(self.backend) < LEVELS.index(str(min_isolation)):
            raise BackendError(f"{self.backend} is weaker than --min-isolation {min_isolation}; use a stronger backend")
        self.limits = limits or Limits()
        self.workers = workers or cores()
        self._turns = _TogetherOrAlone()
        self._closed = False
        self._places: queue.LifoQueue[_Place] = queue.LifoQueue()
        options = SlotOptions(image, runtime, _shown(packages), _startable(programs))
        self._all = [_Place(self.backend, self.limits, options) for _ in range(self.workers)]
        self._finalizer = weakref.finalize(self, _close_all, self._all)  # also when the process ends
        try:
            slot = self._all[-1].ready("values")
        except IsolationError as error:
            other = "`--backend namespace` needs no engine"
            if self.backend == "namespace":
                other = "`--backend process` runs without a boundary, for code you trust"
            hint = f"run `akd sandbox doctor` to see why; {other}"
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
        self._finalizer()

    def reseed(self) -> None:
        """Give the runs that follow under another hash seed than usual one that none had before; waits for others."""
        with self._turns.alone():
            for place in self._all:
                place.reseed()

    def cpu_s(self) -> float | None:
        """Return the processor seconds of all that runs programs, since it was started; None where it is unknown."""
        used = [slot.cpu_s() for place in self._all for slot in place.slots.values()]
        known = [seconds for seconds in used if seconds is not None]
        return sum(known) if len(known) == len(used) else None

    def run(self, job: Job) -> SampleResult:
        """Judge one sample; blocks. A fault of ours is retried in a fresh zygote, then INFRA.

        A TIMEOUT for which load may be to blame is run once more, alone, before it counts.
        """
        with self._turns.together():
            result, starved = self._judge(job)
        if starved:
            with self._turns.alone():
                result, _ = self._judge(job)
        return result

    def run_many(self, jobs: Iterable[Job]) -> Iterator[tuple[int, SampleResult]]:
        """Judge samples on all workers; yield (position, result) as they finish. Consumes jobs lazily."""
        from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

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
        return self.call_cases(code, entry, [Case(args=args, expected=None) for args in inputs], limits)

    def call_cases(
        self, code: str, entry: str, inputs: Sequence[Case], limits: Limits | None = None
    ) -> list[CallOutcome]:
        """Do the same as `call` with the arguments of cases, named ones too; what the cases expect plays no part."""
        cases = FunctionTests(tuple(inputs))
        with self._turns.together():
            outcomes, starved = self._call(code, entry, cases, limits or self.limits)
        if starved:
            with self._turns.alone():
                outcomes, _ = self._call(code, entry, cases, limits or self.limits)
        return outcomes

    def admit(self, job: Job) -> Admission:
        """Run a reference solution on its test code; return its result, and the tests to judge other programs by.

        Those may make only such expectations false as the reference then fails. Raises SandboxError when it cannot be
        run, TypeError for tests that are data.
        """
        problem = ""
        with self._turns.together():
            for _ in range(_TRIES):
                with self._place() as place:
                    try:
                        return admit_reference(place.ready, job, job.limits or self.limits, self.isolation)
                    except (SlotError, IsolationError) as error:
                        problem = str(error)
                        place.close()
        raise SandboxError(f"the sandbox failed {_TRIES} times: {problem}")

    def _call(self, code: str, entry: str, cases: FunctionTests, limits: Limits) -> tuple[list[CallOutcome], bool]:
        problem = ""
        for _ in range(_TRIES):
            with self._place() as place:
                try:
                    return call_all(place.ready("values"), code, entry, cases, limits)
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
        for attempt in range(_TRIES):
            if self._closed:
                raise SandboxError("the sandbox is closed")
            with self._place() as place:
                place.used.clear()
                try:
                    result, starved = judge_sample(place.ready, job, limits, self.isolation)
                except (SlotError, IsolationError) as error:
                    problem = str(error)
                    memory = place.ran_out_of_memory()
                    place.close()
                    if attempt == _TRIES - 2:
                        time.sleep(_PAUSE_S)
                    if memory:
                        detail = "the kernel killed it for lack of memory"
                        return infra_result(job, detail, self.isolation, Verdict.MEMORY), False
                    continue
                worn = self.backend == "docker" and place.worn()
                if worn or result.verdict in _SOILING[self.backend]:
                    place.renew()
                return result, starved
        return infra_result(job, f"the sandbox failed {_TRIES} times: {problem}", self.isolation), False

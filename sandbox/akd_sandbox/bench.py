"""What judging costs here: each backend on a trivial program, beside ways to run it without a sandbox."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from akd_sandbox.errors import IsolationError, SandboxError
from akd_sandbox.job import Case, FunctionTests, Job
from akd_sandbox.local import ENVIRONMENT, interpreter
from akd_sandbox.sandbox import LEVELS, Sandbox
from akd_sandbox.verdict import Verdict

PROGRAM = "def f(n):\n    return 2 * n\n"
TESTS = FunctionTests(tuple(Case(args=(n,), expected=2 * n) for n in range(10)))
_CHECK = "".join(f"assert f({n}) == {2 * n}\n" for n in range(10))
FORK, PROCESS = "a bare fork per sample", "a new interpreter per sample"


@dataclass(frozen=True, slots=True)
class Speed:
    """One way to judge `samples` programs: seconds to start, wall seconds, processor seconds (None: cannot be told).

    With a `problem` it was not measured.
    """

    way: str
    samples: int = 0
    start_s: float = 0.0
    wall_s: float = 0.0
    cpu_s: float | None = None
    problem: str = ""

    @property
    def per_s(self) -> float:
        """Samples per second, after the start."""
        return self.samples / self.wall_s if self.wall_s else 0.0

    @property
    def cpu_ms(self) -> float | None:
        """Milliseconds of processor time per sample."""
        return None if self.cpu_s is None or not self.samples else 1000 * self.cpu_s / self.samples


def bench(
    samples: int, workers: int, backends: Sequence[str] = LEVELS, image: str | None = None, runtime: str | None = None
) -> Iterator[Speed]:
    """Measure every way in turn, each with `workers` programs at once.

    Nothing but this module's own program is run, so the ways without a boundary are harmless. Raises SandboxError when
    a sandbox gives a wrong verdict.
    """
    yield _outside(FORK, _fork_each, samples, workers)
    yield _outside(PROCESS, _start_each, samples, workers)
    for backend in backends:
        yield _inside(backend, samples, workers, image, runtime)


def _inside(backend: str, samples: int, workers: int, image: str | None, runtime: str | None) -> Speed:
    started = time.monotonic()
    job = Job(PROGRAM, "f", TESTS)
    try:
        box = Sandbox(backend, workers, image=image, runtime=runtime)
    except IsolationError as error:
        return Speed(backend, problem=str(error))
    with box:
        for _ in box.run_many([job] * (4 * workers)):  # every slot is running
            pass
        start_s = time.monotonic() - started
        before, own, started = box.cpu_s(), _own_s(resource.RUSAGE_SELF), time.monotonic()
        verdicts = {result.verdict for _, result in box.run_many([job] * samples)}
        wall_s, after = time.monotonic() - started, box.cpu_s()
        cpu_s = None if before is None or after is None else after - before + _own_s(resource.RUSAGE_SELF) - own
    if verdicts != {Verdict.PASS}:
        raise SandboxError(f"{backend} judged a right program {', '.join(sorted(verdicts))}")
    return Speed(backend, samples, start_s, wall_s, cpu_s)


def _outside(way: str, run: Callable[[int, int], None], samples: int, workers: int) -> Speed:
    before, started = _own_s(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN), time.monotonic()
    run(samples, workers)
    wall_s = time.monotonic() - started
    cpu_s = _own_s(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) - before
    return Speed(way, samples, 0.0, wall_s, cpu_s)


def _own_s(*whose: int) -> float:
    used = [resource.getrusage(who) for who in whose]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _fork_each(samples: int, workers: int) -> None:
    running: list[int] = []
    for number in range(samples + workers):
        if len(running) >= workers or number >= samples:
            if not running:
                return
            os.waitpid(running.pop(0), 0)
        if number < samples:
            pid = os.fork()
            if pid == 0:
                exec(compile(PROGRAM + _CHECK, "<program>", "exec"), {})  # noqa: S102 - this module's own text
                os._exit(0)
            running.append(pid)


def _start_each(samples: int, workers: int) -> None:
    command = [str(interpreter()), "-I", "-S", "-c", PROGRAM + _CHECK]

    def one(_: int) -> None:
        subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)

    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(one, range(samples)):
            pass

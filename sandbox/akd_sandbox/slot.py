"""One place to run a sample: a zygote behind its control socket, and what the kernel says of its workers."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from akd_sandbox.errors import IsolationError, SlotError
from akd_sandbox.guest import wire
from akd_sandbox.limits import Limits

Role = Literal["values", "reseeded", "straight", "guarded"]
ROLES: tuple[Role, ...] = ("values", "reseeded", "straight", "guarded")
"""What a slot runs: programs that return values or print, the same under another hash seed, test code as written, test
code under guard."""
_START_S = 60.0
_EXIT_S = 20.0
_ADDRESS_SPACE_SLACK = 1 << 30  # address space the preloaded libraries reserve without using


@dataclass(frozen=True, slots=True)
class SlotOptions:
    """Which image and which runtime (runc, runsc, kata, ...) the `docker` backend uses; the engine's own for None.

    `packages`: (host path, name) of what is shown to samples beside the packages that they may import anyway.
    `programs`: (host path, path in the jail) of the external programs that they may start.
    """

    image: str | None = None
    runtime: str | None = None
    packages: tuple[tuple[str, str], ...] = ()
    programs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """How a worker ended, from the kernel: wait status, peak resident bytes, cpu seconds; killed by us or not."""

    signal: int | None
    code: int | None
    peak_bytes: int
    cpu_s: float
    killed: bool
    out_of_memory: bool


class Zygote(Protocol):
    """A started zygote, wherever it runs."""

    control: socket.socket
    config: dict[str, Any]

    @property
    def layers(self) -> list[str]:
        """The layers that are made from outside."""
        ...

    def directory(self) -> str | None:
        """Return a fresh directory for the next program, where its jail does not bring one."""
        ...

    def pid(self) -> int:
        """Return the zygote's pid here. Raises OSError or ValueError when it cannot be told."""
        ...

    def oom_kills(self) -> int:
        """Return how many processes the kernel has killed in there for lack of memory."""
        ...

    def last_words(self) -> str:
        """Return what a dead zygote said last, or nothing."""
        ...

    def close(self) -> None:
        """End it and everything in it, and remove what it left. Never raises."""
        ...


class Slot:
    """A running zygote. Runs one worker at a time; not thread-safe."""

    def __init__(self, backend: str, limits: Limits, options: SlotOptions | None = None, role: Role = "values") -> None:
        self.backend = backend
        self.role = role
        self.limits = limits
        self.options = options or SlotOptions()
        self.layers: list[str] = []
        self.samples = 0
        self._zygote: Zygote | None = None
        self._oom_seen = 0
        self._buffer = b""

    def open(self) -> None:
        """Start the zygote and wait until it is ready.

        Raises:
            IsolationError: the host does not allow this backend.
            SlotError: the zygote died or did not answer.
        """
        try:
            self._open()
        except (OSError, ValueError) as error:
            self.close()
            raise SlotError(f"the zygote did not start: {error}") from None
        except SlotError:
            self.close()
            raise

    def _open(self) -> None:
        self._zygote = zygote = self._started()
        self._buffer = b""
        self.samples = 0
        zygote.control.sendall(json.dumps(zygote.config).encode() + b"\n")
        self._read_until(lambda: b"\n" in self._buffer, _START_S)
        line, _, self._buffer = self._buffer.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            self.close()
            raise IsolationError(f"{self.backend}: {reply['error']}")
        self.layers = [*reply["layers"], *zygote.layers]
        self._oom_seen = zygote.oom_kills()

    def _started(self) -> Zygote:
        if self.backend != "docker":
            from akd_sandbox.local import ZygoteProcess

            return ZygoteProcess(self.backend, self.limits, self.options, self.role)
        from akd_sandbox.container import ZygoteContainer

        return ZygoteContainer(self.limits, self.options, self.role)

    @property
    def control(self) -> socket.socket:
        """The control socket: readable when the running worker has ended (or the zygote died)."""
        if self._zygote is None:
            raise SlotError("the zygote is not running")
        return self._zygote.control

    def start(self, fds: tuple[int, ...], limits: Limits) -> None:
        """Ask for a worker on the given data socket, stdout, stderr and, if there is one, stdin. Raises SlotError."""
        self.samples += 1
        address_space = limits.memory_bytes + _ADDRESS_SPACE_SLACK
        cpu_s = int(limits.import_s + limits.sample_s) * 2 + 5
        control = self.control
        try:
            directory = self._zygote.directory() if self._zygote is not None else None
        except OSError as error:
            raise SlotError(f"no directory for the program: {error}") from None
        try:
            request = wire.REQUEST.pack(self.samples, address_space, limits.file_bytes, cpu_s, limits.pids + 1)
        except struct.error as error:
            raise SlotError(f"limits that no kernel takes: {error}") from None
        try:
            socket.send_fds(control, [wire.START, request, os.fsencode(directory or "")], list(fds))
        except OSError as error:
            raise SlotError(f"the zygote is gone: {error}") from None

    def kill(self) -> None:
        """Ask the zygote to kill the running worker and all it started."""
        with contextlib.suppress(OSError):
            self.control.send(wire.KILL)

    def wait_exit(self) -> WorkerExit:
        """Return how the worker ended. Raises SlotError when the zygote cannot tell."""
        while True:
            self._read_until(lambda: len(self._buffer) >= wire.REPORT.size, _EXIT_S)
            report, self._buffer = self._buffer[: wire.REPORT.size], self._buffer[wire.REPORT.size :]
            sample, status, peak_kb, cpu_s, killed = wire.REPORT.unpack(report)
            if sample == self.samples:
                break
        died_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        return WorkerExit(
            signal=died_by,
            code=None if died_by is not None else os.WEXITSTATUS(status),
            peak_bytes=peak_kb * (1 if sys.platform == "darwin" else 1024),
            cpu_s=cpu_s,
            killed=killed,
            out_of_memory=self.ran_out_of_memory(),
        )

    def ran_out_of_memory(self) -> bool:
        """Return whether the kernel killed something here for lack of memory since last asked."""
        if self._zygote is None:
            return False
        count = self._zygote.oom_kills()
        grew = count > self._oom_seen
        self._oom_seen = count
        return grew

    def waited_for_core_s(self) -> float | None:
        """Return how long the kernel has kept the running worker waiting for a core.

        None where it does not tell, and for a worker of several threads or processes: it may be waiting for itself.
        """
        if self._zygote is None:
            return None
        from akd_sandbox import proc

        try:
            return proc.waited_for_core_s(proc.only_child(self._zygote.pid()))
        except (OSError, ValueError):
            return None

    def cpu_s(self) -> float | None:
        """Return the processor seconds of the zygote and of all workers that have ended; None where it is unknown."""
        if self._zygote is None:
            return 0.0
        from akd_sandbox import proc

        try:
            return proc.cpu_s(self._zygote.pid())
        except (OSError, ValueError):
            return None

    def _read_until(self, whole: Callable[[], bool], timeout_s: float) -> None:
        """Read what the zygote says until the buffer holds a whole answer. Raises SlotError."""
        deadline = time.monotonic() + timeout_s
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        while not whole():
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise SlotError(f"the zygote did not answer in {timeout_s:.0f} s")
            try:
                piece = self.control.recv(65536)
            except OSError as error:
                raise SlotError(f"the zygote is gone: {error}") from None
            if not piece:
                words = self._zygote.last_words() if self._zygote is not None else ""
                raise SlotError(f"the zygote died{': ' + words if words else ''}")
            self._buffer += piece

    def close(self) -> None:
        """End the zygote and everything in it, wait for it, and remove what it left. Never raises."""
        zygote, self._zygote = self._zygote, None
        if zygote is not None:
            zygote.close()

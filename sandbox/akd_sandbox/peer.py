"""The judge's end of one running worker: its frames, its output, and how it ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from akd_sandbox import codec
from akd_sandbox.errors import SlotError
from akd_sandbox.guest import wire
from akd_sandbox.limits import Limits
from akd_sandbox.slot import Slot, WorkerExit

DIGEST_OVER = 1 << 20
_KEEP = 4096
_PACE_S = 0.0004


@dataclass(frozen=True, slots=True)
class WorkerFrame:
    """One message of a worker."""

    kind: bytes
    index: int
    body: bytes


class _Capture:
    """Output of one stream: its first and last bytes, and how many there were."""

    def __init__(self, keep: int = _KEEP) -> None:
        self.keep = keep
        self.head = bytearray()
        self.tail = b""
        self.total = 0

    def add(self, piece: bytes) -> None:
        self.total += len(piece)
        room = self.keep - len(self.head)
        self.head += piece[:room]
        if len(piece) > room:
            self.tail = (self.tail + piece[room:])[-_KEEP:]

    def text(self) -> str:
        """Return it for people: the first and the last kilobytes."""
        head, tail = self.head[:_KEEP], (self.head[_KEEP:] + self.tail)[-_KEEP:]
        dropped = self.total - len(head) - len(tail)
        middle = f"\n[... {dropped} bytes left out ...]\n".encode() if dropped > 0 else b""
        return (head + middle + tail).decode("utf-8", "replace")


def _readable(data: bytes) -> int:
    """Return the descriptor of a nameless file that holds data and that nobody can change. Raises OSError."""
    if not hasattr(os, "memfd_create"):
        import tempfile

        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            return os.dup(file.fileno())
    fd = os.memfd_create("stdin", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(data)
        os.lseek(fd, 0, os.SEEK_SET)
        fcntl.fcntl(
            fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
        )
    except BaseException:
        os.close(fd)
        raise
    return fd


class Peer:
    """A worker as the judge sees it: an untrusted peer on a socket. A context manager; leaving it ends the worker."""

    def __init__(self, slot: Slot, limits: Limits, stdin: bytes | None = None) -> None:
        """Prepare a worker; with stdin it reads that, and everything it prints within the limit is kept."""
        self.slot = slot
        self.limits = limits
        self._stdin = stdin
        self.exit: WorkerExit | None = None
        self.tampered = ""
        self.flooded = False
        self.stdout = _Capture(_KEEP if stdin is None else limits.output_bytes)
        self.stderr = _Capture()
        self._nonce = os.urandom(wire.NONCE_BYTES)
        self._buffer = bytearray()
        self._frames_wanted = True
        self._started = time.monotonic()
        self._wakes = 0

    def __enter__(self) -> Peer:
        """Ask the slot for a worker. Raises SlotError."""
        self._data, theirs = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        self._captures = {out_read: self.stdout, err_read: self.stderr}
        given: list[int] = []
        try:
            if self._stdin is not None:
                given.append(_readable(self._stdin))
            self.slot.start((theirs.fileno(), out_write, err_write, *given), self.limits)
        except OSError as error:
            self._close()
            raise SlotError(f"no input for the program: {error}") from None
        except BaseException:
            self._close()
            raise
        finally:
            for fd in given:
                os.close(fd)
            theirs.close()
            os.close(out_write)
            os.close(err_write)
        for fd in self._captures:
            os.set_blocking(fd, False)
        self._poll = select.poll()
        for fd in (self._data.fileno(), *self._captures, self.slot.control.fileno()):
            self._poll.register(fd, select.POLLIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the worker, wait for it, and close everything."""
        try:
            self.end()
        finally:
            self._close()

    def _close(self) -> None:
        self._data.close()
        for fd in self._captures:
            with contextlib.suppress(OSError):
                os.close(fd)

    def send_job(self, job: dict[str, Any]) -> None:
        """Send the job. A worker that is already gone shows in `exit`, not here."""
        head = codec.pack_trusted(
            {**job, "nonce": self._nonce, "digest_over": DIGEST_OVER, "value_bytes": self.limits.value_bytes}
        )
        self.request(head)

    def request(self, body: bytes) -> None:
        """Send the job or its inputs; a worker that does not read them has its import budget to do so."""
        self._data.settimeout(self.limits.import_s)
        with contextlib.suppress(OSError):
            self._data.sendall(len(body).to_bytes(4, "little") + body)
        self._data.setblocking(False)

    def pump(self, timeout_s: float) -> list[WorkerFrame]:
        """Wait for something to happen, at most timeout_s; return the frames that arrived.

        Sets `exit`, `tampered` and `flooded`. Frames that come in quick succession are gathered, so that a batch of
        thousands of small tests does not wake the judge thousands of times.
        """
        if self._wakes > 8:
            time.sleep(_PACE_S)
        events = self._poll.poll(max(timeout_s, 0.0) * 1000)
        if not events:
            self._wakes = 0
            return []
        self._wakes += 1
        ended = any(fd == self.slot.control.fileno() for fd, _ in events)
        for fd, _ in events:
            if fd in self._captures:
                self._drain_output(fd)
            elif fd == self._data.fileno():
                self._drain_data(everything=False)
        if ended:
            self.exit = self.slot.wait_exit()
            self._drain_rest()
        return self._parse()

    def _drain_output(self, fd: int) -> bool:
        try:
            piece = os.read(fd, 1 << 16)
        except BlockingIOError:
            return False
        if not piece:
            with contextlib.suppress(KeyError):
                self._poll.unregister(fd)
            return False
        self._captures[fd].add(piece)
        if self.stdout.total + self.stderr.total > self.limits.output_bytes:
            self.flooded = True
        return True

    def _drain_data(self, *, everything: bool) -> None:
        while True:
            try:
                piece = self._data.recv(1 << 20)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                piece = b""
            if not piece:
                with contextlib.suppress(KeyError):
                    self._poll.unregister(self._data.fileno())
                return
            self._buffer += piece
            if not everything or len(self._buffer) > self.limits.value_bytes + (1 << 21):
                return

    def _drain_rest(self) -> None:
        """Read what the dead worker left in its pipes; all writers are gone, so this ends."""
        self._drain_data(everything=True)
        for fd in self._captures:
            while self._drain_output(fd) and not self.flooded:
                pass

    def _parse(self) -> list[WorkerFrame]:
        frames: list[WorkerFrame] = []
        buffer, position = self._buffer, 0
        while len(buffer) - position >= 4:
            (length,) = wire.LENGTH.unpack_from(buffer, position)
            if length < wire.HEAD_BYTES or length > self.limits.value_bytes + wire.HEAD_BYTES + 64:
                self.tampered = "a frame of impossible length"
                break
            if len(buffer) - position - 4 < length:
                break
            position += 4
            nonce, kind, index = wire.HEAD.unpack_from(buffer, position)
            if nonce != self._nonce:
                self.tampered = "a frame without this sample's id"
                break
            frames.append(WorkerFrame(kind, index, bytes(buffer[position + wire.HEAD_BYTES : position + length])))
            position += length
        del buffer[:position]
        return frames

    @property
    def peak_bytes(self) -> int:
        """The most resident memory of the worker; 0 while it runs."""
        return self.exit.peak_bytes if self.exit is not None else 0

    def end(self) -> WorkerExit:
        """End the worker if it still runs and return how it ended. Raises SlotError."""
        if self.exit is None:
            self.slot.kill()
            self.exit = self.slot.wait_exit()
            self._drain_rest()
        return self.exit


class Clock:
    """The time of one step on the judge's clock, less what the kernel kept the workers waiting for a core.

    A program's limit must not depend on the machine's load (evalplus #5), so waiting for a core is credited, up to
    nineteen times the limit. The first tenth of a second is not looked at: nearly every step ends in it.
    """

    _LOOK_AFTER_S = 0.1
    _MOST = 20.0
    _BLAME = 0.5
    """The share of its time that a program must have waited for load to be blamed: the wait itself is credited, and to
    run a program again alone stops all others."""

    def __init__(self, peers: tuple[Peer, ...]) -> None:
        self.peers = peers
        self.starved = False
        self.begin(0.0)

    def begin(self, limit_s: float) -> None:
        """Start a step of at most limit_s."""
        self.limit_s = limit_s
        self.started = time.monotonic()
        self._base: float | None = None
        self._base_wall = 0.0
        self._check_at = self.started + min(self._LOOK_AFTER_S, limit_s)

    def wall_s(self) -> float:
        """Return the step's wall time so far."""
        return time.monotonic() - self.started

    def pause_s(self) -> float:
        """Return how long to wait at most before asking `expired` again."""
        return max(self._check_at - time.monotonic(), 0.0)

    def expired(self) -> bool:
        """Return whether the step has used up its limit; sets `starved` if load may be why."""
        now = time.monotonic()
        if now < self._check_at:
            return False
        wall = now - self.started
        waited = self._waited()
        if self._base is None and waited is not None:
            self._base, self._base_wall = waited, wall
        credit = self._credit(wall, waited)
        if wall - credit >= self.limit_s or wall >= self._MOST * self.limit_s:
            self.starved = waited is None or credit > self._BLAME * wall
            return True
        self._check_at = now + max(self.limit_s - (wall - credit), 0.002)
        return False

    def overdue(self, since: float, limit_s: float) -> bool:
        """Return whether all steps since then have together used up a limit; sets `starved` if load may be why."""
        wall = time.monotonic() - since
        if wall <= limit_s:
            return False
        waited = self._waited()
        self.starved = waited is None or waited > self._BLAME * wall
        return wall - (waited or 0.0) > limit_s or wall > self._MOST * limit_s

    def _credit(self, wall: float, waited: float | None) -> float:
        if waited is None or self._base is None or wall <= self._base_wall:
            return 0.0
        # what came before the first look is taken to have waited at the same rate
        return (waited - self._base) * wall / (wall - self._base_wall)

    def _waited(self) -> float | None:
        waits = [peer.slot.waited_for_core_s() for peer in self.peers]
        known = [wait for wait in waits if wait is not None]
        return sum(known) if known else None

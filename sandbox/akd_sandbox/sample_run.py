"""How a sample goes: the tests so far, what a worker's words mean, and how a worker's death is classed."""

from __future__ import annotations

import reprlib
import signal
from dataclasses import dataclass
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire
from akd_sandbox.limits import Limits
from akd_sandbox.peer import Clock, Peer, WorkerFrame
from akd_sandbox.slot import WorkerExit
from akd_sandbox.verdict import TestResult, Verdict

_MISSING = 20
_WORDS_BYTES = 1 << 16  # an honest worker's description of an exception or a type is far shorter
MALFORMED = (codec.CodecError, ValueError, TypeError)
"""What reading a worker's words raises when they are not what they should be."""


class _Repr(reprlib.Repr):
    """Short reprs that take no longer for a number of millions of digits."""

    def repr_int(self, x: int, level: int) -> str:
        return f"<an int of {x.bit_length()} bits>" if x.bit_length() > 1 << 13 else super().repr_int(x, level)


_REPR = _Repr()
_REPR.maxstring = _REPR.maxother = 120


@dataclass(slots=True)
class SampleRun:
    """How a sample went so far: the tests that ran, and what ended it early."""

    tests: list[TestResult]
    ended_by: Verdict | None = None
    detail: str = ""
    starved: bool = False
    missing: tuple[str, ...] = ()
    """What was started or looked for and is not here."""

    def heard_of_missing(self, frame: WorkerFrame) -> bool:
        """Take in a message on such a program; return whether it was one. Raises what reading it raises."""
        if frame.kind != wire.MISSING:
            return False
        name = words(frame.body)[0]
        if name not in self.missing and len(self.missing) < _MISSING:
            self.missing += (name,)
        return True


def show(value: Any) -> str:
    """Return a short repr of a plain decoded value, without trusting its size."""
    try:
        return _REPR.repr(value)
    except Exception as error:
        return f"<{type(value).__name__}: {type(error).__name__}>"


def words(body: bytes) -> tuple[str, ...]:
    """Return the texts of a worker's description of something. Raises CodecError if it is none, or too long for one."""
    found = codec.decode(body) if len(body) <= _WORDS_BYTES else None
    if type(found) is str:
        return (found,)
    if type(found) is not tuple or not all(type(word) is str for word in found):
        raise codec.CodecError("no description")
    return found


def explain(body: bytes) -> tuple[str, str]:
    """Return (exception type, one line) of a worker's description of an exception. Raises CodecError or ValueError."""
    name, message, frames, *_ = words(body)
    line = " ".join(f"{name}: {message}".split()) if message else name
    return name, f"{line} ({frames})" if frames else line


def _raised(body: bytes) -> tuple[Verdict, str]:
    name, detail = explain(body)
    return (Verdict.MEMORY if name == "MemoryError" else Verdict.RAISED), detail


def common_outcome(frame: WorkerFrame) -> tuple[Verdict, str] | None:
    """Judge a reply whose meaning does not depend on what was expected."""
    if frame.kind == wire.RAISED:
        return _raised(frame.body)
    if frame.kind == wire.BAD_VALUE:
        return Verdict.BADVALUE, f"returned {words(frame.body)[0]}, which does not travel by value"
    if frame.kind == wire.TOO_LARGE:
        return Verdict.OUTPUT, "returned a value larger than the limit"
    return None


def ended(exit_: WorkerExit, limits: Limits) -> tuple[Verdict, str]:
    """Class a death by the kernel's evidence."""
    if exit_.out_of_memory:
        return Verdict.MEMORY, "the kernel killed it for lack of memory"
    if exit_.signal is not None:
        if exit_.signal in (signal.SIGKILL, signal.SIGXCPU) and exit_.cpu_s >= limits.sample_s:
            return Verdict.TIMEOUT, f"used {exit_.cpu_s:.1f} s of processor time"
        return Verdict.CRASHED, f"killed by signal {exit_.signal} ({_signal_name(exit_.signal)})"
    if exit_.code in (70, 71):
        return Verdict.EXITED, f"ended with code {exit_.code} before its tests did (broken from inside)"
    return Verdict.EXITED, f"ended with code {exit_.code} before its tests did"


def stopped(peer: Peer, clock: Clock, step: str) -> tuple[Verdict, str] | None:
    """Return why nothing more of use will come from a worker, None while something may.

    The one order for all kinds of tests: what it sent was no frame, it printed too much, it ended, its time is up.
    `step` names what the clock is timing.
    """
    if peer.tampered:
        return Verdict.TAMPER, peer.tampered
    if peer.flooded:
        return Verdict.OUTPUT, f"printed more than {peer.limits.output_bytes} bytes"
    if peer.exit is not None:
        return ended(peer.exit, peer.limits)
    if clock.expired():
        return Verdict.TIMEOUT, f"{step} took longer than {clock.limit_s:g} s"
    return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "?"


EARLY = {wire.SYNTAX: Verdict.SYNTAX, wire.IMPORT_RAISED: Verdict.RAISED, wire.NO_ENTRY: Verdict.NOENTRY}


def early(frame: WorkerFrame, entry: str) -> tuple[Verdict, str]:
    """Judge a program that never got as far as its tests."""
    if frame.kind == wire.NO_ENTRY:
        return Verdict.NOENTRY, f"defines no function {entry!r}"
    name, detail = explain(frame.body)
    if name == "MemoryError":
        return Verdict.MEMORY, detail
    return EARLY[frame.kind], detail if frame.kind == wire.SYNTAX else f"at import: {detail}"


def clean(text: str) -> str:
    """Return text that any file or terminal can take: no lone surrogates, no control characters."""
    if not text:
        return ""
    safe = text[:600].encode("utf-8", "replace").decode()
    return "".join(ch if ch.isprintable() or ch == " " else "?" for ch in safe)

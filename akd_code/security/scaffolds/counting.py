"""Work, counted: lines of Python, bytes taken from a stream, processor time of what cannot be counted."""

import signal as _signal
import sys as _sys
from collections.abc import Callable as _Callable
from collections.abc import Iterator as _Iterator
from typing import Any as _Any


class _TooMuch(BaseException):
    """Ends what works too long; no program catches it by accident."""


def lines_of(call: _Callable[[], _Any], most: int) -> str:
    """Return "bounded" if a call executes at most so many lines of Python, else "unbounded"; it is ended there."""
    count = 0

    def trace(frame: _Any, event: str, arg: _Any) -> _Any:
        nonlocal count
        count += event == "line"
        if count > most:
            raise _TooMuch
        return trace

    _sys.settrace(trace)
    try:
        call()
    except _TooMuch:
        return "unbounded"
    except Exception:
        return "bounded"
    finally:
        _sys.settrace(None)
    return "bounded"


def processor(call: _Callable[[], _Any], seconds: float = 0.2) -> str:
    """Return "bounded" if a call needs at most so much processor time of this process, else "unbounded".

    For what works within one call of C, such as a regular expression: where it does not blow up it needs a
    ten-thousandth of that. It is the process's own time: how busy the machine is makes no difference.
    """

    def end(*_: _Any) -> None:
        raise _TooMuch

    _signal.signal(_signal.SIGVTALRM, end)
    _signal.setitimer(_signal.ITIMER_VIRTUAL, seconds)
    try:
        call()
    except _TooMuch:
        return "unbounded"
    except Exception:
        return "bounded"
    finally:
        _signal.setitimer(_signal.ITIMER_VIRTUAL, 0)
    return "bounded"


class Stream:
    """A binary stream of so many bytes that remembers how many were taken, and how many were asked for at once."""

    def __init__(self, size: int, sign: bytes = b"a") -> None:
        self.left, self.taken, self._sign = size, 0, sign

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes; all that are left for -1 or None."""
        count = self.left if size is None or size < 0 else min(size, self.left)
        self.left -= count
        self.taken += count
        return self._sign * count

    read1 = readline = read

    def __iter__(self) -> _Iterator[bytes]:
        """Yield what is left, as one line."""
        while self.left:
            yield self.read()

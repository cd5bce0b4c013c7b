"""What test code calls where its checks stand: counts how each check went, for the judge.

In a straight run a mark behind a check counts that it was passed; everything else is as the interpreter has it. In a
guarded run each check records its outcome and the test goes on, whatever it was: an honest program, which fails only
what was flipped, then meets the same calls as in the straight run. Nothing here knows which checks are flipped.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import TracebackType
from typing import Any

from akd_sandbox.guest.notes import NotGiven

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]


class _Nowhere:
    """What stands where another object is wanted, equal to nothing.

    A program's `__eq__` may take its like for granted and ask it for anything: all that it gets is unequal, too.
    """

    def _itself(self, *_: Any, **__: Any) -> _Nowhere:
        return self

    def _no(self, *_: Any) -> bool:
        return False

    def _odd(self) -> int:
        return 7919

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __ne__(self, _: object) -> bool:
        return True

    def __float__(self) -> float:
        return float("nan")

    __hash__ = object.__hash__
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _no
    __call__ = __getitem__ = __abs__ = __round__ = _itself
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _itself
    __len__ = __index__ = __int__ = _odd


_NOWHERE = _Nowhere()


def _is_failure(error: BaseException) -> bool:
    """Return whether an exception says that a check failed: AssertionError, and what pytest raises for it."""
    return isinstance(error, AssertionError) or type(error).__module__ == "_pytest.outcomes"


def changes(token: int) -> bool:
    """Return whether a token says that a value is to be changed."""
    return bool((token * 0x9E3779B97F4A7C15 >> 23) & 1)


def other(token: int, value: Any) -> Any:
    """Return a value as it is, or one of its type that is not equal to it, as the token says."""
    if not changes(token):
        return value
    kind = type(value)
    if kind is bool:
        return not value
    if kind is int:
        return value + 1
    if kind in (float, complex):
        farther = value + 1.5 + abs(value)
        return farther if farther != value else 0  # infinities
    if kind is str:
        return value + "s"
    if kind is bytes:
        return value + b"s"
    if kind in (list, tuple):
        return value + kind((0,))
    if kind is dict:
        return {**value, _NOWHERE: 0}
    if kind in (set, frozenset):
        return value | {_NOWHERE}
    return _NOWHERE


class Recorder:
    """How often each check was passed and failed since it was last asked."""

    def __init__(self) -> None:
        self.counts: dict[int, list[int]] = {}

    def take(self) -> dict[int, tuple[int, int]]:
        """Return (passed, failed) by check, and begin anew."""
        taken = {number: (passed, failed) for number, (passed, failed) in self.counts.items()}
        self.counts = {}
        return taken

    def record(self, number: int, passed: bool) -> None:
        """Count one outcome of a check."""
        counts = self.counts.setdefault(number, [0, 0])
        counts[0 if passed else 1] += 1

    def install(self) -> None:
        """Give test code, wherever it is, the names it calls."""
        builtins.__dict__.update(
            _akd_other=other,
            _akd_tried=self.tried,
            _akd_arrived=self.arrived,
            _akd_check=self.check,
            _akd_call=self.call,
            _akd_raising=self.raising,
            _akd_expect=self.expect,
        )

    def tried(self, number: int) -> None:
        """Count a check as failed, until it is passed."""
        self.record(number, False)

    def arrived(self, number: int) -> None:
        """Count a check that was tried as passed."""
        counts = self.counts.setdefault(number, [0, 1])
        counts[0] += 1
        counts[1] -= 1

    def check(self, number: int, value: object) -> None:
        """Count the outcome of an `assert`."""
        self.record(number, bool(value))

    def call(self, number: int, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Make a call that asserts, and count whether it did."""
        try:
            function(*args, **kwargs)
        except BaseException as error:
            if not _is_failure(error):
                raise
            self.record(number, False)
        else:
            self.record(number, True)

    def raising(self, number: int, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Make a call that expects an exception; another exception is a failed check too."""
        try:
            function(*args, **kwargs)
        except Exception:
            self.record(number, False)
        except BaseException as error:
            if not _is_failure(error):
                raise
            self.record(number, False)
        else:
            self.record(number, True)

    def expect(self, number: int, context: Any) -> _Expected:
        """Return a context for a block that expects an exception."""
        return _Expected(self, number, context)


class _Expected:
    """A block that expects an exception: whatever comes is caught and told, so that what follows is as it was."""

    def __init__(self, recorder: Recorder, number: int, context: Any) -> None:
        self.recorder, self.number, self.context = recorder, number, context
        self.told: Any = None

    def __enter__(self) -> Any:
        self.told = self.context.__enter__()
        return self.told

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        try:
            passed = bool(self.context.__exit__(kind, error, trace))
        except BaseException as problem:
            if not _is_failure(problem):
                raise
            passed = False
        if isinstance(error, NotGiven):
            return False
        self.recorder.record(self.number, passed and error is not None)
        if passed or error is None:
            return True
        if not isinstance(error, Exception):
            return False
        self._tell(error)
        return True

    def _tell(self, error: Exception) -> None:
        """Show the exception to what follows, as unittest's context and pytest's would."""
        if hasattr(self.told, "fill_unfilled"):
            try:
                self.told.fill_unfilled((type(error), error, error.__traceback__))
            except Exception:
                return  # it was filled already
        else:
            self.told.exception = error.with_traceback(None)

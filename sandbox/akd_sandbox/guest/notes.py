"""What a program gave where tests called it: noted in one run, and given to the same tests where no program is."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from akd_sandbox import codec
from akd_sandbox.codec.kinds import SEQUENCES
from akd_sandbox.codec.scalars import SCALARS

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

_MOST_BYTES = 1 << 20
_MOST_VALUES = 10_000
_MOST_AGAIN = 1000
_EXCEPTIONS = {
    name: kind for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)
}


class NotGiven(BaseException):
    """What tests get where nothing was noted that could be given: nothing that they expect or catch."""


class Notes:
    """What each call of the program gave, by the call's number, in order; None for what does not travel by value."""

    def __init__(self, given: Mapping[int, tuple[bytes | None, ...]]) -> None:
        self.seen: dict[int, list[bytes | None]] = {}
        self._bytes = self._count = 0
        self._given = {number: list(reversed(outcomes)) for number, outcomes in given.items()}
        self._again = _MOST_AGAIN

    def install(self) -> None:
        """Give test code, wherever it is, the names it calls."""
        builtins.__dict__.update(_akd_seen=self.note, _akd_called=self.called, _akd_given=self.give)

    def note(self, number: int, value: Any) -> Any:
        """Note a value that the program gave, and return it."""
        self._add(number, (True, value))
        return value

    def called(self, number: int, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that calls one of the program's and notes what it gives or raises."""

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                value = function(*args, **kwargs)
            except Exception as error:
                name = type(error).__name__
                self._add(number, (False, name, error.args) if _EXCEPTIONS.get(name) is type(error) else None)
                raise
            return self.note(number, value)

        return call

    def give(self, number: int) -> Any:
        """Return what the program gave at its next call of that number, or raise what it raised.

        Tests that call it more often here get the last again: they may have been made to stop early.
        """
        outcomes = self._given.get(number, [])
        noted = outcomes[0] if outcomes else None
        if len(outcomes) > 1:
            noted = outcomes.pop()
        else:
            self._again -= 1
        if noted is None or self._again < 0:
            raise NotGiven
        returned, *what = codec.decode(noted)
        if returned:
            return what[0]
        raise _EXCEPTIONS[what[0]](*what[1])

    def _add(self, number: int, outcome: tuple[Any, ...] | None) -> None:
        encoded = None
        if outcome is not None and self._bytes < _MOST_BYTES and _is_plain(outcome):
            try:
                encoded = codec.encode(outcome, _MOST_BYTES)
            except (codec.BadValueError, codec.ValueTooLargeError):
                encoded = None
        self._bytes += len(encoded or b"") + 1
        self._count += 1
        outcomes = self.seen.setdefault(number, [])
        if self._count <= _MOST_VALUES:
            outcomes.append(encoded)
        elif not outcomes or outcomes[-1] is not None:
            outcomes.append(None)


def _is_plain(value: Any) -> bool:
    """Return whether a value is the same where it is given: exact types, no array of numpy's, no nan.

    A Counter and its like arrive as plain dicts.

    A nan is equal to itself in a list only as long as it is the same object.
    """
    stack, left = [value], _MOST_BYTES
    while stack and left:
        item, left = stack.pop(), left - 1
        if type(item) in SEQUENCES:
            stack.extend(item)
        elif type(item) is dict:
            stack.extend(part for pair in dict.items(item) for part in pair)
        elif type(item) not in SCALARS or _is_nan(item):
            return False
    return not stack


def _is_nan(value: Any) -> bool:
    return value.is_nan() if type(value) is Decimal else type(value) in (float, complex) and value != value

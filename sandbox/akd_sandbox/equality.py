"""Comparison of plain decoded values, in the judge."""

from __future__ import annotations

from typing import Any


def equal(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    """Return whether got equals expected as `==` says for exact types (True == 1 == 1.0, tuple != list).

    A nan equals a nan where one is expected, also inside lists, tuples and dict values.
    """
    if expected == got:
        return True
    return _equal_with_nan(expected, got)


def identical(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    """Return whether got is expected, as `is` says for None, True and False: 1 is not True."""
    return got is expected


def _equal_with_nan(expected: Any, got: Any) -> bool:
    stack = [(expected, got)]
    nan_met = False
    while stack:
        left, right = stack.pop()
        if isinstance(left, float) and left != left:
            if not (isinstance(right, float) and right != right):
                return False
            nan_met = True
        elif type(left) is type(right) and isinstance(left, list | tuple):
            if len(left) != len(right):
                return False
            stack.extend(zip(left, right, strict=True))
        elif isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            stack.extend((left[key], right[key]) for key in left)
        elif left != right:
            return False
    return nan_met


def accepts_equal(compare: object) -> bool:
    """Return whether compare is known to accept a value that is identical to the expected one.

    A compare function says so by an attribute `accepts_equal = True`; the judge then need not decode identical bytes.
    """
    return compare is equal or bool(getattr(compare, "accepts_equal", False))

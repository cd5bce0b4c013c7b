"""When an output counts as right: equality, tolerance, and the special oracles of EvalPlus's two benchmarks.

Same decisions as evalplus 0.3.1, in plain Python and in the judge, on decoded data and on the judge's own copy of the
inputs. Deviations are listed in docs/parity.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from akd_sandbox import Compare, Digest, equal

Accepts = Callable[[Any, Any, tuple[Any, ...]], bool]
"""`accepts(expected, got, args)`: whether the output is right without any tolerance."""

FLOAT_ATOL = 1e-6
"""Absolute tolerance where the benchmark gives none and the expected output is floats (evalplus 0.3.1)."""

RTOL = 1e-7
"""Relative tolerance of every tolerant comparison (numpy.testing.assert_allclose's default, as in evalplus)."""

_UNEQUAL = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


class Output(Enum):
    """All of an expected output that decides how it is compared."""

    PLAIN = "plain"
    FLOATS = "a float, or a list or tuple of floats alone"
    DIGEST = "a digest of a large value"

    @classmethod
    def of(cls, value: object) -> Output:
        """Return what an expected output is."""
        if isinstance(value, Digest):
            return cls.DIGEST
        return cls.FLOATS if is_floats(value) else cls.PLAIN


@dataclass(frozen=True, slots=True)
class Matches:
    """A comparison for the sandbox: right if `accepts` says so or, with atol > 0, if close enough."""

    accepts: Accepts
    atol: float
    accepts_equal: ClassVar[bool] = True  # lets the sandbox skip decoding an output of identical bytes

    def __call__(self, expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
        """Return whether got is right; an output on which the comparison itself fails is wrong."""
        try:
            if self.accepts(expected, got, args):
                return True
            return self.atol > 0 and close(expected, got, self.atol)
        except _UNEQUAL:
            return False


@dataclass(frozen=True, slots=True)
class Oracle:
    """How the outputs of one task are compared: its `accepts` and the benchmark's absolute tolerance.

    `tolerant` False: `accepts` alone decides.
    """

    accepts: Accepts
    atol: float = 0.0
    tolerant: bool = True

    def comparisons(self, expected: Iterable[Output], *, sticky: bool = False) -> list[Compare]:
        """Return one comparison per expected output, in test order.

        Plain equality is the sandbox's own `equal`, under which a large output can travel as its digest; an
        expected output that is itself a digest is compared so, without tolerance. With `sticky` the tolerance that
        one float output brings stays for the task's later tests, as it does in evalplus 0.3.1 (by accident:
        docs/parity.md).
        """
        made: list[Compare] = []
        stuck = 0.0
        for output in expected:
            atol = self.atol or stuck
            if atol == 0 and output is Output.FLOATS:
                atol = FLOAT_ATOL
                stuck = FLOAT_ATOL if sticky else 0.0
            exact = output is Output.DIGEST or (self.accepts is same and atol == 0)
            made.append(equal if exact else Matches(self.accepts, atol if self.tolerant else 0.0))
        return made


def is_floats(value: object) -> bool:
    """Return whether value is a float, or a list or tuple of floats alone that is not empty."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def close(expected: Any, got: Any, atol: float) -> bool:
    """Return whether got has expected's type (and length) and all its numbers are within atol + RTOL * |expected|.

    Nested lists and tuples are compared by shape, numbers by value. nan is close to nan. Raises TypeError for
    what is not a number.
    """
    if type(expected) is not type(got):
        return False
    return _all_close(expected, got, atol)


def _all_close(expected: Any, got: Any, atol: float) -> bool:
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, (list, tuple)) or len(expected) != len(got):
            return False
        return all(_all_close(one, other, atol) for one, other in zip(expected, got, strict=True))
    if isinstance(got, (list, tuple)):
        return False
    if not isinstance(expected, (int, float, complex)) or not isinstance(got, (int, float, complex)):
        raise TypeError("a tolerance needs numbers")
    if expected == got:
        return True
    if expected != expected:
        return bool(got != got)
    bound = atol + RTOL * abs(expected)
    return not math.isinf(bound) and abs(got - expected) <= bound


def same(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    """Accept what equals the expected output."""
    return bool(expected == got)


def anything(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    """Accept any output (Mbpp/164: the reference solution is itself disputed)."""
    return True


def same_or_zero(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    """Accept 0 too (Mbpp/295)."""
    return bool(expected == got or got == 0)


def same_set(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    """Accept any order and multiplicity (EvalPlus's set-equality tasks)."""
    return set(expected) == set(got)


def same_or_perpendicular(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    """Accept the pyramid's surface with `height` read as its perpendicular height too (Mbpp/581)."""
    if expected == got:
        return True
    base, height = args
    surface = round(base**2 + 2 * base * math.sqrt((base / 2) ** 2 + height**2))
    return bool(got == surface)


def same_or_padded(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    """Accept the digit distance of the numbers padded to one length with zeros too (Mbpp/558)."""
    if expected == got:
        return True
    one, other = (str(number) for number in args)
    width = max(len(one), len(other))
    pairs = zip(one.zfill(width), other.zfill(width), strict=True)
    return bool(got == sum(abs(int(a) - int(b)) for a, b in pairs))


@dataclass(frozen=True, slots=True)
class Root:
    """Accept any x with |p(x)| <= atol, p given by its coefficients in the judge's own copy (HumanEval/32)."""

    atol: float

    def __call__(self, expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
        """Return whether got is a root of the polynomial args[0]."""
        value: float = sum(coefficient * math.pow(got, power) for power, coefficient in enumerate(args[0]))
        return abs(value) <= self.atol

"""What is run: a program, and its tests as data or as code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from akd_sandbox.codec import BadValueError, ValueTooLargeError, encode, pack_trusted
from akd_sandbox.compare import accepts_equal, equal
from akd_sandbox.limits import Limits
from akd_sandbox.verdict import Digest

Compare = Callable[[Any, Any, tuple[Any, ...]], bool]
"""`compare(expected, got, args) -> bool`, run in the judge on decoded plain data.

`args` are the judge's own copies of the inputs, out of the candidate's reach.
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One function-style test as data: `f(*args, **kwargs)` must equal `expected` under `compare`.

    `expected` is a plain value, or a `Digest` of a large one. `limit_s` overrides Limits.test_s.
    """

    args: tuple[Any, ...]
    expected: Any
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    compare: Compare = equal
    limit_s: float | None = None

    @property
    def may_digest(self) -> bool:
        """Whether a large value may come as its digest: nothing but equality decides."""
        return self.compare is equal or isinstance(self.expected, Digest)


@dataclass(frozen=True)
class FunctionTests:
    """Function-style tests as data. At least one, or the task is bad (INFRA)."""

    cases: tuple[Case, ...]

    @cached_property
    def inputs(self) -> bytes:
        """The inputs as the worker reads them: per case a flag (large values as digests), a length, the arguments."""
        parts: list[bytes] = []
        for case in self.cases:
            data = pack_trusted((tuple(case.args), dict(case.kwargs)))
            parts += (b"\x01" if case.may_digest else b"\x00", len(data).to_bytes(4, "little"), data)
        return b"".join(parts)

    @cached_property
    def answers(self) -> tuple[bytes | None, ...]:
        """The expected values as they would travel; None where identical bytes do not decide or cannot be made."""
        return tuple(_answer(case) for case in self.cases)


def _answer(case: Case) -> bytes | None:
    if isinstance(case.expected, Digest) or not accepts_equal(case.compare):
        return None
    try:
        return encode(case.expected)
    except (BadValueError, ValueTooLargeError):
        return None


@dataclass(frozen=True, slots=True)
class CodeTests:
    """Test code, run in a worker of its own that reaches the candidate only through the judge.

    check: `code` defines `check(candidate)`. functions: `code` defines `test_*()` functions that use the entry
    point by name. asserts: `code` is set-up plus top-level asserts, each a test.
    """

    code: str
    style: Literal["check", "functions", "asserts"]


@dataclass(frozen=True, slots=True)
class Job:
    """One sample to judge: program text, the entry point its tests call, and the tests."""

    code: str
    entry: str
    tests: FunctionTests | CodeTests
    limits: Limits | None = None
    stop_at_first_failure: bool = True

"""What is run: a program, and its tests as data or as code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from akd_sandbox.codec import BadValueError, ValueTooLargeError, decode, encode, pack_trusted
from akd_sandbox.equality import accepts_equal, equal
from akd_sandbox.limits import Limits
from akd_sandbox.verdict import Digest

Compare = Callable[[Any, Any, tuple[Any, ...]], bool]
"""`compare(expected, got, args) -> bool`, run in the judge on decoded plain data.

`args` are the judge's own copies of the inputs, out of the candidate's reach.
"""


@dataclass(frozen=True, slots=True)
class EncodedValue:
    """An expected value as it travels (`codec.encode`), by somebody trusted; decoded only where bytes do not decide."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """One function-style test as data: `f(*args, **kwargs)` must equal `expected` under `compare`.

    `expected` is a plain value, the same as an `EncodedValue`, or a `Digest` of a large one. `limit_s` overrides
    `Limits.test_s`.
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

    @property
    def expected_value(self) -> Any:
        """The expected value as plain data, or its Digest."""
        return decode(self.expected.data) if isinstance(self.expected, EncodedValue) else self.expected


@dataclass(frozen=True)
class FunctionTests:
    """Function-style tests as data. At least one, or the task is bad (INFRA).

    `code`: the test code they were read from, which decides where the program returns what does not travel by value.
    """

    cases: tuple[Case, ...]
    code: CodeTests | None = field(default=None, compare=False)

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
    if isinstance(case.expected, EncodedValue):
        return case.expected.data
    try:
        return encode(case.expected)
    except (BadValueError, ValueTooLargeError):
        return None


@dataclass(frozen=True, slots=True)
class CodeTests:
    """Test code, run beside the program in one interpreter, as CPython runs it (docs/threat-model.md says how safely).

    check: `code` defines `check(candidate)`. functions: `code` defines `test_*()` functions that use the entry point by
    name. asserts: `code` is set-up, and each of `entries` a test: statements of any kind, which may use what those
    before defined; without entries they are cut out of `code`. unittest: `code` defines classes of test cases.
    `admitted`: the checks that may be made false to see that the program fails them (`Sandbox.admit`); None for all.
    """

    code: str
    style: Literal["check", "functions", "asserts", "unittest"]
    entries: tuple[str, ...] = ()
    admitted: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class StdinCase:
    """One run of a whole program: what it reads, and what it must print. `limit_s` overrides Limits.test_s."""

    stdin: str
    expected: str
    limit_s: float | None = None


@dataclass(frozen=True, slots=True)
class ProgramTests:
    """A whole program, run anew for each case. At least one, or the task is bad (INFRA).

    It must print what is expected and end with code 0. tokens: words are compared, white space between them is not;
    exact: every byte is. With `tolerance`, two words that are both numbers need only be that close, absolutely or
    relative to the expected one.
    """

    cases: tuple[StdinCase, ...]
    compare: Literal["tokens", "exact"] = "tokens"
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class PytestTests:
    """Test files in pytest's style, run by pytest beside the program.

    They import the program as `module` and the sample's other files by their names. Passed must equal collected, and
    be more than zero; a test that is skipped has not passed. `count` is how many must be collected, where that is known
    (from the reference solution): without it, tests that are parametrized by what the program says can be fewer.
    """

    files: Mapping[str, str]
    module: str = "solution"
    count: int | None = None
    admitted: frozenset[int] | None = None


Tests = FunctionTests | CodeTests | ProgramTests | PytestTests
"""Everything a program can be held to."""


@dataclass(frozen=True, slots=True)
class Job:
    """One sample to judge: program text, the entry point its tests call, and the tests.

    `entry` may be empty for ProgramTests and PytestTests. `files` are further modules and data of the sample, by
    relative path; they lie in the program's working directory, which it can import from. `judging`: "values" refuses
    test code, which a program could conceivably fool (UNSUPPORTED). `reseeded`: tests that are data run where hashes
    are seeded otherwise than in every other run, to see whether an answer depends on that.
    """

    code: str
    entry: str
    tests: Tests
    limits: Limits | None = None
    stop_at_first_failure: bool = True
    files: Mapping[str, str] = field(default_factory=dict)
    judging: Literal["auto", "values"] = "auto"
    reseeded: bool = False


def bad_path(files: Mapping[str, str]) -> str:
    """Return the first path that does not stay below the directory it is relative to, or nothing."""
    for path in files:
        parts = path.split("/")
        if not path or len(path) > 500 or len(parts) > 20 or "\0" in path or any(p in ("", ".", "..") for p in parts):
            return path or "(empty)"
    return ""

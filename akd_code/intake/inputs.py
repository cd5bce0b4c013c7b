"""Tests made of a program and a generator of its inputs, both run in the sandbox only."""

from __future__ import annotations

import math
from typing import Any

from akd_code.intake.closure import with_needed
from akd_code.intake.exercise import UnusableError
from akd_sandbox import CallOutcome, Case, Digest, Sandbox, Verdict

TESTS, TRIED = 6, 12
_LONGEST = 2000
_GENERATE = "\n\n\ndef akd_generated(seed):\n    return generate_input(__import__('random').Random(seed))\n"
_BEFORE = "import random\nfrom random import Random\nfrom typing import *\n\n\n"
_CLOSE = '''from math import isclose


def same(got, expected):
    """Equal, but for the last digits of floats."""
    if isinstance(expected, float) and isinstance(got, (int, float)):
        return isclose(got, expected, rel_tol=1e-6, abs_tol=1e-9)
    if isinstance(expected, dict):
        return isinstance(got, dict) and got.keys() == expected.keys() and all(same(got[k], expected[k]) for k in got)
    if isinstance(expected, (list, tuple)):
        return type(got) is type(expected) and len(got) == len(expected) and all(map(same, got, expected))
    return got == expected'''


def tests_from_generator(generator: str, code: str, entry: str, box: Sandbox) -> tuple[tuple[str, ...], str]:
    """Return up to six tests on different inputs, and the set-up that they need; blocks.

    The generator may use what the program imports and defines.

    Raises UnusableError where the generator or the program does not work, or the program gives another answer the
    second time, or fewer than two different ones that can be written down; SandboxError.
    """
    seeds = [Case(args=(seed,), expected=None) for seed in range(TRIED)]
    inputs = [
        _plain(one, "generator")
        for one in box.call_cases(_BEFORE + with_needed(generator, code) + _GENERATE, "akd_generated", seeds)
    ]
    named = [one for one in inputs if isinstance(one, dict) and all(isinstance(name, str) for name in one)]
    if len(named) < len(inputs):
        raise UnusableError("a generator that does not give named arguments")
    different = list({repr(one): one for one in named if len(repr(one)) <= _LONGEST}.values())[:TESTS]
    if len(different) < 2:
        raise UnusableError("fewer than two different inputs")
    cases = [Case(args=(), expected=None, kwargs=one) for one in different]
    first, second = ([_plain(one, "program") for one in box.call_cases(code, entry, cases)] for _ in range(2))
    if list(map(repr, first)) != list(map(repr, second)):
        raise UnusableError("a program whose answers change")
    kept = [(given, got) for given, got in zip(different, first, strict=True) if _can_be_written(given, got)]
    if len({repr(got) for _, got in kept}) < 2:
        raise UnusableError("fewer than two different answers", f"{len(kept)} of {len(first)} can be written down")
    if all(_exact(got) for _, got in kept):
        return tuple(f"assert {_call(entry, given)} == {got!r}" for given, got in kept), ""
    return tuple(f"assert same({_call(entry, given)}, {got!r})" for given, got in kept), _CLOSE


def _plain(outcome: CallOutcome, whose: str) -> Any:
    if outcome.verdict is not Verdict.PASS:
        raise UnusableError(f"a {whose} that does not work", f"{outcome.verdict}: {outcome.detail}")
    if isinstance(outcome.value, Digest):
        raise UnusableError("answers that are too large")
    try:
        repr(outcome.value)
    except (ValueError, RecursionError):  # a number of more than 4300 digits
        raise UnusableError("answers that are too large") from None
    return outcome.value


def _call(entry: str, given: dict[str, Any]) -> str:
    return f"{entry}({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def _can_be_written(given: dict[str, Any], got: Any) -> bool:
    return len(repr(got)) <= _LONGEST and all(name.isidentifier() for name in given) and _literal((given, got))


def _literal(value: Any) -> bool:
    """Return whether plain data reads back as itself."""
    match value:
        case float():
            return math.isfinite(value)
        case None | bool() | int() | str() | bytes():
            return True
        case list() | tuple():
            return all(map(_literal, value))
        case dict():
            return all(_literal(key) and _literal(one) for key, one in value.items())
    return False


def _exact(value: Any) -> bool:
    match value:
        case float():
            return round(value, 5) == value
        case list() | tuple():
            return all(map(_exact, value))
        case dict():
            return all(map(_exact, value.values()))
    return True

"""Chance, taken away: the same state of every generator, the same clock, the same counters."""

import linecache as _linecache
import os as _os
import random as _random
import time as _time
from collections.abc import Callable as _Callable
from typing import Any as _Any

_NOW = 1_700_000_000.0


def _generators(program: _Callable[..., _Any]) -> list[_random.Random]:
    """Return the generators in a function's module whose state can be put back."""
    values = getattr(program, "__globals__", {}).values()
    return [value for value in values if isinstance(value, _random.Random) and type(value) is not _random.SystemRandom]


def _stop_clocks(program: _Callable[..., _Any]) -> None:
    for name, value in (("time", _NOW), ("time_ns", int(_NOW * 1e9)), ("monotonic", 100.0), ("perf_counter", 100.0)):
        stand_in(program, _time, name, lambda value=value: value)  # type: ignore[name-defined]  # noqa: F821
    stand_in(program, _os, "getpid", lambda: 77)  # type: ignore[name-defined]  # noqa: F821


def started_again(program: _Callable[..., _Any], *args: _Any) -> str:
    """Return "predicted" if the whole program, started twice at the same time, gives the same both times, else "fresh".

    That is what whoever has the program can do: its counters begin anew, and only what nobody can know is different.
    """
    _stop_clocks(program)
    source = "".join(_linecache.getlines(program.__code__.co_filename))
    seen_first = []
    for _ in range(2):
        _random.seed(20_240_101)
        module: dict[str, _Any] = {"__name__": "candidate"}
        exec(source, module)  # noqa: S102 - in the jail, where it has run before
        seen_first.append(module[program.__name__](*args) if source else object())
    return "predicted" if seen_first[0] == seen_first[1] else "fresh"


def repeated(program: _Callable[..., _Any], call: _Callable[[], _Any]) -> str:
    """Return "predicted" if a call gives the same again where generators and clock are as before, else "fresh".

    That is what whoever knows a generator's state, or the time, can do without looking.
    """
    _stop_clocks(program)
    own = _generators(program)
    states = [generator.getstate() for generator in own]
    seen_first = []
    for _ in range(2):
        _random.seed(20_240_101)
        for generator, state in zip(own, states, strict=True):
            generator.setstate(state)
        seen_first.append(call())
    return "predicted" if seen_first[0] == seen_first[1] else "fresh"


def varying(texts: list[str]) -> int:
    """Return at how many places the texts, of one length, differ among each other."""
    return sum(len(set(signs)) > 1 for signs in zip(*texts, strict=False))

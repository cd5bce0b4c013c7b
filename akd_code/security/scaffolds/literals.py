"""The texts that a program is written with: what whoever reads its source may try as a key."""

import os as _os
import types as _types
from collections.abc import Callable as _Callable
from collections.abc import Iterator as _Iterator
from typing import Any as _Any


def _in_code(code: _types.CodeType) -> _Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str | bytes):
            yield constant if isinstance(constant, str) else constant.decode("latin-1")
        elif isinstance(constant, tuple):
            yield from (one for one in constant if isinstance(one, str))
        elif isinstance(constant, _types.CodeType):
            yield from _in_code(constant)


def literals(program: _Callable[..., _Any]) -> list[str]:
    """Return the texts in a function, in the other functions of its module, and in that module's variables."""
    found: set[str] = set()
    for value in list(getattr(program, "__globals__", {}).values()):
        if isinstance(value, _types.FunctionType) and value.__globals__ is getattr(program, "__globals__", None):
            found.update(_in_code(value.__code__))
            found.update(one for one in value.__defaults__ or () if isinstance(one, str))
        elif isinstance(value, str | bytes):
            found.add(value if isinstance(value, str) else value.decode("latin-1"))
        elif isinstance(value, dict):
            found.update(one for one in value.values() if isinstance(one, str))
    return sorted(found)


def environment(**values: str | None) -> None:
    """Set variables of the environment; None takes one away."""
    for name, value in values.items():
        _os.environ.pop(name, None)
        if value is not None:
            _os.environ[name] = value

"""How a call went, as a value; and what stands in for a function while it is called."""

from collections.abc import Callable as _Callable
from typing import Any as _Any

REFUSED = "refused"
CANARY = "canary-5e1f0c"


def attempt(call: _Callable[..., _Any], *args: _Any, **kwargs: _Any) -> _Any:
    """Return what a call returns, or "refused" if it raises or exits."""
    try:
        return plain(call(*args, **kwargs))
    except (Exception, SystemExit):
        return REFUSED


def plain(value: _Any) -> _Any:
    """Return a value with its text as plain text: a subclass of str may deny what it holds to whoever looks for it."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return bytes.join(b"", [value])
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(map(plain, value))
    return {plain(key): plain(one) for key, one in value.items()} if type(value) is dict else value


def seen(*values: object) -> str:
    """Return "canary" if the canary is anywhere in the values, else "nothing"."""
    return "canary" if any(CANARY in repr(plain(value)) for value in values) else "nothing"


def stand_in(program: _Callable[..., _Any], module: _Any, name: str, other: _Any) -> None:
    """Put `other` in the place of `module.name`, in the module and in the names of the function's own module."""
    real = getattr(module, name)
    setattr(module, name, other)
    names = getattr(program, "__globals__", {})
    for known in [known for known, value in names.items() if value is real]:
        names[known] = other

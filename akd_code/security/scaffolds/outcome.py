"""How a call went, as a value."""

from collections.abc import Callable as _Callable
from typing import Any as _Any

REFUSED = "refused"
CANARY = "canary-5e1f0c"


def attempt(call: _Callable[..., _Any], *args: _Any, **kwargs: _Any) -> _Any:
    """Return what a call returns, or "refused" if it raises or exits."""
    try:
        return call(*args, **kwargs)
    except (Exception, SystemExit):
        return REFUSED


def seen(*values: object) -> str:
    """Return "canary" if the canary is anywhere in the values, else "nothing"."""
    return "canary" if any(CANARY in repr(value) for value in values) else "nothing"

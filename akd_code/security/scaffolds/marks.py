"""A mark that code sets where it was made of text that is only data."""

import builtins as _builtins
from collections.abc import Callable as _Callable
from typing import Any as _Any

_RUN = "__import__('builtins').mark.append(1)"


def ran(call: _Callable[[], _Any]) -> str:
    """Return "ran" if a call let the mark be set, else "nothing"."""
    _builtins.mark = []  # type: ignore[attr-defined]
    attempt(call)  # type: ignore[name-defined]  # noqa: F821
    return "ran" if _builtins.mark else "nothing"  # type: ignore[attr-defined]

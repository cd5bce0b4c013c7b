"""The built-in names with which test code looks at what a program gave, as they were before the program ran."""

from __future__ import annotations

import builtins
from typing import Any

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

LOOKING = frozenset(
    """abs aiter all anext any ascii bin bool bytearray bytes callable chr classmethod complex delattr dict dir divmod
    enumerate filter float format frozenset getattr hasattr hash hex id int isinstance issubclass iter len list map max
    memoryview min next object oct ord pow property range repr reversed round set setattr slice sorted staticmethod str
    sum super tuple type vars zip""".split()  # noqa: SIM905
) | {name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)}
"""What test code looks with: functions and types that tell of a value, and the exceptions that it expects."""


class BuiltIns(dict[str, Any]):
    """The `__builtins__` of test code: what it looks with as it was, all other names as they are now.

    A program that replaces `any` would find nothing wrong with itself, whichever way an expectation is turned. Tests
    replace others themselves and call them, `open`, `input` and `print` above all: these they find as they left them.
    """

    def __init__(self) -> None:
        """Take what must be there: the interpreter itself looks for names such as `__import__` in the dict alone."""
        before: dict[str, Any] = __builtins__  # type: ignore[assignment]
        super().__init__({name: before[name] for name in before if name in LOOKING or name.startswith("__")})

    def __missing__(self, name: str) -> Any:
        return builtins.__dict__[name]

    def __setitem__(self, name: str, value: Any) -> None:
        """Replace a name as `builtins.input = ...` does: `__builtins__["input"] = ...`, in test code.

        What is looked with stays: a program finds this dict in the frame of the test that called it.
        """
        builtins.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        """As the module that `__builtins__` is where a file is run: `__builtins__.input`."""
        return getattr(builtins, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(builtins, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(builtins, name)

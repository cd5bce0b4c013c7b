"""The weaknesses there are, by their ids."""

from __future__ import annotations

from collections.abc import Sequence

from akd_code.errors import AkdError
from akd_code.security.weakness import Weakness
from akd_evals.registry import Registry

WEAKNESSES: Registry[Weakness] = Registry(
    what="weakness", group="akd.weaknesses", package="akd_code.security.catalogue", error=AkdError
)
"""A weakness is one file in `akd_code/security/catalogue/`, or an entry point in the group `akd.weaknesses`."""


def weaknesses(only: Sequence[str] = ()) -> list[Weakness]:
    """Return the weaknesses with these ids, or all, in the order of their numbers. Raises AkdError for unknown ids."""
    found = [WEAKNESSES.get(_full(name)) for name in only or WEAKNESSES.names()]
    return sorted(found, key=lambda weakness: (_number(weakness.id), weakness.id))


def _number(name: str) -> float:
    """Return the number of an id; one that has none, such as another package may bring, comes last."""
    digits = name.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else float("inf")


def _full(name: str) -> str:
    """Return the id that `22`, `cwe-22` or `CWE-022` means; anything else as it is."""
    number = name.upper().removeprefix("CWE").lstrip("-_ ")
    return f"CWE-{int(number):03}" if number.isdecimal() else name

"""What a sample wanted of the jail and did not find there, as the detail of its verdict names it."""

from __future__ import annotations

import re

_NOT_HERE = re.compile(r"needs what is not here: ([^()]{1,2000}) \(")


def absent_programs(detail: str) -> tuple[str, ...]:
    """Return the external programs (and the like) that a verdict's detail names as not there."""
    found = _NOT_HERE.search(detail)
    return tuple(found[1].split(", ")) if found else ()

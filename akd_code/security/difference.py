"""How far apart two programs are: a fix changes little, another program much."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from rapidfuzz.distance import LCSseq

T = TypeVar("T")
_TOKEN = re.compile(r"\w+|[^\w\s]")


def changed_share(old: str, new: str) -> float:
    """Return the share of the longer program's tokens that are not in the longest sequence common to both, 0 to 1.

    Tokens are words and signs; white space does not count. Tokens rather than lines, because a fix inside one line of a
    short function is a small change, and because a preference is learnt from tokens.
    """
    return float(LCSseq.normalized_distance(_TOKEN.findall(old), _TOKEN.findall(new)))


def nearest(rejected: str, candidates: Iterable[tuple[str, T]], most: float) -> tuple[float, T] | None:
    """Return the candidate whose program is nearest to the rejected one, as (changed share, candidate).

    Candidates are (program, whatever comes with it); the first of equally near ones is taken. None where there are
    none, or where even the nearest differs by more than `most`.
    """
    shares = [(changed_share(rejected, program), candidate) for program, candidate in candidates]
    found = min(shares, key=lambda one: one[0], default=None)
    return found if found is not None and found[0] <= most else None

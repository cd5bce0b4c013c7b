"""How far two programs are apart: a fix changes little, another program much."""

from __future__ import annotations

import difflib
import re

_TOKEN = re.compile(r"\w+|[^\w\s]")


def changed_share(old: str, new: str) -> float:
    """Return the share of the longer program's tokens that the other one has not in the same place, 0 to 1.

    Tokens are words and signs; white space does not count.
    """
    first, second = _TOKEN.findall(old), _TOKEN.findall(new)
    longest = max(len(first), len(second))
    blocks = difflib.SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return 1 - sum(block.size for block in blocks) / longest if longest else 0.0

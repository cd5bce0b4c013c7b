"""Python's parser, for threads."""

from __future__ import annotations

import ast

_TRIES = 50


def parse(source: str) -> ast.Module:
    """Return `ast.parse(source)`; raises what it raises.

    CPython 3.11 counts the depth of the trees it builds in one place for all threads: one that the garbage collector
    interrupts may find another's count and raise a SystemError that means nothing (python/cpython#106905). Then it is
    done again.
    """
    for _ in range(_TRIES):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)

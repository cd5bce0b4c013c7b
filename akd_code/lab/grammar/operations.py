"""All operations of the grammar, with their frequencies."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from akd_code.lab.grammar.kinds import Op, ValueKind
from akd_code.lab.grammar.ops_lists import LIST_OPS
from akd_code.lab.grammar.ops_numbers import NUMBER_OPS
from akd_code.lab.grammar.ops_tables import TABLE_OPS
from akd_code.lab.grammar.ops_text import TEXT_OPS
from akd_code.lab.grammar.ops_words import WORD_OPS


def _ranked(ops: tuple[Op, ...]) -> tuple[Op, ...]:
    return tuple(replace(op, rank=rank) for rank, op in enumerate(ops))


_BY_KIND: dict[ValueKind, tuple[Op, ...]] = {
    ValueKind.INT: _ranked(NUMBER_OPS),
    ValueKind.INTS: _ranked(LIST_OPS),
    ValueKind.STR: _ranked(TEXT_OPS),
    ValueKind.WORDS: _ranked(WORD_OPS),
    ValueKind.TABLE: _ranked(TABLE_OPS),
    ValueKind.BOOL: (),
}

OPERATIONS: tuple[Op, ...] = tuple(op for ops in _BY_KIND.values() for op in ops)
"""Every operation, grouped by source kind, most frequent first within a kind."""


def ops_from(kind: ValueKind) -> tuple[Op, ...]:
    """Return the operations that take a value of `kind`, most frequent first (none for BOOL)."""
    return _BY_KIND[kind]


@cache
def weights(kind: ValueKind, skew: float) -> tuple[float, ...]:
    """Return the sampling weights of `ops_from(kind)`: 1 / (rank + 1) ** skew.

    skew 1 is Zipf's law, 0 is uniform, below 0 prefers the rare ones.
    """
    return tuple((op.rank + 1) ** -skew for op in ops_from(kind))

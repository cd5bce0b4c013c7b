"""Deduplication of files: every row against all before it, tier by tier, the cheapest first."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from akd_code.errors import AkdError
from akd_code.filters.ast_hash import program_shape
from akd_code.filters.embedding import EmbeddingMeasure
from akd_code.filters.exact import ExactMeasure
from akd_code.filters.minhash import MinHashMeasure
from akd_code.filters.pool import Pool
from akd_code.filters.rouge import RougeMeasure
from akd_code.filters.segments import Measure
from akd_code.modules import open_embedder

BATCH = 2_000
_MEASURES: dict[str, Callable[[str], Measure]] = {
    "exact": lambda _: ExactMeasure(),
    "minhash": lambda _: MinHashMeasure(),
    "rouge": lambda _: RougeMeasure(),
    "embedding": lambda embedder: EmbeddingMeasure(open_embedder(embedder)),
    "code": lambda _: ExactMeasure(program_shape),
}
TIERS = tuple(_MEASURES)


@dataclass(frozen=True, slots=True)
class Removal:
    """A row that is left out: the tier that refused it, the row it is too like, and how like.

    `in_pool`: `like` is a line of the pool that was given, not of the file.
    """

    row: int
    tier: str
    like: int
    score: float
    in_pool: bool

    def as_json(self) -> dict[str, object]:
        """Return the line of a report."""
        place = "pool_row" if self.in_pool else "like_row"
        return {"row": self.row, "tier": self.tier, place: self.like, "score": round(self.score, 4)}


class Deduplicator:
    """Pools of all tiers, and the lines that their texts come from."""

    def __init__(self, tiers: Sequence[str], embedder: str = "hashed") -> None:
        """Raises AkdError for a tier that there is not, EvolveError for such an embedder."""
        if unknown := [tier for tier in tiers if tier not in _MEASURES]:
            raise AkdError(f"unknown tier {unknown[0]!r}; there are {', '.join(TIERS)}")
        self._pools = {tier: Pool(_MEASURES[tier](embedder)) for tier in TIERS if tier in tiers}
        self._lines = array("q")
        self._known = 0

    def know(self, rows: Iterable[tuple[int, str]]) -> Iterator[int]:
        """Add the (line, text) of a pool; yields how many are known, from time to time."""
        for batch in _batches(rows):
            self._admit(batch)
            self._known = len(self._lines)
            yield self._known

    def removals(self, rows: Iterable[tuple[int, str]]) -> Iterator[list[Removal]]:
        """Yield what is removed of (line, text) rows, batch by batch; what is not joins the pools."""
        for batch in _batches(rows):
            removed, left = [], batch
            for tier, pool in self._pools.items():
                likes = pool.likes([text for _, text in left])
                for (line, _), like in zip(left, likes, strict=True):
                    if like is not None:
                        place = left[like.index][0] if like.in_batch else self._lines[like.index]
                        in_pool = not like.in_batch and like.index < self._known
                        removed.append(Removal(line, tier, place, like.score, in_pool))
                left = [row for row, like in zip(left, likes, strict=True) if like is None]
            self._admit(left)
            yield sorted(removed, key=lambda one: one.row)

    def _admit(self, rows: Sequence[tuple[int, str]]) -> None:
        self._lines.extend(line for line, _ in rows)
        for pool in self._pools.values():
            pool.add([text for _, text in rows])


def _batches(rows: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch

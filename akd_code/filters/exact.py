"""Equal texts: the first tier of deduplication, 8 bytes a text."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from akd_code.filters.pool import PoolFilter
from akd_code.filters.registry import FILTERS
from akd_code.filters.segments import Matches, Segment, joined, ranges
from akd_code.recipe import Recipe

SAME = "same"


def hashed(text: str) -> int:
    """Return the 64-bit hash of a text. Two of a million texts share one with a chance of 1 in 40 million."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def as_written(text: str) -> str:
    """Return the text itself."""
    return text


def normalised(text: str) -> str:
    """Return a text as the exact tier compares it: compatible characters, case and white space make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class ExactMeasure:
    """Texts that are equal once `form` has been applied to both; their score is 1.

    What has no form (None) is like nothing.
    """

    def __init__(self, form: Callable[[str], str | None] = normalised) -> None:
        self._form = form

    def encode(self, texts: Sequence[str]) -> Segment:
        """Return the hashes of texts, sorted, and the texts they belong to."""
        forms = [self._form(text) for text in texts]
        hashes = np.array([hashed(form) for form in forms if form is not None], dtype=np.uint64)
        rows = np.array([row for row, form in enumerate(forms) if form is not None], dtype=np.int32)
        return _sorted(len(texts), hashes, rows)

    def merge(self, parts: Sequence[Segment]) -> Segment:
        """Return the segments as one."""
        sizes = np.cumsum([0, *(part.size for part in parts)])
        rows = [part["rows"] + before for part, before in zip(parts, sizes, strict=False)]
        return _sorted(int(sizes[-1]), joined(parts, "hashes"), np.concatenate(rows).astype(np.int32))

    def matches(self, queries: Segment, known: Segment) -> Matches:
        """Return the pairs with equal forms."""
        first = np.searchsorted(known["hashes"], queries["hashes"], side="left")
        last = np.searchsorted(known["hashes"], queries["hashes"], side="right")
        places = known["rows"][ranges(first, last - first)]
        return Matches(np.repeat(queries["rows"], last - first), places, np.ones(len(places)))


def _sorted(size: int, hashes: np.typing.NDArray[np.uint64], rows: np.typing.NDArray[np.int32]) -> Segment:
    order = np.argsort(hashes, kind="stable")
    return Segment(size, {"hashes": hashes[order], "rows": rows[order]})


@FILTERS.register("exact")
def open_exact_filter(recipe: Recipe, folder: Path) -> PoolFilter:
    """Return the filter for prompts whose text, but for case and white space, is in the pool."""
    return PoolFilter(SAME, ExactMeasure())

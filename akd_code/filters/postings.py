"""An inverted index of words in which a repeated word is another word each time: `the`, the second `the`, ...

So the words that two texts share, counted with repetition, are those that two sets share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from akd_code.filters.segments import Array, Segment, starts_of

MOST_TIMES = 16
"""Further repetitions of a word are not looked up."""


def posted(segment: Segment, place: int) -> Array:
    """Return the texts that have the word at a place of the index."""
    starts = segment["post_starts"]
    texts: Array = segment["posts"][int(starts[place]) : int(starts[place + 1])]
    return texts


@dataclass(frozen=True, slots=True)
class Occurrences:
    """The words of some queries, end to end, as another segment knows them.

    `tokens` are its numbers for them, -1 for words it does not have. `places` are those of each occurrence in its
    index: -1 where no text has the word so often, -2 where the index does not tell. `texts` says how many have it.
    """

    tokens: Array
    places: Array
    texts: Array

    @classmethod
    def of(cls, queries: Segment, known: Segment) -> Occurrences:
        """Return the words of all queries as `known` has them."""
        at = np.searchsorted(known["words"], queries["words"])
        at[at == len(known["words"])] = 0
        renamed = np.where(known["words"][at] == queries["words"], at, -1)
        tokens = renamed[queries["tokens"]]
        times = _times(queries["tokens"], queries["ends"])
        keys = tokens.astype(np.int64) * MOST_TIMES + times
        index = known["post_keys"]
        places = np.searchsorted(index, keys)
        places[places == len(index)] = 0
        there = (index[places] == keys) & (tokens >= 0) & (times < MOST_TIMES)
        starts = known["post_starts"]
        texts = np.where(there, starts[places + 1] - starts[places], 0)
        return cls(tokens, np.where(there, places, np.where((tokens >= 0) & (times >= MOST_TIMES), -2, -1)), texts)

    @classmethod
    def index(cls, tokens: Array, ends: Array) -> dict[str, Array]:
        """Return the inverted index of texts whose words are `tokens`, end to end."""
        times = _times(tokens, ends)
        text = np.repeat(np.arange(len(ends), dtype=np.int32), ends - starts_of(ends))
        told = times < MOST_TIMES
        keys = tokens[told].astype(np.int64) * MOST_TIMES + times[told]
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        return {
            "posts": text[told][order],
            "post_keys": keys[first],
            "post_starts": np.append(first, len(keys)).astype(np.int64),
        }

    def rarest(self, first: int, end: int, count: int) -> Array:
        """Return the places of the rarest words of a query, `count` of them or fewer, -1 for those that no text has."""
        places = self.places[first:end]
        told = np.flatnonzero(places > -2)
        order = np.argsort(self.texts[first:end][told], kind="stable")[:count]
        chosen: Array = places[told[order]]
        return chosen


def _times(tokens: Array, ends: Array) -> Array:
    """Return for each word how often it was there before in its text."""
    text = np.repeat(np.arange(len(ends), dtype=np.int64), ends - starts_of(ends))
    both = text * (int(tokens.max(initial=0)) + 1) + tokens
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    new = np.flatnonzero(np.diff(ordered, prepend=-1))
    run_starts = np.repeat(new, np.diff(new, append=len(ordered)))
    times = np.zeros(len(tokens), dtype=np.int64)
    times[order] = np.arange(len(ordered)) - run_starts
    return times

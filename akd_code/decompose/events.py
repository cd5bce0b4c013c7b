"""What happens to names, in the order in which it happens: the raw material of data flow."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


class EventKind(StrEnum):
    """The capture that found a name; UPDATE reads and writes, OUTER declares it to be of a scope around."""

    READ = "identifier"
    WRITE = "write"
    UPDATE = "update"
    BOUND = "bound"
    PARAMETER = "parameter"
    OUTER = "outer"


@dataclass(frozen=True, slots=True)
class Event:
    """A name at byte `at`; it takes effect at byte `when`, which for the left side of an assignment is its end."""

    at: int
    when: int
    name: str
    kind: EventKind


@dataclass(frozen=True, slots=True)
class Intervals:
    """Spans of nodes, for questions about what lies where."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, nodes: Sequence[Node]) -> Intervals:
        """Return the spans of nodes."""
        spans = sorted((node.start_byte, node.end_byte) for node in nodes)
        return cls(tuple(start for start, _ in spans), tuple(end for _, end in spans))

    def inside(self, start: int, end: int) -> int:
        """Return how many begin in [start, end)."""
        return bisect.bisect_left(self.starts, end) - bisect.bisect_left(self.starts, start)

    def end_around(self, at: int) -> int:
        """Return the end of the span that began last before `at` if it holds `at`, else `at`."""
        index = bisect.bisect_right(self.starts, at) - 1
        return self.ends[index] if index >= 0 and self.ends[index] > at else at

    def depth(self, start: int, end: int) -> int:
        """Return how deeply those that begin in [start, end) are nested in each other."""
        first, last = bisect.bisect_left(self.starts, start), bisect.bisect_left(self.starts, end)
        deepest, open_ = 0, list[int]()
        for index in range(first, last):
            while open_ and open_[-1] <= self.starts[index]:
                open_.pop()
            open_.append(self.ends[index])
            deepest = max(deepest, len(open_))
        return deepest


def events_between(events: Sequence[Event], start: int, end: int) -> Sequence[Event]:
    """Return the events at bytes [start, end) of events sorted by `at`."""
    first = bisect.bisect_left(events, start, key=lambda event: event.at)
    last = bisect.bisect_left(events, end, key=lambda event: event.at)
    return events[first:last]

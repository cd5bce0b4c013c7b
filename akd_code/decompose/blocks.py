"""The sub-steps of a monolithic function: runs of statements that could be functions, with inputs and outputs.

A cut is where the author made one: at a comment or an empty line between statements; where there is none, after each
compound statement. Liveness over the statements of the body says what crosses a cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from akd_code.decompose.events import Event, EventKind, Intervals, events_between
from akd_code.decompose.modules import CodeBlock, Complexity, Outline, Span

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_INPUTS = 4
MAX_OUTPUTS = 3
"""A run with a wider interface is joined with the one behind it: it is not a step of its own."""
_READS = (EventKind.READ, EventKind.UPDATE)
_WRITES = (EventKind.WRITE, EventKind.UPDATE, EventKind.BOUND)


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the interesting nodes of a source are."""

    compound: Intervals
    escape: Intervals
    decision: Intervals
    nest: Intervals
    comment: Intervals


@dataclass(frozen=True, slots=True)
class _Statement:
    start: int
    end: int
    compound: bool
    escapes: bool
    reads: frozenset[str]  # read before it writes them
    writes: frozenset[str]
    title: str
    apart: bool  # a comment or an empty line stands before it


def function_blocks(body: Node, marks: Marks, events: Sequence[Event], found: Outline) -> tuple[CodeBlock, ...]:
    """Return the blocks of a function's body worth extracting, () where there are fewer than two.

    `events`: those of the function, its parameters included, sorted by place.
    """
    statements = _statements(body, marks, events, found)
    if len(statements) < 2:
        return ()
    parameters = {event.name for event in events if event.kind is EventKind.PARAMETER}
    live = _live_in(statements)
    known = [set(parameters)]
    for statement in statements:
        known.append(known[-1] | statement.writes)
    made = []
    for first, last in _runs(statements, known, live):
        run, ends = statements[first : last + 1], last + 1 == len(statements)
        block = _block(run, known[first], live[last + 1], ends, marks, found)
        if block is not None:
            made.append(block)
    return tuple(made) if len(made) > 1 else ()


def _statements(body: Node, marks: Marks, events: Sequence[Event], found: Outline) -> list[_Statement]:
    statements: list[_Statement] = []
    # Comments above the first statement stand before the body.
    before, above = body.start_byte, body.prev_sibling
    while above is not None and above.type == "comment":
        before, above = above.start_byte, above.prev_sibling
    for position, node in enumerate(child for child in body.named_children if child.type != "comment"):
        start, end = node.start_byte, node.end_byte
        inside = events_between(events, start, end)
        if position == 0 and not inside and _is_literal(found.source[start:end]):
            before = end
            continue  # the docstring
        gap = found.source[before:start]
        title = _title(before, start, marks.comment, found, opening=position == 0)
        statements.append(
            _Statement(
                start,
                end,
                marks.compound.inside(start, start + 1) > 0,
                marks.escape.inside(start, end) > 0,
                _first_reads(inside),
                frozenset(event.name for event in inside if event.kind in _WRITES),
                title,
                bool(title) or b"\n\n" in gap.replace(b" ", b"").replace(b"\t", b"").replace(b"\r", b""),
            )
        )
        before = end
    return statements


def _is_literal(statement: bytes) -> bool:
    return statement[:1] in (b"'", b'"') or statement[1:2] in (b"'", b'"')


def _title(start: int, end: int, comments: Intervals, found: Outline, *, opening: bool) -> str:
    """Return the comments between two statements; one behind the first on its own line is not meant for the second."""
    places = range(comments.inside(0, start), comments.inside(0, end))
    texts = [
        found.source[comments.starts[place] : comments.ends[place]].decode("utf-8", "replace").strip("#/* \t\r\n")
        for place in places
        if opening or b"\n" in found.source[start : comments.starts[place]]
    ]
    return " ".join(text for text in texts if text)


def _first_reads(events: Sequence[Event]) -> frozenset[str]:
    reads: set[str] = set()
    written: set[str] = set()
    for event in sorted(events, key=lambda event: event.when):
        if event.kind in _READS and event.name not in written:
            reads.add(event.name)
        if event.kind in _WRITES:
            written.add(event.name)
    return frozenset(reads)


def _live_in(statements: Sequence[_Statement]) -> list[frozenset[str]]:
    """Return the names whose value matters before each statement, and after the last (none)."""
    live = [frozenset[str]()]
    for statement in reversed(statements):
        killed = frozenset() if statement.compound else statement.writes
        live.append(statement.reads | (live[-1] - killed))
    return live[::-1]


def _runs(
    statements: Sequence[_Statement], known: Sequence[set[str]], live: Sequence[frozenset[str]]
) -> list[tuple[int, int]]:
    """Return (first, last) of each run of statements."""
    marked = [i for i in range(1, len(statements)) if statements[i].apart]
    cuts = marked or [i for i in range(1, len(statements)) if statements[i - 1].compound]
    bounds = [0, *cuts, len(statements)]
    runs: list[tuple[int, int]] = []
    for first, behind in pairwise(bounds):
        if runs and _too_wide(statements, runs[-1], known, live):
            runs[-1] = (runs[-1][0], behind - 1)
        else:
            runs.append((first, behind - 1))
    return runs


def _too_wide(
    statements: Sequence[_Statement], run: tuple[int, int], known: Sequence[set[str]], live: Sequence[frozenset[str]]
) -> bool:
    first, last = run
    reads, writes = _interface(statements[first : last + 1])
    return len(reads & known[first]) > MAX_INPUTS or len(writes & live[last + 1]) > MAX_OUTPUTS


def _interface(run: Sequence[_Statement]) -> tuple[set[str], set[str]]:
    reads: set[str] = set()
    writes: set[str] = set()
    for statement in run:
        reads |= statement.reads - writes
        writes |= statement.writes
    return reads, writes


def _block(
    run: Sequence[_Statement], known: set[str], live: frozenset[str], last: bool, marks: Marks, found: Outline
) -> CodeBlock | None:
    """Return the block of a run, None if it is none: it may leave the function half way, or does nothing."""
    escapes = any(statement.escapes for statement in run)
    if escapes and not last:
        return None
    if len(run) == 1 and run[0].escapes and not run[0].compound:
        return None  # nothing but the return
    start, end = run[0].start, run[-1].end
    reads, writes = _interface(run)
    outputs = tuple(sorted(writes & live))
    if not outputs and not escapes and not any(statement.compound for statement in run):
        return None
    lines = found.source.count(b"\n", start, end) + 1
    first_line = found.source.count(b"\n", 0, start) + 1
    return CodeBlock(
        Span(start, end, first_line, first_line + lines - 1),
        tuple(sorted(reads & known)),
        outputs,
        run[0].title,
        escapes,
        Complexity(1 + marks.decision.inside(start, end), marks.nest.depth(start, end), lines),
    )

"""The facts about each module: names, calls, imports, complexity, and who calls whom."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from akd_code.decompose.blocks import Marks, function_blocks
from akd_code.decompose.events import Event, EventKind, Intervals, events_between
from akd_code.decompose.languages import analysis_query, spec_of
from akd_code.decompose.modules import CodeBlock, Complexity, Decomposition, Facts, Module, Outline
from akd_code.decompose.outline import as_bytes, outline_of, syntax_tree

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_DOTTED = re.compile(r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*")
_LAST = re.compile(r"\.\s*([^\W\d]\w*)\s*$")
_WRAPPED = re.compile(r"(?<![\w)\]\s])\(\s*([^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)\s*\)")
"""A dotted name in brackets that are not a call's."""
_JOINED = re.compile(r"\\\r?\n|#[^\n]*\n")
_CONSTANTS = frozenset({"True", "False", "None"})
"""Words of Python that are not names; JavaScript's are names in Python, and there nobody calls them."""
_LONGEST_CALLEE = 1_000
_SPACE = re.compile(r"\s+")
_NAMES = ("bound", "other", "parameter", "local", "outer", "update", "write", "identifier")
"""Captures of names, the one that counts first: every name is also an identifier."""


def decompose(source: str | bytes, language: str = "python") -> Decomposition:
    r"""Return modules, facts, call graph and the blocks worth extracting of a source, broken or not.

    >>> found = decompose("def double(x):\n    return add(x, x)\n")
    >>> found.facts[0].calls, found.facts[0].free
    (('add',), ('add',))

    Raises DecomposeError for an unknown language or more than MAX_BYTES.
    """
    raw = as_bytes(source)
    tree = syntax_tree(raw, language)
    found, bodies = outline_of(tree, raw, language)
    captures = _captures(tree, language)
    owners = _Owners(found.modules)
    collected = [_Collected() for _ in found.modules]
    events = _name_events(captures, raw)
    _collect_names(events, owners, collected)
    _collect_calls(captures.get("callee", ()), owners, collected, raw)
    _measure(captures, owners, collected)
    for module in found.modules:
        if module.name and module.parent is not None:
            collected[module.parent].writes.append(module.name)
    imported = {event.name for event in events if event.kind is EventKind.BOUND}
    callees = _resolve(found, collected, spec_of(language).selves)
    facts = tuple(_facts(module, collected[module.index], callees, imported) for module in found.modules)
    marks = Marks(
        *(Intervals.of(captures.get(name, ())) for name in ("compound", "escape", "decision", "nest", "comment"))
    )
    blocks = _blocks(found, bodies, marks, events)
    return Decomposition(found, facts, blocks)


@dataclass(slots=True)
class _Collected:
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    outer: set[str] = field(default_factory=set)
    parameters: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    decisions: int = 0
    nesting: int = 0


class _Owners:
    """Finds the innermost module at a byte offset."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._starts: list[int] = []
        self._owners: list[int] = []
        open_: list[Module] = []
        for module in modules:
            while open_ and open_[-1].span.end <= module.span.start:
                done = open_.pop()
                if open_:
                    self._mark(done.span.end, open_[-1].index)
            self._mark(module.span.start, module.index)
            open_.append(module)
        while len(open_) > 1:
            done = open_.pop()
            self._mark(done.span.end, open_[-1].index)

    def _mark(self, start: int, owner: int) -> None:
        self._starts.append(start)
        self._owners.append(owner)

    def at(self, offset: int) -> int:
        """Return the index of the innermost module around offset."""
        return self._owners[max(0, bisect.bisect_right(self._starts, offset) - 1)]


def _captures(tree: Tree, language: str) -> dict[str, list[Node]]:
    from tree_sitter import QueryCursor

    return QueryCursor(analysis_query(language)).captures(tree.root_node)


def _name_events(captures: dict[str, list[Node]], source: bytes) -> list[Event]:
    """Return what happens to names, in the order of the text; names of comprehensions and lambdas are left out."""
    kinds: dict[int, tuple[int, str]] = {}
    for kind in _NAMES:
        for node in captures.get(kind, ()):
            kinds.setdefault(node.start_byte, (node.end_byte, kind))
    scopes, bindings = _scopes(captures, source), Intervals.of(captures.get("binding", ()))
    events: list[Event] = []
    for start in sorted(kinds):
        end, kind = kinds[start]
        if kind in ("other", "local"):
            continue
        name = source[start:end].decode("utf-8", "replace")
        if kind == "identifier" and scopes and scopes.binds(name, start):
            continue
        when = bindings.end_around(start) if kind in ("write", "update") else start
        events.append(Event(start, when, name, EventKind(kind)))
    return events


class _Scopes:
    """The names that comprehensions and lambdas bind for themselves."""

    def __init__(self, spans: list[tuple[int, int]], names: Iterable[tuple[int, str]]) -> None:
        spans.sort(key=lambda span: (span[0], -span[1]))
        self._spans = spans
        self._starts = [start for start, _ in spans]
        self._names: list[set[str]] = [set() for _ in spans]
        self._around: list[int | None] = []
        open_: list[int] = []
        for index, (start, end) in enumerate(spans):
            while open_ and spans[open_[-1]][1] < end:
                open_.pop()
            while open_ and spans[open_[-1]][1] <= start:
                open_.pop()
            self._around.append(open_[-1] if open_ else None)
            open_.append(index)
        for at, name in names:
            inner = self._innermost(at)
            if inner is not None:
                self._names[inner].add(name)

    def _innermost(self, at: int) -> int | None:
        index: int | None = bisect.bisect_right(self._starts, at) - 1
        if index is not None and index < 0:
            return None
        while index is not None and self._spans[index][1] <= at:
            index = self._around[index]
        return index

    def binds(self, name: str, at: int) -> bool:
        """Tell whether a scope around `at` binds the name."""
        index = self._innermost(at)
        while index is not None:
            if name in self._names[index]:
                return True
            index = self._around[index]
        return False


def _scopes(captures: dict[str, list[Node]], source: bytes) -> _Scopes | None:
    spans = [(node.start_byte, node.end_byte) for node in captures.get("scope", ())]
    if not spans:
        return None
    local = captures.get("local", ())
    names = [(node.start_byte, source[node.start_byte : node.end_byte].decode("utf-8", "replace")) for node in local]
    return _Scopes(spans, names)


def _collect_names(events: Sequence[Event], owners: _Owners, collected: list[_Collected]) -> None:
    for event in events:
        own = collected[owners.at(event.at)]
        if event.kind is EventKind.PARAMETER:
            own.parameters.append(event.name)
        elif event.kind is EventKind.OUTER:
            own.outer.add(event.name)
        else:
            if event.kind in (EventKind.READ, EventKind.UPDATE):
                own.reads.append(event.name)
            if event.kind is not EventKind.READ:
                own.writes.append(event.name)


def _collect_calls(nodes: Sequence[Node], owners: _Owners, collected: list[_Collected], source: bytes) -> None:
    for node in sorted(nodes, key=lambda node: (node.start_byte, node.end_byte)):
        start, end = node.start_byte, node.end_byte
        if end - start <= _LONGEST_CALLEE:
            name = callee_name(source[start:end].decode("utf-8", "replace"))
        else:  # a chain of calls repeats itself in every link: only its end is looked at
            last = _LAST.search(source[end - 200 : end].decode("utf-8", "replace"))
            name = f".{last[1]}" if last else ""
        collected[owners.at(start)].calls.append(name)


def callee_name(text: str) -> str:
    """Return the dotted name of a callee's source, `.name` for an attribute of something else, "" for the rest."""
    # The source as it is, and without comments and continued lines; a # may also stand in a string.
    sources = [_unwrapped(text.strip().lstrip("*")), _unwrapped(_JOINED.sub(" ", text).strip().lstrip("*"))]
    for source in sources:
        if _DOTTED.fullmatch(source) and source.partition(".")[0].strip() not in _CONSTANTS:
            return _SPACE.sub("", source)
    for source in sources:
        last = _LAST.search(source)
        if last:
            return f".{last[1]}"
    return ""


def _unwrapped(text: str) -> str:
    while _WRAPPED.search(text):
        text = _WRAPPED.sub(r"\1", text)
    return text if text.isascii() else unicodedata.normalize("NFKC", text)  # as Python reads identifiers


def _measure(captures: dict[str, list[Node]], owners: _Owners, collected: list[_Collected]) -> None:
    for node in captures.get("decision", ()):
        collected[owners.at(node.start_byte)].decisions += 1
    ends: list[tuple[int, int]] = []
    for node in sorted(captures.get("nest", ()), key=lambda node: (node.start_byte, -node.end_byte)):
        owner = owners.at(node.start_byte)
        while ends and (ends[-1][0] <= node.start_byte):
            ends.pop()
        depth = 1 + sum(1 for _, other in ends if other == owner)
        ends.append((node.end_byte, owner))
        collected[owner].nesting = max(collected[owner].nesting, depth)


def _resolve(found: Outline, collected: list[_Collected], selves: tuple[str, ...]) -> dict[int, tuple[int, ...]]:
    """Return, for each module, the modules of this source that it calls, by the names in reach."""
    modules = found.modules
    by_name: dict[str, int] = {}
    for module in modules:
        if module.name:
            by_name[module.qualname] = module.index
    resolved: dict[int, tuple[int, ...]] = {}
    for module in modules:
        targets: dict[int, None] = {}
        for call in collected[module.index].calls:
            target = _target(call, module, modules, by_name, selves)
            if target is not None:
                targets[target] = None
        resolved[module.index] = tuple(targets)
    return resolved


def _target(
    call: str, module: Module, modules: Sequence[Module], by_name: dict[str, int], selves: tuple[str, ...]
) -> int | None:
    if not call or call.startswith("."):
        return None
    head, _, rest = call.partition(".")
    if head in selves and rest:
        owner: Module | None = module
        while owner is not None and owner.kind != "class":
            owner = modules[owner.parent] if owner.parent is not None else None
        return by_name.get(f"{owner.qualname}.{rest}") if owner is not None else None
    around = module.qualname
    while True:
        inside = by_name.get(around)
        # A method does not see the names of its class, only what stands in functions around it.
        if not around or inside is None or modules[inside].kind != "class" or inside == module.index:
            target = by_name.get(f"{around}.{call}" if around else call)
            if target is not None:
                return target
        if not around:
            return None
        around = around.rpartition(".")[0]


def _facts(module: Module, collected: _Collected, callees: dict[int, tuple[int, ...]], imported: set[str]) -> Facts:
    reads = tuple(dict.fromkeys(collected.reads))
    writes = tuple(dict.fromkeys(collected.writes))
    bound = (set(writes) - collected.outer) | set(collected.parameters)
    lines = module.span.last_line - module.span.first_line + 1
    return Facts(
        reads=reads,
        writes=writes,
        free=tuple(name for name in reads if name not in bound),
        parameters=tuple(dict.fromkeys(collected.parameters)),
        calls=tuple(collected.calls),
        callees=callees[module.index],
        imports=tuple(name for name in reads if name in imported),
        complexity=Complexity(1 + collected.decisions, collected.nesting, lines),
    )


def _blocks(
    found: Outline, bodies: dict[int, Node], marks: Marks, events: Sequence[Event]
) -> dict[int, tuple[CodeBlock, ...]]:
    blocks: dict[int, tuple[CodeBlock, ...]] = {}
    for module in found.modules:
        if module.kind in ("function", "method") and module.index in bodies:
            own = events_between(events, module.span.start, module.span.end)
            made = function_blocks(bodies[module.index], marks, own, found)
            if made:
                blocks[module.index] = made
    return blocks

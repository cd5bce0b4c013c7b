"""The modules of a source text: one query finds all definitions, one sweep nests them, the rest become blocks."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from akd_code.decompose.errors import DecomposeError
from akd_code.decompose.languages import grammar_of, outline_query, spec_of
from akd_code.decompose.modules import Module, ModuleKind, Outline, Span

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

MAX_BYTES = 16 << 20
"""A longer source is refused: no answer of a model and no file of the standard library comes near."""
_LONGEST_NAME = 4_000
_QUOTED = re.compile(rb"(?s)[A-Za-z]{0,2}('''|\"\"\"|'|\")(.*)\1")
_SPACES = re.compile(r"\s+")


@dataclass(slots=True)
class _Definition:
    start: int
    end: int
    node_start: int
    head_end: int
    body: Node | None
    name: str
    is_class: bool
    broken: bool
    qualname: str = ""
    parent: int | None = None
    parent_is_class: bool = False
    docstring: str | None = None


def syntax_tree(source: bytes, language: str) -> Tree:
    """Return the syntax tree; broken code gives a tree too. Raises DecomposeError for more than MAX_BYTES."""
    from tree_sitter import Parser

    if len(source) > MAX_BYTES:
        raise DecomposeError(f"{len(source)} bytes are more than {MAX_BYTES}; decompose the parts")
    parser = Parser(grammar_of(language))
    tree = parser.parse(source)
    flatten = spec_of(language).flatten
    if tree.root_node.has_error and flatten is not None:
        flat = flatten(source)
        if flat is not None and flat != source:
            second = parser.parse(flat)
            return tree if second.root_node.has_error else second
    return tree


def as_bytes(source: str | bytes) -> bytes:
    """Return the bytes that are parsed; lone surrogates, which UTF-8 lacks, become the bytes they stand for."""
    if isinstance(source, bytes):
        return source
    try:
        return source.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return source.encode("utf-8", "surrogatepass")


def outline(source: str | bytes, language: str = "python") -> Outline:
    """Return the modules of a source: names, nesting, spans, signatures and docstrings.

    Never fails on broken code: what cannot be read becomes part of the block around it. Raises DecomposeError for an
    unknown language or more than MAX_BYTES.
    """
    raw = as_bytes(source)
    return outline_of(syntax_tree(raw, language), raw, language)[0]


def outline_of(tree: Tree, source: bytes, language: str) -> tuple[Outline, dict[int, Node]]:
    """Return the modules of a parsed source, and the body of each definition that has one by module index."""
    root = tree.root_node
    definitions = _definitions(tree, source, language)
    _nest(definitions)
    modules, bodies = _with_blocks(root, definitions, source)
    return Outline(language, source, tuple(modules), _errors(root)), bodies


def _definitions(tree: Tree, source: bytes, language: str) -> list[_Definition]:
    from tree_sitter import QueryCursor

    found: list[_Definition] = []
    wrappers: dict[tuple[int, int], Node] = {}
    documented: dict[int, Node] = {}
    seen: set[int] = set()
    for _, captures in QueryCursor(outline_query(language)).matches(tree.root_node):
        if "name" in captures:
            if captures["name"][0].start_byte not in seen:
                seen.add(captures["name"][0].start_byte)
                found.append(_definition(captures, source))
        elif "docstring" in captures:
            documented[captures["documented"][0].start_byte] = captures["docstring"][0]
        else:
            inner = captures["inner"][0]
            wrappers[inner.start_byte, inner.end_byte] = captures["wrapper"][0]
    for one in found:
        wrapper = wrappers.get((one.start, one.end))
        while wrapper is not None:
            one.start, one.end = wrapper.start_byte, wrapper.end_byte
            wrapper = wrappers.get((one.start, one.end))
        if one.body is not None and one.body.start_byte in documented:
            node = documented[one.body.start_byte]
            one.docstring = _docstring(source[node.start_byte : node.end_byte])
    found.sort(key=lambda one: (one.start, -one.end))
    return found


def _definition(captures: dict[str, list[Node]], source: bytes) -> _Definition:
    kind = next(name for name in ("function", "class", "broken.function", "broken.class") if name in captures)
    node, name = captures[kind][0], captures["name"][0]
    start, end, broken = node.start_byte, node.end_byte, kind.startswith("broken")
    if broken:
        # The error begins somewhere before the definition: take it from its own line on.
        start = max(start, source.rfind(b"\n", 0, name.start_byte) + 1)
    heads = captures.get("head", ())
    head_end = max((head.end_byte for head in heads), default=name.end_byte)
    bodies = captures.get("body", ())
    return _Definition(
        start=start,
        end=end,
        node_start=start,
        head_end=head_end,
        body=bodies[0] if bodies else None,
        name=source[name.start_byte : name.end_byte].decode("utf-8", "replace"),
        is_class=kind.endswith("class"),
        broken=broken,
    )


def _docstring(literal: bytes) -> str | None:
    """Return the text of a docstring as it is written (escapes stay), without its indentation."""
    match = _QUOTED.fullmatch(literal)
    if match is None or literal[:1] in b"bBfF" or literal[1:2] in b"bBfF":
        return None
    return inspect.cleandoc(match[2].decode("utf-8", "replace"))


def _nest(definitions: list[_Definition]) -> None:
    """Set parent (an index into the list) and qualname of each definition, which are sorted by start."""
    around: list[int] = []
    for index, one in enumerate(definitions):
        while around and definitions[around[-1]].end <= one.start:
            around.pop()
        if around:
            outer = definitions[around[-1]]
            one.parent, one.parent_is_class = around[-1], outer.is_class
            # Names of names grow without bound in what a model repeats until it is cut off.
            one.qualname = f"{outer.qualname}.{one.name}" if len(outer.qualname) < _LONGEST_NAME else one.name
            one.end = min(one.end, outer.end)
        else:
            one.qualname = one.name
        around.append(index)


def _with_blocks(root: Node, definitions: list[_Definition], source: bytes) -> tuple[list[Module], dict[int, Node]]:
    """Return all modules, tiles at the top and definitions inside them, and the bodies."""
    tiles = _tiles(root, definitions, len(source))
    rows = _LineCounter(source)
    modules: list[Module] = []
    index_of: dict[int, int] = {}
    bodies: dict[int, Node] = {}
    at = 0
    for position, (start, own) in enumerate(tiles):
        end = tiles[position + 1][0] if position + 1 < len(tiles) else len(source)
        tile = len(modules)
        span = Span(start, end, *rows.lines(start, end))
        if own is None:
            modules.append(Module(tile, "block", "", "", None, span))
        while at < len(definitions) and definitions[at].start < end:
            one = definitions[at]
            top = at == own
            index_of[at] = len(modules)
            parent = None if top else tile if one.parent is None else index_of[one.parent]
            kind: ModuleKind = "class" if one.is_class else "method" if one.parent_is_class else "function"
            place = span if top else Span(one.start, one.end, *rows.lines(one.start, one.end))
            signature = _SPACES.sub(" ", source[one.node_start : one.head_end].decode("utf-8", "replace")).strip()
            fields = (one.qualname, parent, place, signature, one.docstring, one.broken)
            modules.append(Module(len(modules), kind, one.name, *fields))
            if one.body is not None:
                bodies[index_of[at]] = one.body
            at += 1
    return modules, bodies


def _tiles(root: Node, definitions: list[_Definition], size: int) -> list[tuple[int, int | None]]:
    """Return (start, definition or None for a block) of each tile. A comment right above a definition is its own."""
    tops = {one.start: (index, one.end) for index, one in enumerate(definitions) if one.parent is None}
    tiles: list[tuple[int, int | None]] = []
    comment_start, comment_row = -1, -2
    for child in root.children:
        start = child.start_byte
        if child.type == "comment":
            row = child.start_point[0]
            if comment_start < 0 or row != comment_row + 1:
                comment_start = start
            comment_row = child.end_point[0]
            continue
        own = tops.get(start)
        index = own[0] if own is not None and own[1] == child.end_byte else None
        above = comment_start >= 0 and child.start_point[0] == comment_row + 1
        if index is not None:
            tiles.append((comment_start if above else start, index))
            if comment_start >= 0 and not above and (len(tiles) == 1 or tiles[-2][1] is not None):
                tiles.insert(-1, (comment_start, None))
        elif not tiles or tiles[-1][1] is not None:
            tiles.append((comment_start if comment_start >= 0 else start, None))
        comment_start = -1
    if comment_start >= 0 and (not tiles or tiles[-1][1] is not None):
        tiles.append((comment_start, None))
    if not tiles:
        return [(0, None)] if size else []
    tiles[0] = (0, tiles[0][1])
    return tiles


class _LineCounter:
    """Line numbers of growing byte offsets."""

    def __init__(self, source: bytes) -> None:
        self._source, self._at, self._line = source, 0, 1

    def lines(self, start: int, end: int) -> tuple[int, int]:
        """Return the first and last line of [start, end); starts must not go back."""
        self._line += self._source.count(b"\n", self._at, start)
        self._at = start
        last = self._line + self._source.count(b"\n", start, max(start, end - 1))
        return self._line, last


def _errors(root: Node) -> int:
    """Return how many places the grammar could not read; 0 for code without syntax errors."""
    if not root.has_error:
        return 0
    count, nodes = 0, [root]
    while nodes:
        node = nodes.pop()
        count += node.is_error or node.is_missing
        nodes += [child for child in node.children if child.has_error or child.is_missing]
    return max(1, count)

"""The records of a decomposition: plain data about one source text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

ModuleKind = Literal["function", "method", "class", "block"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the source: bytes [start, end), lines from 1, both inclusive."""

    start: int
    end: int
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Complexity:
    """`cyclomatic`: decisions plus one (McCabe). `nesting`: deepest nested statement. `lines`: length."""

    cyclomatic: int = 1
    nesting: int = 0
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Module:
    """A piece of a program: a function, method, class, or a run of top-level statements (a block).

    `parent` is the index of the module it stands in, None at the top. The spans of the modules at the top tile the
    source: joined in order they are the source. `qualname` joins the names of the definitions around it with dots, as
    Python does but without `<locals>`; a block's name is empty. `broken` marks a definition cut off by an error.
    """

    index: int
    kind: ModuleKind
    name: str
    qualname: str
    parent: int | None
    span: Span
    signature: str = ""
    docstring: str | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What analysis says about one module; what is in a module nested in it is said there, not here.

    `reads`: names read, `writes`: names bound or rebound, `free`: names read that neither the module nor a parameter of
    it binds. `calls`: what is called, in order: a dotted name, `.name` on any other expression, or "" where the callee
    has no name. `callees`: indices of the modules of this source that are called. `imports`: imported names it reads.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    callees: tuple[int, ...] = ()
    imports: tuple[str, ...] = ()
    complexity: Complexity = field(default_factory=Complexity)


@dataclass(frozen=True, slots=True)
class Outline:
    """The modules of a source, in order of their starts; `errors` counts what the grammar could not read."""

    language: str
    source: bytes
    modules: tuple[Module, ...]
    errors: int

    def text(self, span: Span) -> str:
        """Return the source of a span; bytes that are not UTF-8 come back as surrogates."""
        return self.source[span.start : span.end].decode("utf-8", "surrogateescape")

    @property
    def tiles(self) -> tuple[Module, ...]:
        """The modules at the top; their spans joined are the source, byte for byte."""
        return tuple(module for module in self.modules if module.parent is None)


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A run of statements worth a function of its own: what goes in and what comes out, by data flow.

    `inputs`: names bound before (or parameters) that it reads. `outputs`: names it binds that are read after it.
    `title` is the comment above it, "" if there is none. `returns`: it ends the function.
    """

    span: Span
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    title: str
    returns: bool
    complexity: Complexity


@dataclass(frozen=True, slots=True)
class Decomposition:
    """An outline with the facts about each module (`facts[i]` about `modules[i]`) and the blocks of each function."""

    outline: Outline
    facts: tuple[Facts, ...]
    blocks: dict[int, tuple[CodeBlock, ...]]

    @property
    def call_graph(self) -> tuple[tuple[int, int], ...]:
        """The pairs (caller, callee) of module indices."""
        return tuple((index, callee) for index, facts in enumerate(self.facts) for callee in facts.callees)

    def as_json(self) -> dict[str, Any]:
        """Return the plain data that `akd decompose --json` prints."""
        return {
            "language": self.outline.language,
            "bytes": len(self.outline.source),
            "errors": self.outline.errors,
            "modules": [_module_json(self, module) for module in self.outline.modules],
            "call_graph": [list(edge) for edge in self.call_graph],
        }


def _module_json(found: Decomposition, module: Module) -> dict[str, Any]:
    facts = found.facts[module.index]
    return {
        "index": module.index,
        "kind": module.kind,
        "name": module.name,
        "qualname": module.qualname,
        "parent": module.parent,
        "span": _span_json(module.span),
        "signature": module.signature,
        "docstring": module.docstring,
        "broken": module.broken,
        "parameters": list(facts.parameters),
        "imports": list(facts.imports),
        "reads": list(facts.reads),
        "writes": list(facts.writes),
        "free": list(facts.free),
        "calls": list(facts.calls),
        "callees": list(facts.callees),
        "complexity": _complexity_json(facts.complexity),
        "blocks": [
            {
                "span": _span_json(block.span),
                "title": block.title,
                "inputs": list(block.inputs),
                "outputs": list(block.outputs),
                "returns": block.returns,
                "complexity": _complexity_json(block.complexity),
            }
            for block in found.blocks.get(module.index, ())
        ],
    }


def _span_json(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end, "first_line": span.first_line, "last_line": span.last_line}


def _complexity_json(complexity: Complexity) -> dict[str, int]:
    return {"cyclomatic": complexity.cyclomatic, "nesting": complexity.nesting, "lines": complexity.lines}

"""Stubs: typed signatures with docstrings, into which a teacher takes a task apart (AMR-Evol, arXiv 2410.00558)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from akd_code.decompose.analysis import decompose
from akd_code.decompose.errors import StubError
from akd_code.decompose.modules import Decomposition, Module

MAX_STUBS = 5
"""As many as are kept; the teacher is asked for two to five."""
_MAX_DOC_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Stub:
    """A function that is to be written: its name, its head as written, and what its docstring says."""

    name: str
    signature: str
    docstring: str
    parameters: tuple[str, ...]

    @property
    def text(self) -> str:
        """The stub as Python: head and docstring, no body."""
        doc = textwrap.indent(self.docstring.replace('"""', "'''"), "    ").strip()
        return f'{self.signature}:\n    """{doc}"""\n'


@dataclass(frozen=True, slots=True)
class StubSet:
    """The stubs of one answer, and what was mended in it: `dropped` stubs by reason, bodies that were cut off."""

    stubs: tuple[Stub, ...]
    dropped: tuple[str, ...]
    bodies: int

    @property
    def text(self) -> str:
        """All stubs as Python."""
        return "\n\n".join(stub.text for stub in self.stubs)


@dataclass(frozen=True, slots=True)
class Match:
    """A stub and the module of the code that it stands for, None if the code has no such module."""

    stub: Stub
    module: Module | None


def parse_stubs(code: str, entry_point: str | None = None, limit: int = MAX_STUBS) -> StubSet:
    """Return the stubs in Python code, tolerant of what models do: bodies are dropped, classes and methods too.

    The entry point itself is not a sub-step; a stub without docstring or with the name of another is dropped. Raises
    StubError where none is left.
    """
    found = decompose(code)
    stubs: dict[str, Stub] = {}
    dropped: list[str] = []
    bodies = 0
    for module in found.outline.modules:
        if module.kind != "function" or module.parent is not None:
            continue
        reason = _unusable(module, entry_point, stubs)
        if reason:
            dropped.append(reason)
            continue
        if len(stubs) == limit:
            dropped.append("too many")
            continue
        bodies += _has_body(found, module)
        doc = (module.docstring or "")[:_MAX_DOC_CHARS].strip()
        stubs[module.name] = Stub(module.name, module.signature, doc, found.facts[module.index].parameters)
    if not stubs:
        raise StubError(f"the answer holds no usable stub{f' ({dropped[0]})' if dropped else ''}")
    return StubSet(tuple(stubs.values()), tuple(dropped), bodies)


def _unusable(module: Module, entry_point: str | None, stubs: dict[str, Stub]) -> str:
    if module.name == entry_point:
        return "the entry point itself"
    if module.broken:
        return "broken"
    if module.name in stubs:
        return "twice"
    return "" if module.docstring else "no docstring"


def _has_body(found: Decomposition, module: Module) -> bool:
    facts = found.facts[module.index]
    return bool(facts.reads or facts.calls or facts.writes) and facts.complexity.cyclomatic + len(facts.writes) > 1


def match_stubs(stubs: Sequence[Stub], found: Decomposition) -> tuple[Match, ...]:
    """Return, for each stub, the function of the same name in the code, if its parameters are as many."""
    functions = {
        module.name: module for module in found.outline.modules if module.kind == "function" and module.parent is None
    }
    made = []
    for stub in stubs:
        module = functions.get(stub.name)
        fits = module is not None and len(found.facts[module.index].parameters) == len(stub.parameters)
        made.append(Match(stub, module if fits else None))
    return tuple(made)

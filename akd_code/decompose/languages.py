"""The languages that can be decomposed: each is a tree-sitter grammar and a query file, nothing else.

A query file names what the engine looks for: `@function`, `@class` with `@name`, `@head`, `@body` and `@wrapper` in its
first part (the outline), and after the line `; --- analysis` calls, names, decisions and blocks.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from akd_code.decompose.errors import DecomposeError
from akd_code.decompose.python_source import without_inner_breaks

if TYPE_CHECKING:
    from tree_sitter import Language, Query

_SPLIT = "; --- analysis"


@dataclass(frozen=True, slots=True)
class LanguageSpec:
    """A language: the module that holds its grammar, the ends of its files' names, and what it calls itself.

    `flatten` rewrites a source that gave errors, without moving a byte, for a second try; None if nothing helps.
    """

    name: str
    grammar: str
    suffixes: tuple[str, ...]
    selves: tuple[str, ...]
    flatten: Callable[[bytes], bytes | None] | None = None


LANGUAGES: dict[str, LanguageSpec] = {
    "python": LanguageSpec(
        "python", "tree_sitter_python", (".py", ".pyi", ".pyw"), ("self", "cls"), without_inner_breaks
    ),
    "javascript": LanguageSpec("javascript", "tree_sitter_javascript", (".js", ".mjs", ".cjs", ".jsx"), ("this",)),
}
"""Every language by its name."""


def language_of(path: Path) -> str:
    """Return the language of a file by the end of its name. Raises DecomposeError for one that is not known."""
    for spec in LANGUAGES.values():
        if path.suffix.lower() in spec.suffixes:
            return spec.name
    known = ", ".join(suffix for spec in LANGUAGES.values() for suffix in spec.suffixes)
    raise DecomposeError(f"{path.name}: no language for {path.suffix or 'a name without ending'}; known are {known}")


def spec_of(language: str) -> LanguageSpec:
    """Return the language called so. Raises DecomposeError if there is none."""
    if language not in LANGUAGES:
        raise DecomposeError(f"no language {language!r}; the languages are {', '.join(LANGUAGES)}")
    return LANGUAGES[language]


@cache
def grammar_of(language: str) -> Language:
    """Return the tree-sitter grammar of a language."""
    from tree_sitter import Language

    return Language(importlib.import_module(spec_of(language).grammar).language())


@cache
def outline_query(language: str) -> Query:
    """Return the query that finds the definitions."""
    from tree_sitter import Query

    return Query(grammar_of(language), _query_text(language).partition(_SPLIT)[0])


@cache
def analysis_query(language: str) -> Query:
    """Return the query that finds names, calls, decisions and statements."""
    from tree_sitter import Query

    return Query(grammar_of(language), _query_text(language).partition(_SPLIT)[2])


def _query_text(language: str) -> str:
    return (Path(__file__).parent / "queries" / f"{language}.scm").read_text(encoding="utf-8")

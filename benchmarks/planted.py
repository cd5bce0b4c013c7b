"""Benchmark problems planted as training rows: as they are, formatted anew, renamed, lightly rephrased.

The rules are fixed and know nothing of what looks for the problems: a table of synonyms, sentences in another order,
other names for the function and its arguments. Numbers stay.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

KINDS = ("verbatim", "reformatted", "renamed", "rephrased")
HELD_OUT = "retold"
"""Rules written after what looks for plants was finished, with other words and other names: nothing was tuned on it."""
_OTHER_SYNONYMS = {
    "list": "array", "lists": "arrays", "array": "series", "string": "str", "strings": "strs",
    "number": "integer", "numbers": "integers", "integer": "number", "integers": "numbers", "return": "produce",
    "returns": "yields", "find": "work out", "check": "decide", "given": "provided", "calculate": "work out",
    "compute": "work out", "elements": "entries", "element": "entry", "largest": "maximum", "smallest": "minimum",
    "remove": "drop", "convert": "transform", "function": "method", "create": "write", "count": "number",
    "contains": "includes", "contain": "include", "first": "leading", "words": "tokens", "whether": "if",
    "takes": "receives", "sort": "order", "sum": "total", "even": "divisible by two", "all": "every",
    "between": "from", "unique": "distinct", "common": "shared", "specified": "stated", "using": "by means of",
}  # fmt: skip
_SYNONYMS = {
    "list": "sequence", "lists": "sequences", "array": "list", "string": "text", "strings": "texts",
    "number": "value", "numbers": "values", "integer": "whole number", "integers": "whole numbers",
    "return": "give back", "returns": "gives back", "find": "determine", "check": "verify", "given": "supplied",
    "calculate": "compute", "compute": "calculate", "elements": "items", "element": "item", "largest": "biggest",
    "smallest": "least", "remove": "delete", "convert": "turn", "function": "routine", "create": "build",
    "count": "tally", "contains": "holds", "contain": "hold", "two": "a pair of", "order": "sequence", "get": "obtain",
    "whether": "if", "using": "with", "first": "initial", "empty": "blank", "words": "terms", "word": "term",
}  # fmt: skip


def planted(kind: str, prompt: str, code: str, entry: str) -> tuple[str, str]:
    """Return prompt and answer of a problem, changed in one way."""
    if kind == "verbatim":
        return prompt, code
    if kind == HELD_OUT:
        other = new_names(code, entry, "work", "a{}")
        told = rephrased(prompt, _OTHER_SYNONYMS)
        return f"I am stuck on this. {renamed(told, other)} Python please!", renamed_code(code, other)
    if kind == "reformatted":
        return reformatted(prompt), ast.unparse(ast.parse(code))
    names = new_names(code, entry)
    if kind == "renamed":
        return renamed(prompt, names), renamed_code(code, names)
    return renamed(rephrased(prompt), names), renamed_code(code, names)


def reformatted(text: str) -> str:
    """Return the same words with other white space, case and punctuation around them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "**Task**\n\n" + "   ".join(lines).replace('"""', "\n\n").upper() + "\n\nThank you!"


def new_names(code: str, entry: str, called: str = "solve_it", given: str = "param_{}") -> dict[str, str]:
    """Return another name for the function and for each argument of every function."""
    tree = ast.parse(code)
    arguments = [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg) and node.arg != "self"]
    names = dict.fromkeys([name for name in arguments if len(name) > 1])
    return {entry: called} | {name: given.format(number) for number, name in enumerate(names)}


def renamed(text: str, names: dict[str, str]) -> str:
    """Return a text with whole words replaced."""
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + r")\b")
    return pattern.sub(lambda found: names[found.group()], text)


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._names.get(node.arg, node.arg), None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return ast.keyword(self._names.get(node.arg or "", node.arg), self.visit(node.value))


def renamed_code(code: str, names: dict[str, str]) -> str:
    """Return a program with other names, written anew."""
    return ast.unparse(ast.fix_missing_locations(_Renaming(names).visit(ast.parse(code))))


def rephrased(text: str, synonyms: Mapping[str, str] = _SYNONYMS) -> str:
    """Return a text with synonyms for common words, its sentences in another order; code and examples are left out."""
    quoted = re.findall(r'"""(.*?)"""|\'\'\'(.*?)\'\'\'', text, re.DOTALL)
    prose = " ".join(one or other for one, other in quoted) or text
    prose = re.split(r">>>|\bassert\b|Examples?:|For example", prose)[0]
    sentences = [one.strip() for one in re.split(r"(?<=[.!?])\s+|\n\s*\n", prose) if one.strip()]
    if len(sentences) > 1:
        sentences = [*sentences[1:], sentences[0]]
    return " ".join(_told(" ".join(sentence.split()), synonyms) for sentence in sentences)


def _told(sentence: str, synonyms: Mapping[str, str]) -> str:
    def synonym(found: re.Match[str]) -> str:
        word = found.group()
        other = synonyms.get(word.lower(), word)
        return other.capitalize() if word[0].isupper() else other

    return re.sub(r"[A-Za-z]+", synonym, sentence)

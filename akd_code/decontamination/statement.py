"""What a problem says: its sentences, without code, examples and the phrases that every problem begins with."""

from __future__ import annotations

import ast
import re

from akd_code.filters.words import rouge_words
from akd_sandbox.syntax import NOT_PYTHON, parse

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_QUOTED = re.compile(r'"""(.*?)"""|\'\'\'(.*?)\'\'\'', re.DOTALL)
_COMMENT = re.compile(r"^[ \t]*#[ \t]?(.*)$", re.MULTILINE)
_DEFINES = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+", re.MULTILINE)
_LITERAL = (
    r"(?:\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]|\([^()]*\)|\{[^{}]*\}|\"[^\"\n]*\"|'[^'\n]*'|-?\d[\d.]*|True|False|None)"
)
_CALL = r"\b\w+\([^()]*(?:\([^()]*\)[^()]*)*\)"
_GIVES = r"(?:==>|==|=>|=|➞|->|≡|returns?\b|should (?:return|be|equal)\b|(?:the )?output should be\b|output:?)"
# Each of these is linear in a run of spaces, blank lines or rules: no two parts beside each other may both take it up.
_EXAMPLES = (
    re.compile(r"(?:>>>|\bassert\b)[^\n]*(?:\n[ \t]*(?![ \t]*>>>)[\[({'\"\d-][^\n]*)?"),
    re.compile(
        rf"(?:\b(?:for|if)\b[ \t]*)?\b\w+[ \t]*=[ \t]*{_LITERAL}[ \t]*(?:,[ \t]*)?{_GIVES}[ \t]*{_LITERAL}",
        re.IGNORECASE,
    ),
    re.compile(rf"{_CALL}[ \t]*{_GIVES}[ \t]*{_LITERAL}?"),
    re.compile(r"^[^\w\n]*(?:for )?examples?\b[^a-z\n]*$|\b(?:for )?examples?:?(?=\W*$)", re.IGNORECASE | re.MULTILINE),
)
_AFTERWARDS = re.compile(
    r"^[ \t>*#-]*(?:>>>|\bassert\b|(?:for )?examples?\b[^a-z\n]*(?:$|:)|(?:sample )?(?:in|out)puts?\s*\d*:"
    r"|(?:constraints?|notes?|explanation)\s*:)",
    re.IGNORECASE | re.MULTILINE,
)
"""Where examples, notes and constraints begin, after what is asked."""
_HEAD = re.compile(r"^\s*(?:from|import|def|class|@\w+|return|if|for|while|else|try)\b.*[:)\w]\s*$")
_LEAD = re.compile(
    r"^\W*(?:please\s+)?(?:write|create|implement|define|develop|complete)\s+(?:an?\s+|the\s+)?(?:python\s*3?\s+)?"
    r"(?:function|method|program|code|script)s?\s*(?:in python\s*)?(?:that|which|to|for|using)?\s+",
    re.IGNORECASE,
)


def statement(text: str) -> str:
    """Return the sentences of a problem: docstrings and comments of code, or the prose around it, without examples."""
    beside, comments, quoted = _pieces(text)
    return _without_examples("\n".join([*beside, *comments, *quoted]))


def readings(text: str) -> list[str]:
    """Return the statement, and shorter ones that say what is asked: others may have kept no more of it.

    One is without the comments of code around it, one without what follows the first example, note or constraint.
    """
    beside, comments, quoted = _pieces(text)
    texts = (
        [*beside, *comments, *quoted],
        [*beside, *quoted],
        [_AFTERWARDS.split(one)[0] for one in (*beside, *quoted)],
    )
    return list(dict.fromkeys(_without_examples("\n".join(one)) for one in texts))


def _pieces(text: str) -> tuple[list[str], list[str], list[str]]:
    """Return the prose around code, its comments and its docstrings; of text without code there is prose alone."""
    prose = _FENCE.sub("\n", text)
    if not (_DEFINES.search(prose) or _QUOTED.search(prose)):
        return [prose], [], []
    outside = _QUOTED.sub("\n", prose)
    quoted = [one or other for one, other in _QUOTED.findall(prose)]
    beside = [line for line in _COMMENT.sub("", outside).splitlines() if _is_prose(line)]
    return beside, _COMMENT.findall(outside), quoted


def core(text: str) -> str:
    """Return a statement without `Write a function to` and its relatives."""
    return _LEAD.sub("", text.strip(), count=1)


def identifiers(code: str) -> frozenset[str]:
    """Return the names of functions and arguments that code defines and that could be words of a sentence.

    None for what is not Python.
    """
    for ending in ("", "\n    pass\n", "\n        pass\n"):
        try:
            tree = parse(code + ending)
        except NOT_PYTHON:
            continue
        names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        return frozenset(name.lower() for name in names if rouge_words(name) == [name.lower()])
    return frozenset()


def _is_prose(line: str) -> bool:
    words = line.split()
    plain = sum(re.fullmatch(r"[(\"'`]?[A-Za-z][A-Za-z'-]*[)\"'`]?[.,:;?!]?", word) is not None for word in words)
    return len(words) >= 4 and plain >= 0.75 * len(words) and _HEAD.match(line) is None


def _without_examples(text: str) -> str:
    for pattern in _EXAMPLES:
        text = pattern.sub(" ", text)
    return "\n".join(line for line in text.splitlines() if len(re.findall(r"[A-Za-z]{2,}", line)) >= 2)

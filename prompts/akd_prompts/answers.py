"""Parsers of the models' answers, one beside each template. Each returns a typed result or raises PromptParseError."""

from __future__ import annotations

import ast
import contextlib
import json
import keyword
import re
import warnings
from dataclasses import dataclass

from akd_prompts.errors import PromptParseError
from akd_prompts.fences import Block, fenced_blocks

MAX_ANSWER_CHARS = 200_000
"""A longer answer is refused unread: no prompt here asks for a tenth of it."""
MAX_TESTS_CHARS = 64_000
MAX_ASSERT_CHARS = 4_000
MAX_ASSERTS = 64

_TRIES = 50
_PYTHON = frozenset({"", "python", "python3", "py"})
_SCORE = r"(\d{1,2}(?:\.\d{1,2})?)"
_COLON = r"\s*[:\uff1a]"  # Chinese punctuation, too
_BETWEEN = r"(?:\s*[,;\uff0c\uff1b\u3001]\s*|\s+(?:/|and|&)\s+|\s+)"
_OF_TEN = r"(?:\s?/\s?10)?"
_SCORES = re.compile(
    rf"[*_`\s]*scores?{_COLON}[*_`\s]*(?:{_SCORE}{_BETWEEN}{_SCORE}|{_SCORE}{_OF_TEN}{_BETWEEN}{_SCORE}{_OF_TEN}"
    rf"|assistant 1{_COLON}\s*{_SCORE}{_OF_TEN}{_BETWEEN}assistant 2{_COLON}\s*{_SCORE}{_OF_TEN})[*_`\s.]*",
    re.IGNORECASE,
)
_ONE_SCORE = re.compile(rf"[^\d]*(?:{_SCORE}\s+/\s+(?:5|10)|\d{{1,2}},5)[*_`\s.]*")
"""`Scores: 8 / 10` and `Scores: 8,5` may well be one score: of ten, and with a decimal comma."""
SCORES_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "explanation": {"type": "string"},
            "score_1": {"type": "number", "minimum": 1, "maximum": 10},
            "score_2": {"type": "number", "minimum": 1, "maximum": 10},
        },
        "required": ["explanation", "score_1", "score_2"],
        "additionalProperties": False,
    }
)
"""The form of an answer to `judge` for endpoints that hold a model to a JSON schema: explanation before scores."""
_FUNCTION = re.compile(r"[*_`#\s]*function(?: name)?\s*:[*`\s]*([A-Za-z_]\w*)[*`\s]*(?:\(.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scores:
    """The referee's two scores, 1 to 10, in the order in which it saw the answers."""

    explanation: str
    first: float
    second: float


@dataclass(frozen=True, slots=True)
class GeneratedTask:
    """A new task and the function it asks for."""

    text: str
    entry_point: str


@dataclass(frozen=True, slots=True)
class WrittenTests:
    """Asserts that call the entry point, one per line; `dropped` counts all other statements and lines."""

    asserts: tuple[str, ...]
    dropped: int


def parse_scores(text: str) -> Scores:
    """Return the two scores of an answer to `judge`: a last line `Scores: A B`, or one JSON object of SCORES_SCHEMA.

    Only the last line that is not empty counts: whatever the judged answers say about scores can at most be
    quoted in the explanation above it. For the same reason an object must be the whole answer, but for a fence.
    """
    _check_size(text)
    found = _object_scores(text) or _line_scores(text)
    if found is None:
        raise PromptParseError("the last line is not 'Scores: A B'")
    if not (1.0 <= found.first <= 10.0 and 1.0 <= found.second <= 10.0):
        raise PromptParseError(f"the scores {found.first:g} and {found.second:g} are not both between 1 and 10")
    return found


def _line_scores(text: str) -> Scores | None:
    lines = text.rstrip().splitlines()
    last = lines[-1].strip() if lines else ""
    found = _SCORES.fullmatch(last)
    if found is None or _ONE_SCORE.fullmatch(last):
        return None
    first, second = (float(one) for one in found.groups() if one is not None)
    return Scores("\n".join(lines[:-1]).strip(), first, second)


def _object_scores(text: str) -> Scores | None:
    whole = text.strip()
    blocks = fenced_blocks(whole) if whole.startswith("```") else []
    if len(blocks) == 1 and blocks[0].closed and whole.endswith("```"):
        whole = blocks[0].body.strip()
    if not (whole.startswith("{") and whole.endswith("}")):
        return None
    try:
        pairs = json.loads(whole, object_pairs_hook=lambda pairs: pairs)
    except (ValueError, RecursionError):
        return None
    said = dict(pairs)
    if len(said) < len(pairs):
        return None  # a score that is given twice is none
    scores = [one for one in (said.get("score_1"), said.get("score_2")) if isinstance(one, int | float)]
    if len(scores) < 2 or any(isinstance(one, bool) for one in scores):
        return None
    try:
        first, second = map(float, scores)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return Scores(str(said.get("explanation", "")), first, second)


def parse_generated(text: str) -> GeneratedTask:
    """Return the task of an answer to `generate_hard` or `generate_easy`.

    The name on the `Function:` line must be a Python name that the task's text states too: whoever solves the task
    sees the text alone.
    """
    _check_size(text)
    blocks = fenced_blocks(text)
    if len(blocks) != 1 or not blocks[0].closed:
        raise PromptParseError(f"the answer holds {len(blocks)} fenced blocks, expected one that is closed")
    task = blocks[0].body.strip()
    if not task:
        raise PromptParseError("the fenced block is empty")
    names = {m[1] for line in text.split(blocks[0].body, 1)[0].splitlines() if (m := _FUNCTION.fullmatch(line))}
    if len(names) != 1:
        raise PromptParseError(f"{len(names)} names on 'Function:' lines before the task, expected one")
    (name,) = names
    if keyword.iskeyword(name) or not name.isascii():
        raise PromptParseError(f"{name!r} is not a name for a function")
    if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", task):
        raise PromptParseError(f"the task's text does not name its function {name!r}")
    return GeneratedTask(task, name)


def parse_tests(text: str, entry_point: str) -> WrittenTests:
    """Return the asserts over `entry_point` in an answer to `write_tests`, each as one line.

    Statements that are not asserts, or whose test does not call `entry_point` by name, are dropped and counted, as
    are asserts over MAX_ASSERT_CHARS or after the first MAX_ASSERTS, and repeated ones.
    """
    source = "\n".join(block.body for block in _python_blocks(text)) or _assert_lines(text)
    if len(source) > MAX_TESTS_CHARS:
        raise PromptParseError(f"the tests are {len(source)} characters long, more than {MAX_TESTS_CHARS}")
    tree = _parsed(source)
    pieces = [source] if tree is not None else source.splitlines()
    kept: dict[str, None] = {}
    dropped = 0
    for piece in pieces:
        parsed = _parsed(piece)
        if parsed is None:
            dropped += 1
            continue
        for statement in parsed.body:
            line = _assert_line(statement, entry_point)
            if line is None or line in kept or len(kept) >= MAX_ASSERTS:
                dropped += 1
            else:
                kept[line] = None
    if not kept:
        raise PromptParseError(f"the answer holds no assert that calls {entry_point}")
    return WrittenTests(tuple(kept), dropped)


def _check_size(text: str) -> None:
    if len(text) > MAX_ANSWER_CHARS:
        raise PromptParseError(f"the answer is {len(text)} characters long, more than {MAX_ANSWER_CHARS}")
    if not text.strip():
        raise PromptParseError("the answer is empty")


def _python_blocks(text: str) -> list[Block]:
    _check_size(text)
    return [block for block in fenced_blocks(text) if block.language in _PYTHON]


def _assert_lines(text: str) -> str:
    """Return the lines that start with `assert` of an answer without fences."""
    return "\n".join(line for line in text.splitlines() if line.startswith("assert"))


def _parsed(source: str) -> ast.Module | None:
    """Return the syntax tree, or None where CPython's parser refuses the text for whatever reason."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escape sequences of a model are nothing to warn of
            for _ in range(_TRIES):
                # CPython 3.11 may raise it for nothing where threads parse at once (python/cpython#106905)
                with contextlib.suppress(SystemError):
                    return ast.parse(source)
            return None
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _assert_line(statement: ast.stmt, entry_point: str) -> str | None:
    if not isinstance(statement, ast.Assert):
        return None
    calls = (node for node in ast.walk(statement.test) if isinstance(node, ast.Call))
    if not any(isinstance(call.func, ast.Name) and call.func.id == entry_point for call in calls):
        return None
    try:
        line = ast.unparse(ast.Assert(test=statement.test, msg=None))
    except RecursionError:
        return None
    return line if len(line) <= MAX_ASSERT_CHARS and "\n" not in line else None

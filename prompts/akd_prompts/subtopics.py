"""The parser of an answer to `subtopics`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from akd_prompts.answers import MAX_ANSWER_CHARS
from akd_prompts.errors import PromptParseError
from akd_prompts.fences import fenced_blocks

MAX_SUBTOPIC_CHARS = 200
_ITEM = re.compile(r"[*_\s]*(?:\(?\d{1,3}[.):]|[-*+•])[*_]*\s+(.*\S)\s*")
_DECORATION = " \t*_`\"'.,;:"


def parse_subtopics(text: str, count: int) -> tuple[str, ...]:
    """Return the subtopics of an answer, `count` at most, each once: a numbered or bulleted list, or a JSON array.

    Lines around a list, emphasis and fences are passed over, and so are items without a letter or longer than
    MAX_SUBTOPIC_CHARS. Raises PromptParseError if none is left.
    """
    if len(text) > MAX_ANSWER_CHARS:
        raise PromptParseError(f"the answer is {len(text)} characters long, more than {MAX_ANSWER_CHARS}")
    blocks = fenced_blocks(text)
    body = blocks[0].body if len(blocks) == 1 else text
    found: dict[str, str] = {}
    for item in _json_items(body) or _list_items(body):
        name = " ".join(item.replace("**", "").split()).strip(_DECORATION)
        if len(name) <= MAX_SUBTOPIC_CHARS and name.isprintable() and any(map(str.isalpha, name)):
            found.setdefault(name.casefold(), name)
    if not found:
        raise PromptParseError("the answer holds no list of subtopics")
    return tuple(found.values())[:count]


def _json_items(text: str) -> list[str]:
    """Return the texts of a JSON array, or of the only array in a JSON object; [] where there is none."""
    start, end = text.find("["), text.rfind("]")
    if not 0 <= start < end:
        return []
    try:
        data = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return []
    return [item for item in data if isinstance(item, str)]


def _list_items(text: str) -> Iterable[str]:
    return (match[1] for line in text.splitlines() if (match := _ITEM.fullmatch(line)))

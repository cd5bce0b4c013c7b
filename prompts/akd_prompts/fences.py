"""Fenced blocks of Markdown: reading them in answers, and choosing fences that quoted text cannot close."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_RUN = re.compile(r"`+")
_OPEN = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n]*)")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: `info` is the text after the opening fence; `closed` is False if the text ends inside it."""

    info: str
    body: str
    closed: bool

    @property
    def language(self) -> str:
        """The first word of `info` in lower case, "" if there is none."""
        words = self.info.split()
        return words[0].lower() if words else ""


def fenced_blocks(text: str) -> tuple[Block, ...]:
    """Return the fenced blocks of `text` in order, by CommonMark's rules for lines and fence lengths.

    A block ends at a line that holds only a fence of the same character at least as long as the one that opened
    it. Bodies keep their lines as they are, joined by newlines, without the newline before the closing fence.
    """
    blocks: list[Block] = []
    fence, info, body = "", "", list[str]()
    for line in text.replace("\r\n", "\n").split("\n"):
        if fence:
            stripped = line.strip()
            if len(stripped) >= len(fence) and set(stripped) == {fence[0]} and len(line) - len(line.lstrip(" ")) <= 3:
                blocks.append(Block(info, "\n".join(body), closed=True))
                fence = ""
            else:
                body.append(line)
            continue
        opening = _OPEN.fullmatch(line)
        # A backtick in the info string makes it inline code (CommonMark 4.5), not a fence.
        if opening and not (opening["fence"][0] == "`" and "`" in opening["info"]):
            fence, info, body = opening["fence"], opening["info"].strip(), []
    if fence:
        blocks.append(Block(info, "\n".join(body), closed=False))
    return tuple(blocks)


def fence_for(texts: Iterable[str], shortest: int = 4) -> str:
    """Return a run of backticks longer than any run in `texts`, so that none of them can close it."""
    longest = max((len(run) for text in texts for run in _RUN.findall(text)), default=0)
    return "`" * max(shortest, longest + 1)

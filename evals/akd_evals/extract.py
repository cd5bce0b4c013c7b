"""The program in a model's answer: found, never pruned.

A whole fenced block, the prompt with its continuation, or the text as it is. Nothing is parsed or run here:
untrusted text only meets string searches whose time is linear in its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from akd_evals.reasoning import after_reasoning
from akd_evals.wrapping import after_prose, in_tags, without_end_tokens

How = Literal[
    "fence", "fence-without-entry", "before-fence", "prompt+completion", "text", "python-tag", "code-tag", "answer-tag",
    "after-prose", "solution", "empty", "reasoning-only",
]  # fmt: skip

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})([^`\r\n]*)\r?$")
_PYTHON = ("python3", "python", "py")
_TRIPLE = re.compile(r'\\.|"""|\'\'\'', re.DOTALL)
_DOCSTRING = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'')
_STUB_LINE = re.compile(r"^[ \t]*(?:\.\.\.|pass|#.*|@.*|(?:async[ \t]+)?def[ \t].*|)[ \t]*\r?$")


@dataclass(frozen=True, slots=True)
class Extraction:
    """The program found (None only where there is nothing) and the rule that found it.

    `how`: fence - the last fenced block that defines the entry point; fence-without-entry - the longest block, no
    block defines it; before-fence - what precedes a stray fence; prompt+completion - the answer continues the
    prompt; text - the answer itself; python-tag, code-tag, answer-tag - what stands between such tags; after-prose -
    the unfenced code after sentences; solution - it was given as a whole program; empty - nothing; reasoning-only - the
    answer was cut before its reasoning ended, or nothing follows that.
    """

    code: str | None
    how: How


def extract_code(text: str, entry_point: str | None = None, prompt: str | None = None) -> Extraction:
    """Return the program in a model's answer, by the first rule that fits.

    The answer is what follows the model's reasoning, without the special tokens that end it (`after_reasoning`,
    `without_end_tokens`).

    0. What stands between `[PYTHON]`, `<code>`, `<answer>` or `<solution>` and its end, if it defines the entry point
       or continues the prompt.
    1. A text that begins indented continues `prompt`: prompt + text, up to the fence that ends it, if there is one.
    2. A program with a fence inside a docstring is taken whole.
    3. The last fenced block that defines `entry_point` and is more than a stub, whole (without an entry point: the
       longest block). A block that is never closed runs to the end.
    4. The text before a stray fence, if it defines the entry point.
    5. The longest fenced block (after `prompt`, if it begins indented).
    6. The text, if it defines the entry point or there is no prompt, without the sentences that it begins with; else
       prompt + text.

    Never prunes what it takes. Time is linear in len(text).
    """
    answer = after_reasoning(text)
    if answer is None:
        return Extraction(None, "reasoning-only")
    answer = without_end_tokens(answer)
    if not answer.strip():
        return Extraction(None, "empty")
    tagged = in_tags(answer)
    if tagged is not None:
        found = _program_in(tagged.inside, entry_point, prompt)
        if found.how == "fence" or (found.how == "prompt+completion" and _begins_indented(tagged.inside)):
            return Extraction(found.code, tagged.how if found.how != "fence" else "fence")
        if found.how == "text" and (entry_point is None or defines(tagged.inside, entry_point)):
            return Extraction(found.code, tagged.how)
    return _program_in(answer, entry_point, prompt)


def _program_in(text: str, entry_point: str | None, prompt: str | None) -> Extraction:
    """Return the program in an answer without reasoning, tags and special tokens: rules 1 to 6."""
    before, blocks = _split(text)
    in_string = bool(blocks) and _open_string(before)
    if prompt is not None and _begins_indented(before):
        return Extraction(prompt + (text if in_string else before), "prompt+completion")
    stands_before = entry_point is not None and defines(before, entry_point)
    if stands_before and (in_string or not blocks):
        return _bare(text)
    defining = [block for block in blocks if entry_point is not None and defines(block, entry_point)]
    if defining:
        return Extraction(_last_complete(defining), "fence")
    if stands_before:
        return Extraction(before, "before-fence")
    if blocks:
        longest = max(blocks, key=len)
        if prompt is not None and _begins_indented(longest):
            return Extraction(prompt + longest, "prompt+completion")
        return Extraction(longest, "fence-without-entry" if entry_point is not None else "fence")
    if prompt is not None:
        return Extraction(prompt + text, "prompt+completion")
    return _bare(text)


def _bare(text: str) -> Extraction:
    """Return a text without fences as a program, without the sentences before it."""
    code = after_prose(text)
    return Extraction(text, "text") if code is None else Extraction(code, "after-prose")


def defines(code: str, entry_point: str) -> bool:
    """Return whether code binds entry_point at its top level (def, class, assignment, import), as far as text tells.

    Of a method, `Solution().add`, it is the class that must be bound.
    """
    name = re.escape(entry_point.partition(".")[0].removesuffix("()"))
    bound = rf"^(?:(?:async[ \t]+)?def[ \t]+{name}\b|class[ \t]+{name}\b|{name}[ \t]*(?::[^\n=]*)?=(?!=))"
    imported = rf"^(?:from|import)[ \t][^\n]*\b{name}[ \t]*(?:,|\)|#|\r?$)"
    return re.search(bound, code, re.MULTILINE) is not None or re.search(imported, code, re.MULTILINE) is not None


def _last_complete(blocks: list[str]) -> str:
    """Return the last block that is more than a signature and a docstring, or the longest."""
    for code in reversed(blocks):
        if not all(_STUB_LINE.match(line) for line in _DOCSTRING.sub("", code).split("\n")):
            return code
    return max(blocks, key=len)


def _begins_indented(text: str) -> bool:
    """Return whether the first line that is not blank is indented."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return first[:1] in (" ", "\t")


def _open_string(code: str) -> bool:
    """Return whether code ends inside a triple-quoted string, so that a fence after it is the program's own text."""
    quote = ""
    for match in _TRIPLE.finditer(code):
        token = match.group()
        if token[0] == "\\":
            continue
        if not quote:
            quote = token
        elif token == quote:
            quote = ""
    return quote != ""


def _split(text: str) -> tuple[str, list[str]]:
    """Return the text before the first fence and the fenced blocks that are not blank."""
    before: list[str] = []
    blocks: list[tuple[str, list[str]]] = []
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if match is not None and fence and _closes(match, fence):
            fence = ""
        elif match is not None and (not fence or _language(match) in _PYTHON):
            # an opener with Python's name inside a block: the one before was never closed, or only wraps this one
            fence = match.group(2)
            blocks.append((match.group(1), []))
        elif fence:
            blocks[-1][1].append(line)
        elif late := _late_fence(line):
            fence = "`" * (len(late) - len(late.rstrip("`")))
            if not blocks:
                before.append(late.rstrip("`"))
            blocks.append(("", []))
        elif not blocks:
            before.append(line)
    codes = ["\n".join(line.removeprefix(indent) for line in lines) + "\n" for indent, lines in blocks]
    if not blocks:
        return text, []
    return "\n".join(before), [code for code in codes if code.strip()] or codes[:1]


def _closes(match: re.Match[str], fence: str) -> bool:
    mark = match.group(2)
    return mark[0] == fence[0] and len(mark) >= len(fence) and not match.group(3).strip()


def _language(match: re.Match[str]) -> str:
    return match.group(3).strip().lower()


def _late_fence(line: str) -> str:
    """Return "Sure, here it is: ```" of a line "Sure, here it is: ```python", else an empty text."""
    bare = line.rstrip()
    for name in _PYTHON:
        if bare[-len(name) :].lower() == name:
            head = bare[: -len(name)].rstrip()
            return head if head.endswith("```") else ""
    return ""

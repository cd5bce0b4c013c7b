"""What can be wrong with a model's answer before anything runs: named, counted, never dropped in silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from akd_code.records import REASONING_ONLY, Answer, Prompt
from akd_evals.extract import defines, extract_code
from akd_evals.reasoning import after_reasoning
from akd_evals.wrapping import without_end_tokens
from akd_prompts import Block, fenced_blocks

_MAX_CHARS = 200_000
_PYTHON = frozenset({"", "python", "python3", "py"})
_NO_LANGUAGE = frozenset({"text", "txt", "plain", "output", "console", "bash", "shell", "sh"})
_REFUSAL = re.compile(
    r"\b(?:I(?:'m| am) (?:sorry|unable|not able)|I (?:can(?:no|')t|cannot|won't|will not|must decline)|as an AI\b)",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"\b(?:(?:provided|supplied|retrieved|reference)\s+(?:plan|stubs?|library|modules?|helpers?|functions?|signatures?)"
    r"|(?:given|above|following)\s+(?:plan|stubs?|library|modules?)"
    r"|(?:plan|stubs?|library|modules?|helpers?)\s+(?:above|provided|supplied|you (?:gave|provided|showed))"
    r"|(?:from|in|follow(?:s|ing)?|per) (?:the|your) (?:plan|stubs?|library)\b|you (?:provided|supplied))",
    re.IGNORECASE,
)
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^\n]{0,40}\b(?:previous|prior|above|earlier|all|your)\b[^\n]{0,30}"
    r"\b(?:instructions?|prompts?|rules|guidelines)\b|\b(?:reveal|print|repeat)\b[^\n]{0,20}\bsystem prompt\b"
    r"|<\|(?:im_start|im_end|system|user|assistant)\|>|\[/?INST\]",
    re.IGNORECASE,
)


class AnswerFault(StrEnum):
    """Why an answer cannot be used."""

    EMPTY = "empty"
    REASONING = "reasoning only"
    TRUNCATED = "cut by length"
    REFUSAL = "refusal"
    PROSE = "no code"
    LANGUAGE = "another language"
    BROKEN = "does not parse"
    NO_ENTRY = "lacks the function"
    INJECTION = "holds instructions"
    HIDDEN = "speaks of hidden context"
    OVERLONG = "too long"


@dataclass(frozen=True, slots=True)
class Reading:
    """The program in an answer, None where there is none that can be used; `fault` says why.

    `blocks` counts the fenced Python blocks: more than one is put up with, the one that defines the function counts.
    """

    code: str | None
    fault: AnswerFault | None
    blocks: int


def read_answer(
    text: str, finish_reason: str, entry_point: str | None = None, *, context: str = "", hidden: bool = False
) -> Reading:
    """Return the program of an answer, or what is wrong with it.

    `context`: the task's text; what it says itself may be said in its answer. `hidden`: the answer was written with
    material at hand that its reader will not see, so it must not speak of it. Runs nothing; linear in len(text).
    """
    if len(text) > _MAX_CHARS:
        return Reading(None, AnswerFault.OVERLONG, 0)
    said = spoken(text)
    blocks = fenced_blocks(said)
    count = sum(block.language in _PYTHON for block in blocks)
    if finish_reason == "length":
        return Reading(None, AnswerFault.TRUNCATED, count)
    if not said.strip():
        reasoned = finish_reason == REASONING_ONLY or text.strip()
        return Reading(None, AnswerFault.REASONING if reasoned else AnswerFault.EMPTY, 0)
    text = said
    found = extract_code(text, entry_point)
    code = found.code or ""
    fault = _fault_of_code(text, blocks, code, entry_point)
    if fault is None and injected(text, context):
        fault = AnswerFault.INJECTION
    if fault is None and hidden and any(match[0] not in context for match in _HIDDEN.finditer(text)):
        fault = AnswerFault.HIDDEN
    return Reading(None if fault else code, fault, count)


def answer_from(prompt: Prompt, text: str, finish_reason: str) -> Answer:
    """Return a model's text as the answer to a prompt, with the program found in it, whatever may be wrong with it."""
    found = extract_code(text, prompt.entry_point)
    return Answer(prompt.id, text, found.code, finish_reason, found.how)


def spoken(text: str) -> str:
    """Return what a model's text says to its reader: no reasoning before it, no special tokens after it.

    "" where there is nothing but reasoning.
    """
    answer = after_reasoning(text)
    return "" if answer is None else without_end_tokens(answer)


def trained_text(text: str, keep_reasoning: bool) -> str:
    """Return what of a teacher's text the student is trained to write."""
    return text if keep_reasoning else spoken(text)


def injected(text: str, context: str = "") -> bool:
    """Tell whether a text tries to instruct whoever reads it next; what `context` says too does not count."""
    return any(match[0] not in context for match in _INJECTION.finditer(text))


def _fault_of_code(text: str, blocks: Sequence[Block], code: str, entry_point: str | None) -> AnswerFault | None:
    from akd_code.decompose import outline

    languages = {block.language for block in blocks} - _NO_LANGUAGE
    if languages and not languages & _PYTHON:
        return AnswerFault.LANGUAGE
    if "def " not in code and "class " not in code and "lambda" not in code and "import " not in code:
        return AnswerFault.REFUSAL if _REFUSAL.search(text) else AnswerFault.PROSE
    if not blocks and entry_point is not None and not defines(code, entry_point):
        return AnswerFault.REFUSAL if _REFUSAL.search(text) else AnswerFault.PROSE
    if outline(code).errors:
        return AnswerFault.BROKEN
    if entry_point is not None and not defines(code, entry_point):
        return AnswerFault.NO_ENTRY
    return None

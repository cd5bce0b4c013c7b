"""Conversations as token ids: what the student sees before it answers, and what it is trained to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from akd_code.student.ask import SPACE
from akd_code.student.load import Student, StudentError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Turn = tuple[str, str]
"""(role, content)."""
PLAIN_GAP = "\n\n"
"""What separates prompt and completion where the tokenizer has no chat template."""


@dataclass(frozen=True, slots=True)
class EncodedRow:
    """One training row: `ids` of prompt and completion; tokens from `start` on are trained, the last one stops.

    `weight` is what a token of it counts in a loss, beside 1 for one of a usual row.
    """

    ids: tuple[int, ...]
    start: int
    weight: float = 1.0

    @property
    def length(self) -> int:
        """Tokens of prompt and completion."""
        return len(self.ids)

    @property
    def trained(self) -> int:
        """Tokens of the completion."""
        return len(self.ids) - self.start

    def trains_stop(self, stops: frozenset[int]) -> bool:
        """Return whether the row ends with one of these tokens, and that token is trained."""
        return self.trained >= 1 and self.ids[-1] in stops

    def as_key(self) -> tuple[Any, ...]:
        """Return plain data that tells this row from others."""
        return (self.ids, self.start) if self.weight == 1.0 else (self.ids, self.start, self.weight)


def prompt_ids(tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn]) -> list[int]:
    """Return the ids after which the student writes its answer: chat template if there is one, else plain text."""
    if tokenizer.chat_template is None:
        ids = list(tokenizer(_plain(turns)).input_ids)
        return ids[:-1] if ids and ids[-1] == tokenizer.eos_token_id else ids
    return list(tokenizer(templated(tokenizer, turns, True), add_special_tokens=False).input_ids)


def encode_row(student: Student, turns: Sequence[Turn], stops: frozenset[int]) -> EncodedRow:
    """Return the training row of a conversation that ends with the assistant's answer.

    The prompt is tokenised just as it is for sampling and the completion after it, so training and sampling see the
    same tokens. The row ends at the stop token that follows the answer, which is trained.

    Raises:
        StudentError: the last turn is not the assistant's, the template changes the prompt once it is answered, or
            it does not end the answer with a stop token (such a student would never learn to stop).
    """
    if not turns or turns[-1][0] != "assistant":
        raise StudentError("a training row must end with an assistant turn; drop the row or add the answer")
    tokenizer = student.tokenizer
    start = prompt_ids(tokenizer, turns[:-1])
    if tokenizer.chat_template is None:
        end = tokenizer.eos_token_id
        if end is None:
            raise StudentError("the tokenizer has no eos token, so no answer could ever stop; set eos_token")
        rest = [*_going_on(tokenizer, start, _plain(turns[:-1]), turns[-1][1], True), end]
        return EncodedRow((*start, *rest), len(start))
    before = templated(tokenizer, turns[:-1], True)
    rest = _going_on(tokenizer, start, before, _answered(tokenizer, turns, before), False)
    last = next((index for index in range(len(rest) - 1, -1, -1) if rest[index] in stops), None)
    if last is None:
        raise StudentError(
            "the chat template ends no answer with a stop token, so the student would never stop; "
            "let it write the tokenizer's eos token after the assistant's turn"
        )
    return EncodedRow((*start, *rest[: last + 1]), len(start))


def _going_on(
    tokenizer: PreTrainedTokenizerBase, start: Sequence[int], before: str, text: str, special: bool
) -> list[int]:
    """Return the ids of a text behind another, whose ids are `start`; `special`: with the tokens that begin any text.

    A tokenizer of SentencePiece's kind (Llama 2, TinyLlama, Mistral) puts a space before whatever it is given. A text
    that goes on must not get one, or a program would begin indented; so both are read as one where that leaves `start`
    as it is.
    """
    alone = list(tokenizer(text, add_special_tokens=False).input_ids)
    first = tokenizer("x", add_special_tokens=False).input_ids[:1]
    if not "".join(tokenizer.convert_ids_to_tokens(first)).startswith(SPACE):
        return alone
    both = list(tokenizer(before + text, add_special_tokens=special).input_ids)
    if special and both[-1:] == [tokenizer.eos_token_id]:
        both.pop()
    return both[len(start) :] if both[: len(start)] == list(start) else alone


def _answered(tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn], before: str) -> str:
    """Return what follows the prompt, `before`, once it is answered, in the template's words.

    A template may open an answer with more than it shows of it afterwards (a `<think>`, or an empty block of thoughts):
    the answer is then trained behind all of that, as the student will be asked to write it. Raises StudentError for one
    that rewrites the prompt itself, or the answer.
    """
    whole = templated(tokenizer, turns, False)
    if whole.startswith(before):
        return whole[len(before) :]
    asked = templated(tokenizer, turns[:-1], False)
    shared = next(at for at, one in enumerate(before) if whole[at : at + 1] != one)
    for answer in (turns[-1][1], turns[-1][1].strip()):
        at = whole.rfind(answer, len(asked), shared + len(answer)) if answer and whole.startswith(asked) else -1
        if at >= 0:
            return whole[at:]
    raise StudentError("the chat template rewrites the prompt once it is answered; use one that only appends")


def stop_ids(student: Student) -> frozenset[int]:
    """Return the ids that end an answer: the model's and tokenizer's eos, and the template's end of turn.

    The end of turn counts only if it is a special token: base models often carry a template whose end of turn is not
    their eos (TRL issues 3091, 4147).
    """
    found = own_end_ids(student)
    if student.tokenizer.chat_template is not None:
        probe = "@@"
        whole = templated(student.tokenizer, [("user", "?"), ("assistant", probe)], False)
        tail = student.tokenizer(whole.rpartition(probe)[2], add_special_tokens=False).input_ids
        special = set(student.tokenizer.all_special_ids) | set(getattr(student.tokenizer, "added_tokens_decoder", {}))
        found.update([token for token in tail if token in special][:1])
    return frozenset(found)


def own_end_ids(student: Student) -> set[int]:
    """Return the ids that end a text for the model itself: its eos tokens and the tokenizer's."""
    found: set[int] = set()
    for source in (getattr(student.model, "generation_config", None), student.model.config, student.tokenizer):
        value = getattr(source, "eos_token_id", None)
        found.update(value if isinstance(value, (list, tuple)) else [] if value is None else [value])
    return found


def turns_of(messages: Iterable[Any]) -> tuple[Turn, ...]:
    """Return (role, content) pairs of messages given as pairs, mappings or objects with these two attributes.

    Raises StudentError for a content that is not text, such as null or a list of parts.
    """
    turns: list[Turn] = []
    for message in messages:
        if isinstance(message, Mapping):
            role, content = message["role"], message["content"]
        elif isinstance(message, tuple):
            role, content = message
        else:
            role, content = message.role, message.content
        if not isinstance(content, str):
            raise StudentError(f"the content of a message is not text but {type(content).__name__}; make it a text")
        turns.append((str(role), content))
    return tuple(turns)


def _plain(turns: Sequence[Turn]) -> str:
    return "".join(content.rstrip() + PLAIN_GAP for _, content in turns)


def templated(tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn], open_answer: bool) -> str:
    """Return a conversation through the tokenizer's chat template. Raises StudentError where that fails."""
    from jinja2 import TemplateError

    # Whatever a template does, it is the user's: it raises what jinja raises, and what Python does.
    messages = [{"role": role, "content": content} for role, content in turns]
    try:
        return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=open_answer))
    except (TemplateError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise StudentError(
            f"the chat template refuses these messages: {why}; correct it in the tokenizer's config, or leave it out"
        ) from error

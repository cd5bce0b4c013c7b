"""The mask doctor: which tokens of a row the student is trained on, and whether it learns to stop.

A wrong mask is the fault that trainings die of quietly: a student that is trained on the prompt, or never on the token
that ends an answer. What is shown is what `train_sft` trains on, encoded by the same function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from akd_code.student.encode import encode_row, stop_ids, turns_of
from akd_code.student.load import Student, StudentError


@dataclass(frozen=True, slots=True)
class MaskedToken:
    """One token of a row: its id, its text, whether there is loss on it, and whether it ends an answer."""

    id: int
    text: str
    trained: bool
    stops: bool


@dataclass(frozen=True, slots=True)
class MaskedRow:
    """A row, token by token, as the student is trained on it."""

    tokens: tuple[MaskedToken, ...]

    @property
    def trained(self) -> int:
        """Tokens with loss."""
        return sum(token.trained for token in self.tokens)


def masked_row(student: Student, messages: Sequence[Any]) -> MaskedRow:
    """Return a conversation's tokens by loss mask.

    Raises:
        StudentError: the conversation makes no training row, or its stop token is not trained.
    """
    stops = stop_ids(student)
    row = encode_row(student, turns_of(messages), stops)
    if not row.trains_stop(stops):
        raise StudentError("the row trains no stop token, so the student would never stop; check the chat template")
    texts = _texts(student, row.ids)
    return MaskedRow(
        tuple(
            MaskedToken(token, text, place >= row.start, token in stops)
            for place, (token, text) in enumerate(zip(row.ids, texts, strict=True))
        )
    )


def _texts(student: Student, ids: Sequence[int]) -> list[str]:
    """Return what each token adds to the text; a character of several tokens stands at the last of them."""
    texts, whole = [], ""
    decode = student.tokenizer.decode
    start = 0  # decoded from here, so that a long row does not take the square of its length
    for end in range(1, len(ids) + 1):
        now = str(decode(list(ids[start:end]), skip_special_tokens=False))
        if now.endswith("\N{REPLACEMENT CHARACTER}") and end < len(ids):
            texts.append("")
            continue
        texts.append(now[len(whole) :])
        whole = now
        if end - start >= 64:
            start = end - 1
            whole = str(decode(list(ids[start:end]), skip_special_tokens=False))
    return texts

"""What is asked of a student, what it answered, and an answer while it is being written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""What tokenizers of SentencePiece's kind write for a space."""
_DRAWN_AT_ONCE = 64
_SORTED_FIRST = 512
_INDENTING = 32
"""Tokens at the beginning of an answer in which its indentation is looked for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A prompt's token ids; the seed of the one answer wanted; strings that end it. The answer depends on nothing else.

    Several answers to a prompt are several asks with the same ids, which read the prompt once where they can.
    """

    ids: tuple[int, ...]
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampled:
    """One answer. `finish_reason` is `stop` (stop token or string) or `length`; tokens include the stop token."""

    text: str
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


OnAnswer = Callable[[int, Sampled], None]
"""`on_answer(place, answer)`: the answer to the ask at this place has ended. Answers end in any order."""


@dataclass(slots=True)
class Writing:
    """An answer that is being written: `place` of its ask, its tokens so far, and its own source of chance."""

    place: int
    ask: Ask
    tokens: list[int] = field(default_factory=list)
    _chances: list[float] = field(default_factory=list)
    _source: torch.Generator | None = None

    @property
    def length(self) -> int:
        """Tokens of the prompt and of the answer."""
        return len(self.ask.ids) + len(self.tokens)

    def chance(self) -> float:
        """Return the next number in [0, 1) that decides a token: the same for a seed, whoever is written beside it."""
        if not self._chances:
            import torch

            if self._source is None:
                self._source = torch.Generator().manual_seed(self.ask.seed)
            drawn = torch.rand(_DRAWN_AT_ONCE, generator=self._source, dtype=torch.float64)
            self._chances = drawn.flip(0).tolist()
        return self._chances.pop()

    def take(self, token: int, writer: Writer) -> Sampled | None:
        """Add a token; return the whole answer if that ends it."""
        self.tokens.append(token)
        reason: Literal["stop", "length"] | None = None
        text = None
        if token in writer.stops or (self.ask.stop and (text := writer.cut(self)) is not None):
            reason = "stop"
        elif len(self.tokens) >= writer.max_new_tokens or self.length == writer.positions:
            reason = "length"
        if reason is None:
            return None
        text = writer.decode(self.tokens) if text is None else text
        return Sampled(text, reason, len(self.ask.ids), len(self.tokens))


@dataclass(frozen=True, slots=True)
class Writer:
    """What ends answers: stop tokens, their own stop strings, and a number of tokens, of the answer or in all."""

    tokenizer: PreTrainedTokenizerBase
    stops: frozenset[int]
    max_new_tokens: int
    positions: int | None = None

    def decode(self, tokens: Sequence[int]) -> str:
        """Return tokens as text, without special ones.

        SentencePiece's kind takes a space from the beginning, as it puts one there. That would break the indentation
        of a program that goes on with a function's body; where there are several, all of them stay.
        """
        text = str(self.tokenizer.decode(list(tokens), skip_special_tokens=True))
        named = self.tokenizer.convert_ids_to_tokens(list(tokens[:_INDENTING]))
        begun = "".join(one or "" for one in named)  # a model may have embeddings beyond its tokenizer
        spaces = len(begun) - len(begun.lstrip(SPACE))
        return " " * spaces + text.lstrip(" ") if spaces > 1 else text

    def cut(self, writing: Writing) -> str | None:
        """Return the text before the first stop string, if one has appeared.

        Only the last tokens are read as text for that: every token that shows has a character at least.
        """
        stop = writing.ask.stop
        tail = writing.tokens[-(max(map(len, stop)) + 8) :]
        if not any(mark in self.decode(tail) for mark in stop):
            return None
        text = self.decode(writing.tokens)
        found = [at for at in (text.find(mark) for mark in stop) if at >= 0]
        return text[: min(found)] if found else None


def pick(logits: torch.Tensor, rows: Sequence[Writing], temperature: float, top_p: float) -> list[int]:
    """Return one token per row of logits [b, v]: the likeliest, or one drawn from the nucleus of mass `top_p`."""
    import torch

    if temperature == 0:
        likeliest: list[int] = logits.argmax(-1).tolist()
        return likeliest
    chances = torch.tensor([[row.chance()] for row in rows], dtype=torch.float64).to(logits.device)
    shares, where = torch.softmax(logits.float() / temperature, dim=-1), None
    if top_p < 1:
        shares, where = _likeliest(shares, top_p)
        shares = shares.masked_fill(shares.cumsum(-1) - shares >= top_p, 0.0)
    reached = shares.cumsum(-1)
    drawn = torch.searchsorted(reached, chances.to(reached.dtype) * reached[:, -1:], right=True)
    drawn = drawn.clamp(max=logits.shape[-1] - 1)
    tokens: list[int] = (drawn if where is None else where.gather(-1, drawn)).squeeze(-1).tolist()
    return tokens


def _likeliest(shares: torch.Tensor, mass: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return each row's largest shares, falling, that add up to `mass` at least, and whose they are: [b, n] each.

    Most often that is a few of a whole vocabulary, which takes longer to sort than the model to compute.
    """
    some = min(_SORTED_FIRST, shares.shape[-1])
    largest, where = shares.topk(some, dim=-1)
    if some == shares.shape[-1] or bool((largest.double().sum(-1) > mass).all()):
        return largest, where
    everything: tuple[torch.Tensor, torch.Tensor] = shares.sort(dim=-1, descending=True)
    return everything

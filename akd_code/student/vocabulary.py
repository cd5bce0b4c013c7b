"""A tokenizer held to the embeddings of its model: no token of it may stand beyond them."""

from __future__ import annotations

import json
from typing import Any

from akd_code.errors import AkdError

_NAMED = ("pad_token", "eos_token", "bos_token", "unk_token")


class VocabularyError(AkdError):
    """A tokenizer that writes tokens which its model has no embeddings of; the message names sizes and token."""


def fit_vocabulary(tokenizer: Any, size: int) -> None:
    """Take from a tokenizer the added tokens beyond the model's `size` embeddings; it has no such pad or end then.

    They come with fine-tuned models whose embeddings were never resized (a padding token, most often), and transformers
    adds some itself: a tokenizer of GPT-2's kind gets an `<|endoftext|>`, whether its files have one or not.

    Raises VocabularyError where the chat template or every text brings such a token, and where those beyond are not
    added ones: any text may hold them.
    """
    if len(tokenizer) <= size:
        return
    core = json.loads(tokenizer.backend_tokenizer.to_str()) if tokenizer.is_fast else {"added_tokens": []}
    beyond = {token["content"]: token["id"] for token in core["added_tokens"] if token["id"] >= size}
    if len(tokenizer) - len(beyond) > size:
        raise VocabularyError(f"its tokenizer has {len(tokenizer)} tokens and the model embeddings of only {size}")
    brought = {tokenizer.convert_ids_to_tokens(token) for token in tokenizer("x").input_ids}
    template = str(tokenizer.chat_template or "")
    for token, number in beyond.items():
        if token in brought or token in template:
            raise VocabularyError(f"its tokenizer writes {token!r}, token {number}; the model has embeddings of {size}")
    for name in _NAMED:
        if getattr(tokenizer, name) in beyond:
            setattr(tokenizer, name, None)
    from tokenizers import Tokenizer

    core["added_tokens"] = [token for token in core["added_tokens"] if token["id"] < size]
    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(core))

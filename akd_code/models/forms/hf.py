"""`hf:HUB_ID_OR_PATH`: a causal language model in this process."""

from __future__ import annotations

from akd_code.models.chat import ChatModel
from akd_code.models.registry import MODELS, OpeningOptions
from akd_code.models.transformers_chat import TransformersChat


@MODELS.register("hf")
def open_transformers(rest: str, options: OpeningOptions) -> ChatModel:
    """Return the model; it is loaded with the first request."""
    return TransformersChat(rest, endpoint=options.endpoint, batch_size=options.concurrency)

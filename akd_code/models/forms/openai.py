"""`openai:NAME@URL`: a model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

from akd_code.models.addresses import name_at_url
from akd_code.models.chat import ChatModel
from akd_code.models.openai_chat import OpenAIChat
from akd_code.models.registry import MODELS, OpeningOptions


@MODELS.register("openai")
def open_endpoint(rest: str, options: OpeningOptions) -> ChatModel:
    """Return the model NAME at URL, which defaults to OPENAI_BASE_URL, else OpenAI's own."""
    name, url = name_at_url(rest, f"openai:{rest}")
    return OpenAIChat(
        name,
        url,
        endpoint=options.endpoint,
        concurrency=options.concurrency,
        timeout_s=options.timeout_s,
        seed=options.seed,
        extras=options.extras,
        notice=options.notice,
    )

"""Opening a model from the text that names it in recipes and on the command line."""

from __future__ import annotations

import os
from pathlib import Path

from akd_code.models.chat import ChatModel
from akd_code.models.errors import ModelSpecError

FORMS = "openai:NAME, openai:NAME@URL, recorded:FILE.jsonl, hf:HUB_ID_OR_PATH"


def open_model(
    spec: str, *, endpoint: str | None = None, concurrency: int = 16, timeout_s: float = 120.0, seed: int = 0
) -> ChatModel:
    """Return the model that `spec` names, without cache or meter around it.

    `openai:NAME@URL` is an OpenAI-compatible endpoint (URL defaults to OPENAI_BASE_URL, else OpenAI's own);
    `recorded:FILE.jsonl` answers from a file; `hf:ID` runs a causal LM in this process. `endpoint` overrides the name
    under which answers are cached. Raises ModelSpecError for any other form, MissingKeyError, RecordingError.
    """
    form, _, rest = spec.partition(":")
    if not rest:
        raise ModelSpecError(f"{spec!r} names no model; write one of {FORMS}")
    if form == "openai":
        from akd_code.models.openai_chat import DEFAULT_URL, OpenAIChat

        # Some names hold an @ themselves, hence the last one and the scheme after it.
        name, at, url = rest.rpartition("@") if "@http" in rest else (rest, "", "")
        if not name or name.endswith("@") or (not at and "@" in name[1:]):
            raise ModelSpecError(f"{spec!r} lacks a model name or a URL; write openai:NAME@http://HOST:PORT/v1")
        url = url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL
        return OpenAIChat(name, url, endpoint=endpoint, concurrency=concurrency, timeout_s=timeout_s, seed=seed)
    if form == "recorded":
        from akd_code.models.recorded import RecordedChat

        return RecordedChat(Path(rest).expanduser(), endpoint=endpoint)
    if form == "hf":
        from akd_code.models.transformers_chat import TransformersChat

        return TransformersChat(rest, endpoint=endpoint, batch_size=concurrency)
    raise ModelSpecError(f"{spec!r} names no model: {form!r} is not a kind of model; write one of {FORMS}")

"""`recorded:FILE.jsonl`: answers from a file."""

from __future__ import annotations

from pathlib import Path

from akd_code.models.chat import ChatModel
from akd_code.models.recorded import RecordedChat
from akd_code.models.registry import MODELS, OpeningOptions


@MODELS.register("recorded")
def open_recording(rest: str, options: OpeningOptions) -> ChatModel:
    """Return the model that answers from the file. Raises RecordingError."""
    return RecordedChat(Path(rest).expanduser(), endpoint=options.endpoint)

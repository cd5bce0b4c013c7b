"""Models: one `ChatModel` protocol, whatever stands behind it, and the layers around it.

`open_model` opens what a recipe names: an OpenAI-compatible endpoint, a model in this process, or recorded answers.
`CachedChat` over an `AnswerCache` never pays for the same request twice; `UsageMeter` counts. A key is never stored,
logged or shown. Nothing here knows what the answers are for.
"""

from akd_code.models.cache import AnswerCache, CachedChat
from akd_code.models.chat import ChatModel, Completion, Message, Sampling
from akd_code.models.errors import (
    CacheError,
    EndpointError,
    MissingKeyError,
    ModelError,
    ModelSpecError,
    NoRecordedAnswerError,
    RecordingError,
    RequestRefusedError,
)
from akd_code.models.recorded import RecordedChat
from akd_code.models.spec import open_model
from akd_code.models.usage import Price, Usage, UsageMeter

__all__ = [
    "AnswerCache",
    "CacheError",
    "CachedChat",
    "ChatModel",
    "Completion",
    "EndpointError",
    "Message",
    "MissingKeyError",
    "ModelError",
    "ModelSpecError",
    "NoRecordedAnswerError",
    "Price",
    "RecordedChat",
    "RecordingError",
    "RequestRefusedError",
    "Sampling",
    "Usage",
    "UsageMeter",
    "open_model",
]

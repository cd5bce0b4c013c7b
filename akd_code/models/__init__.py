"""Models: one `ChatModel` protocol, whatever stands behind it, and the layers around it.

Five main things: `open_model` opens what a recipe names (an OpenAI-compatible endpoint, a model in this process,
recorded answers, or what another distribution brings under `akd.models`); `MeteredChat` reports each paid call to a
`UsageMeter`; `CachedChat` over an `AnswerCache` never pays for the same request twice; `EndpointEmbeddings` asks for
vectors under the same rules; `Endpoint` is the client below both. A key is never stored, logged or shown. Nothing
here knows what the answers are for.
"""

from akd_code.models.cache import AnswerCache
from akd_code.models.cached import CachedChat
from akd_code.models.chat import REASONING_ONLY, ChatModel, Completion, Message, Sampling
from akd_code.models.embeddings import EndpointEmbeddings
from akd_code.models.endpoint import Endpoint, Notice
from akd_code.models.errors import (
    CacheError,
    EndpointError,
    MissingKeyError,
    ModelError,
    ModelSpecError,
    NoRecordedAnswerError,
    PromptRefusedError,
    RecordingError,
    RequestRefusedError,
)
from akd_code.models.extras import Extras
from akd_code.models.metered import MeteredChat
from akd_code.models.patience import Retries
from akd_code.models.recorded import RecordedChat
from akd_code.models.registry import MODELS, ModelForm, OpeningOptions, open_model
from akd_code.models.usage import Usage, UsageMeter

__all__ = [
    "MODELS",
    "REASONING_ONLY",
    "AnswerCache",
    "CacheError",
    "CachedChat",
    "ChatModel",
    "Completion",
    "Endpoint",
    "EndpointEmbeddings",
    "EndpointError",
    "Extras",
    "Message",
    "MeteredChat",
    "MissingKeyError",
    "ModelError",
    "ModelForm",
    "ModelSpecError",
    "NoRecordedAnswerError",
    "Notice",
    "OpeningOptions",
    "PromptRefusedError",
    "RecordedChat",
    "RecordingError",
    "RequestRefusedError",
    "Retries",
    "Sampling",
    "Usage",
    "UsageMeter",
    "open_model",
]

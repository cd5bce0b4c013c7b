"""The errors of this package. `exit_code` is what the CLI ends with: 2 for wrong input, 3 for infrastructure."""

from __future__ import annotations

from akd_code.errors import AkdError


class ModelError(AkdError):
    """Base of this package's errors; the text says what is wrong and what to do about it.

    `attempts` counts the requests that were sent in vain, `latency_s` is the time from the first to the last.
    """

    exit_code = 3
    attempts = 1
    latency_s = 0.0


class ModelSpecError(ModelError):
    """A model was named in a form that does not exist."""

    exit_code = 2


class MissingKeyError(ModelError):
    """An endpoint needs an API key or a header's value, and no variable holds one that can be sent."""

    exit_code = 2


class EndpointError(ModelError):
    """An endpoint cannot be reached, or kept failing after all attempts."""


class RequestRefusedError(ModelError):
    """An endpoint refused a request for good: a wrong key, an unknown model, a setting it does not take."""

    exit_code = 2


class PromptRefusedError(RequestRefusedError):
    """An endpoint refused one prompt for good: a content filter, a prompt that is too long. Others may be answered."""


class RecordingError(ModelError):
    """A file of recorded answers cannot be read, or one of its lines is broken."""

    exit_code = 2


class NoRecordedAnswerError(RecordingError):
    """A file of recorded answers holds none for a request."""


class CacheError(ModelError):
    """The file of the answer cache cannot be used."""

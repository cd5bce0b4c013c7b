"""The forms in which a model can be named, `FORM:REST`, and opening a model from such a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from akd_code.models.chat import ChatModel
from akd_code.models.endpoint import Notice, silent
from akd_code.models.errors import ModelSpecError
from akd_code.models.extras import Extras
from akd_evals.registry import Registry


@dataclass(frozen=True, slots=True)
class OpeningOptions:
    """How a model is to be opened.

    `endpoint` replaces the name under which its answers are cached; `concurrency` is the number of requests under way
    at once (of a model in this process: answers written at once); `timeout_s` is for one attempt of one request;
    `seed` is for whatever the client draws. `extras` go with every request to an endpoint, and `notice` is told what
    whoever watches should know.
    """

    endpoint: str | None = None
    concurrency: int = 16
    timeout_s: float = 120.0
    seed: int = 0
    extras: Extras = field(default_factory=Extras)
    notice: Notice = silent


class ModelForm(Protocol):
    """What is registered for a form: opens the model that the rest of the name stands for. Raises ModelError."""

    def __call__(self, rest: str, options: OpeningOptions) -> ChatModel:
        """Return the model, without cache or meter around it; cheap, whatever is large is loaded when first asked."""
        ...


_WITHOUT_REQUESTS = frozenset({"hf", "recorded"})

MODELS: Registry[ModelForm] = Registry(
    what="kind of model", group="akd.models", package="akd_code.models.forms", error=ModelSpecError
)


def open_model(
    spec: str,
    *,
    endpoint: str | None = None,
    concurrency: int = 16,
    timeout_s: float = 120.0,
    seed: int = 0,
    extras: Extras | None = None,
    notice: Notice = silent,
) -> ChatModel:
    """Return the model that `spec` names, without cache or meter around it.

    `openai:NAME@URL` is an OpenAI-compatible endpoint (URL defaults to OPENAI_BASE_URL, else OpenAI's own);
    `recorded:FILE.jsonl` answers from a file; `hf:ID` runs a causal LM in this process; other distributions bring
    further forms. The options are those of `OpeningOptions`. Raises ModelSpecError for any other form, and for extras
    of a model that is not behind an endpoint; MissingKeyError, RecordingError.
    """
    form, _, rest = spec.partition(":")
    if not rest:
        forms = ", ".join(f"{name}:..." for name in MODELS.names())
        raise ModelSpecError(f"{spec!r} does not name a model; write one of {forms} (such as openai:NAME@URL)")
    given = extras or Extras()
    if given and form in _WITHOUT_REQUESTS:
        raise ModelSpecError(f"{spec} is not behind an endpoint; leave out extra_body, extra_headers and extra_query")
    return MODELS.get(form)(rest, OpeningOptions(endpoint, concurrency, timeout_s, seed, given, notice))

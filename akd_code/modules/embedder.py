"""What every embedder is, texts to unit vectors, and opening the one that a recipe names.

The built-in ones are in `embedders`; another distribution brings its own under the entry point `akd.embedders`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from akd_code.models import AnswerCache, Extras, Notice, UsageMeter
from akd_code.models.endpoint import silent
from akd_code.modules.errors import EvolveError, StoreError
from akd_evals.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MAX_CHARS = 8_000
"""More of a text is not embedded."""


class Embedder(Protocol):
    """Turns texts into vectors of length 1; used from several threads at once."""

    @property
    def name(self) -> str:
        """What a store writes down: vectors of different embedders cannot be compared."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 vectors [texts, dimension], each of length 1. Raises StoreError, EvolveError, ModelError."""
        ...

    def close(self) -> None:
        """Let go of models and connections; the embedder can be used again afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class EmbedderOptions:
    """What an embedder that pays for its vectors has to use: the cache it looks into, the meter it reports to.

    `extras` go with every request, `notice` is told what whoever watches should know.
    """

    cache: AnswerCache | None = None
    meter: UsageMeter | None = None
    concurrency: int = 16
    timeout_s: float = 120.0
    extras: Extras = field(default_factory=Extras)
    notice: Notice = silent


class EmbedderForm(Protocol):
    """What is registered for a form: opens the embedder that the rest of the name stands for. Raises EvolveError."""

    def __call__(self, rest: str, options: EmbedderOptions) -> Embedder:
        """Return the embedder; `rest` is "" where a name stands alone, such as `hashed`."""
        ...


EMBEDDERS: Registry[EmbedderForm] = Registry(
    what="embedder", group="akd.embedders", package="akd_code.modules.embedders", error=EvolveError
)


def open_embedder(form: str, options: EmbedderOptions | None = None) -> Embedder:
    """Return the embedder that a recipe names, NAME or NAME:REST.

    Raises EvolveError for an unknown name, with the nearest; whatever the embedder raises when it is opened.
    """
    name, _, rest = form.partition(":")
    return EMBEDDERS.get(name)(rest, options or EmbedderOptions())


def unit_vectors(vectors: Any) -> Vectors:
    """Return rows of numbers [texts, dimension] as float32 rows of length 1, zeros where a row is all zeros.

    Raises StoreError for rows of several lengths, and for what is not a finite number.
    """
    import numpy as np

    try:
        made = np.asarray(vectors, dtype=np.float32)
    except ValueError:
        raise StoreError("the embedder gave vectors of several lengths; choose another `evolve.embedder`") from None
    if not np.isfinite(made).all():
        raise StoreError("the embedder gave vectors that are not numbers; choose another `evolve.embedder`")
    norms = np.linalg.norm(made, axis=1, keepdims=True)
    return np.where(norms > 0, made / np.maximum(norms, 1e-12), 0).astype(np.float32)

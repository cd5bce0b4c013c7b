"""`st:ID_OR_PATH`: a model of sentence-transformers in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from akd_code.modules.embedder import EMBEDDERS, MAX_CHARS, Embedder, EmbedderOptions, unit_vectors
from akd_code.modules.errors import EvolveError

if TYPE_CHECKING:
    from akd_code.modules.embedder import Vectors


class SentenceEmbedder:
    """A model of sentence-transformers, which must be installed for it."""

    def __init__(self, model: str) -> None:
        self._model_name = model
        try:
            from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found, unused-ignore]
        except ImportError:
            raise EvolveError(
                f"st:{model} needs sentence-transformers; install it, or set evolve.embedder to hf:{model} or hashed"
            ) from None
        self._model = SentenceTransformer(model)

    @property
    def name(self) -> str:
        """The form that opens it."""
        return f"st:{self._model_name}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors."""
        return unit_vectors(self._model.encode([text[:MAX_CHARS] for text in texts]))

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


@EMBEDDERS.register("st")
def open_sentence_embedder(rest: str, options: EmbedderOptions) -> Embedder:
    """Return the model, loaded. Raises EvolveError without a name, or without the package."""
    if not rest:
        raise EvolveError("st: names no embedder; write st:ID_OR_PATH")
    return SentenceEmbedder(rest)

"""`hf:ID_OR_PATH`: an encoder of transformers in this process (AMR-Evol used gte-large-en-v1.5, arXiv 2410.00558)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from akd_code.modules.embedder import EMBEDDERS, MAX_CHARS, Embedder, EmbedderOptions, unit_vectors
from akd_code.modules.errors import EvolveError

if TYPE_CHECKING:
    from akd_code.modules.embedder import Vectors


class TransformersEmbedder:
    """An encoder of transformers with its last layer averaged over the tokens; loaded when first used."""

    def __init__(self, model: str) -> None:
        self._model_name = model
        self._loaded: tuple[Any, Any] | None = None

    @property
    def name(self) -> str:
        """The form that opens it."""
        return f"hf:{self._model_name}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors. Raises EvolveError if the model cannot be loaded."""
        import torch

        tokenizer, model = self._load()
        rows = []
        with torch.no_grad():
            for text in texts:
                batch = tokenizer([text[:MAX_CHARS]], truncation=True, max_length=512, return_tensors="pt")
                rows.append(model(**batch).last_hidden_state[0].float().mean(dim=0).numpy())
        return unit_vectors(rows)

    def close(self) -> None:
        """Drop the model from memory; the next texts load it again."""
        self._loaded = None

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            from transformers import AutoModel, AutoTokenizer

            try:
                tokenizer = AutoTokenizer.from_pretrained(self._model_name)
                model = AutoModel.from_pretrained(self._model_name)
            except (OSError, ValueError) as error:
                text = " ".join(str(error).split())[:200]
                raise EvolveError(f"cannot load the embedder {self._model_name}: {text}; give a folder") from None
            self._loaded = tokenizer, model.eval()
        return self._loaded


@EMBEDDERS.register("hf")
def open_transformers_embedder(rest: str, options: EmbedderOptions) -> Embedder:
    """Return the encoder; it is loaded when first used. Raises EvolveError without a name."""
    if not rest:
        raise EvolveError("hf: names no embedder; write hf:ID_OR_PATH")
    return TransformersEmbedder(rest)

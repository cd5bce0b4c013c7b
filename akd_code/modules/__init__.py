"""AMR-Evol's modules (arXiv 2410.00558): verified functions, kept and found by what they say they do.

Five main things: `ModuleStore` keeps `VerifiedModule`s in one file and finds the nearest, `open_embedder` opens the
`Embedder` that compares them, `candidates_of` finds those of an answer that could join. Nothing here asks a model for
code or runs any: no module enters a store whose tests did not pass, and whoever admits it has seen to that.
"""

from akd_code.modules.candidates import MAX_PROGRAM_CHARS, ModuleCandidate, candidates_of
from akd_code.modules.embedder import EMBEDDERS, Embedder, EmbedderForm, EmbedderOptions, open_embedder
from akd_code.modules.embedders.hashed import HashedEmbedder
from akd_code.modules.errors import EvolveError, StoreError
from akd_code.modules.store import NOVELTY, Found, ModuleStore, Origin, VerifiedModule, module_text, read_modules

__all__ = [
    "EMBEDDERS",
    "MAX_PROGRAM_CHARS",
    "NOVELTY",
    "Embedder",
    "EmbedderForm",
    "EmbedderOptions",
    "EvolveError",
    "Found",
    "HashedEmbedder",
    "ModuleCandidate",
    "ModuleStore",
    "Origin",
    "StoreError",
    "VerifiedModule",
    "candidates_of",
    "module_text",
    "open_embedder",
    "read_modules",
]

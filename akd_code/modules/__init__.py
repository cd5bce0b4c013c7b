"""AMR-Evol's modules: verified functions, kept and found by what they say they do.

`ModuleStore` keeps them in one file, `open_embedder` opens what compares them, `candidates_of` finds those of an answer
that could join. No module enters a store whose tests did not pass.
"""

from akd_code.modules.embedding import Embedder, HashedEmbedder, open_embedder
from akd_code.modules.errors import EvolveError, StoreError
from akd_code.modules.growth import MAX_PROGRAM_CHARS, ModuleCandidate, candidates_of
from akd_code.modules.store import NOVELTY, Found, ModuleStore, Origin, VerifiedModule, module_text, read_modules

__all__ = [
    "MAX_PROGRAM_CHARS",
    "NOVELTY",
    "Embedder",
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

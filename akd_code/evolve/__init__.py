"""Better labels: AMR-Evol with its module store, its baselines and its ablations, each a way to make labels.

`open_labeller` opens the one that a recipe names: direct, cot, ansrepair, amr, amr-no-md or amr-no-are. `ModuleStore`
keeps verified functions, `open_embedder` opens what compares them. Nothing here runs code outside the sandbox, and no
module enters a store whose tests did not pass.
"""

from akd_code.evolve.amr import AmrLabeller
from akd_code.evolve.embedding import Embedder, HashedEmbedder, open_embedder
from akd_code.evolve.errors import EvolveError, StoreError
from akd_code.evolve.labellers import AnsRepairLabeller, CotLabeller
from akd_code.evolve.opening import open_labeller
from akd_code.evolve.store import NOVELTY, Found, ModuleStore, Origin, VerifiedModule, module_text, read_modules

__all__ = [
    "NOVELTY",
    "AmrLabeller",
    "AnsRepairLabeller",
    "CotLabeller",
    "Embedder",
    "EvolveError",
    "Found",
    "HashedEmbedder",
    "ModuleStore",
    "Origin",
    "StoreError",
    "VerifiedModule",
    "module_text",
    "open_embedder",
    "open_labeller",
    "read_modules",
]

"""Opening the way to make labels that a recipe names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from akd_code.labelling.amr import AmrLabeller
from akd_code.labelling.baselines import AnsRepairLabeller, CotLabeller
from akd_code.labelling.label import DirectLabeller, Labeller
from akd_code.models import ChatModel, Sampling
from akd_code.modules.embedding import open_embedder
from akd_code.modules.store import ModuleStore, VerifiedModule, read_modules
from akd_code.recipe import Recipe
from akd_sandbox import Limits, Sandbox


def open_labeller(
    recipe: Recipe, teacher: ChatModel, sampling: Sampling, box: Sandbox, limits: Limits, folder: Path
) -> Labeller:
    """Return the labeller of `label.method`.

    The module store of AMR-Evol is modules.db in the run's folder; when it is new and `evolve.store` names an export,
    that is read into it first. Raises EvolveError, StoreError.
    """
    label, evolve, method = recipe.label, recipe.evolve, recipe.label.method
    if method == "direct":
        return DirectLabeller(teacher, sampling, box, limits, label)
    if method == "cot":
        return CotLabeller(teacher, sampling, box, limits, label, evolve)
    if method == "ansrepair":
        return AnsRepairLabeller(teacher, sampling, box, limits, label, evolve)
    store = ModuleStore(folder / "modules.db", open_embedder(evolve.embedder))
    if evolve.store is not None and not len(store):
        store.import_modules(_foreign(module) for module in read_modules(Path(evolve.store).expanduser()))
    return AmrLabeller(
        teacher,
        sampling,
        box,
        limits,
        label,
        evolve,
        store,
        recipe.name,
        decomposes=method != "amr-no-md",
        retrieves=method != "amr-no-are",
    )


def _foreign(module: VerifiedModule) -> VerifiedModule:
    """Return a module marked as another run's: a run of the same name takes back only what it added itself."""
    run = module.origin.run
    return replace(module, origin=replace(module.origin, run=run if run.startswith("from ") else f"from {run}"))

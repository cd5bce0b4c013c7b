"""Everything a run needs, opened in the right order and closed whatever happens."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from akd_code.engine import LocalEngine, silence_transformers
from akd_code.evaluate import run_settings
from akd_code.loop import distil
from akd_code.progress import ProgressWatcher
from akd_code.recipe import Recipe
from akd_code.report import RoundFigures
from akd_code.roles import open_roles
from akd_code.run import RunFolder
from akd_code.stages.workbench import open_workbench
from akd_sandbox import Sandbox


def run_recipe(recipe: Recipe, folder: Path, watcher: ProgressWatcher) -> list[RoundFigures]:
    """Run the recipe's loop in a run directory, or go on with it, and return its rounds.

    Raises every part's errors: RecipeError, RunError, DiskError, ModelError, SandboxError, EvalError, StudentError.
    """
    # Nothing may reach out to a hub in the middle of a run whose model is on disk; TOKENIZERS_PARALLELISM silences a
    # warning about forks, which the sandbox's zygotes are not.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    silence_transformers()
    settings = recipe.sandbox
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(RunFolder(folder, recipe))
        roles = stack.enter_context(open_roles(recipe, folder, record=run.ledger.record, notice=watcher.note))
        box = stack.enter_context(
            Sandbox(settings.backend, settings.workers, run_settings(recipe).limits, settings.min_isolation)
        )
        watcher.note(f"sandbox: {box.isolation}")
        run.begin(box.isolation)
        engine = LocalEngine(recipe)
        rounds = distil(stack.enter_context(open_workbench(run, roles, box, engine, watcher)))
        run.events.add("finished")
        return rounds

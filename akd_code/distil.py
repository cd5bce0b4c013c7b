"""Everything a run needs, opened in the right order and closed whatever happens."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path

from akd_code.loop import Loop, Watcher
from akd_code.recipe import Recipe
from akd_code.report.summary import Round
from akd_code.roles import open_roles
from akd_code.run.folder import Run
from akd_sandbox import Limits, Sandbox


def distil(recipe: Recipe, folder: Path, watcher: Watcher) -> list[Round]:
    """Run the recipe's loop in a run directory, or go on with it, and return its rounds.

    Raises every part's errors: RecipeError, RunError, DiskError, ModelError, SandboxError, EvalError, StudentError.
    """
    # Nothing may reach out to a hub in the middle of a run whose model is on disk; TOKENIZERS_PARALLELISM silences a
    # warning about forks, which the sandbox's zygotes are not.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    _silence()
    settings = recipe.sandbox
    limits = Limits(test_s=settings.test_s, memory_bytes=settings.memory_mb << 20)
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(Run(folder, recipe))
        roles = stack.enter_context(open_roles(recipe, folder))
        box = Sandbox(settings.backend, settings.workers, limits, settings.min_isolation)
        stack.enter_context(box)
        watcher.note(f"sandbox: {box.isolation}")
        run.event("start", isolation=box.isolation)
        rounds = Loop(run, roles, box, watcher).distil()
        run.event("finished")
        return rounds


def _silence() -> None:
    """Keep transformers' bars and advice out of our own progress."""
    from transformers.utils import logging

    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

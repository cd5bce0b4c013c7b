"""What MODEL names on the command line: a model here with or without an adapter, a run's student, or a server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from akd_code.errors import AkdError
from akd_code.recipe import Recipe, load_recipe
from akd_code.student.gguf import is_gguf
from akd_evals.runs import at_round

MODEL_FORMS = "a hub id, a folder, a GGUF file, BASE+ADAPTER, a run directory (RUN or RUN@N), or openai:NAME@URL"


class EvaluateError(AkdError):
    """A model or a setting that cannot be evaluated; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A model to sample: `server`, a spec such as `openai:NAME@URL`, or `model`, a hub id, a folder or a GGUF file.

    `name` is what the evaluation records. `recipe` is the run's, where the model is the student of one.
    """

    name: str
    model: str = ""
    adapter: Path | None = None
    server: str = ""
    recipe: Recipe | None = None


def find_target(spec: str) -> Target:
    """Return what `spec` names.

    A run directory means its newest round that has an adapter, RUN@N its round N, and round 0 the student before any
    training. Raises EvaluateError where there is no such model, RecipeError for a run whose recipe cannot be read.
    """
    if spec.startswith(("openai:", "recorded:")):
        return Target(spec, server=spec)
    if spec == "lab":
        return Target("lab", model=_lab())
    run = _run(spec)
    if run is not None:
        return run
    path = Path(spec).expanduser()
    if spec and path.is_dir():
        if (path / "adapter_config.json").is_file() and not (path / "config.json").is_file():
            raise EvaluateError(f"{spec} is an adapter; give its base model too: BASE+{spec}")
        return Target(spec, model=str(path))
    if is_gguf(spec):
        return _gguf(spec, path)
    base, plus, adapter = spec.rpartition("+")
    if plus and base:
        folder = Path(adapter).expanduser()
        if not (folder / "adapter_config.json").is_file():
            raise EvaluateError(f"no adapter in {adapter!r}; a PEFT adapter folder has an adapter_config.json")
        return Target(spec, model=_lab() if base == "lab" else str(Path(base).expanduser()), adapter=folder)
    if spec.startswith((".", "/", "~")) or not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", spec):
        raise EvaluateError(f"no model at {spec!r}; give {MODEL_FORMS}")
    return Target(spec, model=spec)


def _gguf(spec: str, path: Path) -> Target:
    if not path.is_file():
        raise EvaluateError(f"no GGUF file at {spec!r}; correct the path (scripts/get_smollm2.sh fetches a small one)")
    return Target(spec, model=str(path))


def _lab() -> str:
    from akd_code.lab.student import base_student_path

    return str(base_student_path())


def _run(spec: str) -> Target | None:
    """Return the student of a run directory, or None if spec does not name a run."""
    given = Path(spec).expanduser()
    path, number = at_round(given)
    if not (path / "recipe.yaml").is_file():
        return None
    if path != given and not number.isdecimal():
        raise EvaluateError(f"{spec!r}: the round after @ is {number!r}; give a number, such as {path}@1")
    trained = sorted(
        int(folder.name)
        for folder in (path / "rounds").glob("*")
        if folder.name.isdigit() and (folder / "adapter" / "adapter_config.json").is_file()
    )
    if number and int(number) not in (0, *trained):
        had = ", ".join(map(str, (0, *trained)))
        raise EvaluateError(f"{path} has no trained round {number}; it has {had}")
    chosen = int(number) if number else max(trained, default=0)
    recipe = load_recipe(path / "recipe.yaml")
    model = recipe.student.model
    adapter = path / "rounds" / str(chosen) / "adapter" if chosen else None
    return Target(f"{path}@{chosen}", model=_lab() if model == "lab" else model, adapter=adapter, recipe=recipe)

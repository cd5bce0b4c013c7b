"""The recipe: the whole configuration of a run, on one page. Unknown keys are refused with the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from akd_code.errors import RecipeError

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(ge=1)]
LabelMethod = Literal["direct", "cot", "ansrepair", "amr", "amr-no-md", "amr-no-are"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class SeedsSection(_Section):
    """Where the first prompts come from."""

    source: str = Field(
        "lab", description="`lab`, or a JSONL file with `prompt` and, where known, `entry_point`, `tests`"
    )
    limit: Positive | None = Field(
        None, description="use at most this many, drawn with the recipe's seed; all when null"
    )


class PriceSection(_Section):
    """US dollars per million tokens; the project keeps no price table."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class ModelSection(_Section):
    """A model that is called: teacher, referee or generator."""

    model: str | None = Field(None, description="openai:NAME@URL, recorded:FILE.jsonl, hf:ID, lab; null: the teacher's")
    temperature: float = Field(0.7, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: Positive = 1024
    concurrency: Positive = Field(16, description="requests under way at once")
    timeout_s: float = Field(120.0, gt=0, description="seconds for one attempt of one request")
    price: PriceSection | None = Field(None, description="to show what a run costs; unknown prices stay unknown")


class TeacherSection(ModelSection):
    """The teacher (Lion: temperature 0.7, 1,024 tokens)."""

    model: str = Field("lab", description="openai:NAME@URL, recorded:FILE.jsonl, hf:ID, or lab")


class LabelSection(_Section):
    """How a teacher's answer becomes a training row."""

    method: LabelMethod = Field(
        "direct", description="direct, or AMR-Evol (amr), its baselines and its ablations; see docs/amr-evol.md"
    )
    verify: bool = Field(True, description="leave out answers that fail a valid suite (after asking again)")
    attempts: Positive = Field(3, description="answers asked for one prompt at most, until one passes")
    tests: int = Field(8, ge=0, description="tests the teacher is asked to write where a prompt has none; 0: none")
    min_tests: Positive = Field(5, description="a written suite is valid with at least this many tests left (AceCoder)")


class EvolveSection(_Section):
    """AMR-Evol and its baselines: used when `label.method` is not direct (METHODS 2; temperature 0, 3,000 tokens)."""

    temperature: float = Field(0.0, ge=0, description="of everything but direct answers")
    max_tokens: Positive = 3000
    stubs: Positive = Field(5, description="stubs of a decomposition at most")
    top_k: Positive = Field(1, description="modules retrieved for each stub")
    min_similarity: Share = Field(0.5, description="cosine below which no module is shown")
    novelty: Share = Field(0.85, description="a module is new while its cosine to every stored one is below this")
    module_tests: Positive = Field(5, description="tests the teacher writes for a new module; all must pass")
    min_module_tests: Positive = Field(3, description="fewer readable ones admit nothing")
    embedder: str = Field("hashed", description="hashed (offline), hf:ID_OR_PATH, st:ID_OR_PATH, openai:NAME@URL")
    store: str | None = Field(None, description="an exported module store to start from; null: an empty one")
    wave: Positive = Field(32, description="prompts labelled together; the next wave can retrieve what they added")


class RefereeSection(ModelSection):
    """The hybrid referee: tests decide where a valid suite exists, the judge where none does (METHODS 1 and 4)."""

    temperature: float = Field(0.2, ge=0)
    max_tokens: Positive = 512
    judge: Literal["always", "needed", "never"] = "needed"
    tau: float = Field(1.0, ge=0, description="hard when the judge's mean score gap is at least this (of 9)")
    gap: Share = Field(0.5, description="hard when the pass-rate gap is at least this")


class GeneratorSection(ModelSection):
    """New prompts: half like the hard ones, half like the easy ones (Lion: temperature 1.0)."""

    model: str | None = Field(
        None,
        description="as for the teacher; null: the teacher's; none: draw the next round from the cache pool itself",
    )
    temperature: float = Field(1.0, ge=0)
    prompts: Positive = Field(
        200, description="N: new prompts a round; they replace the train pool, join the cache pool"
    )
    rouge: Share = Field(0.7, description="reject a prompt whose ROUGE-L to any known one is above this")
    tries: Positive = Field(4, description="requests per wanted prompt at most, before a stream is left short")


class StudentSection(_Section):
    """The model that learns."""

    model: str = Field("lab", description="a causal LM: hub id or folder; `lab` for the shipped one")
    temperature: float = Field(0.7, ge=0, description="of its answers in discrimination; evaluation is greedy")
    max_tokens: Positive = 512
    batch_size: Positive = 64
    device: str = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"


class SftSection(_Section):
    """LoRA fine-tuning of one round; loss on completion tokens only."""

    epochs: Positive = 3
    learning_rate: float = Field(2e-4, gt=0)
    batch_size: Positive = Field(16, description="rows an optimiser step")
    micro_tokens: Positive = Field(8192, description="tokens, padding included, through the model at once")
    max_length: Positive = Field(2048, description="longer rows are left out and counted")
    warmup_ratio: Share = 0.03
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    lora_r: Positive = 16
    lora_alpha: Positive = 32
    lora_dropout: Share = 0.0
    gradient_checkpointing: bool = False


class EvalSection(_Section):
    """What every round is measured on, greedily, before the first and after each."""

    suites: tuple[str, ...] = Field(("lab",), description="lab, humaneval, humaneval+, mbpp, mbpp+, or a JSONL file")
    limit: Positive | None = Field(None, description="use only the first tasks of each suite; all when null")
    max_tokens: Positive = 512


class SandboxSection(_Section):
    """Where untrusted code runs."""

    backend: str = "auto"
    min_isolation: str | None = Field(None, description="refuse a weaker backend than this")
    workers: Positive | None = Field(None, description="samples at once; the cores when null")
    test_s: float = Field(4.0, gt=0)
    memory_mb: Positive = 1024


class LabSection(_Section):
    """The lab's teacher: probabilities, stated wherever a lab figure is."""

    error_base: Share = Field(0.02, description="share of wrong direct answers at depth 1")
    error_per_depth: Share = Field(0.04, description="added for every further step")
    judge_noise: Share = 0.05
    test_error: Share = 0.05
    garbled: Share = 0.02
    stub_error: float = Field(0.7, ge=0, description="factor on the error of a step whose stub is shown")
    module_error: float = Field(0.4, ge=0, description="factor on the error of a step whose verified module is shown")
    cot_error: float = Field(0.9, ge=0, description="factor on the error of an answer after thinking aloud")
    repair_error: Share = Field(0.6, description="share of wrong answers that a repair leaves wrong")
    misled: Share = Field(0.3, description="share of right answers that a wrong test makes wrong")
    stubborn: Share = Field(0.3, description="share of draws that are the same however a task is asked")
    eval_per_depth: Positive = Field(75, description="held-out tasks at each depth from 1 to 4")


class Recipe(_Section):
    """One run of the loop."""

    name: str = Field("run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="the run directory is runs/NAME")
    seed: int = Field(0, ge=0, description="everything random comes from it")
    rounds: Positive = Field(3, description="rounds of imitation (Lion: 4, counting its first)")
    seeds: SeedsSection = SeedsSection()
    teacher: TeacherSection = TeacherSection()
    label: LabelSection = LabelSection()
    evolve: EvolveSection = EvolveSection()
    referee: RefereeSection = RefereeSection()
    generator: GeneratorSection = GeneratorSection()
    student: StudentSection = StudentSection()
    sft: SftSection = SftSection()
    eval: EvalSection = EvalSection()
    sandbox: SandboxSection = SandboxSection()
    lab: LabSection = LabSection()
    cache: str | None = Field(
        None, description="file of paid answers shared by runs; null: answers.db in the run directory"
    )

    @model_validator(mode="after")
    def _generated_prompts_need_a_generator(self) -> Recipe:
        recorded = (self.generator.model or self.teacher.model).startswith("recorded:")
        if self.rounds > 1 and recorded:
            raise ValueError(
                "recorded answers cannot write new prompts: set generator.model to a live model, or to none "
                "(the next round is then drawn from the prompts there are)"
            )
        return self


# Settings that change how fast or where a run goes, not what comes out: a run may be continued with others.
INERT = ("rounds", "cache", "sandbox", "teacher.concurrency", "teacher.timeout_s", "referee.concurrency",
         "referee.timeout_s", "generator.concurrency", "generator.timeout_s", "teacher.price", "referee.price",
         "generator.price")  # fmt: skip


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Return the recipe in a YAML file, with `a.b=value` overrides (values in YAML).

    Raises RecipeError in one line: no such file, no YAML, an unknown key (with the nearest), a wrong type.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"cannot read the recipe {path}: {_reason(error)}; give a YAML file, or run `akd init`"
        ) from None
    try:
        data = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise RecipeError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise RecipeError(f"{path} holds no keys; a recipe is `key: value` lines, see `akd init`")
    for override in overrides:
        _set(data, override)
    recipe = recipe_from(data, str(path))
    beside = path.parent / recipe.seeds.source
    if recipe.seeds.source == "lab" or Path(recipe.seeds.source).expanduser().exists() or not beside.exists():
        return recipe
    return recipe.model_copy(update={"seeds": recipe.seeds.model_copy(update={"source": str(beside)})})


def recipe_from(data: dict[str, Any], where: str = "recipe") -> Recipe:
    """Return the recipe that data describes. Raises RecipeError in one line."""
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise RecipeError(f"{where}: {_explain(error)}") from None


def _set(data: dict[str, Any], override: str) -> None:
    name, equals, value = override.partition("=")
    if not equals or not name.strip():
        raise RecipeError(f"--set {override!r} is not of the form a.b=value")
    *parents, last = name.strip().split(".")
    place = data
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise RecipeError(f"--set {override!r}: {parent} is a value, not a section")
    try:
        place[last] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise RecipeError(f"--set {override!r}: {value!r} is not a YAML value") from None


def _explain(error: ValidationError) -> str:
    problems = []
    for item in error.errors():
        place = [str(part) for part in item["loc"]]
        name = ".".join(place) or "recipe"
        if item["type"] == "extra_forbidden":
            known = list(_section_at(place[:-1]).model_fields)
            nearest = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.5)
            hint = (
                f"did you mean {'.'.join([*place[:-1], nearest[0]])}?" if nearest else f"known are {', '.join(known)}"
            )
            problems.append(f"unknown key {name}; {hint}")
        else:
            message = item["msg"].removeprefix("Value error, ")
            given = f" (it is {item['input']!r})" if place and not isinstance(item["input"], dict) else ""
            problems.append(f"{name}: {message[:1].lower()}{message[1:]}{given}")
    return "; ".join(problems)


def _section_at(place: Sequence[str]) -> type[BaseModel]:
    section: type[BaseModel] = Recipe
    for part in place:
        annotation = section.model_fields[part].annotation
        kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
        section = next((kind for kind in kinds if issubclass(kind, BaseModel)), Recipe)
    return section


def differences(before: Recipe, now: Recipe) -> list[str]:
    """Return the settings that differ and matter for what comes out, as `name: old -> new`."""
    old, new = _flat(before.model_dump()), _flat(now.model_dump())
    return [
        f"{name}: {old.get(name)} -> {new.get(name)}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name) and not any(name == inert or name.startswith(f"{inert}.") for inert in INERT)
    ]


def _flat(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def to_yaml(recipe: Recipe) -> str:
    """Return the resolved recipe as YAML, every key spelled out."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)

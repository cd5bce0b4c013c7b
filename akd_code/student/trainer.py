"""One trainer for every loss: batches of like length, optimiser, schedule, checkpoints and adapter.

What is trained on is given as examples with their lengths, and how as a loss function over them. A loop of our own
rather than TRL's trainers: importing those costs 4 s of every run, and what matters here is a few lines each: batches
of like length, and bytes that depend on the seed alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from akd_code.recipe import TrainSection
from akd_code.storage import replaced
from akd_code.student.checkpoint import CheckpointFolder, TrainingProgress, TrainingState
from akd_code.student.load import Student, StudentError
from akd_code.student.memory import micro_batch
from akd_code.student.passes import compiled_layers, fast_passes, pieces, recomputed_activations

if TYPE_CHECKING:
    import torch

MEGABATCH = 8
"""Batches are length-sorted within shuffled groups of this many, so that their make-up still varies by epoch."""

_READ_PAST = ("falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h")


class Example(Protocol):
    """One thing to train on, as token ids."""

    @property
    def length(self) -> int:
        """Tokens that pass through the model."""
        ...

    @property
    def trained(self) -> int:
        """Tokens that the loss is over: losses are means of these."""
        ...

    def as_key(self) -> Any:
        """Return plain data that tells this example from others."""
        ...


E = TypeVar("E", bound=Example)


@dataclass(frozen=True, slots=True)
class Objective(Generic[E]):
    """A loss to train with.

    `name` tells it from others, its own settings included ("dpo beta=0.1"): it is part of the batches' seed and of a
    checkpoint's key. `summed_loss(student, examples)` returns the loss summed over the trained tokens of the examples,
    a scalar tensor in float32; or a vector, the loss and after it the sums that `figures` names.
    """

    name: str
    summed_loss: Callable[[Student, Sequence[E]], torch.Tensor]
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """Where training is after one optimiser step: the step's mean loss per trained token, and trained tokens so far.

    `figures` are the means of what the objective counts beside its loss.
    """

    step: int
    total: int
    loss: float
    tokens: int
    figures: Mapping[str, float] = field(default_factory=dict)


def train_adapter(
    student: Student,
    examples: Sequence[E],
    objective: Objective[E],
    settings: TrainSection,
    *,
    seed: int,
    out: Path,
    on_step: Callable[[TrainingStep], None] | None = None,
    checkpoint_s: float = 60.0,
) -> TrainingProgress:
    """Train the student's adapter on the examples, save it to folder `out`, and return the losses.

    LoRA goes on every linear layer that it fits, except the output layer; an adapter already on the student is trained
    further. AdamW, linear warm-up, cosine decay to zero. On one machine the same student, examples, settings and seed
    give the same bytes. `out` appears only when complete, replaces what was there, and loads with plain `peft`.

    Every `checkpoint_s` seconds the training is kept beside `out`: the same call after an interruption goes on from
    there, and ends with the bytes it would have had (on one machine; where dropout draws on an accelerator, too).

    Raises:
        StudentError: there is nothing to train on, or too little memory on the accelerator.
    """
    import torch

    if not examples:
        raise StudentError("there is nothing to train on; give at least one row")
    with torch.random.fork_rng(devices=[] if student.device == "cpu" else None):
        torch.manual_seed(seed)
        _put_adapter(student, settings)
        decides = (objective.name, settings.model_dump(), seed, [example.as_key() for example in examples])
        checkpoint = CheckpointFolder(out.with_name(f".{out.name}.checkpoint"), checkpoint_s, decides)
        rng = random.Random(f"{objective.name} {seed}")
        try:
            with fast_passes(student, max(min(example.length, settings.max_length) for example in examples)):
                progress = _train(student, examples, objective, settings, rng, checkpoint, on_step)
        except torch.OutOfMemoryError as error:
            raise StudentError(
                "training ran out of memory; lower micro_tokens or max_length, or set gradient_checkpointing: on"
            ) from error
    save_adapter(student, out)
    checkpoint.drop()
    return progress


def _put_adapter(student: Student, settings: TrainSection) -> None:
    """Put a fresh adapter on the student, unless it has one. Raises StudentError where peft cannot."""
    if student.has_adapter:
        return
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(
        r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules="all-linear",
        exclude_modules=_left_alone(student.model) or None,
        task_type="CAUSAL_LM",
    )
    try:
        student.model = get_peft_model(student.model, lora)
    except (ValueError, TypeError) as error:
        why = " ".join(str(error).split())
        raise StudentError(f"peft can put no adapter on this student: {why}; choose another model") from error


def _left_alone(model: Any) -> list[str]:
    """Return the linear layers that LoRA does not fit: those a kernel reads past, and those that return more than one.

    The first is peft's own rule for Mamba, whose kernels read the weight of `out_proj` and never call it.
    """
    import torch

    names = ["out_proj"] if model.config.model_type in _READ_PAST else []
    for name, layer in model.named_modules():
        own = type(layer).forward is not torch.nn.Linear.forward
        if isinstance(layer, torch.nn.Linear) and own and type(layer).__module__.startswith("transformers.models."):
            names.append(name)
    return names


def _train(
    student: Student,
    examples: Sequence[E],
    objective: Objective[E],
    settings: TrainSection,
    rng: random.Random,
    checkpoint: CheckpointFolder,
    on_step: Callable[[TrainingStep], None] | None,
) -> TrainingProgress:
    model = student.model
    state = _training_state(model, settings, settings.epochs * -(-len(examples) // settings.batch_size))
    lengths = [example.length for example in examples]
    progress = checkpoint.begin(state, lambda: micro_batch(student, lengths, settings))
    epochs = [like_length_batches(lengths, settings.batch_size, rng) for _ in range(settings.epochs)]
    batches = [batch for epoch in epochs for batch in epoch]
    model.train()
    with ExitStack() as ways:
        if progress.micro_batch.checkpointing:
            ways.enter_context(recomputed_activations(model))
        if settings.compile:
            ways.enter_context(compiled_layers(model))
        for batch in batches[len(progress.losses) :]:
            chosen = [examples[index] for index in batch]
            parts = pieces(student, chosen, progress.micro_batch.tokens)
            loss, *others = _optimiser_step(student, parts, objective, settings, state)
            progress.losses.append(loss)
            progress.counts.append(sum(example.trained for example in chosen))
            progress.figures.append(others)
            checkpoint.keep(state, progress)
            if on_step:
                named = dict(zip(objective.figures, others, strict=True))
                on_step(TrainingStep(len(progress.losses), len(batches), loss, sum(progress.counts), named))
    model.eval()
    return progress


def _training_state(model: Any, settings: TrainSection, steps: int) -> TrainingState:
    import torch
    from transformers import get_cosine_schedule_with_warmup

    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    fused = all(weight.is_cuda for weight in weights.values())
    optimiser = torch.optim.AdamW(
        list(weights.values()),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=fused,
        foreach=not fused,
    )
    schedule = get_cosine_schedule_with_warmup(optimiser, max(1, round(settings.warmup_ratio * steps)), steps)
    return TrainingState(weights, optimiser, schedule)


def _optimiser_step(
    student: Student,
    parts: Sequence[Sequence[E]],
    objective: Objective[E],
    settings: TrainSection,
    state: TrainingState,
) -> list[float]:
    """Train on one batch in parts, and return its mean loss per trained token, and the means of other figures."""
    import torch

    trained = sum(example.trained for part in parts for example in part)
    means = torch.zeros(1 + len(objective.figures), device=student.device)
    for part in parts:
        found = objective.summed_loss(student, part) / trained
        (found if found.dim() == 0 else found[0]).backward()  # type: ignore[no-untyped-call]
        means += found.detach().reshape(-1)  # read once, at the end: on an accelerator reading means waiting
    torch.nn.utils.clip_grad_norm_(list(state.weights.values()), settings.max_grad_norm)
    state.optimiser.step()
    state.schedule.step()
    state.optimiser.zero_grad(set_to_none=True)
    return [float(mean) for mean in means.tolist()]


def like_length_batches(lengths: Sequence[int], batch_size: int, rng: random.Random) -> list[list[int]]:
    """Return all indices once, in shuffled batches of rows of like length (sorted within shuffled megabatches)."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    batches: list[list[int]] = []
    span = batch_size * MEGABATCH
    for at in range(0, len(order), span):
        group = sorted(order[at : at + span], key=lambda index: lengths[index])
        batches += [group[start : start + batch_size] for start in range(0, len(group), batch_size)]
    rng.shuffle(batches)
    return batches


def save_adapter(student: Student, out: Path) -> None:
    """Save the student's adapter to folder `out` in one move, replacing what was there.

    A base model from a local folder is named by the folder's last part only, so that no path of this machine is kept.
    """
    with replaced(out) as draft:
        student.model.save_pretrained(str(draft), save_embedding_layers=False)
        if Path(student.name).is_dir():
            for path in (draft / "adapter_config.json", draft / "README.md"):
                if path.exists():
                    text = path.read_text(encoding="utf-8").replace(student.name, Path(student.name).name)
                    path.write_text(text, encoding="utf-8")

"""Supervised fine-tuning of a student by LoRA: the imitation step of the loop.

A loop of our own rather than TRL's SFTTrainer: importing that costs 4 s of every run, and the three things that matter
here are a few lines each — batches of like length, the output layer only where there is loss (the largest saving on a
CPU, see benchmarks), and bytes that depend on the seed alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akd_code.records import ChatRow
from akd_code.storage import replaced
from akd_code.student.checkpoint import Keeper, Progress, Training
from akd_code.student.encode import Encoded, encode_row, stop_ids, turns_of
from akd_code.student.load import Student, StudentError
from akd_code.student.precision import mixed_precision

if TYPE_CHECKING:
    import torch

MEGABATCH = 8
"""Batches are length-sorted within shuffled groups of this many, so that their make-up still varies by epoch."""


@dataclass(frozen=True, slots=True)
class SFTConfig:
    """Settings of a fine-tuning run.

    `batch_size` rows make an optimiser step; they pass through the model in pieces of at most `micro_tokens` tokens,
    padding included. Rows over `max_length` tokens are left out and counted: cut, they would teach not to stop. The
    `lora_` settings shape a new adapter; one that is already on the student is continued as it is.
    """

    epochs: int = 3
    learning_rate: float = 2e-4
    batch_size: int = 16
    micro_tokens: int = 8192
    max_length: int = 2048
    warmup_ratio: float = 0.03
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    lora_r: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.0
    gradient_checkpointing: bool = False


@dataclass(frozen=True, slots=True)
class SFTStep:
    """Progress after one optimiser step: mean loss a trained token, and trained tokens so far."""

    step: int
    total: int
    loss: float
    tokens: int


@dataclass(frozen=True, slots=True)
class SFTReport:
    """What a run did: losses are means a trained token over the first and the last tenth of the steps."""

    rows: int
    rows_too_long: int
    steps: int
    tokens: int
    first_loss: float
    last_loss: float
    wall_s: float
    adapter: Path


def train_sft(
    student: Student,
    rows: Sequence[ChatRow],
    config: SFTConfig,
    *,
    seed: int,
    out: Path,
    on_step: Callable[[SFTStep], None] | None = None,
    checkpoint_s: float = 60.0,
) -> SFTReport:
    """Fine-tune the student on the rows and save the adapter to folder `out`; loss on completion tokens only.

    LoRA goes on every linear layer except the output layer; an adapter already on the student is trained further.
    AdamW, linear warm-up, cosine decay to zero. On one machine the same student, rows, config and seed give the same
    bytes. `out` appears only when complete, replaces what was there, and loads with plain `peft`.

    Every `checkpoint_s` seconds the training is kept beside `out`: the same call after an interruption goes on from
    there, and ends with the bytes it would have had (on one machine; where dropout draws on an accelerator, too).

    Raises:
        StudentError: no usable row, no trained stop token, or settings out of range.
    """
    import torch

    began = time.monotonic()
    stops = stop_ids(student)
    encoded = [encode_row(student, turns_of(row.messages), stops) for row in rows]
    fitting = [row for row in encoded if len(row.ids) <= config.max_length]
    if not fitting:
        raise StudentError(f"none of {len(rows)} rows fits into max_length {config.max_length}; raise it or add rows")
    _check_stops(fitting, stops)
    with torch.random.fork_rng(devices=[] if student.device == "cpu" else None):
        torch.manual_seed(seed)
        _put_adapter(student, config)
        decides = (asdict(config), seed, [(row.ids, row.start) for row in fitting])
        keeper = Keeper(out.with_name(f".{out.name}.checkpoint"), checkpoint_s, decides)
        with mixed_precision(_inner(student.model), student.device):
            progress = _train(student, fitting, config, random.Random(f"sft {seed}"), keeper, on_step)
    save_adapter(student, out)
    keeper.drop()
    losses, counts = progress.losses, progress.counts
    tenth = max(1, len(losses) // 10)
    return SFTReport(
        rows=len(fitting),
        rows_too_long=len(encoded) - len(fitting),
        steps=len(losses),
        tokens=sum(counts),
        first_loss=_mean_loss(losses[:tenth], counts[:tenth]),
        last_loss=_mean_loss(losses[-tenth:], counts[-tenth:]),
        wall_s=time.monotonic() - began,
        adapter=out,
    )


def _check_stops(rows: Sequence[Encoded], stops: frozenset[int]) -> None:
    if missing := sum(row.ids[-1] not in stops or len(row.ids) - row.start < 1 for row in rows):
        raise StudentError(f"{missing} rows train no stop token, the student would never stop; check the chat template")


def _put_adapter(student: Student, config: SFTConfig) -> None:
    if student.has_adapter:
        return
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(
        r=config.lora_r,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    student.model = get_peft_model(student.model, lora)


def _train(
    student: Student,
    rows: Sequence[Encoded],
    config: SFTConfig,
    rng: random.Random,
    keeper: Keeper,
    on_step: Callable[[SFTStep], None] | None,
) -> Progress:
    import torch
    from transformers import get_cosine_schedule_with_warmup

    model = student.model
    named = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    weights = list(named.values())
    total = config.epochs * -(-len(rows) // config.batch_size)
    if total < 1 or config.learning_rate <= 0:
        raise StudentError("epochs, batch_size and learning_rate must be positive")
    optimiser = torch.optim.AdamW(weights, lr=config.learning_rate, weight_decay=config.weight_decay, foreach=True)
    schedule = get_cosine_schedule_with_warmup(optimiser, max(1, round(config.warmup_ratio * total)), total)
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    training = Training(named, optimiser, schedule)
    progress = keeper.begin(training)
    lengths = [len(row.ids) for row in rows]
    batches = [batch for _ in range(config.epochs) for batch in like_length_batches(lengths, config.batch_size, rng)]
    model.train()
    for batch in batches[len(progress.losses) :]:
        chosen = [rows[index] for index in batch]
        trained = sum(len(row.ids) - row.start for row in chosen)
        loss = 0.0
        for piece in pieces(chosen, config.micro_tokens):
            part = summed_loss(student, piece) / trained
            part.backward()  # type: ignore[no-untyped-call]
            loss += float(part.detach())
        torch.nn.utils.clip_grad_norm_(weights, config.max_grad_norm)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        progress.losses.append(loss)
        progress.counts.append(trained)
        keeper.keep(training, progress)
        if on_step:
            on_step(SFTStep(len(progress.losses), total, loss, sum(progress.counts)))
    model.eval()
    if config.gradient_checkpointing:
        model.gradient_checkpointing_disable()
    return progress


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


def pieces(rows: Sequence[Encoded], micro_tokens: int) -> list[list[Encoded]]:
    """Return the rows in pieces whose padded size is at most `micro_tokens` (at least one row each)."""
    found: list[list[Encoded]] = [[]]
    longest = 0
    for row in rows:
        longest = max(longest, len(row.ids))
        if found[-1] and longest * (len(found[-1]) + 1) > micro_tokens:
            found.append([])
            longest = len(row.ids)
        found[-1].append(row)
    return found


def summed_loss(student: Student, rows: Sequence[Encoded]) -> torch.Tensor:
    """Return the summed cross-entropy of the trained tokens of the rows (scalar, float32).

    Rows are padded on the left, [b, s], so that completions line up at the right end and the output layer needs only
    the last `keep` positions.
    """
    import torch

    length = max(len(row.ids) for row in rows)
    keep = max(len(row.ids) - row.start for row in rows) + 1
    pad = student.tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (length - len(row.ids)) + list(row.ids) for row in rows])
    mask = torch.tensor([[0] * (length - len(row.ids)) + [1] * len(row.ids) for row in rows])
    labels = torch.tensor([[-100] * (length - len(row.ids) + row.start) + list(row.ids[row.start :]) for row in rows])
    arguments: dict[str, Any] = {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": (mask.cumsum(-1) - 1).clamp(min=0),
    }
    accepted = signature(_inner(student.model).forward).parameters
    inputs = {name: value.to(student.device) for name, value in arguments.items() if name in accepted}
    if "logits_to_keep" in accepted:
        inputs["logits_to_keep"] = keep
    logits = student.model(**inputs, use_cache=False).logits[:, -keep:-1]
    targets = labels[:, length - keep + 1 :].to(student.device)
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), targets.flatten(), ignore_index=-100, reduction="sum"
    )


def _inner(model: Any) -> Any:
    return model.get_base_model() if hasattr(model, "peft_config") else model


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


def _mean_loss(losses: Sequence[float], counts: Sequence[int]) -> float:
    return sum(loss * count for loss, count in zip(losses, counts, strict=True)) / max(1, sum(counts))

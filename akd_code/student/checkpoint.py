"""A training that was interrupted, on disk: enough to go on as if nothing had happened.

Tensors are kept as safetensors and the rest as JSON, never as pickle. A checkpoint belongs to one training: its key is
made from everything that decides what comes out.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akd_code.storage import dropped, replaced
from akd_code.student.memory import MicroBatch

if TYPE_CHECKING:
    import torch

_TENSORS, _REST = "state.safetensors", "state.json"


@dataclass(frozen=True, slots=True)
class TrainingState:
    """What changes while a student is trained: its trainable weights by name, optimiser, and learning-rate schedule."""

    weights: Mapping[str, torch.nn.Parameter]
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """The mean loss per trained token, the trained tokens and the objective's other figures of every step so far.

    `micro_batch` is what passes through the model at once: chosen when the training began, and kept to the end.
    """

    micro_batch: MicroBatch
    losses: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    figures: list[list[float]] = field(default_factory=list)


class CheckpointFolder:
    """Where a training is kept, every so many seconds, until it has ended."""

    def __init__(self, folder: Path, every_s: float, decides: tuple[Any, ...]) -> None:
        """Name the folder; `decides` is all that decides what comes out, beside the weights training starts from."""
        self._folder, self._every_s, self._decides = folder, every_s, decides
        self._key = ""
        self._kept_at = 0.0

    def begin(self, training: TrainingState, choose: Callable[[], MicroBatch]) -> TrainingProgress:
        """Put the training back to where its checkpoint was made.

        Without one it starts at its beginning, with the micro-batch that is chosen now.
        """
        self._key = _key(training.weights, *self._decides)
        self._kept_at = time.monotonic()
        return _restore(self._folder, self._key, training) or TrainingProgress(choose())

    def keep(self, training: TrainingState, progress: TrainingProgress) -> None:
        """Write a checkpoint if the last one is old enough. Raises OSError."""
        if time.monotonic() - self._kept_at >= self._every_s:
            _save(self._folder, self._key, training, progress)
            self._kept_at = time.monotonic()

    def drop(self) -> None:
        """Remove the checkpoint: the training has ended."""
        dropped(self._folder)


def _key(weights: Mapping[str, torch.nn.Parameter], *parts: Any) -> str:
    """Return the digest of the weights a training starts from and of all else that decides what comes out."""
    import torch

    found = hashlib.sha256(json.dumps([torch.__version__, *parts]).encode())
    for name, weight in sorted(weights.items()):
        found.update(name.encode())
        found.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _save(folder: Path, key: str, training: TrainingState, progress: TrainingProgress) -> None:
    """Write a checkpoint in one move, replacing the one before."""
    from safetensors.torch import save_file

    tensors = {f"weight {name}": weight.detach() for name, weight in training.weights.items()}
    for number, state in training.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser {number} {name}": value for name, value in state.items()}
    tensors |= {f"random {device}": state for device, state in _random_states().items()}
    rest = {
        "key": key,
        "micro_batch": asdict(progress.micro_batch),
        "losses": progress.losses,
        "counts": progress.counts,
        "figures": progress.figures,
        "schedule": training.schedule.state_dict(),
    }
    with replaced(folder) as draft:
        save_file({name: tensor.cpu().contiguous().clone() for name, tensor in tensors.items()}, draft / _TENSORS)
        (draft / _REST).write_text(json.dumps(rest), encoding="utf-8")


def _restore(folder: Path, key: str, training: TrainingState) -> TrainingProgress | None:
    """Put a training back to where its checkpoint was made; None, and nothing changed, if there is none of this key.

    A checkpoint that cannot be read counts as none: the training then starts at its beginning.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        rest = json.loads((folder / _REST).read_text(encoding="utf-8"))
        if rest["key"] != key:
            return None
        chosen = MicroBatch(**rest["micro_batch"])
        tensors = load_file(folder / _TENSORS)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None
    with torch.no_grad():
        for name, weight in training.weights.items():
            weight.copy_(tensors[f"weight {name}"])
    optimiser = training.optimiser.state_dict()
    states = {}
    for label, tensor in tensors.items():
        kind, _, name = label.partition(" ")
        if kind == "optimiser":
            number, _, name = name.partition(" ")
            optimiser["state"].setdefault(int(number), {})[name] = tensor
        elif kind == "random":
            states[name] = tensor
    training.optimiser.load_state_dict(optimiser)
    training.schedule.load_state_dict(rest["schedule"])
    for group, rate in zip(training.optimiser.param_groups, rest["schedule"]["_last_lr"], strict=True):
        group["lr"] = rate
    _set_random_states(states)
    return TrainingProgress(chosen, rest["losses"], rest["counts"], rest["figures"])


def _random_states() -> dict[str, torch.Tensor]:
    """Return the states of the generators that dropout draws from: the processor's, each accelerator's by number."""
    import torch

    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states |= {str(number): state for number, state in enumerate(torch.cuda.get_rng_state_all())}
    return states


def _set_random_states(states: Mapping[str, torch.Tensor]) -> None:
    import torch

    torch.set_rng_state(states["cpu"])
    count = len(states) - 1
    if count and torch.cuda.is_available() and count == torch.cuda.device_count():
        torch.cuda.set_rng_state_all([states[str(number)] for number in range(count)])

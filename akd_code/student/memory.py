"""How many tokens pass through the student at once: chosen from what a token keeps and from the memory that is free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akd_code.recipe import TrainSection
from akd_code.student.encode import EncodedRow

if TYPE_CHECKING:
    import torch

    from akd_code.student.load import Student

MOST_TOKENS = {"cpu": 2048}
"""At once: on a processor more are slower, as what they keep no longer fits the caches (docs/training.md)."""
_MOST_TOKENS_ELSEWHERE = 16384
FORWARD_TOKENS = 2048
"""Through the model at once where nothing is kept for a way back, unless a recipe says otherwise."""
LEAST_TOKENS = 256
SHARE = 0.5
"""Of the free memory that what a forward pass keeps may take; gradients on the way back and the rest need room too."""
_PROBE_TOKENS = 64
_PROC, _CGROUP = Path("/proc"), Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """How much passes through the model at once: `tokens`, and whether activations are recomputed on the way back."""

    tokens: int
    checkpointing: bool


def micro_batch(student: Student, lengths: Sequence[int], settings: TrainSection) -> MicroBatch:
    """Return what the settings ask for, and where they say auto, what fits into the free memory.

    Tokens are a power of two, so that a little more or less free memory changes nothing.
    """
    tokens, checkpointing = settings.micro_tokens, settings.gradient_checkpointing
    if tokens != "auto" and checkpointing != "auto":
        return MicroBatch(tokens, checkpointing)
    room = SHARE * free_memory(student.device)
    most = MOST_TOKENS.get(student.device.partition(":")[0], _MOST_TOKENS_ELSEWHERE)
    whole, recomputed = kept_per_token(student)
    wanted = max([*lengths, LEAST_TOKENS]) if tokens == "auto" else max([*lengths, tokens])
    if checkpointing == "auto":
        checkpointing = whole * wanted > room
    if tokens == "auto":
        tokens = tokens_within(room / (recomputed if checkpointing else whole), most)
    return MicroBatch(tokens, checkpointing)


def forward_tokens(settings: TrainSection) -> int:
    """Return how many tokens pass through the model at once where nothing is kept for a way back."""
    return FORWARD_TOKENS if settings.micro_tokens == "auto" else settings.micro_tokens


def tokens_within(limit: float, most: int) -> int:
    """Return the largest power of two up to `limit` and `most`, at least LEAST_TOKENS."""
    tokens = LEAST_TOKENS
    while tokens * 2 <= min(limit, most):
        tokens *= 2
    return tokens


def free_memory(device: str) -> int:
    """Return the bytes that can still be had on the device; for the processor within its control group, too."""
    import torch

    if device.startswith("cuda"):
        free, _ = torch.cuda.mem_get_info(torch.device(device))
        return int(free) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return free_main_memory(_PROC, _CGROUP)


def free_main_memory(proc: Path, cgroup: Path) -> int:
    """Return the bytes that /proc/meminfo calls available, or fewer where the control group's limit leaves fewer.

    Where neither can be read, as outside Linux, that is 4 GiB.
    """
    found = []
    try:
        fields = dict(line.split(":", 1) for line in (proc / "meminfo").read_text().splitlines() if ":" in line)
        found.append(int(fields["MemAvailable"].split()[0]) * 1024)
    except (OSError, KeyError, ValueError):
        pass
    try:
        limit, used = (int((cgroup / name).read_text()) for name in ("memory.max", "memory.current"))
        cached = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        found.append(max(0, limit - used + int(cached.get("inactive_file", 0))))
    except (OSError, ValueError):  # no such group, or "max": no limit
        pass
    return min(found, default=4 * 2**30)


def kept_per_token(student: Student) -> tuple[float, float]:
    """Return the bytes that a forward pass keeps for each token, whole and with activations recomputed.

    Counted in a pass of a few tokens on the model itself. Recomputed, every layer keeps its input, and one at a time
    keeps what all of them would.
    """
    from akd_code.student.logits import completion_losses
    from akd_code.student.shortcuts import inner_vocabulary

    ids = tuple(place % inner_vocabulary(student) for place in range(_PROBE_TOKENS))
    with _Kept(student.model) as kept:
        losses = completion_losses(student, [EncodedRow(ids, _PROBE_TOKENS // 2)])
    del losses
    whole = kept.bytes / _PROBE_TOKENS
    config: Any = student.model.config
    layers = max(1, int(getattr(config, "num_hidden_layers", 1)))
    return whole, whole / layers + 4 * layers * int(getattr(config, "hidden_size", 0))


class _Kept:
    """Counts the bytes of the tensors that autograd keeps while it is entered, weights left out."""

    def __init__(self, model: Any) -> None:
        import torch

        self.bytes = 0
        self._seen = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
        self._alive: list[torch.UntypedStorage] = []  # so that no storage is seen at the address of one before
        self._hooks = torch.autograd.graph.saved_tensors_hooks(self._keep, lambda tensor: tensor)

    def __enter__(self) -> _Kept:
        self._hooks.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._hooks.__exit__(*error)
        self._alive.clear()

    def _keep(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._seen:
            self._seen.add(storage.data_ptr())
            self._alive.append(storage)
            self.bytes += storage.nbytes()
        return tensor

"""Self-distillation with privileged context: the student, shown what the referee knows, teaches itself.

One model, two prompts. The student wrote an answer to the task alone; the teacher is the same model before the training
that also sees a verified solution (SDFT, arXiv 2601.19897) or what failed (SDPO, arXiv 2601.20802). The loss is the
Kullback-Leibler divergence per token of the student's own answer. What the teacher says does not change, so it is
computed once, and kept as its likeliest tokens and the mass of all others: [tokens, vocabulary] is never stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from akd_code.student.encode import EncodedRow
from akd_code.student.load import Student
from akd_code.student.logits import over_completions
from akd_code.student.memory import FORWARD_TOKENS
from akd_code.student.passes import fast_passes, pieces
from akd_code.student.trainer import Objective

if TYPE_CHECKING:
    import torch

Direction = Literal["reverse", "forward"]
_LEAST = 1e-9  # of a probability: its logarithm and that logarithm's gradient stay finite


@dataclass(frozen=True, slots=True, eq=False)
class TaughtExample:
    """The student's own answer, and what its teacher would have written at each of its tokens.

    `tokens` [c, k] are the teacher's likeliest tokens at each place of the completion, `logps` [c, k] their
    log-probabilities.
    """

    row: EncodedRow
    tokens: torch.Tensor
    logps: torch.Tensor

    @property
    def length(self) -> int:
        """Tokens that pass through the model."""
        return self.row.length

    @property
    def trained(self) -> int:
        """Tokens of the answer."""
        return self.row.trained

    def as_key(self) -> tuple[object, ...]:
        """Return plain data that tells this example from others."""
        said = hashlib.sha256(self.tokens.numpy().tobytes() + self.logps.numpy().tobytes()).hexdigest()
        return self.row.as_key(), said


def taught(
    student: Student,
    rows: Sequence[EncodedRow],
    shown: Sequence[EncodedRow],
    top_k: int,
    micro_tokens: int = FORWARD_TOKENS,
) -> list[TaughtExample]:
    """Return the rows with what the student says to the same completions after the prompts it is shown in `shown`.

    Raises ValueError where a row's completion is not that of its counterpart.
    """
    import torch

    for row, other in zip(rows, shown, strict=True):
        if row.ids[row.start :] != other.ids[other.start :]:
            raise ValueError("the teacher must be asked about the student's own tokens")

    def likeliest(logits: torch.Tensor) -> torch.Tensor:
        best = torch.log_softmax(logits, -1).topk(min(top_k, logits.shape[-1]), dim=-1)
        # in one tensor: float64 holds every float32 and every token's number
        return torch.stack([best.values.double(), best.indices.double()], dim=1)

    found: list[TaughtExample] = []
    with torch.inference_mode(), fast_passes(student, max((row.length for row in shown), default=1)):
        for piece in pieces(student, shown, micro_tokens) if shown else []:
            said = over_completions(student, piece, likeliest)  # [n, 2, k]
            for part in torch.split(said, [row.trained for row in piece]):
                logps, tokens = part[:, 0].float(), part[:, 1].long()
                found.append(TaughtExample(rows[len(found)], tokens.cpu().clone(), logps.cpu().clone()))
    return found


def self_distillation(direction: Direction) -> Objective[TaughtExample]:
    """Return the objective KL(student || teacher) (`reverse`, SDPO's) or KL(teacher || student) (`forward`, SDFT's).

    Both are over the teacher's likeliest tokens and one outcome for all others.
    """

    def divergence(logits: torch.Tensor, tokens: torch.Tensor, logps: torch.Tensor) -> torch.Tensor:
        import torch

        mine = _with_rest(torch.log_softmax(logits, -1).gather(-1, tokens))
        teacher = _with_rest(logps)
        first, second = (mine, teacher) if direction == "reverse" else (teacher, mine)
        return (first.exp() * (first - second)).sum(-1)

    def summed_loss(student: Student, examples: Sequence[TaughtExample]) -> torch.Tensor:
        import torch

        tokens, logps = torch.cat([one.tokens for one in examples]), torch.cat([one.logps for one in examples])
        return over_completions(student, [one.row for one in examples], divergence, tokens, logps).sum()

    return Objective(f"self-distillation {direction}", summed_loss)


def _with_rest(logps: torch.Tensor) -> torch.Tensor:
    """Return log-probabilities [n, k] with that of all other outcomes behind them, [n, k + 1]."""
    import torch

    rest = (1 - logps.exp().sum(-1, keepdim=True)).clamp(min=_LEAST)
    return torch.cat([logps, rest.log()], dim=-1)

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
from akd_code.student.logits import IGNORED, completion_logits, inner_model
from akd_code.student.precision import mixed_precision
from akd_code.student.trainer import Objective, pieces

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
    student: Student, rows: Sequence[EncodedRow], shown: Sequence[EncodedRow], top_k: int, micro_tokens: int = 8192
) -> list[TaughtExample]:
    """Return the rows with what the student says to the same completions after the prompts it is shown in `shown`.

    Raises ValueError where a row's completion is not that of its counterpart.
    """
    import torch

    for row, other in zip(rows, shown, strict=True):
        if row.ids[row.start :] != other.ids[other.start :]:
            raise ValueError("the teacher must be asked about the student's own tokens")
    found: list[TaughtExample] = []
    with torch.inference_mode(), mixed_precision(inner_model(student.model), student.device):
        for piece in pieces(shown, micro_tokens):
            logits, targets = completion_logits(student, piece)
            best = torch.log_softmax(logits.float(), -1).topk(min(top_k, logits.shape[-1]), dim=-1)
            for place in range(len(piece)):
                real = targets[place] != IGNORED
                tokens, logps = best.indices[place][real], best.values[place][real]
                found.append(TaughtExample(rows[len(found)], tokens.cpu().clone(), logps.cpu().clone()))
    return found


def self_distillation(direction: Direction) -> Objective[TaughtExample]:
    """Return the objective KL(student || teacher) (`reverse`, SDPO's) or KL(teacher || student) (`forward`, SDFT's).

    Both are over the teacher's likeliest tokens and one outcome for all others.
    """

    def summed_loss(student: Student, examples: Sequence[TaughtExample]) -> torch.Tensor:
        import torch

        logits, targets = completion_logits(student, [one.row for one in examples])
        real = targets != IGNORED
        own = torch.log_softmax(logits[real].float(), -1)  # [n, v], the examples' tokens one after another
        tokens = torch.cat([one.tokens for one in examples]).to(own.device)
        teacher = _with_rest(torch.cat([one.logps for one in examples]).to(own.device))
        mine = _with_rest(own.gather(-1, tokens))
        first, second = (mine, teacher) if direction == "reverse" else (teacher, mine)
        return (first.exp() * (first - second)).sum()

    return Objective(f"self-distillation {direction}", summed_loss)


def _with_rest(logps: torch.Tensor) -> torch.Tensor:
    """Return log-probabilities [n, k] with that of all other outcomes behind them, [n, k + 1]."""
    import torch

    rest = (1 - logps.exp().sum(-1, keepdim=True)).clamp(min=_LEAST)
    return torch.cat([logps, rest.log()], dim=-1)

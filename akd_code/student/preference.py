"""Direct preference optimisation (arXiv 2305.18290): the student's own failures are pushed below verified answers.

The reference is the student as it is when the training begins. It does not change, so its log-probabilities are
computed once, before the first step: no second model is held, and none can be mixed up with the one that is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from akd_code.student.encode import EncodedRow
from akd_code.student.load import Student
from akd_code.student.logits import completion_logps
from akd_code.student.memory import FORWARD_TOKENS
from akd_code.student.passes import fast_passes, pieces
from akd_code.student.trainer import Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class PairExample:
    """A preference: two completions of one prompt, and the reference's log-probabilities (chosen, rejected)."""

    chosen: EncodedRow
    rejected: EncodedRow
    reference: tuple[float, float]

    @property
    def length(self) -> int:
        """Tokens of both through the model, side by side."""
        return 2 * max(self.chosen.length, self.rejected.length)

    @property
    def trained(self) -> int:
        """One: the loss is a mean over pairs."""
        return 1

    def as_key(self) -> tuple[object, ...]:
        """Return plain data that tells this pair from others."""
        return self.chosen.as_key(), self.rejected.as_key(), self.reference


def dpo(beta: float, nll: float = 0.0) -> Objective[PairExample]:
    """Return the objective -log sigmoid(margin) + nll * (the chosen completion's mean loss per token).

    margin = beta * [(log pi - log ref)(chosen) - (log pi - log ref)(rejected)]. The second term (RPO, arXiv 2404.19733)
    keeps the chosen answer likely, which the first alone does not. Figures: the mean margin, the share above 0.
    """

    def summed_loss(student: Student, pairs: Sequence[PairExample]) -> torch.Tensor:
        import torch

        margins, chosen = _margins(student, pairs, beta)
        lengths = torch.tensor([pair.chosen.trained for pair in pairs], device=chosen.device)
        losses = -torch.nn.functional.logsigmoid(margins) - nll * chosen / lengths
        return torch.stack([losses.sum(), margins.sum(), (margins > 0).float().sum()])

    return Objective(f"dpo beta={beta:g} nll={nll:g}", summed_loss, ("margin", "preferred"))


def margins(
    student: Student, pairs: Sequence[PairExample], beta: float, micro_tokens: int = FORWARD_TOKENS
) -> list[float]:
    """Return the margin of each pair: high where the student prefers the chosen answer more than the reference did."""
    import torch

    found: list[float] = []
    longest = max((max(pair.chosen.length, pair.rejected.length) for pair in pairs), default=1)
    with torch.inference_mode(), fast_passes(student, longest):
        for piece in pieces(student, pairs, micro_tokens) if pairs else []:
            found += _margins(student, piece, beta)[0].tolist()
    return found


def logps(student: Student, rows: Sequence[EncodedRow], micro_tokens: int = FORWARD_TOKENS) -> list[float]:
    """Return the log-probability of each row's completion under the student as it is, summed over its tokens."""
    import torch

    found = [0.0] * len(rows)
    order = sorted(range(len(rows)), key=lambda place: rows[place].length)
    at = 0
    with torch.inference_mode(), fast_passes(student, max((row.length for row in rows), default=1)):
        for piece in pieces(student, [rows[place] for place in order], micro_tokens) if rows else []:
            for value in completion_logps(student, piece).tolist():
                found[order[at]] = value
                at += 1
    return found


def _margins(student: Student, pairs: Sequence[PairExample], beta: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the margins [b] and the chosen completions' log-probabilities [b]."""
    import torch

    found = completion_logps(student, [*(pair.chosen for pair in pairs), *(pair.rejected for pair in pairs)])
    chosen, rejected = found[: len(pairs)], found[len(pairs) :]
    reference = torch.tensor([pair.reference for pair in pairs], device=found.device)
    return beta * ((chosen - rejected) - (reference[:, 0] - reference[:, 1])), chosen

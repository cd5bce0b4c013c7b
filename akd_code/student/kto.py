"""Kahneman-Tversky optimisation (arXiv 2402.01306): single answers, each known to be right or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from akd_code.student.encode import EncodedRow
from akd_code.student.load import Student
from akd_code.student.logits import completion_logps
from akd_code.student.trainer import Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class SingleExample:
    """An answer, right or wrong, and one to another prompt put behind this one, from which drift is estimated.

    `reference` are the reference's log-probabilities of both.
    """

    row: EncodedRow
    right: bool
    mismatched: EncodedRow
    reference: tuple[float, float]

    @property
    def length(self) -> int:
        """Tokens of both through the model, side by side."""
        return 2 * max(self.row.length, self.mismatched.length)

    @property
    def trained(self) -> int:
        """One: the loss is a mean over answers."""
        return 1

    def as_key(self) -> tuple[object, ...]:
        """Return plain data that tells this answer from others."""
        return self.row.as_key(), self.right, self.mismatched.as_key(), self.reference


def kto(beta: float, desirable: float = 1.0, undesirable: float = 1.0) -> Objective[SingleExample]:
    """Return the objective: w * (1 - sigmoid(beta * (r - z))) for right answers, with z - r for wrong ones.

    r = log pi - log ref of the answer; z = max(0, the mean of the same over mismatched answers), without a gradient:
    how far the student has drifted. Figure: beta * r of right answers, -beta * r of wrong ones.
    """

    def summed_loss(student: Student, examples: Sequence[SingleExample]) -> torch.Tensor:
        import torch

        with torch.no_grad():
            drifted = completion_logps(student, [one.mismatched for one in examples])
        found = completion_logps(student, [one.row for one in examples])
        reference = torch.tensor([one.reference for one in examples], device=found.device)
        reward = found - reference[:, 0]
        drift = (drifted - reference[:, 1]).mean().clamp(min=0)
        sign = torch.tensor([1.0 if one.right else -1.0 for one in examples], device=found.device)
        weight = torch.tensor([desirable if one.right else undesirable for one in examples], device=found.device)
        losses = weight * (1 - torch.sigmoid(beta * sign * (reward - drift)))
        return torch.stack([losses.sum(), (beta * sign * reward).detach().sum()])

    return Objective(f"kto beta={beta:g} {desirable:g}:{undesirable:g}", summed_loss, ("separation",))

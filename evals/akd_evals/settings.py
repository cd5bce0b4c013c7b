"""What a score depends on beside the samples: limits and rules, recorded with every result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from akd_evals.errors import EvalError
from akd_sandbox import Limits


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """Limits and rules of one scoring. Times are wall seconds.

    A test may take max(min_time_s, time_factor x the reference solution's time); a sample's base tests together, and
    its plus tests together, max(sample_s, time_factor x the reference's total). The figures are evalplus master's but
    for two: its factor is 4, at which real programs pass or fail by the machine (Mbpp/599: a loop where the reference
    has `sum`), and its cap of a sample does not grow with the reference.
    `judging`: "values" leaves out what only test code beside the program can judge (UNSUPPORTED).
    `context`: "prompt" judges every answer with the imports and helpers of its task's own code before it.
    `packages` are what samples may import beyond what they may anyway, `programs` the external programs that they may
    start.
    `details` judges every test instead of stopping at the first failure. `sticky_atol` reproduces evalplus 0.3.1's
    tolerance that stays (see `Oracle`).
    """

    min_time_s: float = 4.0
    time_factor: float = 8.0
    sample_s: float = 60.0
    memory_bytes: int = 4 << 30
    details: bool = False
    sticky_atol: bool = False
    judging: Literal["auto", "values"] = "auto"
    context: Literal["none", "prompt"] = "none"
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse limits that are not positive and unknown ways of judging, with an EvalError."""
        if self.judging not in ("auto", "values"):
            raise EvalError(f"unknown judging {self.judging!r}; choose auto or values")
        if self.context not in ("none", "prompt"):
            raise EvalError(f"unknown context {self.context!r}; choose none or prompt")
        for name in ("min_time_s", "time_factor", "sample_s", "memory_bytes"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise EvalError(f"{name} is {value}; give a positive number")

    def limit_s(self, reference_s: float) -> float:
        """Return the limit of a test whose reference took reference_s seconds."""
        return max(self.min_time_s, self.time_factor * reference_s)

    def limits(self, reference_s: float = 0.0) -> Limits:
        """Return the sandbox's limits of one sample whose reference took reference_s seconds on all its tests."""
        sample_s = max(self.sample_s, self.time_factor * reference_s)
        return Limits(test_s=self.min_time_s, sample_s=sample_s, memory_bytes=self.memory_bytes)

    def as_json(self) -> dict[str, Any]:
        """Return the limits and rules as summary.json has them; of the later ones only what is not the default."""
        shown: dict[str, Any] = {
            "min_time_s": self.min_time_s,
            "time_factor": self.time_factor,
            "sample_s": self.sample_s,
            "memory_bytes": self.memory_bytes,
            "details": self.details,
            "sticky_atol": self.sticky_atol,
        }
        if self.judging != "auto":
            shown["judging"] = self.judging
        if self.context != "none":
            shown["context"] = self.context
        if self.packages:
            shown["packages"] = sorted(self.packages)
        if self.programs:
            shown["programs"] = sorted(self.programs)
        return shown

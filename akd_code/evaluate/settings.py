"""What an examination is made with: the settings of `akd eval`, or those that a run's recipe says."""

from __future__ import annotations

from dataclasses import dataclass, field

from akd_code.evaluate.prompting import PromptStyle
from akd_code.evaluate.sampling import EvalSampling
from akd_code.evaluate.suites import open_suite
from akd_code.recipe import LabSection, Recipe, SandboxSection
from akd_code.student.load import DType
from akd_evals.settings import ScoreSettings
from akd_evals.suites import Suite
from akd_sandbox import Limits


@dataclass(frozen=True, slots=True)
class ExamSettings:
    """Suites by name, how they are asked, with what limits their answers are judged, and where both happens."""

    suites: tuple[str, ...] = ()
    limit: int | None = None
    lab: LabSection = field(default_factory=LabSection)
    style: PromptStyle = "auto"
    sampling: EvalSampling = field(default_factory=EvalSampling)
    scoring: ScoreSettings = field(default_factory=ScoreSettings)
    device: str = "auto"
    dtype: DType = "auto"
    sandbox: SandboxSection = field(default_factory=SandboxSection)

    @property
    def limits(self) -> Limits:
        """The sandbox's limits where a job brings none of its own."""
        return Limits(test_s=self.scoring.min_time_s, memory_bytes=self.scoring.memory_bytes)

    def open_suites(self) -> list[Suite]:
        """Return the suites, each once. Raises EvalError."""
        return [open_suite(name, self.lab, self.limit) for name in dict.fromkeys(self.suites)]


def run_settings(recipe: Recipe) -> ExamSettings:
    """Return how a run examines its student after every round: greedily, on the recipe's suites, with its limits."""
    sandbox, student = recipe.sandbox, recipe.student
    return ExamSettings(
        suites=recipe.eval.suites,
        limit=recipe.eval.limit,
        lab=recipe.lab,
        style=recipe.eval.style,
        sampling=EvalSampling(max_tokens=recipe.eval.max_tokens, batch_size=student.batch_size),
        scoring=ScoreSettings(min_time_s=sandbox.test_s, memory_bytes=sandbox.memory_mb << 20),
        device=student.device,
        dtype=student.dtype,
        sandbox=sandbox,
    )

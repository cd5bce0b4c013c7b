"""Hardening: the student is trained on pairs of which it wrote the exploitable answer itself."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from akd_code.curriculum.hardening import Groups, Material, chosen_of, hardening_pairs, rejected_of
from akd_code.evaluate import Exam
from akd_code.labelling import Labeller, direct_labeller
from akd_code.recipe import PreferSection, Recipe, TrainSection
from akd_code.records import Label, Pair, PairMargin, Prompt
from akd_code.security import Stressed
from akd_code.stages.estimate import SANDBOX_S, Estimate, Outlook, asked, preferred, tested
from akd_code.stages.examine import Examine
from akd_code.stages.label import LabelPrompts
from akd_code.stages.prefer import Prefer, Preference
from akd_code.stages.stage import NoFacts, StageResult
from akd_code.stages.student_at import StudentAt
from akd_code.stages.workbench import Workbench

_PROMPT_TOKENS = 200
"""Tokens of a stress prompt."""
_OF_ANSWERS = 0.5
"""Pairs for each answer, as the dry run assumes."""


def without_right_answer(groups: Groups, stressed: Sequence[Stressed], labels: Sequence[Label]) -> list[Prompt]:
    """Return the prompts on which something is to be rejected, and nothing is known to be right and safe."""
    known = {label.prompt.id for label in labels}
    prompts = [prompt for group in groups.values() for prompt in group]
    return [
        prompt
        for prompt, one in zip(prompts, stressed, strict=True)
        if prompt.id not in known and rejected_of(prompt, one) and not chosen_of(prompt, one)
    ]


class StressLabels(LabelPrompts):
    """The teacher's answers to stress prompts on which the student has none that is right and safe."""

    name: ClassVar[str] = "stress labels"

    def __init__(self, bench: Workbench, number: int, prompts: Sequence[Prompt]) -> None:
        super().__init__(bench, number, prompts, "")

    @cached_property
    def labeller(self) -> Labeller:
        """Plain answers, whatever the recipe's way: one that learns from label to label learns from its own alone."""
        bench = self.bench
        return direct_labeller(bench.recipe, bench.roles, bench.box, bench.referee.limits, bench.run.path)

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return as many requests as the teacher may need on every prompt."""
        settings = recipe.harden
        if not settings.prompts or not settings.ask:
            return Estimate()
        calls = round(settings.prompts * (1 + settings.benign / 2)) * recipe.label.attempts
        return asked(recipe, "teacher", calls, _PROMPT_TOKENS) + tested(recipe, calls, SANDBOX_S)


class Harden(Prefer):
    """The student after hardening: the adapter that its round ends with."""

    name: ClassVar[str] = "hardening"
    version: ClassVar[int] = 2  # pairs are told apart by the longest common sequence of tokens
    lessons_file: ClassVar[str] = "harden.jsonl"
    steps_file: ClassVar[str] = "hardening_steps.jsonl"

    def __init__(
        self,
        bench: Workbench,
        number: int,
        groups: Groups,
        stressed: Sequence[Stressed],
        labels: Sequence[Label],
        student: StudentAt,
    ) -> None:
        super().__init__(bench, number, (), (), student)
        self.groups, self.stressed = groups, tuple(stressed)
        self.teachers = {label.prompt.id: label.answer for label in labels if label.trained}

    @cached_property
    def lessons(self) -> list[Pair]:
        """The pairs, drawn with the recipe's seed."""
        recipe = self.bench.recipe
        rng = random.Random(f"hardening pairs {recipe.seed} {self.number}")
        prompts = [prompt for group in self.groups.values() for prompt in group]
        return [
            pair
            for prompt, one in zip(prompts, self.stressed, strict=True)
            for pair in hardening_pairs(Material(prompt, one, self.teachers.get(prompt.id)), recipe.harden, rng)
        ]

    @property
    def how(self) -> PreferSection:
        """DPO with the chosen answer's own loss."""
        settings = self.bench.recipe.harden
        shared = {name: getattr(settings, name) for name in TrainSection.model_fields}
        return PreferSection(method="dpo", beta=settings.beta, nll=settings.nll, **shared)

    @property
    def out(self) -> Path:
        """The round's adapter."""
        return self.bench.adapter(self.number)

    def note(self, result: StageResult[Preference, PairMargin]) -> Sequence[str]:
        """Return how many pairs there are of which kind, and how the loss and the margins moved."""
        if not result.facts.rows:
            return ("nothing to harden on: no answer is right and exploitable beside one that is safe",)
        kinds = Counter(dict(pair.meta)["kind"] for pair in self.lessons)
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        return (f"{len(self.lessons)} pairs: {said}", *super().note(result))

    def figures(self, result: StageResult[Preference, PairMargin]) -> dict[str, Any]:
        """Return pairs by weakness and by whose answer is chosen, steps, and losses."""
        metas = [dict(pair.meta) for pair in self.lessons]
        kinds = Counter(meta.get("cwe", meta["kind"]) for meta in metas)
        chosen = Counter(meta["chosen_from"] for meta in metas)
        return {
            **super().figures(result),
            "pairs": dict(sorted(kinds.items())),
            "chosen": dict(sorted(chosen.items())),
        }

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return a pair for half of what the student wrote, in every epoch."""
        settings = recipe.harden
        prompts = settings.prompts + round(settings.prompts * settings.benign)
        rows = min(settings.samples, settings.per_prompt) * prompts * _OF_ANSWERS
        return preferred(outlook.pace, rows, settings.epochs, _PROMPT_TOKENS)


class ExamineBefore(Examine):
    """The suites before hardening, for what they lose by it."""

    name: ClassVar[str] = "utility before"

    @property
    def folder(self) -> Path:
        """Where samples and results lie, beside those of the round's end."""
        return self.bench.run.round_path(self.number) / "eval before hardening" / self.suite.name.replace("/", "_")

    def figures(self, result: StageResult[Exam, NoFacts]) -> dict[str, Any]:
        """Return pass@1 before hardening."""
        exam = result.facts
        return {"suite": exam.suite, "pass@1": round(exam.pass_at_1, 4), "ci95": [round(one, 4) for one in exam.ci95]}

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return what an examination takes, where the recipe hardens."""
        return super().estimate(recipe, outlook) if recipe.harden.prompts else Estimate()

"""Practice: the student answers the verified prompts of the train pool several times, and tests say what is right."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from akd_code.curriculum.lessons import practised
from akd_code.gather import in_order
from akd_code.recipe import PreferSection, Recipe, Section
from akd_code.records import Answer, Label, Practice, Tried
from akd_code.referee import run_tests
from akd_code.stages.estimate import Estimate, Outlook, tested, written
from akd_code.stages.pieces import AT_ONCE, answered, in_pieces
from akd_code.stages.stage import Keep, NoFacts, Stage, StageResult
from akd_code.stages.student_at import StudentAt
from akd_code.stages.workbench import Workbench


class Practise(Stage[NoFacts, Practice]):
    """The student's own answers to the prompts that have a verified label, with what their tests say of them."""

    name: ClassVar[str] = "practice"
    item_kind = Practice

    def __init__(self, bench: Workbench, number: int, labels: Sequence[Label], student: StudentAt) -> None:
        super().__init__(bench, number)
        verified = [label for label in labels if practised(label)]
        wanted = practised_on(bench.recipe.prefer, len(verified))
        rng = random.Random(f"practice {bench.recipe.seed} {number}")
        self.labels = tuple(verified[place] for place in sorted(rng.sample(range(len(verified)), wanted)))
        self.student = student

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What is asked, the tests, and who answers how."""
        settings = self.bench.recipe.prefer
        asked = [(label.prompt.text, label.prompt.tests) for label in self.labels]
        return (asked, self.student.key, settings.samples, settings.temperature)

    @property
    def settings(self) -> tuple[Section, ...]:
        """How long an answer may be, and what a program may use in its tests."""
        return (self.bench.recipe.student, self.bench.recipe.sandbox)

    def work(self, kept: Mapping[int, Practice], keep: Keep[Practice]) -> StageResult[NoFacts, Practice]:
        """Sample and test piece by piece, each kept as soon as it is there."""
        size = max(1, AT_ONCE // self.bench.recipe.prefer.samples)
        progress = self.bench.watcher.progress
        return StageResult(NoFacts(), in_pieces(len(self.labels), size, kept, keep, self._piece, progress))

    def _piece(self, places: range) -> list[Practice]:
        recipe = self.bench.recipe
        settings, labels = recipe.prefer, self.labels[places.start : places.stop]
        asked = [label for label in labels for _ in range(settings.samples)]
        answers = answered(
            self.bench,
            self.student,
            [label.prompt for label in asked],
            temperature=settings.temperature,
            seed=(recipe.seed * 1000 + self.number) * 1_000_003 + places.start,
        )
        tried = self.bench.ask(
            in_order([self._tried(label, answer) for label, answer in zip(asked, answers, strict=True)])
        )
        return [
            Practice(label.prompt.id, tuple(tried[at * settings.samples : (at + 1) * settings.samples]))
            for at, label in enumerate(labels)
        ]

    async def _tried(self, label: Label, answer: Answer) -> Tried:
        tests, entry_point = label.prompt.tests, label.prompt.entry_point
        if tests is None or entry_point is None:
            return Tried(answer, None)
        bench = self.bench
        run = await asyncio.to_thread(run_tests, tests, entry_point, answer.code, bench.box, bench.referee.limits)
        return Tried(answer, run.pass_rate, run.failed)

    def described(self, item: Practice) -> tuple[str, str]:
        """Return the prompt's id and how many answers were right."""
        right = sum(one.pass_rate == 1.0 for one in item.tried)
        return item.prompt_id, "all right" if right == len(item.tried) else "none right" if not right else "some right"

    def note(self, result: StageResult[NoFacts, Practice]) -> Sequence[str]:
        """Return how many answers were right."""
        right, tried = _right(result.items), sum(len(item.tried) for item in result.items)
        share = f", {100 * right / tried:.0f} % right" if tried else ""
        return (f"{tried} answers of the student's to {len(result.items)} verified prompts{share}",)

    def figures(self, result: StageResult[NoFacts, Practice]) -> dict[str, Any]:
        """Return prompts, answers, and the share that is right."""
        tried = sum(len(item.tried) for item in result.items)
        return {
            "prompts": len(result.items),
            "answers": tried,
            "right": _right(result.items),
            "sandbox_runs": sum(one.answer.code is not None for item in result.items for one in item.tried),
        }

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return so many answers and programs for every prompt practised on, where the recipe practises."""
        answers = answers_of(recipe.prefer, outlook.train)
        return written(outlook.pace, answers, recipe.student.max_tokens) + tested(recipe, answers, outlook.pace.tests_s)


def practised_on(settings: PreferSection, prompts: int) -> int:
    """Return how many prompts of a train pool of so many the student practises on, at most."""
    return 0 if settings.method == "none" else min(prompts, settings.prompts or prompts)


def answers_of(settings: PreferSection, prompts: int) -> int:
    """Return how many answers practice takes on a train pool of so many prompts."""
    return practised_on(settings, prompts) * settings.samples


def _right(items: Sequence[Practice]) -> int:
    return sum(one.pass_rate == 1.0 for item in items for one in item.tried)

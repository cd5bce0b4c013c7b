"""Labelling: the teacher answers every prompt of the train pool, and tests say which answers may be trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from akd_code.labelling import Labeller, label_all, labelling_figures, most_requests, outcomes, suite_lines
from akd_code.recipe import Recipe, Section
from akd_code.records import Label, LabelOutcome, Prompt
from akd_code.stages.estimate import Estimate, Outlook, asked, tested
from akd_code.stages.refusals import RefusalCap
from akd_code.stages.stage import Keep, NoFacts, Stage, StageResult
from akd_code.stages.workbench import Workbench

STRENGTHENING_RUNS = 150
"""Sandbox runs that it takes to strengthen one suite: mutants, mostly."""


class LabelPrompts(Stage[NoFacts, Label]):
    """Labels of all prompts of the train pool, in order. `before` is the key of the labels of the round before."""

    name: ClassVar[str] = "labels"
    item_kind = Label

    def __init__(self, bench: Workbench, number: int, prompts: Sequence[Prompt], before: str) -> None:
        super().__init__(bench, number)
        self.prompts, self._before = tuple(prompts), before

    @property
    def labeller(self) -> Labeller:
        """The recipe's way to make labels."""
        return self.bench.labeller

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The prompts; and for a way that learns from label to label, what it has learnt so far."""
        before = self._before if self.labeller.proposer.wave else ""
        stand_in = ("references",) if self.bench.recipe.harden.references else ()
        return (self.prompts, before, *stand_in, *self._left_alone)

    @property
    def _left_alone(self) -> tuple[Any, ...]:
        """Return which suites are not strengthened, for a score that came with them; () where none is."""
        if not self.bench.recipe.label.strengthen:
            return ()
        return (tuple(one.id for one in self.prompts if one.tests is not None and one.tests.score is not None),)

    @property
    def settings(self) -> tuple[Section, ...]:
        """Whom to ask and how, and what a program may use in its tests."""
        recipe = self.bench.recipe
        checker = (recipe.checker,) if recipe.checker.model else ()
        return (recipe.teacher, recipe.label, recipe.evolve, recipe.sandbox, recipe.lab, *checker)

    def work(self, kept: Mapping[int, Label], keep: Keep[Label]) -> StageResult[NoFacts, Label]:
        """Ask and test, several prompts at once; each label is kept as it is made."""
        labeller, watcher = self.labeller, self.bench.watcher
        labeller.begin(self.number)
        done = len(kept) if not labeller.proposer.wave else 0
        watcher.progress(done, len(self.prompts))

        cap = RefusalCap("teacher", self.bench.recipe.teacher.refused_share, len(self.prompts))

        def made(position: int, label: Label) -> None:
            nonlocal done
            done += 1
            watcher.progress(done, len(self.prompts))
            if label.outcome is LabelOutcome.REFUSED:
                cap.refused(labeller.refusals[-1])  # not kept: a run that goes on asks for it again
            else:
                keep({position: label})

        labels = self.bench.ask(label_all(labeller, self.prompts, kept=kept, done=made))
        return StageResult(NoFacts(), tuple(labels))

    def described(self, item: Label) -> tuple[str, str]:
        """Return the prompt's id and the label's outcome."""
        return item.prompt.id, item.outcome.value

    def note(self, result: StageResult[NoFacts, Label]) -> Sequence[str]:
        """Return how many answers ended which way, and what the endpoint said where it refused a prompt."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(outcomes(result.items).items()))
        figures = labelling_figures(self.bench.recipe.label.method, result.items)
        said = (f"{len(result.items)} answers of the teacher: {counts}", *suite_lines(figures))
        refusals = self.labeller.refusals
        return (*said, f"the teacher refused a prompt, for instance: {refusals[-1]}") if refusals else said

    def figures(self, result: StageResult[NoFacts, Label]) -> dict[str, Any]:
        """Return what the labels cost, how they ended, and how often what happened on the way."""
        return labelling_figures(self.bench.recipe.label.method, result.items)

    def fits(self, result: StageResult[NoFacts, Label]) -> bool:
        """Return whether the labels are those of these prompts."""
        return [label.prompt.id for label in result.items] == [prompt.id for prompt in self.prompts]

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return as many requests per prompt as the method may take, and one for tests where a prompt has none."""
        written = outlook.untested if recipe.label.tests else 0
        stronger = outlook.train if recipe.label.strengthen else 0
        held = max(written, stronger) * recipe.label.agreement
        calls = outlook.train * most_requests(recipe) + written + held
        runs = outlook.train + 2 * written + held + stronger * STRENGTHENING_RUNS
        estimate = asked(recipe, "teacher", calls, outlook.prompt_tokens)
        estimate += tested(recipe, runs, outlook.pace.tests_s)
        if recipe.checker.model:
            estimate += asked(recipe, "checker", max(written, stronger), outlook.prompt_tokens)
        return estimate

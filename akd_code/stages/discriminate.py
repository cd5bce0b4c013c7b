"""Discrimination: on which prompts of the cache pool is the student behind the teacher, and how far?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from akd_code.gather import in_order
from akd_code.recipe import Recipe, Section
from akd_code.records import Answer, Gap, Label
from akd_code.referee import Decision, disagree, judge_figures, judge_lines
from akd_code.stages.estimate import Estimate, Outlook, asked, model_of, tested
from akd_code.stages.refusals import RefusalCap
from akd_code.stages.stage import Keep, Stage, StageResult
from akd_code.stages.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Discrimination:
    """What finding the gaps took. Tests and judge both spoke on `compared` prompts and differ on `disagreements`.

    The judge's endpoint refused to compare the answers to `refused` prompts.
    """

    requests: int
    sandbox_runs: int
    compared: int
    disagreements: int
    refused: int = 0


class Discriminate(Stage[Discrimination, Gap]):
    """The gap on every prompt: labels and the student's answers in the same order, `student.samples` to each."""

    name: ClassVar[str] = "discrimination"
    facts_kind = Discrimination
    item_kind = Gap

    def __init__(self, bench: Workbench, number: int, labels: Sequence[Label], answers: Sequence[Answer]) -> None:
        super().__init__(bench, number)
        self.labels, self.answers = tuple(labels), tuple(answers)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What is compared, and the tests it is compared by."""
        teachers = [(label.prompt.text, label.prompt.tests, label.answer, label.pass_rate) for label in self.labels]
        return (model_of(self.bench.recipe, "referee"), teachers, self.answers)

    @property
    def settings(self) -> tuple[Section, ...]:
        """How the referee decides, and what a program may use in its tests."""
        return (self.bench.recipe.referee, self.bench.recipe.sandbox, self.bench.recipe.lab)

    def work(self, kept: Mapping[int, Gap], keep: Keep[Gap]) -> StageResult[Discrimination, Gap]:
        """Test, and ask the judge where the tests leave it open, several prompts at once."""
        referee, watcher = self.bench.referee, self.bench.watcher
        done = 0
        watcher.progress(done, len(self.labels))
        cap = RefusalCap("judge", self.bench.recipe.teacher.refused_share, len(self.labels))

        async def one(label: Label, answers: Sequence[Answer]) -> Decision:
            nonlocal done
            decision = await referee.decide(label, answers)
            done += 1
            watcher.progress(done, len(self.labels))
            if decision.refused:
                cap.refused("it will not compare the two answers")
            return decision

        count = self.bench.recipe.student.samples
        groups = [self.answers[at : at + count] for at in range(0, len(self.answers), count)]
        pairs = zip(self.labels, groups, strict=True)
        decisions = self.bench.ask(in_order([one(label, answers) for label, answers in pairs]))
        gaps = tuple(decision.gap for decision in decisions)
        opinions = [said for gap in gaps if (said := disagree(gap, tau=referee.settings.tau)) is not None]
        facts = Discrimination(
            sum(decision.requests for decision in decisions),
            sum(decision.sandbox_runs for decision in decisions),
            len(opinions),
            sum(opinions),
            sum(decision.refused for decision in decisions),
        )
        return StageResult(facts, gaps)

    def described(self, item: Gap) -> tuple[str, str]:
        """Return the prompt's id and what it is to the student."""
        return item.prompt_id, item.standing

    def note(self, result: StageResult[Discrimination, Gap]) -> Sequence[str]:
        """Return the share of hard prompts, what decided, where tests and judge differ, and what the judge is worth."""
        ways = Counter(gap.decided_by for gap in result.items)
        share = hard_share(result.items)
        told = "none decided" if share is None else f"{100 * share:.0f} % hard"
        said = ", ".join(
            f"{count} by {way}" if way != "none" else f"{count} undecided" for way, count in sorted(ways.items())
        )
        facts = result.facts
        differ = f"; tests and judge differ on {facts.disagreements} of {facts.compared}" if facts.compared else ""
        refused = f"; the judge refused {facts.refused}" if facts.refused else ""
        judged = judge_lines(judge_figures(result.items, tau=self.bench.recipe.referee.tau))
        return (f"{len(result.items)} prompts: {told} ({said}){differ}{refused}", *judged)

    def figures(self, result: StageResult[Discrimination, Gap]) -> dict[str, Any]:
        """Return the hard share, what decided, and what it took."""
        share = hard_share(result.items)
        return {
            "hard_share": None if share is None else round(share, 4),
            "decided_by": dict(sorted(Counter(gap.decided_by for gap in result.items).items())),
            "requests": result.facts.requests,
            "sandbox_runs": result.facts.sandbox_runs,
            "compared": result.facts.compared,
            "disagreements": result.facts.disagreements,
            "refused": result.facts.refused,
            "standing": dict(sorted(Counter(gap.standing for gap in result.items).items())),
            **judge_figures(result.items, tau=self.bench.recipe.referee.tau),
        }

    def fits(self, result: StageResult[Discrimination, Gap]) -> bool:
        """Return whether the gaps are those of these prompts."""
        return [gap.prompt_id for gap in result.items] == [label.prompt.id for label in self.labels]

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return the student's programs for each prompt with tests, and two requests where the judge is asked."""
        if outlook.last:
            return Estimate()
        judged = {"always": outlook.cache, "needed": outlook.judged, "never": 0}[recipe.referee.judge]
        if recipe.referee.hardness == "judge":
            judged = outlook.cache
        # the judge reads the task and two answers
        return asked(recipe, "referee", 2 * judged, 3 * outlook.prompt_tokens) + tested(
            recipe, outlook.cache * recipe.student.samples, outlook.pace.tests_s
        )


def hard_share(gaps: Sequence[Gap]) -> float | None:
    """Return the share of hard prompts among the decided ones; None if none was decided."""
    decided = [gap.hard for gap in gaps if gap.hard is not None]
    return sum(decided) / len(decided) if decided else None

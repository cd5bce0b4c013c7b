"""The attempt: the student answers every prompt of the cache pool, so that the referee can compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from akd_code.recipe import Recipe, Section
from akd_code.records import Answer, Prompt
from akd_code.stages.estimate import Estimate, Outlook, written
from akd_code.stages.pieces import answered, in_pieces
from akd_code.stages.stage import Keep, NoFacts, Stage, StageResult
from akd_code.stages.student_at import StudentAt
from akd_code.stages.workbench import Workbench
from akd_code.student import Sampled


class Attempt(Stage[NoFacts, Answer]):
    """The student's answers to prompts, in order, `student.samples` to each, side by side."""

    name: ClassVar[str] = "student answers"
    item_kind = Answer

    def __init__(self, bench: Workbench, number: int, prompts: Sequence[Prompt], student: StudentAt) -> None:
        super().__init__(bench, number)
        self.prompts, self.student = tuple(prompts), student
        self._asked = tuple(prompt for prompt in prompts for _ in range(bench.recipe.student.samples))

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What is asked, and who answers."""
        return ([prompt.text for prompt in self.prompts], self.student.key)

    @property
    def settings(self) -> tuple[Section, ...]:
        """How answers are drawn."""
        return (self.bench.recipe.student,)

    def work(self, kept: Mapping[int, Answer], keep: Keep[Answer]) -> StageResult[NoFacts, Answer]:
        """Sample in pieces of a fixed size, each kept as soon as it is there.

        Fixed, because an answer's seed goes by its place in the piece, and must not depend on a restart.
        """
        size = 4 * self.bench.recipe.student.batch_size
        progress = self.bench.watcher.progress
        return StageResult(NoFacts(), in_pieces(len(self._asked), size, kept, keep, self._piece, progress))

    def _piece(self, places: range) -> list[Answer]:
        recipe, done = self.bench.recipe, places.start

        def ended(place: int, answer: Sampled) -> None:
            nonlocal done
            done += 1
            self.bench.watcher.progress(done, len(self._asked), under_way=recipe.student.batch_size)

        return answered(
            self.bench,
            self.student,
            self._asked[places.start : places.stop],
            temperature=recipe.student.temperature,
            seed=recipe.seed * 1000 + self.number,
            on_answer=ended,
        )

    def described(self, item: Answer) -> tuple[str, str]:
        """Return the prompt's id and how the answer ended."""
        return item.prompt_id, item.finish_reason

    def note(self, result: StageResult[NoFacts, Answer]) -> Sequence[str]:
        """Return how many answers were cut."""
        cut = sum(answer.finish_reason == "length" for answer in result.items)
        return (f"{len(result.items)} answers, {cut} cut at the token limit",) if cut else ()

    def figures(self, result: StageResult[NoFacts, Answer]) -> dict[str, Any]:
        """Return how many answers ended which way."""
        ends = Counter(answer.finish_reason for answer in result.items)
        empty = sum(answer.code is None for answer in result.items)
        return {"answers": len(result.items), "ended": dict(sorted(ends.items())), "without_code": empty}

    def fits(self, result: StageResult[NoFacts, Answer]) -> bool:
        """Return whether the answers are to these prompts."""
        return [answer.prompt_id for answer in result.items] == [prompt.id for prompt in self._asked]

    @classmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return the answers to each prompt of the cache pool, unless the loop ends before."""
        answers = outlook.cache * recipe.student.samples
        return Estimate() if outlook.last else written(outlook.pace, answers, recipe.student.max_tokens)

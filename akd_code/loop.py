"""The loop: Lion's rounds (arXiv 2305.12870, METHODS section 1) with a referee that tests before it judges.

    train = cache = seeds
    repeat for round 1..K:
        imitation        labels = teacher(train); fine-tune the student, going on from where it is
        evaluation       pass@1 on held-out tasks
        stop after round K
        discrimination   for every prompt of cache: how far is the student behind? hard or easy
        generation       half like the hard ones, half like the easy ones; near-copies rejected
        train = new (replaced); cache += new (appended)

Each step's result is stored under a key made from its inputs; a stored step is not done again.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from akd_code.curriculum import Generation, GenerationSettings, generate, redraw
from akd_code.curriculum.seeds import load_seeds
from akd_code.labelling import label_all, labelling_figures, open_labeller, outcomes
from akd_code.reading import answer_from
from akd_code.recipe import Recipe
from akd_code.records import TRAINED, Answer, Label, Prompt
from akd_code.report.summary import Round, base_round, write_summary
from akd_code.roles import Roles
from akd_code.run.folder import Run, key_of
from akd_code.stages.discriminate import Discrimination, Referee, discriminate
from akd_code.stages.examine import Exam, exam_questions, examine, open_suite
from akd_code.storage import write_text
from akd_code.student import Sampled, SFTConfig, SFTStep, Student, load_student, sample_answers, train_sft
from akd_evals.suites import Suite
from akd_sandbox import Limits, Sandbox

T = TypeVar("T")


class Watcher(Protocol):
    """Is told how the loop gets on."""

    def stage(self, round_: int, name: str) -> None:
        """A stage begins."""
        ...

    def progress(self, done: int, total: int) -> None:
        """So much of the current stage is done."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line."""
        ...


@dataclass(frozen=True, slots=True)
class Pools:
    """Lion's pools: `train` is replaced each round, `cache` appended to."""

    train: tuple[Prompt, ...]
    cache: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Training:
    """What one fine-tuning did."""

    rows: int
    rows_too_long: int
    steps: int
    tokens: int
    first_loss: float
    last_loss: float


class Loop:
    """One run of the loop over an open run directory, opened models and a sandbox."""

    def __init__(self, run: Run, roles: Roles, box: Sandbox, watcher: Watcher) -> None:
        self.run, self.roles, self.box, self.watcher = run, roles, box, watcher
        self.recipe: Recipe = run.recipe
        sandbox = self.recipe.sandbox
        self.limits = Limits(test_s=sandbox.test_s, memory_bytes=sandbox.memory_mb << 20)
        self.suites = [open_suite(name, self.recipe) for name in self.recipe.eval.suites]
        self.labeller = open_labeller(self.recipe, roles, box, self.limits, run.path)
        self.referee = Referee(roles.referee.model, roles.referee.sampling, box, self.limits, self.recipe.referee)
        self.chain = ""  # the key of the last step: every key depends on all that came before
        self._student: tuple[int, Student] | None = None

    def distil(self) -> list[Round]:
        """Run every round that is not done yet; return all of them, the base student's (round 0) first."""
        seeds = tuple(load_seeds(self.recipe))
        pools = Pools(train=seeds, cache=())
        rounds = [base_round(len(seeds), self.evaluation(0), self.run.spent(0)[0])]
        write_summary(self.run, rounds)
        for number in range(1, self.recipe.rounds + 1):
            labels = self.labels(number, pools.train)
            known = {label.prompt.id for label in pools.cache}
            pools = Pools(pools.train, (*pools.cache, *(label for label in labels if label.prompt.id not in known)))
            self.imitation(number, labels)
            exams = self.evaluation(number)
            found: Discrimination | None = None
            made: Generation | None = None
            trained = len(pools.train)
            if number < self.recipe.rounds:
                found = self.discrimination(number, pools.cache)
                made = self.generation(number, pools.cache, found)
                pools = Pools(made.prompts, pools.cache)
            rounds.append(self._round(number, trained, pools, labels, exams, found, made))
            write_summary(self.run, rounds)
        return rounds

    def _round(
        self,
        number: int,
        trained: int,
        pools: Pools,
        labels: tuple[Label, ...],
        exams: tuple[Exam, ...],
        found: Discrimination | None,
        made: Generation | None,
    ) -> Round:
        wall_s, cost_usd = self.run.spent(number)
        return Round(
            number=number,
            train_pool=trained,
            cache_pool=len(pools.cache),
            hard_share=None if found is None else found.hard_share,
            teacher_calls=sum(label.calls for label in labels)
            + (found.calls if found else 0)
            + (made.counts.asked if made else 0),
            sandbox_runs=sum(label.runs for label in labels) + (found.runs if found else 0),
            cost_usd=cost_usd,
            wall_s=wall_s,
            exams=exams,
            outcomes=outcomes(labels),
            labelling=labelling_figures(self.recipe.label.method, labels),
            rejected={} if made is None else made.counts.rejected(),
        )

    # --- imitation ------------------------------------------------------------------------------------------

    def labels(self, number: int, prompts: tuple[Prompt, ...]) -> tuple[Label, ...]:
        """Ask the teacher about every prompt of the train pool and test what it answers."""

        def work() -> tuple[Label, ...]:
            made = 0

            def done(position: int, label: Label) -> None:
                nonlocal made
                made += 1
                self.watcher.progress(made, len(prompts))

            self.labeller.begin(number)
            return tuple(self._ask(label_all(self.labeller, prompts, done=done)))

        sections = (self.recipe.teacher, self.recipe.label, self.recipe.evolve)
        labels = self.step(number, "labels", tuple[Label, ...], (prompts, *map(_plain, sections)), work)
        counts = ", ".join(f"{count} {name}" for name, count in sorted(outcomes(labels).items()))
        self.watcher.note(f"{len(labels)} answers of the teacher: {counts}")
        return labels

    def imitation(self, number: int, labels: tuple[Label, ...]) -> Training:
        """Fine-tune the student on the labels, going on from the last round's adapter."""
        rows = [label.row() for label in labels if label.outcome in TRAINED]
        folder = self.run.round_path(number)
        adapter = folder / "adapter"

        def work() -> Training:
            text = "".join(json.dumps(row.as_json(), ensure_ascii=False) + "\n" for row in rows)
            with self.run.writing():
                write_text(folder / "train.jsonl", text)
            student = self.student(number - 1)
            self._student = None  # it is changed in place: if training is interrupted, nobody must find it
            config = SFTConfig(**self.recipe.sft.model_dump())
            seed = self.recipe.seed * 1000 + number

            def on_step(step: SFTStep) -> None:
                self.watcher.progress(step.step, step.total)

            with self.run.writing():
                report = train_sft(student, rows, config, seed=seed, out=adapter, on_step=on_step)
            self._student = (number, student)
            fields = (report.rows, report.rows_too_long, report.steps, report.tokens)
            return Training(*fields, report.first_loss, report.last_loss)

        inputs = (tuple(row.as_json()["messages"] for row in rows), _plain(self.recipe.sft), self.recipe.student.model)
        done = self.step(number, "imitation", Training, inputs, work, valid=adapter.exists)
        self.watcher.note(
            f"{done.rows} rows, {done.steps} steps, {done.tokens} trained tokens, "
            f"loss {done.first_loss:.3f} -> {done.last_loss:.3f}"
        )
        return done

    def student(self, number: int) -> Student:
        """Return the student as it is after a round (0: the base)."""
        if self._student is None or self._student[0] != number:
            self._student = None
            name = self.recipe.student.model
            if name == "lab":
                from akd_code.lab.student import base_student_path

                name = str(base_student_path())
            adapter = self.run.round_path(number) / "adapter" if number else None
            settings = self.recipe.student
            self._student = (number, load_student(name, adapter=adapter, device=settings.device, dtype=settings.dtype))
        return self._student[1]

    # --- evaluation -----------------------------------------------------------------------------------------

    def evaluation(self, number: int) -> tuple[Exam, ...]:
        """Measure the student after a round on every suite of the recipe."""
        exams = []
        for suite in self.suites:
            exam = self._exam(number, suite)
            low, high = (100 * bound for bound in exam.ci95)
            self.watcher.note(
                f"{exam.suite}: pass@1 {100 * exam.pass_at_1:.1f} % [{low:.1f}, {high:.1f}] of {exam.tasks}"
            )
            exams.append(exam)
        return tuple(exams)

    def _exam(self, number: int, suite: Suite) -> Exam:
        folder = self.run.round_path(number) / "eval" / suite.name.replace("/", "_")

        def work() -> Exam:
            student = self.student(number)
            answers = self._sampled(
                student, exam_questions(suite), temperature=0.0, max_tokens=self.recipe.eval.max_tokens
            )
            self.watcher.stage(number, f"tests of {suite.name}")
            return examine(suite, [answer.text for answer in answers], self.box, folder, self.watcher.progress)

        inputs = (suite.name, suite.dataset_md5, len(suite.tasks), _plain(self.recipe.eval), self.recipe.student.model)
        return self.step(number, f"evaluation {suite.name}", Exam, inputs, work)

    # --- discrimination -------------------------------------------------------------------------------------

    def discrimination(self, number: int, cache: tuple[Label, ...]) -> Discrimination:
        """Let the student answer every prompt of the cache pool and let the referee say which are hard."""
        answers = self._student_answers(number, cache)

        def work() -> Discrimination:
            return self._ask(discriminate(self.referee, cache, answers, self.watcher.progress))

        found = self.step(number, "discrimination", Discrimination, (answers, _plain(self.recipe.referee)), work)
        ways: dict[str, int] = {}
        for gap in found.gaps:
            ways[gap.decided_by] = ways.get(gap.decided_by, 0) + 1
        share = "none decided" if found.hard_share is None else f"{100 * found.hard_share:.0f} % hard"
        said = ", ".join(
            f"{count} by {way}" if way != "none" else f"{count} undecided" for way, count in sorted(ways.items())
        )
        differ = f"; tests and judge differ on {found.disagreements} of {found.compared}" if found.compared else ""
        self.watcher.note(f"{len(found.gaps)} prompts: {share} ({said}){differ}")
        return found

    def _student_answers(self, number: int, cache: tuple[Label, ...]) -> tuple[Answer, ...]:
        settings = self.recipe.student

        def work() -> tuple[Answer, ...]:
            questions = [label.prompt.text for label in cache]
            student = self.student(number)
            sampled = self._sampled(
                student, questions, temperature=settings.temperature, max_tokens=settings.max_tokens, seed=number
            )
            return tuple(
                answer_from(label.prompt, one.text, one.finish_reason)
                for label, one in zip(cache, sampled, strict=True)
            )

        inputs = ([label.prompt.id for label in cache], _plain(settings))
        return self.step(number, "student answers", tuple[Answer, ...], inputs, work)

    def _sampled(
        self, student: Student, questions: Sequence[str], *, temperature: float, max_tokens: int, seed: int = 0
    ) -> list[Sampled]:
        """Return the student's answers, in pieces of a fixed size, each kept as soon as it is there.

        Fixed, because what shares a batch must not depend on a restart.
        """
        batch_size = self.recipe.student.batch_size
        size = 4 * batch_size
        answers: list[Sampled] = []

        def work() -> tuple[Sampled, ...]:
            sampled = sample_answers(
                student,
                [[{"role": "user", "content": text}] for text in questions[len(answers) : len(answers) + size]],
                temperature=temperature,
                max_new_tokens=max_tokens,
                batch_size=batch_size,
                seed=self.recipe.seed * 1000 + seed,
            )
            return tuple(sampled)

        for at in range(0, len(questions), size):
            answers += self.run.part(self.chain, at, tuple[Sampled, ...], work)
            self.watcher.progress(len(answers), len(questions))
        return answers

    # --- generation -----------------------------------------------------------------------------------------

    def generation(self, number: int, cache: tuple[Label, ...], found: Discrimination) -> Generation:
        """Make the next round's prompts, half from hard seeds and half from easy ones."""
        pairs = list(zip((label.prompt for label in cache), found.gaps, strict=True))
        hard = [prompt for prompt, gap in pairs if gap.hard]
        easy = [prompt for prompt, gap in pairs if gap.hard is False]
        settings = self.recipe.generator
        rng = random.Random(f"generation {self.recipe.seed} {number}")

        def work() -> Generation:
            if self.roles.generator is None:
                return redraw(hard, easy, settings.prompts, rng)
            generator = self.roles.generator
            asking = GenerationSettings(generator.sampling, rouge_l=settings.rouge, attempts=settings.tries)
            known = [prompt for prompt, _ in pairs]
            return self._ask(
                generate(hard, easy, known, settings.prompts, generator.model, rng=rng, round=number, settings=asking)
            )

        inputs = ([prompt.id for prompt in hard], [prompt.id for prompt in easy], _plain(settings))
        made = self.step(number, "generation", Generation, inputs, work)
        lost = ", ".join(f"{count} {reason}" for reason, count in made.counts.rejected().items() if count)
        said = f"{len(made.prompts)} new prompts in {made.counts.asked} requests"
        if self.roles.generator is None:
            said = f"{len(made.prompts)} prompts drawn again, {made.counts.hard} hard and {made.counts.easy} easy"
        self.watcher.note(said + (f"; rejected: {lost}" if lost else ""))
        for warning in made.warnings:
            self.watcher.note(f"warning: {warning}")
        return made

    # --- steps ----------------------------------------------------------------------------------------------

    def step(
        self,
        number: int,
        stage: str,
        kind: type[T],
        inputs: tuple[Any, ...],
        work: Callable[[], T],
        valid: Callable[[], bool] = lambda: True,
    ) -> T:
        """Return the stored result of a step, or do it and store it."""
        key = key_of(stage, number, self.recipe.seed, self.chain, *inputs)
        self.chain = key
        self.watcher.stage(number, stage)
        stored = self.run.find(key, kind)
        if stored is not None and valid():
            return stored
        began, before = time.monotonic(), self.roles.worth_usd()
        result = work()
        after = self.roles.worth_usd()
        worth = None if before is None or after is None else after - before
        self.run.store(key, number, stage, result, time.monotonic() - began, worth)
        return result

    def _ask(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a stage's requests to their end; when interrupted, close the sandbox first: nothing may wait for it."""

        async def all_of_it() -> T:
            try:
                return await work
            except BaseException:
                self.box.close()
                raise
            finally:
                await self.roles.aclose()

        return asyncio.run(all_of_it())


def _plain(section: Any) -> dict[str, Any]:
    """Return a recipe section without the settings that do not change what comes out."""
    plain: dict[str, Any] = section.model_dump(mode="json", exclude={"concurrency", "timeout_s", "price"})
    return plain

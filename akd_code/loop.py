"""The loop: Lion's rounds (arXiv 2305.12870) with a referee that tests before it judges, AKD's practice in each.

    train = cache = seeds
    repeat for round 1..K:
        label            the teacher answers every prompt of train; tests say which answers are right
                         (and rows that share a task with a benchmark are left out, as seeds that do are)
        imitate          the student is fine-tuned on them, going on from where it is
        practise         it answers the same prompts itself, if the recipe says so
        prefer           and is trained on what was wrong with that
        harden           and on answers to stress prompts that can be exploited, if the recipe says so
        examine          pass@1 on held-out tasks; a round that lost may be rolled back
        stop after round K, or when a round gains too little
        attempt          the student answers every prompt of cache
        discriminate     how far is it behind on each? hard or easy
        generate         new prompts in the recipe's ways: half like the hard ones, half like the easy ones, say;
                         near-copies refused (ways that need a topic tree have it grown in the first round)
        train = new (replaced); cache += new (appended)

A stage (`akd_code/stages`) says what is done and this file in which order; `StepRunner` does nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from akd_code.curriculum.hardening import CONTROLS, EXPLOITABLE, OWN, exam_groups, training_groups
from akd_code.curriculum.seeds import load_seeds
from akd_code.curriculum.topics import leaves_of
from akd_code.evaluate import run_settings
from akd_code.recipe import Recipe
from akd_code.records import Label, Leaf, PairMargin, Prompt
from akd_code.report import RoundFigures, write_summary
from akd_code.stages import (
    Attempt,
    Discriminate,
    Estimate,
    Examine,
    ExamineBefore,
    Generate,
    GrowTopics,
    Harden,
    Imitate,
    LabelPrompts,
    Outlook,
    Practise,
    Prefer,
    StepRunner,
    Stress,
    StressLabels,
    StudentAt,
    Workbench,
    without_right_answer,
)
from akd_code.stages.discriminate import hard_share
from akd_code.stages.estimate import CHARS_A_TOKEN, Pace, assumed_pace
from akd_code.stages.ladder import Ladder

ROUND = (
    LabelPrompts, Imitate, Practise, Prefer, ExamineBefore, Stress, StressLabels, Harden, Examine, Attempt,
    Discriminate, GrowTopics, Generate,
)  # fmt: skip
"""The stages of a round in their order; each knows that it is left out of the last one."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Lion's pools: `train` is replaced each round, `cache` appended to."""

    train: tuple[Prompt, ...]
    cache: tuple[Label, ...] = ()

    def answered(self, labels: Sequence[Label]) -> Pools:
        """Return the pools with the labels of the train pool in the cache pool; a known prompt keeps its label."""
        known = {label.prompt.id for label in self.cache}
        return replace(self, cache=(*self.cache, *(label for label in labels if label.prompt.id not in known)))


def distil(bench: Workbench) -> list[RoundFigures]:
    """Do every round that is not done yet; return the figures of all of them, the base student's (round 0) first.

    Raises what its stages raise; what was finished until then is stored, and found by the next call.
    """
    recipe, steps, guard = bench.recipe, StepRunner(bench), bench.guard
    pools = Pools(train=guard.prompts(load_seeds(recipe)))
    labelled, gap = "", None  # the key of the last labels, the share of hard prompts
    leaves: tuple[Leaf, ...] = ()
    ladder = Ladder(recipe.keep, examined(steps, bench, 0, StudentAt()), StudentAt())
    rounds = [steps.round_figures(0, len(pools.train), len(pools.train))]
    write_summary(bench.run, rounds)
    for number in range(1, recipe.rounds + 1):
        train, earlier = pools.train, pools.cache
        labels, labelled = steps.do(LabelPrompts(bench, number, train, before=labelled))
        clean = guard.labels(number, labels.items)
        pools = pools.answered(clean)
        student, margins = taught(steps, bench, number, clean, ladder.student, earlier, gap)
        ladder = ladder.after(student, examined(steps, bench, number, student))
        if said := ladder.said:
            bench.watcher.note(said)
        last = number == recipe.rounds or ladder.ended
        if not last:
            prompts = [label.prompt for label in pools.cache]
            answers, _ = steps.do(Attempt(bench, number, prompts, ladder.student))
            gaps, _ = steps.do(Discriminate(bench, number, pools.cache, answers.items))
            if number == 1 and GrowTopics.wanted(recipe):
                leaves = leaves_of(steps.do(GrowTopics(bench, number))[0].items)
            new, _ = steps.do(Generate(bench, number, prompts, gaps.items, margins, leaves))
            pools, gap = replace(pools, train=new.items), hard_share(gaps.items)
        rounds.append(steps.round_figures(number, len(train), len(pools.cache)))
        write_summary(bench.run, rounds)
        if last:
            break
    return rounds


def taught(
    steps: StepRunner,
    bench: Workbench,
    number: int,
    labels: Sequence[Label],
    student: StudentAt,
    earlier: Sequence[Label],
    gap: float | None,
) -> tuple[StudentAt, Sequence[PairMargin]]:
    """Return the student after a round's imitation, and after practice and hardening where the recipe has any.

    And the margins of the practice's pairs.
    """
    _, key = steps.do(Imitate(bench, number, labels, student, earlier, gap))
    student = StudentAt(key, bench.imitated(number), number)
    margins: Sequence[PairMargin] = ()
    if bench.recipe.prefer.method != "none":
        practices, _ = steps.do(Practise(bench, number, labels, student))
        preferred, key = steps.do(Prefer(bench, number, labels, practices.items, student))
        student, margins = StudentAt(key, bench.preferred(number), number), preferred.items
    if bench.recipe.harden.prompts:
        student = hardened(steps, bench, number, labels, student)
    return student, margins


def hardened(
    steps: StepRunner, bench: Workbench, number: int, labels: Sequence[Label], student: StudentAt
) -> StudentAt:
    """Return the student after it was trained on its own exploitable answers; it is measured before and after."""
    settings, seed = bench.recipe.harden, bench.recipe.seed
    held_out, groups = exam_groups(settings, seed), training_groups(settings, labels, seed, number)
    clean = {name: bench.guard.further(number, f"{name} prompts", groups[name]) for name in (EXPLOITABLE, CONTROLS)}
    groups = {**groups, **clean}  # the round's own come from labels that have been looked at
    for suite in bench.suites:
        steps.do(ExamineBefore(bench, number, suite, student))
    steps.do(Stress(bench, number, "before", held_out, student))
    answers, _ = steps.do(Stress(bench, number, "answers", groups, student, settings.samples, settings.temperature))
    known = [label for label in labels if label.prompt in groups[OWN]]
    if settings.ask:
        prompts = without_right_answer(groups, answers.items, known)
        answered = steps.do(StressLabels(bench, number, prompts))[0].items
        known += bench.guard.further(number, "stress labels", answered)
    _, key = steps.do(Harden(bench, number, groups, answers.items, known, student))
    student = StudentAt(key, bench.adapter(number), number)
    steps.do(Stress(bench, number, "after", held_out, student))
    return student


def examined(steps: StepRunner, bench: Workbench, number: int, student: StudentAt) -> dict[str, float]:
    """Return a student's pass@1 by suite, as the recipe names it."""
    named = zip(dict.fromkeys(bench.recipe.eval.suites), bench.suites, strict=True)
    return {name: steps.do(Examine(bench, number, suite, student))[0].facts.pass_at_1 for name, suite in named}


def forecast(recipe: Recipe, pace: Pace | None = None) -> Estimate:
    """Return what a run of the recipe will ask for at most: the sum over rounds of what its stages estimate.

    Reads the seeds and the suites, and opens no model: without a measured `pace` the student's is assumed by its size.
    Raises RecipeError, EvalError.
    """
    seeds = load_seeds(recipe)
    prompt_tokens = sum(len(seed.text) for seed in seeds) / len(seeds) / CHARS_A_TOKEN
    tasks = {suite.name: len(suite.tasks) for suite in run_settings(recipe).open_suites()}
    untested = sum(seed.tests is None and seed.entry_point is not None for seed in seeds)
    first = Outlook(
        number=1,
        last=recipe.rounds == 1,
        train=len(seeds),
        untested=untested,
        cache=len(seeds),
        judged=sum(seed.tests is None for seed in seeds),
        prompt_tokens=prompt_tokens,
        exam_tasks=tasks,
        pace=pace or assumed_pace(recipe, prompt_tokens),
    )
    total = Examine.estimate(recipe, replace(first, number=0))
    new = recipe.generator.prompts
    written = 0 if recipe.generator.model == "none" else new
    for number in range(1, recipe.rounds + 1):
        later = replace(first, number=number, last=number == recipe.rounds)
        if number > 1:
            grown = written * (number - 1)  # their tests are the teacher's, and may all turn out to be worthless
            later = replace(later, train=new, untested=written, cache=first.cache + grown, judged=first.judged + grown)
        for stage in ROUND:
            total += stage.estimate(recipe, later)
    return total

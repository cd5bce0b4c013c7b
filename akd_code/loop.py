"""The loop: Lion's rounds (arXiv 2305.12870) with a referee that tests before it judges.

    train = cache = seeds
    repeat for round 1..K:
        label            the teacher answers every prompt of train; tests say which answers are right
                         (and rows that share a task with a benchmark are left out, as seeds that do are)
        imitate          the student is fine-tuned on them, going on from where it is
        examine          pass@1 on held-out tasks
        stop after round K
        attempt          the student answers every prompt of cache
        discriminate     how far is it behind on each? hard or easy
        generate         half like the hard ones, half like the easy ones; near-copies refused
        train = new (replaced); cache += new (appended)

A stage (`akd_code/stages`) says what is done and this file in which order; `StepRunner` does nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from akd_code.curriculum.seeds import load_seeds
from akd_code.evaluate import run_settings
from akd_code.recipe import Recipe
from akd_code.records import Label, Prompt
from akd_code.report import RoundFigures, write_summary
from akd_code.stages import (
    Attempt,
    Discriminate,
    Estimate,
    Examine,
    Generate,
    Imitate,
    LabelPrompts,
    Outlook,
    StepRunner,
    Workbench,
)
from akd_code.stages.estimate import CHARS_A_TOKEN

ROUND = (LabelPrompts, Imitate, Examine, Attempt, Discriminate, Generate)
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
    labelled = student = ""  # keys of the steps that the next round's go on from
    for suite in bench.suites:
        steps.do(Examine(bench, 0, suite, student))
    rounds = [steps.round_figures(0, len(pools.train), len(pools.train))]
    write_summary(bench.run, rounds)
    for number in range(1, recipe.rounds + 1):
        train = pools.train
        labels, labelled = steps.do(LabelPrompts(bench, number, train, before=labelled))
        clean = guard.labels(number, labels.items)
        pools = pools.answered(clean)
        _, student = steps.do(Imitate(bench, number, clean, student))
        for suite in bench.suites:
            steps.do(Examine(bench, number, suite, student))
        if number < recipe.rounds:
            prompts = [label.prompt for label in pools.cache]
            answers, _ = steps.do(Attempt(bench, number, prompts, student))
            gaps, _ = steps.do(Discriminate(bench, number, pools.cache, answers.items))
            new, _ = steps.do(Generate(bench, number, prompts, gaps.items))
            pools = replace(pools, train=new.items)
        rounds.append(steps.round_figures(number, len(train), len(pools.cache)))
        write_summary(bench.run, rounds)
    return rounds


def forecast(recipe: Recipe) -> Estimate:
    """Return what a run of the recipe will ask for at most: the sum over rounds of what its stages estimate.

    Reads the seeds and the suites, and opens no model. Raises RecipeError, EvalError.
    """
    seeds = load_seeds(recipe)
    tasks = {suite.name: len(suite.tasks) for suite in run_settings(recipe).open_suites()}
    untested = sum(seed.tests is None and seed.entry_point is not None for seed in seeds)
    first = Outlook(
        number=1,
        last=recipe.rounds == 1,
        train=len(seeds),
        untested=untested,
        cache=len(seeds),
        judged=sum(seed.tests is None for seed in seeds),
        prompt_tokens=sum(len(seed.text) for seed in seeds) / len(seeds) / CHARS_A_TOKEN,
        exam_tasks=tasks,
    )
    total = Examine.estimate(recipe, first)
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

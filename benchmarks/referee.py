"""Does the referee find the prompts that are truly hard? Tests against a judge that is right four times in five.

In the lab the right program of every task is known, so it is known which answers of a student are wrong: a prompt is
truly hard where the student's answer fails hidden cases and the teacher's passes them. The referee does not see those.
It has the tests that the teacher writes (some of them wrong), validated, or the judge alone. `tests` takes any test
that only the student fails for hard (referee.gap 0.01); a gap of a half, the default, lets answers pass that are wrong
in a corner. Printed with Wilson intervals: recall (of the truly hard prompts, those found) and precision (of those
found, the truly hard). A closed world: these are not benchmark figures.

    python benchmarks/referee.py --tasks 600
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stand_ins import LabModel

from akd_code.lab import grammar
from akd_code.models import Sampling
from akd_code.reading import answer_from
from akd_code.recipe import LabSection, RefereeSection
from akd_code.records import Answer, Candidate, Gap, Label, LabelOutcome, Prompt, PromptTests, content_id
from akd_code.referee import Referee, judge_figures, judge_lines, run_tests, validate_written
from akd_evals.stats import wilson_interval
from akd_prompts import PromptParseError, SolveInputs, WriteTestsInputs, parse_tests, render
from akd_sandbox import Limits, Sandbox, Verdict

LIMITS = Limits(test_s=2.0)
WRONG = 0.4  # share of the student's answers that are


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt: the teacher's label, the student's answer, and whether it is truly hard."""

    label: Label
    student: Answer
    hard: bool


def main() -> int:
    """Print the table, a line of JSON last; return 1 if the referee with tests misses 95 % in either figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--judge-noise", type=float, default=0.2)
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args()
    began = time.monotonic()
    model = LabModel(LabSection(judge_noise=options.judge_noise, test_error=0.05), options.seed)
    with Sandbox(options.backend) as box:
        cases = asyncio.run(all_cases(options.tasks, options.seed, model, box))
        found = {name: asyncio.run(gaps(cases, model, box, how)) for name, how in WAYS.items()}
    print(f"{len(cases)} prompts, {sum(case.hard for case in cases)} of them truly hard")
    figures: dict[str, Any] = {"prompts": len(cases), "hard": sum(case.hard for case in cases)}
    for name, said in found.items():
        figures[name] = row(name, cases, said)
    judge = judge_figures(found["tests, and the judge always"])
    for line in judge_lines(judge):
        print(line)
    figures |= {"judge": judge, "wall_s": round(time.monotonic() - began)}
    print(json.dumps(figures))
    return 0 if all(figures["tests"][name]["share"] >= 0.95 for name in ("recall", "precision")) else 1


WAYS = {
    "tests": RefereeSection(judge="needed", gap=0.01),
    "tests, gap of a half": RefereeSection(judge="needed"),
    "judge alone": RefereeSection(hardness="judge"),
    "tests, and the judge always": RefereeSection(judge="always"),
}


async def all_cases(count: int, seed: int, model: LabModel, box: Sandbox) -> list[Case]:
    """Return the prompts with both answers."""
    rng = random.Random(f"referee {seed}")
    tasks = grammar.seed_tasks(count, seed=seed)
    made = []
    for number, task in enumerate(tasks, 1):
        made.append(await one_case(task, rng, model, box))
        if number % 100 == 0:
            print(f"{number} of {count} prompts", file=sys.stderr)
    return made


async def one_case(task: grammar.LabTask, rng: random.Random, model: LabModel, box: Sandbox) -> Case:
    """Return a prompt with the teacher's answer, its validated tests, and a student's answer that may be wrong."""
    prompt = Prompt(content_id(task.instruction), task.instruction, task.entry_point)
    sampling = Sampling(temperature=0.7, seed=0)
    said = await model.complete(render(SolveInputs(prompt.text)).messages, sampling)
    teacher = answer_from(prompt, said.text, said.finish_reason)
    code = grammar.wrong_solution(task, rng) if rng.random() < WRONG else task.solution
    student = answer_from(prompt, f"```python\n{code}\n```", "stop")
    tests = await written(prompt, model, sampling)
    report = None
    if tests is not None:
        report = validate_written(tests, task.entry_point, [teacher.code or ""], box, limits=LIMITS)
    rate = None
    if report is not None and report.tests is not None:
        prompt = Prompt(prompt.id, prompt.text, prompt.entry_point, tests=report.tests)
        rate = run_tests(report.tests, task.entry_point, teacher.code, box, LIMITS).pass_rate
    hidden = hidden_tests(task)
    passes = [
        run_tests(hidden, task.entry_point, one.code, box, LIMITS).verdict is Verdict.PASS for one in (teacher, student)
    ]
    label = Label(prompt, (Candidate(teacher, "direct"),), 0, LabelOutcome.UNVERIFIED, rate, 1, 1)
    return Case(label, student, passes[0] and not passes[1])


def hidden_tests(task: grammar.LabTask) -> PromptTests:
    """Return tests that nobody but this benchmark sees; they are right."""
    lines = grammar.assert_lines(task, 40, random.Random(f"hidden {task.instruction}"))
    return PromptTests(tuple(lines), "given")


async def written(prompt: Prompt, model: LabModel, sampling: Sampling) -> PromptTests | None:
    """Return the tests that the teacher writes, of which some are wrong; None if they cannot be read."""
    entry = prompt.entry_point or ""
    said = await model.complete(render(WriteTestsInputs(prompt.text, entry, 12)).messages, sampling)
    try:
        return PromptTests(parse_tests(said.text, entry).asserts, "teacher")
    except PromptParseError:
        return None


async def gaps(cases: Sequence[Case], model: LabModel, box: Sandbox, how: RefereeSection) -> list[Gap]:
    """Return what a referee says of every prompt."""
    referee = Referee(model, Sampling(temperature=0.2, seed=0), box, LIMITS, how)
    return [(await referee.decide(case.label, [case.student])).gap for case in cases]


def row(name: str, cases: Sequence[Case], found: Sequence[Gap]) -> dict[str, Any]:
    """Print how well the truly hard prompts were found, and return it."""
    hits = sum(case.hard and gap.hard is True for case, gap in zip(cases, found, strict=True))
    figures = {
        "recall": interval(hits, sum(case.hard for case in cases)),
        "precision": interval(hits, sum(gap.hard is True for gap in found)),
        "undecided": sum(gap.hard is None for gap in found),
    }
    shown = "   ".join(
        f"{what} {one['share']:.1%} [{one['ci95'][0]:.1%}, {one['ci95'][1]:.1%}]"
        for what, one in figures.items()
        if isinstance(one, dict)
    )
    print(f"{name:28} {shown}   {figures['undecided']} undecided")
    return figures


def interval(part: int, whole: int) -> dict[str, Any]:
    """Return a share with its Wilson interval."""
    return {"share": part / max(1, whole), "ci95": wilson_interval(part, whole) if whole else (0.0, 1.0)}


if __name__ == "__main__":
    raise SystemExit(main())

"""The lab's teacher under AMR-Evol's prompts: stubs, modular answers, repairs, tests of modules, at stated rates."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from akd_code.decompose import outline, parse_stubs
from akd_code.lab import modular
from akd_code.lab.grammar import LabTask, cases, sample_task
from akd_code.lab.teacher import reply
from akd_code.recipe import LabSection
from akd_evals.extract import extract_code
from akd_prompts import (
    CotInputs,
    DecomposeInputs,
    EvolveInputs,
    Inputs,
    RepairInputs,
    TestModuleInputs,
    parse_tests,
    render,
)
from akd_sandbox import Case, FunctionTests, Job, Limits, Sandbox, Verdict
from akd_sandbox import tests_from_asserts as as_tests

NEVER = LabSection(error_base=0.0, error_per_depth=0.0, test_error=0.0, garbled=0.0)


def tasks(count: int, *depths: int) -> list[LabTask]:
    rng = random.Random(11)
    return [sample_task(rng, depth, split="train") for depth in depths or (1, 2, 3, 4) for _ in range(count)]


def ask(inputs: Inputs, settings: LabSection = NEVER) -> str:
    return reply(settings, render(inputs).messages).text


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=Limits(test_s=4.0)) as sandbox:
        yield sandbox


def passes(box: Sandbox, task: LabTask, code: str) -> bool:
    drawn = cases(task, 8, random.Random(5))
    tests = FunctionTests(tuple(Case(args=args, expected=expected) for args, expected in drawn))
    return box.run(Job(code, task.entry_point, tests)).verdict is Verdict.PASS


def test_a_decomposition_holds_one_typed_and_documented_stub_a_step() -> None:
    for task in tasks(5):
        stubs = parse_stubs(parse_answer(ask(DecomposeInputs(task.instruction, "", ""))), task.entry_point)
        assert [stub.name for stub in stubs.stubs] == [step.name for step in task.steps]
        assert all("->" in stub.signature for stub in stubs.stubs)
        assert stubs.bodies == 0


def program(text: str) -> str:
    return extract_code(text).code or ""


def parse_answer(text: str) -> str:
    return text.removeprefix("```python\n").removesuffix("```")


def test_a_modular_answer_has_a_function_a_step_and_is_right(box: Sandbox) -> None:
    for task in tasks(3):
        code = program(ask(EvolveInputs(task.instruction, "", "")))
        names = [module.name for module in outline(code).modules if module.name]
        assert names in ([*(step.name for step in task.steps), task.entry_point], [task.entry_point])
        assert passes(box, task, code)


def test_a_wrong_modular_answer_parses_and_fails(box: Sandbox) -> None:
    for number, task in enumerate(tasks(4)):
        code = modular.wrong_program(task, random.Random(number))
        ast.parse(code)
        drawn = cases(task, 6, random.Random(0))
        tests = FunctionTests(tuple(Case(args=args, expected=expected) for args, expected in drawn))
        assert box.run(Job(code, task.entry_point, tests)).verdict is not Verdict.PASS


def test_the_tests_of_a_module_hold_for_the_module(box: Sandbox) -> None:
    for task in tasks(3):
        for step in task.steps:
            written = parse_tests(ask(TestModuleInputs("", task.instruction, step.name, 5)), step.name)
            assert 1 <= len(written.asserts) <= 5
            job = Job(step.module, step.name, as_tests(written.asserts, step.name, ""))
            assert box.run(job).verdict is Verdict.PASS


def test_a_module_that_is_no_step_of_the_task_is_not_known() -> None:
    (task,) = tasks(1, 2)
    assert "only help" in ask(TestModuleInputs("", task.instruction, "make_coffee", 5))


def test_thinking_aloud_names_the_steps_before_the_program() -> None:
    (task,) = tasks(1, 3)
    text = ask(CotInputs(task.instruction))
    assert text.startswith(f"1. {task.steps[0].description}\n2. ")
    assert program(text).strip() == task.solution.strip()


def wrong_share(settings: LabSection, inputs: dict[str, Inputs]) -> float:
    wrong = 0
    for solution, one in inputs.items():
        wrong += program(ask(one, settings)).strip() != solution.strip()
    return wrong / len(inputs)


def test_what_is_shown_lowers_the_rate_of_wrong_modular_answers_by_the_stated_factors() -> None:
    settings = LabSection(error_base=0.6, stub_error=0.5, module_error=0.1, garbled=0.0, stubborn=0.0)
    drawn = tasks(250, 2)
    rates = []
    for kind in ("nothing", "stubs", "modules"):
        wrong = 0
        for task in drawn:
            stubs = modular.stubs(task) if kind != "nothing" else ""
            modules = "\n".join(step.module for step in task.steps) if kind == "modules" else ""
            code = program(ask(EvolveInputs(task.instruction, stubs, modules), settings))
            wrong += code.strip() != modular.program(task).strip()
        rates.append(wrong / len(drawn))
    # 0.64 = 0.6 + one further step at 0.04; the standard error of 250 draws is at most 0.03
    assert rates == [pytest.approx(rate, abs=0.1) for rate in (0.64, 0.32, 0.064)]


def test_a_stubborn_teacher_errs_on_the_same_tasks_however_it_is_asked() -> None:
    settings = LabSection(error_base=0.5, cot_error=1.0, garbled=0.0, stubborn=1.0)
    for task in tasks(40, 1):
        first = program(ask(CotInputs(task.instruction), settings)).strip() == task.solution.strip()
        code = program(ask(EvolveInputs(task.instruction, "", ""), settings))
        assert (code.strip() == modular.program(task).strip()) == first


def test_a_repair_stays_wrong_or_is_misled_at_the_stated_rates() -> None:
    settings = LabSection(repair_error=0.25, misled=0.75, garbled=0.0)
    drawn = {task.solution: task for task in tasks(200, 1, 2)}
    right = {one: RepairInputs(task.instruction, one, "assert f(1) == 2") for one, task in drawn.items()}
    wrong = {one: RepairInputs(task.instruction, "def f(): pass", "assert f(1) == 2") for one, task in drawn.items()}
    assert wrong_share(settings, dict(right)) == pytest.approx(0.75, abs=0.1)
    assert wrong_share(settings, dict(wrong)) == pytest.approx(0.25, abs=0.1)


def test_an_answer_out_of_form_speaks_of_what_it_was_shown() -> None:
    (task,) = tasks(1, 2)
    settings = LabSection(garbled=1.0)
    assert ask(EvolveInputs(task.instruction, "", ""), settings).startswith("Following the provided plan:")
    assert "```" not in ask(DecomposeInputs(task.instruction, "", ""), settings)


@pytest.mark.parametrize("name", ["stub_error", "module_error", "cot_error"])
def test_a_factor_may_exceed_one_but_is_never_negative(name: str) -> None:
    LabSection(**{name: 1.6})
    with pytest.raises(ValidationError):
        LabSection(**{name: -0.1})

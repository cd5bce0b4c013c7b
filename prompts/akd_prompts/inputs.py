"""The typed inputs of every prompt: one frozen dataclass per template, whose fields are the template's variables."""

from __future__ import annotations

from dataclasses import dataclass

from akd_prompts.new_tasks import NEW_TASKS, NewTaskInputs, ReferenceInputs


@dataclass(frozen=True, slots=True)
class SolveInputs:
    """Solve a task. The user message is exactly `instruction`: the text the student is trained on."""

    instruction: str


@dataclass(frozen=True, slots=True)
class JudgeInputs:
    """Compare two answers to one task (Lion's referee, arXiv 2305.12870)."""

    instruction: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class GenerateHardInputs:
    """Write a task of the same domain and task type as a seed on which the student still loses (Lion)."""

    seed: str


@dataclass(frozen=True, slots=True)
class GenerateEasyInputs:
    """Write a longer-tailed task of the same domain as a seed that the student already masters (Lion)."""

    seed: str


@dataclass(frozen=True, slots=True)
class WriteTestsInputs:
    """Write `count` asserts over `entry_point` from the task's text alone."""

    instruction: str
    entry_point: str
    count: int


@dataclass(frozen=True, slots=True)
class DecomposeInputs:
    """Take a task apart into stubs (AMR-Evol, arXiv 2410.00558). `steps`: what the decomposer found in the answer."""

    instruction: str
    answer: str
    steps: str


@dataclass(frozen=True, slots=True)
class EvolveInputs:
    """Answer a task with stubs and verified modules at hand, as if they had never been seen (AMR-Evol)."""

    instruction: str
    stubs: str
    modules: str


@dataclass(frozen=True, slots=True)
class CotInputs:
    """Solve a task after thinking it through, with one example (AMR-Evol's CoT baseline)."""

    instruction: str


@dataclass(frozen=True, slots=True)
class RepairInputs:
    """Correct a program that failed tests (AMR-Evol's AnsRepair baseline). `failures`: the asserts, a line each."""

    instruction: str
    program: str
    failures: str


@dataclass(frozen=True, slots=True)
class TestModuleInputs:
    """Write `count` asserts over one helper function, from its stub."""

    __test__ = False  # not a pytest class

    stub: str
    instruction: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class ShownSolutionInputs:
    """A task as the teaching student sees it: with a program for it (SDFT, arXiv 2601.19897). Only the user's turn."""

    instruction: str
    solution: str


@dataclass(frozen=True, slots=True)
class ShownFailureInputs:
    """A task as the teaching student sees it: with a program that failed and the tests (SDPO, arXiv 2601.20802)."""

    instruction: str
    program: str
    failures: str


@dataclass(frozen=True, slots=True)
class RewordInputs(ReferenceInputs):
    """Say the same task in other words: nothing more is asked for, and nothing less."""

    entry_point: str


TaskInputs = (
    SolveInputs
    | JudgeInputs
    | GenerateHardInputs
    | GenerateEasyInputs
    | WriteTestsInputs
    | DecomposeInputs
    | EvolveInputs
    | CotInputs
    | RepairInputs
    | TestModuleInputs
    | ShownSolutionInputs
    | ShownFailureInputs
)
"""What holds a task: to be solved, tested, judged, or imitated."""
Inputs = TaskInputs | NewTaskInputs

TEMPLATES: dict[str, type[Inputs]] = {
    "solve": SolveInputs,
    "judge": JudgeInputs,
    "generate_hard": GenerateHardInputs,
    "generate_easy": GenerateEasyInputs,
    "write_tests": WriteTestsInputs,
    "decompose": DecomposeInputs,
    "evolve": EvolveInputs,
    "cot": CotInputs,
    "repair": RepairInputs,
    "test_module": TestModuleInputs,
    "shown_solution": ShownSolutionInputs,
    "shown_failure": ShownFailureInputs,
    "reword": RewordInputs,
    **NEW_TASKS,
}
"""Template name -> the inputs it takes."""

"""Rendering prompts and recognising them again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_prompts import (
    NEW_TASKS,
    TEMPLATES,
    CotInputs,
    DecomposeInputs,
    EvolveInputs,
    FromCodeInputs,
    GenerateEasyInputs,
    GenerateHardInputs,
    Inputs,
    JudgeInputs,
    Message,
    MixTopicsInputs,
    PromptError,
    ReferenceInputs,
    RepairInputs,
    RewordInputs,
    SelfInstructInputs,
    ShownFailureInputs,
    ShownSolutionInputs,
    SolveInputs,
    SubtopicsInputs,
    TestModuleInputs,
    TopicCompletionInputs,
    TopicProblemInputs,
    WriteTestsInputs,
    fence_for,
    fenced_blocks,
    recognise,
    render,
    version,
)

GOLDEN = Path(__file__).parent / "golden"

EXAMPLES: dict[str, Inputs] = {
    "solve": SolveInputs("Write a function `double(x)` that returns twice x."),
    "judge": JudgeInputs(
        instruction="Write a function `double(x)` that returns twice x.",
        first="```python\ndef double(x):\n    return 2 * x\n```",
        second="I cannot.",
    ),
    "generate_hard": GenerateHardInputs("Write a function `double(x)` that returns twice x."),
    "generate_easy": GenerateEasyInputs("Write a function `double(x)` that returns twice x."),
    "write_tests": WriteTestsInputs("Write a function `double(x)` that returns twice x.", "double", 8),
    "decompose": DecomposeInputs(
        instruction="Write a function `double(x)` that returns twice x.",
        answer="```python\ndef double(x):\n    return 2 * x\n```",
        steps="- function def double(x)",
    ),
    "evolve": EvolveInputs(
        instruction="Write a function `double(x)` that returns twice x.",
        stubs='def add(x: int, y: int) -> int:\n    """Add two numbers."""\n',
        modules="",
    ),
    "cot": CotInputs("Write a function `double(x)` that returns twice x."),
    "repair": RepairInputs(
        instruction="Write a function `double(x)` that returns twice x.",
        program="def double(x):\n    return x",
        failures="assert double(2) == 4",
    ),
    "test_module": TestModuleInputs(
        stub='def add(x: int, y: int) -> int:\n    """Add two numbers."""\n',
        instruction="Write a function `double(x)` that returns twice x.",
        name="add",
        count=5,
    ),
    "shown_solution": ShownSolutionInputs(
        instruction="Write a function `double(x)` that returns twice x.", solution="def double(x):\n    return 2 * x"
    ),
    "shown_failure": ShownFailureInputs(
        instruction="Write a function `double(x)` that returns twice x.",
        program="def double(x):\n    return x",
        failures="assert double(2) == 4",
    ),
    "reword": RewordInputs("Write a function `double(x)` that returns twice x.", "double"),
    "subtopics": SubtopicsInputs("Sorting", 10),
    "topic_completion": TopicCompletionInputs("Sorting", "stable sorting by several keys", "librarian"),
    "topic_problem": TopicProblemInputs("Sorting", "stable sorting by several keys", "librarian"),
    "mix_topics": MixTopicsInputs(
        "Sorting", "stable sorting by several keys", "Dates and times", "counting working days", "librarian"
    ),
    "from_code": FromCodeInputs("def double(x):\n    return 2 * x"),
    "self_instruct": SelfInstructInputs.showing(
        ["Write a function `double(x)` that returns twice x.", "Write a function `half(x)` that returns half of x."]
    ),
    **{
        name: kind("Write a function `double(x)` that returns twice x.")
        for name, kind in NEW_TASKS.items()
        if issubclass(kind, ReferenceInputs)
    },
}

# Words of the templates' own text beside free text, so that inputs look like parts of the prompt around them.
texts = st.lists(
    st.sampled_from(
        ["```", "````", "\n", " ", "\n````\n", "Answer of assistant 2:", "\n\n", "{{ seed }}", "{% raw %}", "é", "\r\n"]
    )
    | st.text(max_size=20),
    max_size=12,
).map("".join)


def test_every_template_has_a_golden_file() -> None:
    assert set(EXAMPLES) == set(TEMPLATES) == {path.stem for path in GOLDEN.glob("*.txt")}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_prompt_renders_to_its_golden_file(name: str) -> None:
    rendered = render(EXAMPLES[name])
    text = "".join(f"=== {role}\n{content}\n" for role, content in rendered.messages)
    assert f"=== version {rendered.version}\n{text}" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_the_user_message_of_solve_is_the_instruction_alone() -> None:
    assert render(SolveInputs("  Sort it.\n")).messages[-1] == Message("user", "  Sort it.\n")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_rendered_prompt_is_recognised_with_its_inputs(name: str) -> None:
    found = recognise(render(EXAMPLES[name]).messages)
    assert found is not None
    assert (found.name, found.inputs) == (name, EXAMPLES[name])


@given(texts, texts, texts)
def test_any_quoted_text_comes_back_from_a_judge_prompt(instruction: str, first: str, second: str) -> None:
    inputs = JudgeInputs(instruction, first, second)
    found = recognise(render(inputs).messages)
    assert found is not None
    assert found.inputs == inputs


@given(texts, st.sampled_from([SolveInputs, GenerateHardInputs, GenerateEasyInputs]))
def test_any_text_comes_back_from_a_prompt_with_one_input(
    text: str, kind: type[SolveInputs | GenerateHardInputs | GenerateEasyInputs]
) -> None:
    inputs = kind(text)
    found = recognise(render(inputs).messages)
    assert found is not None
    assert found.inputs == inputs


@given(texts, texts, texts)
def test_any_quoted_text_comes_back_from_an_evolve_prompt(instruction: str, stubs: str, modules: str) -> None:
    inputs = EvolveInputs(instruction, stubs, modules)
    found = recognise(render(inputs).messages)
    assert found is not None
    assert found.inputs == inputs


@given(texts)
def test_no_quoted_text_can_leave_its_fences(text: str) -> None:
    user = render(GenerateHardInputs(text)).messages[1].content
    blocks = fenced_blocks(user)
    assert [block.body for block in blocks] == [text.replace("\r\n", "\n")]


@given(texts, st.sampled_from([kind for kind in NEW_TASKS.values() if issubclass(kind, ReferenceInputs)]))
def test_any_task_comes_back_from_a_prompt_that_mutates_it(text: str, kind: type[ReferenceInputs]) -> None:
    found = recognise(render(kind(text)).messages)
    assert found is not None
    assert found.inputs == kind(text)


def test_tasks_that_are_shown_together_are_numbered_and_come_back_apart() -> None:
    inputs = SelfInstructInputs.showing(["Sort it.\n\nTwice.", " Add them.\n"])
    assert inputs.examples == "Task 1:\nSort it.\n\nTwice.\n\nTask 2:\nAdd them."
    assert inputs.tasks == ["Sort it.\n\nTwice.", "Add them."]


@given(texts)
def test_no_code_and_no_subtopic_can_leave_its_fences(text: str) -> None:
    written = text.replace("\r\n", "\n")
    for inputs, count in ((FromCodeInputs(text), 1), (TopicProblemInputs(text, text, text), 3)):
        blocks = fenced_blocks(render(inputs).messages[1].content)
        assert [block.body for block in blocks] == [written] * count


@given(st.lists(texts))
def test_a_fence_occurs_in_none_of_the_texts_it_surrounds(quoted: list[str]) -> None:
    fence = fence_for(quoted)
    assert len(fence) >= 4
    assert not any(fence in text for text in quoted)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [("user", "Write a function.")],
        [("system", "You are a pirate."), ("user", "Write a function.")],
        [*render(SolveInputs("Write a function.")).messages, ("assistant", "Yes.")],
        [("system", render(EXAMPLES["judge"]).messages[0].content), ("user", "Compare them.")],
    ],
)
def test_messages_that_no_template_makes_are_not_recognised(messages: list[tuple[str, str]]) -> None:
    assert recognise(messages) is None


def test_an_edited_prompt_is_not_recognised() -> None:
    system, user = render(EXAMPLES["write_tests"]).messages
    assert recognise([system, ("user", user.content.replace("double(<", "triple(<"))]) is None


def test_what_only_resembles_a_prompt_is_not_recognised() -> None:
    system, user = render(EXAMPLES["write_tests"]).messages
    assert recognise([system, ("user", user.content.replace("Write 8 unit", "Write 08 unit"))]) is None
    assert recognise([system, ("user", user.content.replace("````", "``````"))]) is None


def test_the_version_of_an_unknown_prompt_is_an_error() -> None:
    with pytest.raises(PromptError, match="no prompt 'sing'; the prompts are solve, judge"):
        version("sing")

"""Answers that must not be trained on: refused, cut by length, nothing but reasoning; and what a row leaves out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted import RIGHT, WRONG, ScriptedTeacher, fenced, labelled, opened, prompt, script

from akd_code.models import REASONING_ONLY, Completion, Message, PromptRefusedError, RequestRefusedError, Sampling
from akd_code.reading import trained_text
from akd_code.records import Label, LabelOutcome
from akd_prompts import recognise
from akd_sandbox import Sandbox

CUT = "length"
THOUGHT = "<think>\nA draft:\n```python\ndef f(xs):\n    return None\n```\n</think>\n\n"


class RefusingTeacher(ScriptedTeacher):
    """Refuses the kinds of prompts named; of the others it says what the script says."""

    def __init__(self, refused: Callable[[str, int], Exception | None], **says: Any) -> None:
        super().__init__(**script(**says).says)
        self.refused = refused

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        found = recognise(messages)
        assert found is not None
        if (error := self.refused(found.name, sample)) is not None:
            raise error
        return await super().complete(messages, sampling, sample=sample)


def refusing(*kinds: str, samples: Sequence[int] | None = None) -> Callable[[str, int], Exception | None]:
    def refused(kind: str, sample: int) -> Exception | None:
        wanted = kind in kinds and (samples is None or sample in samples)
        return PromptRefusedError("content filter") if wanted else None

    return refused


def made(method: str, teacher: ScriptedTeacher, box: Sandbox, folder: Path, **more: Any) -> Label:
    (label,) = labelled(opened(method, teacher, box, folder, **more), prompt(given=True))
    return label


@pytest.mark.parametrize("method", ["direct", "best-of-n", "amr", "amr-no-md", "amr-no-are", "ansrepair"])
def test_a_prompt_that_is_refused_is_a_label_without_an_answer(method: str, box: Sandbox, tmp_path: Path) -> None:
    labeller = opened(method, RefusingTeacher(refusing("solve")), box, tmp_path)
    (label,) = labelled(labeller, prompt(given=True))
    assert (label.outcome, label.trained, label.pass_rate) == (LabelOutcome.REFUSED, False, None)
    assert (label.answer.text, label.answer.code, label.answer.finish_reason) == ("", None, "refused")
    assert "refused: solve" in label.events
    assert labeller.refusals == ["content filter"]


def test_what_concerns_every_prompt_still_stops(box: Sandbox, tmp_path: Path) -> None:
    teacher = RefusingTeacher(lambda kind, sample: RequestRefusedError("wrong key"))
    with pytest.raises(RequestRefusedError, match="wrong key"):
        made("direct", teacher, box, tmp_path)


def test_tests_that_are_refused_leave_the_answer_unverified(box: Sandbox, tmp_path: Path) -> None:
    teacher = RefusingTeacher(refusing("write_tests"), solve=fenced(RIGHT))
    (label,) = labelled(opened("direct", teacher, box, tmp_path), prompt())
    assert (label.outcome, label.events) == (LabelOutcome.UNVERIFIED, ("refused: write_tests",))
    assert label.calls == 2


@pytest.mark.parametrize("kind", ["decompose", "evolve", "test_module"])
def test_a_step_on_the_way_that_is_refused_leaves_the_direct_answer(kind: str, box: Sandbox, tmp_path: Path) -> None:
    label = made("amr", RefusingTeacher(refusing(kind), solve=fenced(RIGHT)), box, tmp_path)
    assert label.outcome is LabelOutcome.VERIFIED
    assert f"refused: {kind}" in label.events


def test_a_repair_that_is_refused_leaves_the_direct_answer(box: Sandbox, tmp_path: Path) -> None:
    label = made("ansrepair", RefusingTeacher(refusing("repair")), box, tmp_path)
    assert [one.way for one in label.candidates] == ["direct"]


def test_asking_again_ends_where_it_is_refused(box: Sandbox, tmp_path: Path) -> None:
    teacher = RefusingTeacher(refusing("solve", samples=[1]), solve=[fenced(WRONG), "", fenced(RIGHT)])
    label = made("direct", teacher, box, tmp_path, label={"attempts": 3})
    assert (label.outcome, len(label.candidates)) == (LabelOutcome.FAILED, 1)


def test_a_sample_that_is_refused_leaves_the_others(box: Sandbox, tmp_path: Path) -> None:
    teacher = RefusingTeacher(refusing("solve", samples=[0, 2]), solve=["", fenced(WRONG), "", fenced(RIGHT)])
    label = made("best-of-n", teacher, box, tmp_path)
    assert (label.outcome, len(label.candidates)) == (LabelOutcome.VERIFIED, 2)


def test_an_answer_that_was_cut_is_never_verified_whatever_it_passes(box: Sandbox, tmp_path: Path) -> None:
    label = made("direct", script(solve=(fenced(RIGHT), CUT)), box, tmp_path)
    assert label.candidates[0].verdict == "PASS"
    assert (label.outcome, label.trained) == (LabelOutcome.TRUNCATED, False)


def test_after_an_answer_that_was_cut_the_teacher_is_asked_again(box: Sandbox, tmp_path: Path) -> None:
    class Cutting(ScriptedTeacher):
        async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
            reason = CUT if sample == 0 else "stop"
            return Completion(fenced(RIGHT), reason, 1, 1, "cutting")

    label = made("direct", Cutting(), box, tmp_path, label={"attempts": 2})
    assert (label.outcome, label.chosen) == (LabelOutcome.VERIFIED, 1)


def test_of_two_that_pass_the_one_that_was_cut_is_not_taken(box: Sandbox, tmp_path: Path) -> None:
    class LastCut(ScriptedTeacher):
        async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
            return Completion(fenced(RIGHT), CUT if sample else "stop", 1, 1, "cutting")

    label = made("best-of-n", LastCut(), box, tmp_path, label={"samples": 2})
    assert (label.outcome, label.chosen) == (LabelOutcome.VERIFIED, 0)


def test_without_verification_what_was_cut_is_not_trained_on_either(box: Sandbox, tmp_path: Path) -> None:
    label = made("direct", script(solve=(fenced(RIGHT), CUT)), box, tmp_path, label={"verify": False})
    assert label.outcome is LabelOutcome.TRUNCATED


def test_an_answer_of_nothing_but_reasoning_is_counted_and_never_trained_on(box: Sandbox, tmp_path: Path) -> None:
    for said in (("", REASONING_ONLY), ("<think>def f(xs): return xs", "stop")):
        label = made("direct", script(solve=said), box, tmp_path)
        assert (label.outcome, label.events) == (LabelOutcome.NO_CODE, ("answer: reasoning only",))


def test_reasoning_before_an_answer_is_judged_by_what_follows_it_and_left_out_of_the_row(
    box: Sandbox, tmp_path: Path
) -> None:
    label = made("direct", script(solve=THOUGHT + fenced(RIGHT) + "<|im_end|>"), box, tmp_path)
    assert (label.outcome, label.answer.code, label.events) == (LabelOutcome.VERIFIED, RIGHT, ())
    row = label.row(trained_text(label.answer.text, False))
    assert row.messages[1] == ("assistant", fenced(RIGHT))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>hm</think>\n\nx", "x"),
        ("hm\n</think>\n\nx", "x"),
        ("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>x", "x"),
        ("<reasoning>hm</reasoning>x<|eot_id|>", "x"),
        ("x", "x"),
        ("<think>hm", ""),
    ],
)
def test_a_row_holds_what_follows_the_reasoning_unless_it_is_to_be_kept(text: str, left: str) -> None:
    assert trained_text(text, False).strip() == left
    assert trained_text(text, True) == text


def test_all_of_a_pool_is_labelled_though_one_is_refused(box: Sandbox, tmp_path: Path) -> None:
    from akd_code.labelling import label_all

    class Picky(ScriptedTeacher):
        async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
            if "odd" in messages[-1].content:
                raise PromptRefusedError("content filter")
            return Completion(fenced(RIGHT), "stop", 1, 1, "picky")

    labeller = opened("direct", Picky(), box, tmp_path, label={"tests": 0})
    prompts = [prompt(f"Write f, number {i}{' odd one' if i == 2 else ''}.") for i in range(5)]
    labels = asyncio.run(label_all(labeller, prompts))
    assert [label.outcome.value for label in labels] == ["unverified"] * 2 + ["refused"] + ["unverified"] * 2

"""The key of a step: equal for what gives the same, different for what does not, and blind to what is new."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_code.recipe import LabelSection, Recipe, SandboxSection, SftSection, TeacherSection, differences
from akd_code.recipe.setting import Section, setting
from akd_code.records import Prompt
from akd_code.run import digest_of, step_key


def key(section: Section, *inputs: object, version: int = 1) -> str:
    return step_key("labels", version, 1, 0, [section], inputs)


def test_settings_that_do_not_matter_are_in_no_key() -> None:
    assert key(TeacherSection(concurrency=3, timeout_s=9)) == key(TeacherSection())
    assert key(TeacherSection(temperature=0.1)) != key(TeacherSection())


def test_settings_that_decide_a_verdict_are_in_the_key() -> None:
    assert key(SandboxSection(test_s=0.5)) != key(SandboxSection())
    assert key(SandboxSection(memory_mb=256)) != key(SandboxSection())
    assert key(SandboxSection(workers=1)) == key(SandboxSection())


def test_a_default_that_only_rounds_otherwise_leaves_the_keys_of_finished_runs_as_they_are() -> None:
    # Both digests are what the release printed in which micro_tokens was 8192 and checkpointing false by default.
    def imitation(**given: object) -> str:
        return step_key("imitation", 1, 1, 0, [SftSection.model_validate(given)], [])

    old = "2d2452243b69e3794002e2619c35c3a2f7897f0f40f0428baf0807a38e6cba4a"
    assert imitation() == imitation(micro_tokens=8192, gradient_checkpointing=False) == old
    changed = "0830237c05a267528bb8d67b5e9f7bdc569137d47bdecd7ddfcee4cc394e549c"
    assert imitation(micro_tokens=16384, gradient_checkpointing=True) == changed


def test_a_run_under_the_older_default_may_be_continued_under_the_new_one() -> None:
    older = Recipe.model_validate({"sft": {"micro_tokens": 8192, "gradient_checkpointing": False}})
    assert differences(older, Recipe()) == []
    other = Recipe.model_validate({"sft": {"micro_tokens": 16384}})
    assert differences(other, Recipe()) == ["sft.micro_tokens: 16384 -> auto"]


def test_a_setting_that_a_later_release_adds_leaves_old_keys_as_they_are() -> None:
    class Later(LabelSection):
        fresh: int = setting(7)

    Later.__name__ = "LabelSection"
    assert key(Later(attempts=2)) == key(LabelSection(attempts=2))
    assert key(Later(attempts=2, fresh=8)) != key(LabelSection(attempts=2))


def test_a_field_that_a_later_release_adds_to_a_record_leaves_old_digests_as_they_are() -> None:
    @dataclass(frozen=True)
    class Now:
        text: str
        tests: tuple[str, ...] = ()

    later = make_dataclass("Later", [("text", str), ("tests", tuple, ()), ("fresh", int, 0)], frozen=True)
    assert digest_of(Now("a", ("b",))) == digest_of(later("a", ("b",)))
    assert digest_of(Now("a", ("b",))) != digest_of(later("a", ("b",), 1))


def test_version_inputs_and_round_are_in_the_key() -> None:
    prompt = Prompt("1", "a task")
    section = LabelSection()
    keys = {
        key(section, prompt),
        key(section, prompt, version=2),
        key(section, Prompt("1", "another")),
        step_key("labels", 1, 2, 0, [section], [prompt]),
        step_key("labels", 1, 1, 1, [section], [prompt]),
        step_key("imitation", 1, 1, 0, [section], [prompt]),
    }
    assert len(keys) == 6


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_a_digest_depends_on_the_value_alone(value: object) -> None:
    assert digest_of(value) == digest_of(value)
    assert digest_of([value]) != digest_of([value, value])


def test_what_is_no_plain_data_has_no_digest() -> None:
    with pytest.raises(TypeError, match="a set has no digest"):
        digest_of({1})

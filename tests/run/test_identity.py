"""The key of a step: equal for what gives the same, different for what does not, and blind to what is new."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akd_code.recipe import LabelSection, SandboxSection, TeacherSection
from akd_code.recipe.sections import Section, setting
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

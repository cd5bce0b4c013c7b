"""What is expected where nobody vouches for any program: what most of them say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from akd_code.records import PromptTests
from akd_code.referee import Effort, Programs, Strengthened, run_tests, strengthened
from akd_code.referee.differential import voices_of
from akd_sandbox import Limits, Sandbox, Verdict

RIGHT = "def count(xs, low):\n    return sum(x >= low for x in xs)\n"
SAME_AGAIN = "def count(xs, low):\n    # counts\n    return sum(x >= low for x in xs)\n"
OTHER_WAY = """
def count(xs, low):
    total = 0
    for x in xs:
        if x >= low:
            total += 1
    return total
"""
STRICT = "def count(xs, low):\n    return sum(x > low for x in xs)\n"  # wrong where an item is `low` itself
LEFT_OUT = "def count(xs, low):\n    return sum(x >= low for x in xs[1:]) + (xs[0] >= low)\n"  # raises for []
WEAK = PromptTests(("assert count([1, 5, 9], 4) == 2", "assert count([7, 8], 3) == 2"), "given")
UNSURE = PromptTests(
    (
        "assert count([1, 5, 9], 4) == 2",
        "assert count([7, 8], 3) == 2",
        "assert count([3, 4], 4) == 1",
        "assert count([], 4) == 1",
        "assert count([1, 2], 1) == 1",
    ),
    "teacher",
)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=Limits(test_s=2.0)) as sandbox:
        yield sandbox


def passes(tests: PromptTests, code: str, box: Sandbox) -> bool:
    return run_tests(tests, "count", code, box).verdict is Verdict.PASS


def by_votes(tests: PromptTests, samples: tuple[str, ...], box: Sandbox, majority: float = 0.6) -> Strengthened:
    programs = Programs(samples=samples)
    return strengthened(
        tests, "count", programs, box, sources=("differential",), effort=Effort(inputs=40, majority=majority)
    )


def test_what_three_of_four_samples_say_is_expected_and_catches_the_fourth(box: Sandbox) -> None:
    done = by_votes(WEAK, (RIGHT, STRICT, OTHER_WAY, SAME_AGAIN), box)
    assert done.voices == 4
    assert done.added
    assert passes(done.tests, RIGHT, box)
    assert passes(WEAK, STRICT, box)
    assert not passes(done.tests, STRICT, box)
    assert done.tests.score is not None
    assert done.tests.score.after > done.tests.score.before


def test_it_is_stored_who_said_what_where_samples_differ(box: Sandbox) -> None:
    done = by_votes(WEAK, (RIGHT, STRICT, OTHER_WAY, SAME_AGAIN), box)
    most, other = done.divided[0].votes
    assert (most.samples, other.samples) == ((0, 2, 3), (1,))
    assert int(most.said) > int(other.said)
    assert done.divided[0].call.startswith("count([")


def test_where_no_clear_majority_agrees_there_is_no_test(box: Sandbox) -> None:
    done = by_votes(WEAK, (RIGHT, STRICT, OTHER_WAY, STRICT), box)
    assert done.split > 0
    assert passes(done.tests, RIGHT, box)
    assert passes(done.tests, STRICT, box)


def test_the_majority_may_be_asked_to_be_larger(box: Sandbox) -> None:
    four_of_five = (RIGHT, RIGHT, RIGHT, RIGHT, STRICT)
    assert not passes(by_votes(WEAK, four_of_five, box, majority=0.8).tests, STRICT, box)
    assert passes(by_votes(WEAK, four_of_five, box, majority=0.9).tests, STRICT, box)


def test_a_sample_that_fails_the_prompts_own_tests_is_not_heard(box: Sandbox) -> None:
    none = "def count(xs, low):\n    return 0\n"
    done = by_votes(WEAK, (RIGHT, RIGHT, RIGHT, none, none, none, none), box)
    assert done.voices == 3
    assert passes(done.tests, RIGHT, box)


def test_inputs_on_which_most_raise_become_no_test(box: Sandbox) -> None:
    done = by_votes(WEAK, (LEFT_OUT, LEFT_OUT, LEFT_OUT, RIGHT), box)
    assert not any("count([]," in line for line in done.added)


def test_tests_that_a_model_wrote_are_held_to_the_samples_before_any_are_added(box: Sandbox) -> None:
    done = by_votes(UNSURE, (RIGHT, OTHER_WAY, SAME_AGAIN, STRICT), box)
    assert not {"assert count([], 4) == 1", "assert count([1, 2], 1) == 1"} & set(done.tests.asserts)
    assert len(done.tests.asserts) >= 5
    assert passes(done.tests, RIGHT, box)


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ((RIGHT, OTHER_WAY), "there is no trusted program, and fewer than 3 of 2 others can be heard"),
        (("def count(", "x = ", "def count(xs, low): return 0"), "fewer than 3 of 3 others can be heard"),
    ],
)
def test_too_few_samples_leave_a_suite_as_it_is(box: Sandbox, samples: tuple[str, ...], reason: str) -> None:
    done = by_votes(WEAK, samples, box)
    assert (done.tests, done.added) == (WEAK, ())
    assert reason in done.reason


def test_a_trusted_program_has_the_last_word(box: Sandbox) -> None:
    done = strengthened(
        WEAK, "count", Programs(RIGHT, samples=(STRICT, STRICT, STRICT)), box, sources=("differential",)
    )
    assert passes(done.tests, RIGHT, box)


def test_answers_of_more_digits_than_python_writes_are_compared_too(box: Sandbox) -> None:
    power = "def power(x):\n    return 10 ** x\n"
    near = "def power(x):\n    return 10 ** x + (x > 5000)\n"
    weak = PromptTests(("assert power(3) == 1000", "assert power(6000) != 3", "assert power(9000) != 3"), "given")
    programs = Programs(samples=(power, power, power, near))
    huge = PromptTests((*weak.asserts, "assert power(0) == 1"), "given")
    done = strengthened(huge, "power", programs, box, sources=("differential",), effort=Effort(seed=1, inputs=60))
    assert done.voices == 4
    assert run_tests(done.tests, "power", power, box).verdict is Verdict.PASS


def test_programs_that_differ_in_comments_alone_are_one_voice_with_two_samples() -> None:
    heard = {"def f():\n    return 1", "def f():\n    return 2"}
    one, two = voices_of(["def f(): return 2", "def f():\n    return 1  # one", "def f(): return 1", "def ("], heard)
    assert (one.samples, two.samples) == ((1, 2), (0,))

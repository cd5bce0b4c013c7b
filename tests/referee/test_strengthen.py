"""Suites made stronger, in a real sandbox."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from akd_code.records import MutationScore, PromptTests
from akd_code.referee import Effort, Programs, run_tests, strengthened
from akd_code.referee.inputs import CallInput
from akd_code.referee.literal_call import literal_call
from akd_code.referee.mutation_score import subsuming
from akd_sandbox import Limits, Sandbox, Verdict

COUNT = """
def count(xs, low):
    total = 0
    for x in xs:
        if x >= low:
            total += 1
    return total
"""
STRICT = COUNT.replace(">=", ">")  # wrong where an item is `low` itself
WEAK = PromptTests(("assert count([1, 5, 9], 4) == 2", "assert count([7, 8], 3) == 2"), "given")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=Limits(test_s=2.0)) as sandbox:
        yield sandbox


def passes(tests: PromptTests, code: str, box: Sandbox, entry: str = "count") -> bool:
    return run_tests(tests, entry, code, box).verdict is Verdict.PASS


def test_a_wrong_program_that_a_weak_suite_lets_pass_is_caught_by_the_stronger_one(box: Sandbox) -> None:
    assert passes(WEAK, STRICT, box)
    done = strengthened(WEAK, "count", Programs(COUNT), box)
    assert done.tests.asserts[:2] == WEAK.asserts
    assert done.tests.asserts[2:] == done.added
    assert passes(done.tests, COUNT, box)
    assert not passes(done.tests, STRICT, box)
    score = done.tests.score
    assert score is not None
    assert score.before < score.after <= score.apart <= score.mutants
    assert score.subsuming_before < score.subsuming_after


def test_every_new_test_kills_something_and_there_are_few(box: Sandbox) -> None:
    done = strengthened(WEAK, "count", Programs(COUNT), box, effort=Effort(most_tests=1))
    assert len(done.added) == 1
    again = strengthened(done.tests, "count", Programs(COUNT), box)
    assert again.tests.score is not None
    assert done.tests.score is not None
    assert again.tests.score.before == done.tests.score.after


def test_a_suite_that_kills_all_that_can_be_killed_gets_nothing_more(box: Sandbox) -> None:
    done = strengthened(strengthened(WEAK, "count", Programs(COUNT), box).tests, "count", Programs(COUNT), box)
    assert done.added == ()
    assert done.tests.score is not None
    assert done.tests.score.before == done.tests.score.apart


def test_equal_arguments_give_equal_suites(box: Sandbox) -> None:
    assert strengthened(WEAK, "count", Programs(COUNT), box, effort=Effort(seed=3)) == strengthened(
        WEAK, "count", Programs(COUNT), box, effort=Effort(seed=3)
    )


def test_inputs_that_the_reference_refuses_become_no_tests(box: Sandbox) -> None:
    least = (
        "def least(xs):\n    best = xs[0]\n    for x in xs:\n        best = x if x < best else best\n    return best\n"
    )
    done = strengthened(PromptTests(("assert least([4]) == 4",), "given"), "least", Programs(least), box)
    assert done.refused > 0
    assert not any("least([])" in line for line in done.added)
    assert passes(done.tests, "def least(xs):\n    return min(xs)\n", box, "least")


def test_where_two_references_differ_there_is_no_test_and_the_input_is_listed(box: Sandbox) -> None:
    done = strengthened(WEAK, "count", Programs(COUNT, STRICT), box)
    assert done.differ > 0
    shown = done.disagreements[0]
    assert shown.call.startswith("count([")
    assert int(shown.first) > int(shown.second)  # the strict one misses items that are `low` itself
    assert passes(done.tests, STRICT, box)


@pytest.mark.parametrize(
    ("tests", "code", "second", "reason"),
    [
        (("assert count([1], 4) == 1",), COUNT, None, "the reference does not pass the suite (WRONG"),
        (WEAK.asserts, COUNT, "def count(xs, low): return 0", "the second reference does not pass the suite (WRONG"),
        (("assert count(range(3), 1) == 2",), COUNT, None, "no assert calls count with literals"),
    ],
)
def test_a_suite_that_cannot_be_strengthened_stays_as_it_is_with_the_reason(
    box: Sandbox, tests: tuple[str, ...], code: str, second: str | None, reason: str
) -> None:
    suite = PromptTests(tests, "given")
    done = strengthened(suite, "count", Programs(code, second), box)
    assert (done.tests, done.added) == (suite, ())
    assert done.reason.startswith(reason)


def test_a_method_with_named_arguments_is_called_as_its_tests_call_it(box: Sandbox) -> None:
    code = "class Solution:\n    def count(self, xs, low):\n        return sum(x >= low for x in xs)\n"
    weak = PromptTests(("assert Solution().count(xs=[1, 5], low=4) == 1",), "given")
    done = strengthened(weak, "Solution().count", Programs(code), box)
    assert done.added
    assert all(line.startswith("assert Solution().count(xs=[") and ", low=" in line for line in done.added)


def test_the_mutants_that_matter_are_those_that_no_other_implies() -> None:
    # 1 is killed by a; whatever kills 1 kills 2; 3 is killed by b or c; 4 is another 3; 5 by all.
    killed_by = {1: {"a"}, 2: {"a", "b"}, 3: {"b", "c"}, 4: {"b", "c"}, 5: {"a", "b", "c"}}
    places = {name: place for place, name in enumerate("abc")}
    assert subsuming({one: frozenset(places[name] for name in names) for one, names in killed_by.items()}) == {1, 3}


class TestLiteralCalls:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("assert f(1, k='a') == [2]", "assert f(5, k='b') == [7]"),
            ("assert [2] == f(1, k='a')", "assert [7] == f(5, k='b')"),
            ("assert m.isclose(f(1, k='a'), 2.5, rel_tol=1e-06)", "assert m.isclose(f(5, k='b'), [7], rel_tol=1e-06)"),
            ("assert abs(f(1, k='a') - 2.5) < 1e-06", "assert abs(f(5, k='b') - [7]) < 1e-06"),
            ("assert f(1, k='a') is True", "assert f(5, k='b') == [7]"),
        ],
    )  # fmt: skip
    def test_the_same_check_is_made_on_other_arguments(self, line: str, expected: str) -> None:
        call = literal_call(line, "f")
        assert call is not None
        assert call.on(CallInput((5,), (("k", "b"),)), [7]) == expected
        assert call.line == line

    @pytest.mark.parametrize(
        "line",
        ["assert f(x) == 1", "assert f(1)", "assert f(1) == g(2)", "assert f(*[1]) == 1", "assert f(**{'a': 1}) == 1",
         "assert g(1) == 1", "f(1)", "assert f(1) > 2", "assert ("],
    )  # fmt: skip
    def test_other_forms_are_left_alone(self, line: str) -> None:
        assert literal_call(line, "f") is None

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), 1 / 3, [0.1 + 0.2], object(), "x" * 3000])
    def test_an_expectation_that_cannot_be_written_or_relied_on_makes_no_test(self, value: object) -> None:
        call = literal_call("assert f(1) == 2.5", "f")
        assert call is not None
        assert call.on(CallInput((1,)), value) is None
        assert call.on(CallInput((1,)), 0.25) == "assert f(1) == 0.25"

    def test_a_check_with_room_for_rounding_takes_long_floats(self) -> None:
        call = literal_call("assert isclose(f(1), 2.5)", "f")
        assert call is not None
        assert call.on(CallInput((1,)), 0.125e-9) == "assert isclose(f(1), 1.25e-10)"


def test_a_score_is_no_part_of_what_a_suite_is() -> None:
    from akd_code.run import digest_of

    plain = PromptTests(("assert f(1) == 1",), "given")
    assert digest_of(plain) == digest_of({"asserts": ["assert f(1) == 1"], "origin": "given"})
    scored = PromptTests(("assert f(1) == 1",), "given", score=MutationScore(3, 1, 2, 2))
    assert digest_of(scored) == digest_of(plain)


WITH_CHANCE = {
    "a coin that is tossed": (
        "import random\n\ndef most(n):\n    if n > 5:\n        return random.randrange(2)\n    return n\n",
        ("assert most(1) == 1", "assert most(3) == 3"),
    ),
    "a tie that is broken by the order of a set": (
        "def most(words):\n    best = ''\n    for word in set(words):\n"
        "        if words.count(word) > words.count(best):\n            best = word\n    return best\n",
        ("assert most(['ab', 'ab', 'c', 'd']) == 'ab'", "assert most(['x']) == 'x'"),
    ),
    "the address of an object": (
        "def most(n):\n    if n > 5:\n        return hash(object()) % 2\n    return n\n",
        ("assert most(1) == 1", "assert most(3) == 3"),
    ),
    "what it was asked before": (
        "def most(n, seen=[]):\n    seen.append(n)\n    return n + (len(seen) > 20)\n",
        ("assert most(1) == 1", "assert most(2) == 2"),
    ),
    "all that it was asked before": (
        "def most(n, kept=[]):\n    kept.append(n)\n    return sum(kept) if n > 3 else n\n",
        ("assert most(1) == 1", "assert most(2) == 2"),
    ),
}


@pytest.mark.parametrize("name", WITH_CHANCE)
def test_an_answer_that_changes_when_it_is_asked_for_again_becomes_no_test(name: str, box: Sandbox) -> None:
    code, lines = WITH_CHANCE[name]
    done = strengthened(PromptTests(lines, "given"), "most", Programs(code), box, effort=Effort(inputs=60))
    for hashes in range(1, 9):
        for line in done.added:
            found = subprocess.run(
                [sys.executable, "-c", f"{code}\n{line}"], env={"PYTHONHASHSEED": str(hashes)}, stderr=-1, text=True
            )
            assert found.returncode == 0, (line, found.stderr)

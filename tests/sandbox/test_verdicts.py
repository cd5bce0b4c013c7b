"""Every way a sample can end has its verdict, from evidence that the program does not choose."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from akd_sandbox import (
    Case,
    EncodedValue,
    FunctionTests,
    Job,
    Limits,
    ProgramTests,
    SampleResult,
    Sandbox,
    StdinCase,
    Verdict,
)
from akd_sandbox.equality import equal

BACKENDS = ("namespace", "process")
LIMITS = Limits(test_s=1.0, sample_s=5.0, import_s=5.0, memory_bytes=256 << 20)


@pytest.fixture(scope="module", params=BACKENDS)
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(request.param, workers=1, limits=LIMITS) as sandbox:
        yield sandbox


def doubles(*numbers: int) -> FunctionTests:
    return FunctionTests(tuple(Case(args=(n,), expected=2 * n) for n in numbers or (2, 3)))


def run(box: Sandbox, code: str, tests: FunctionTests | None = None, **options: Any) -> SampleResult:
    return box.run(Job(code=code, entry="f", tests=tests or doubles(), **options))


def test_a_right_program_passes_every_test(box: Sandbox) -> None:
    result = run(box, "def f(n):\n    return n * 2\n")
    assert result.verdict is Verdict.PASS
    assert [test.verdict for test in result.tests] == [Verdict.PASS, Verdict.PASS]
    assert result.failed == ()
    assert result.peak_memory_bytes > 1 << 20


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("4", Verdict.PASS), ("4.0", Verdict.PASS), ("5", Verdict.WRONG), ("[4]", Verdict.WRONG), ("'4'", Verdict.WRONG)],
)
def test_an_encoded_expected_value_is_judged_as_what_it_encodes(box: Sandbox, answer: str, verdict: Verdict) -> None:
    four = EncodedValue(b"i" + bytes([4, 0, 0, 0, 0, 0, 0, 0]))
    result = run(box, f"def f(n): return {answer}", FunctionTests((Case(args=(2,), expected=four),)))
    assert result.verdict is verdict
    if verdict is Verdict.WRONG:
        assert result.detail == f"got {answer}, expected 4"


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("def f(n): return n", Verdict.WRONG),
        ("def f(n): return 1 / 0", Verdict.RAISED),
        ("def f(n): raise SystemExit(0)", Verdict.RAISED),
        ("def f(n): raise KeyboardInterrupt", Verdict.RAISED),
        ("raise ValueError('at import')", Verdict.RAISED),
        ("import sys\nsys.exit(0)", Verdict.EXITED),
        ("import os\nos._exit(0)", Verdict.EXITED),
        ("import os\ndef f(n): os._exit(0)", Verdict.EXITED),
        ("import os\ndef f(n): os.kill(os.getpid(), 9)", Verdict.CRASHED),
        ("import os\ndef f(n): os.abort()", Verdict.CRASHED),
        ("import ctypes\ndef f(n): ctypes.string_at(0)", Verdict.CRASHED),
        ("def f(n)\n    return n", Verdict.SYNTAX),
        ("x = '\0'", Verdict.SYNTAX),
        ("def g(n): return n", Verdict.NOENTRY),
        ("f = 3", Verdict.NOENTRY),
        ("def f(n): return range(n)", Verdict.BADVALUE),
        ("def f(n):\n    while True: pass", Verdict.TIMEOUT),
        ("import time\ndef f(n): time.sleep(100)", Verdict.TIMEOUT),
        ("def f(n): print('x' * 8_000_000)", Verdict.OUTPUT),
        ("def f(n): return bytearray(50 << 30)", Verdict.MEMORY),
    ],
)
def test_the_ways_to_fail(box: Sandbox, code: str, verdict: Verdict) -> None:
    limits = Limits(test_s=1.0, import_s=5.0, memory_bytes=512 << 20)
    assert run(box, code, limits=limits).verdict is verdict


def test_an_endless_import_is_a_timeout_of_the_import(box: Sandbox) -> None:
    result = run(box, "while True: pass", limits=Limits(import_s=1.0))
    assert result.verdict is Verdict.TIMEOUT
    assert "importing" in result.detail
    assert result.tests == ()


def test_many_slow_tests_meet_the_cap_of_the_sample(box: Sandbox) -> None:
    code = "import time\ndef f(n):\n    time.sleep(0.4)\n    return 2 * n\n"
    result = run(box, code, doubles(*range(20)), limits=Limits(test_s=1.0, sample_s=1.5))
    assert result.verdict is Verdict.TIMEOUT
    assert "all tests together" in result.detail


def test_a_task_without_tests_is_our_fault_not_a_pass(box: Sandbox) -> None:
    assert box.run(Job("def f(n): return n", "f", FunctionTests(()))).verdict is Verdict.INFRA


def test_the_first_failure_ends_the_sample_unless_all_are_asked_for(box: Sandbox) -> None:
    code = "def f(n): return 0 if n % 2 else 2 * n"
    first = run(box, code, doubles(0, 1, 2, 3))
    every = run(box, code, doubles(0, 1, 2, 3), stop_at_first_failure=False)
    assert (len(first.tests), first.failed) == (2, (1,))
    assert (len(every.tests), every.failed) == (4, (1, 3))


def test_the_detail_names_the_exception_and_the_programs_own_line(box: Sandbox) -> None:
    result = run(box, "def g(n):\n    return [][n]\n\ndef f(n):\n    return g(n)\n")
    assert result.verdict is Verdict.RAISED
    assert "IndexError" in result.detail
    assert "line 2 in g" in result.detail


def test_output_keeps_head_and_tail(box: Sandbox) -> None:
    code = """
import sys
def f(n):
    print('BEGIN' + 'x' * 100_000 + 'END')
    print('err', file=sys.stderr)
    return 2 * n
"""
    result = run(box, code, doubles(1))
    assert result.verdict is Verdict.PASS
    assert result.stdout.startswith("BEGIN")
    assert result.stdout.endswith("END\n")
    assert len(result.stdout) < 10_000
    assert result.stderr == "err\n"


def test_the_judge_compares_with_its_own_copy_of_the_arguments(box: Sandbox) -> None:
    def sums_to(expected: int, got: int, args: tuple[Any, ...]) -> bool:
        return bool(sum(args[0]) == got)

    tests = FunctionTests((Case(args=([1, 2, 3],), expected=6, compare=sums_to),))
    assert run(box, "def f(numbers):\n    numbers.clear()\n    return 0", tests).verdict is Verdict.WRONG
    assert (
        run(box, "def f(numbers):\n    n = sum(numbers)\n    numbers.clear()\n    return n", tests).verdict
        is Verdict.PASS
    )


@pytest.mark.parametrize(
    ("expected", "returned", "verdict"),
    [
        ("1", "True", Verdict.PASS),
        ("1", "1.0", Verdict.PASS),
        ("(1, 2)", "[1, 2]", Verdict.WRONG),
        ("float('nan')", "float('nan')", Verdict.PASS),
        ("[float('nan')]", "[float('nan')]", Verdict.PASS),
        ("0.0", "float('nan')", Verdict.WRONG),
        ("{1, 2}", "{2, 1}", Verdict.PASS),
        ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}", Verdict.PASS),
        ("10 ** 5000", "10 ** 5000", Verdict.PASS),
        ("'\\ud800'", "'\\ud800'", Verdict.PASS),
        ("None", "None", Verdict.PASS),
        ("0", "None", Verdict.WRONG),
        ("list(range(500_000))", "list(range(500_000))", Verdict.PASS),
        ("['ab'] * 500_000", "['ab'] * 500_000", Verdict.PASS),
        ("['ab'] * 500_000", "['ab'] * 499_999 + ['ac']", Verdict.WRONG),
        ("[(1, True)] * 300_000", "[(1.0, 1)] * 300_000", Verdict.PASS),
    ],
)
def test_equality_is_pythons_for_exact_types(box: Sandbox, expected: str, returned: str, verdict: Verdict) -> None:
    tests = FunctionTests((Case(args=(), expected=eval(expected)),))  # noqa: S307 - the literals above
    assert run(box, f"def f():\n    return {returned}", tests).verdict is verdict


def test_a_value_too_large_to_travel_is_an_output_overrun_where_only_the_value_itself_can_be_judged(
    box: Sandbox,
) -> None:
    tests = FunctionTests((Case(args=(), expected=b"", compare=lambda expected, got, args: True),))
    assert run(box, "def f(): return bytes(50_000_000)", tests).verdict is Verdict.OUTPUT


def test_keyword_arguments_and_every_argument_type_arrive(box: Sandbox) -> None:
    args = (1, 2.5, "s", b"b", None, [1], (2,), {3}, {"k": {4: 5}})
    tests = FunctionTests((Case(args=args, kwargs={"last": 6}, expected=[*args, 6]),))
    assert run(box, "def f(*args, last): return [*args, last]", tests).verdict is Verdict.PASS


def test_one_program_cannot_change_the_next(box: Sandbox) -> None:
    vandal = """
import builtins, os, random, sys, tempfile, json
builtins.len = lambda x: 42
json.dumps = lambda x: 'broken'
random.seed(1)
os.umask(0)
open(os.path.join(os.getcwd(), 'left.txt'), 'w').write('here')
def f(n): return 2 * n
"""
    innocent = """
import json, os
def f(n):
    assert len([1]) == 1 and json.dumps([1]) == '[1]' and not os.path.exists('left.txt'), os.listdir('.')
    return 2 * n
"""
    assert run(box, vandal).verdict is Verdict.PASS
    assert run(box, innocent).verdict is Verdict.PASS


def test_a_reference_program_is_called_for_its_values(box: Sandbox) -> None:
    outcomes = box.call("def f(n):\n    return [n] * n if n >= 0 else 1 / 0", "f", [(2,), (-1,), (1_000_000,)])
    assert outcomes[0].value == [2, 2]
    assert outcomes[1].verdict is Verdict.RAISED
    tests = FunctionTests((Case(args=(1_000_000,), expected=outcomes[2].value),))
    assert run(box, "def f(n): return [n] * n", tests).verdict is Verdict.PASS
    assert run(box, "def f(n): return [n] * (n - 1)", tests).verdict is Verdict.WRONG


def test_nan_equals_nan_only_where_one_is_expected() -> None:
    nan = float("nan")
    assert equal([1, (nan, {"a": nan})], [1, (nan, {"a": nan})], ())
    assert not equal([1, nan], [1, 2.0], ())
    assert not equal([1, 2.0], [1, nan], ())
    assert not equal([nan], [nan, nan], ())


def test_a_string_of_a_gigabyte_is_too_much_memory_or_too_much_output(box: Sandbox) -> None:
    patient = replace(LIMITS, test_s=20.0, sample_s=40.0)  # on a busy machine a gigabyte takes longer than a second
    result = run(box, "def f(n): return 'x' * (1 << 30)", limits=patient)
    assert result.verdict in (Verdict.MEMORY, Verdict.OUTPUT), result.detail


def test_keys_of_one_hash_are_a_value_that_is_not_compared_and_cost_the_judge_nothing(box: Sandbox) -> None:
    result = run(box, "def f(n): return {n * (2**61 - 1): n for n in range(3000)}")
    assert result.verdict is Verdict.BADVALUE, result.detail


def test_source_with_a_byte_order_mark_runs(box: Sandbox) -> None:
    assert run(box, "\ufeffdef f(n): return 2 * n").verdict is Verdict.PASS


@pytest.mark.parametrize(("code", "ends_well"), [("sys.exit(False)", True), ("sys.exit(True)", False)])
def test_exit_with_a_truth_value_ends_as_the_interpreter_does(box: Sandbox, code: str, ends_well: bool) -> None:
    job = Job(f"import sys\nprint(7)\n{code}", "", ProgramTests((StdinCase("", "7"),)))
    assert (box.run(job).verdict is Verdict.PASS) is ends_well


def test_runs_under_another_hash_seed_get_a_new_one_when_they_are_asked_to(box: Sandbox) -> None:
    hashes = "def f(n):\n    return str(hash('sheep'))\n"
    never = FunctionTests((Case(args=(1,), expected=""),))
    first, again = (run(box, hashes, never, reseeded=True).detail for _ in range(2))
    box.reseed()
    assert first == again != run(box, hashes, never, reseeded=True).detail

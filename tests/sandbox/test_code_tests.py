"""Test code runs beside the program, as CPython runs it; what it forges is found by expectations made false."""

import sys
from collections.abc import Iterator

import pytest

from akd_sandbox import CodeTests, FunctionTests, Job, Limits, SampleResult, Sandbox, Verdict
from akd_sandbox import tests_from_asserts as lift


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("namespace", workers=1, limits=Limits(test_s=1.0, import_s=5.0, memory_bytes=256 << 20)) as sandbox:
        yield sandbox


CHECK = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 6\n"


def run(box: Sandbox, code: str, tests: CodeTests | FunctionTests, entry: str = "f") -> SampleResult:
    return box.run(Job(code=code, entry=entry, tests=tests, stop_at_first_failure=False))


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("def f(n): return 2 * n", Verdict.PASS),
        ("def f(n): return n + 2", Verdict.WRONG),
        ("def f(n): return None", Verdict.WRONG),
        ("def f(n): raise OSError('no')", Verdict.RAISED),
        ("def f(n): raise AssertionError", Verdict.RAISED),
        ("import os\ndef f(n): os._exit(0)", Verdict.EXITED),
        ("def f(n):\n    while True: pass", Verdict.TIMEOUT),
        ("def f(n", Verdict.SYNTAX),
        ("def g(n): return 2 * n", Verdict.NOENTRY),
    ],
)
def test_check_functions_judge_the_candidate(box: Sandbox, code: str, verdict: Verdict) -> None:
    assert run(box, code, CodeTests(CHECK, "check")).verdict is verdict


def test_an_object_that_is_equal_to_everything_passes_what_was_made_false(box: Sandbox) -> None:
    liar = (
        "class Yes:\n    def __eq__(self, other): return True\n    def __bool__(self): return True\n"
        "def f(n): return Yes()"
    )
    assert run(box, liar, CodeTests(CHECK, "check")).verdict is Verdict.TAMPER


def test_a_program_that_reads_the_expectation_of_its_test_passes_what_was_made_false(box: Sandbox) -> None:
    spy = """
import sys
def f(n):
    constants = sys._getframe(1).f_code.co_consts
    return constants[-1] if n == 3 else [c for c in constants if isinstance(c, int)][1 if constants[1] == 2 else -2]
"""
    reads = """
import dis, sys
def f(n):
    frame = sys._getframe(1)
    after = [i for i in dis.get_instructions(frame.f_code) if i.offset > frame.f_lasti and i.opname == 'LOAD_CONST']
    return after[0].argval
"""
    assert run(box, spy, CodeTests(CHECK, "check")).verdict is not Verdict.PASS
    assert run(box, reads, CodeTests(CHECK, "check")).verdict is Verdict.TAMPER


def test_test_functions_are_counted_and_named(box: Sandbox) -> None:
    tests = CodeTests("def test_a():\n    assert f(1) == 2\ndef test_b():\n    assert f(1) == 3\n", "functions")
    result = run(box, "def f(n): return 2 * n", tests)
    assert [test.verdict for test in result.tests] == [Verdict.PASS, Verdict.WRONG]
    assert "test_b" in result.detail


def test_test_code_without_a_test_is_a_bad_task(box: Sandbox) -> None:
    for tests in (CodeTests("x = 1", "asserts"), CodeTests("def helper(): pass", "functions")):
        assert run(box, "def f(n): return n", tests).verdict is Verdict.INFRA


def test_broken_or_endless_test_code_is_a_bad_task_not_a_wrong_program(box: Sandbox) -> None:
    for code in ("assert f(1) ==", "while True: pass\nassert f(1) == 1", "1 / 0\nassert f(1) == 1"):
        assert run(box, "def f(n): return n", CodeTests(code, "asserts")).verdict is Verdict.INFRA


def test_a_module_that_only_the_tests_need_and_that_is_not_here_is_named(box: Sandbox) -> None:
    result = run(box, "def f(n): return n", CodeTests("import no_such_module\nassert f(1) == 1", "asserts"))
    assert result.verdict is Verdict.UNSUPPORTED
    assert "no_such_module" in result.detail


def test_test_code_nested_deeper_than_any_parser_goes_is_a_bad_task(box: Sandbox) -> None:
    for depth in (90, 500, 5000):
        deep = "assert f(1) == " + "(" * depth + "1" + ",)" * depth
        assert run(box, "def f(n): return n", CodeTests(deep, "asserts")).verdict in (Verdict.INFRA, Verdict.WRONG)


def test_asserts_may_use_the_candidates_own_classes(box: Sandbox) -> None:
    code = (
        "class Node:\n    def __init__(self, v): self.v, self.left = v, None\n"
        "def f(root): return root.v + (f(root.left) if root.left else 0)\n"
    )
    tests = CodeTests(
        "root = Node(1)\nroot.left = Node(2)\nassert root.left.v == 2\nassert f(root) == 3\nassert f(Node(5)) == 6\n",
        "asserts",
    )
    result = run(box, code, tests)
    assert [test.verdict for test in result.tests] == [Verdict.PASS, Verdict.PASS, Verdict.WRONG]


def test_expected_exceptions_and_generators_can_be_tested(box: Sandbox) -> None:
    tests = CodeTests(
        "def test_raises():\n    try:\n        f(-1)\n    except ValueError:\n        return\n    assert False\n"
        "def test_lazily():\n    assert list(f(3)) == [0, 1, 2]\n",
        "functions",
    )
    code = "def f(n):\n    if n < 0: raise ValueError(n)\n    return (i for i in range(n))"
    assert run(box, code, tests).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("line", "lifted"),
    [
        ("assert f(1, [2], x=(3,)) == {'a': 1}", True),
        ("assert f(-1) == -2", True),
        ("assert f(1) is None", True),
        ("assert f(1) is True", True),
        ("assert f(1) == 2, 'message'", True),
        ("assert f(g(1)) == 2", False),
        ("assert set(f(1)) == {1}", False),
        ("assert f(1)", False),
        ("assert f(1) == 2 == 2", False),
        ("assert f(*[1]) == 2", False),
        ("assert g(1) == 2", False),
        ("f(1) == 2", False),
        ("assert f(1) ==", False),
    ],
)
def test_only_asserts_of_literals_become_data(line: str, lifted: bool) -> None:
    assert isinstance(lift([line], "f"), FunctionTests) is lifted


def test_lifted_asserts_hold_the_arguments_and_the_expectation() -> None:
    tests = lift(["assert f(1, [2], x=(3,)) == {'a': {4}}"], "f")
    assert isinstance(tests, FunctionTests)
    (case,) = tests.cases
    assert (case.args, case.kwargs, case.expected) == ((1, [2]), {"x": (3,)}, {"a": {4}})


def test_an_interpreter_without_pytest_is_no_fault_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent but that the tests cannot be run, which is tried beside an empty program then."""
    from akd_sandbox.guest import pytester

    told: list[str] = []
    reporter = type("Reporter", (), {"broken": lambda self, error: told.append(str(error))})()
    monkeypatch.setitem(sys.modules, "pytest", None)
    pytester.run(reporter, ({}, []), None)
    assert told == ["import of pytest halted; None in sys.modules"]

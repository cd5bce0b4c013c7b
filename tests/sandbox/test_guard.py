"""Guarded runs: what they catch, what they let pass, and what they say where they cannot tell."""

import random
from collections.abc import Iterator

import pytest

from akd_sandbox import (
    Case,
    CodeTests,
    FunctionTests,
    Job,
    Limits,
    ProgramTests,
    PytestTests,
    SampleResult,
    Sandbox,
    StdinCase,
    Verdict,
)
from akd_sandbox import tests_from_asserts as lift
from akd_sandbox.checks.plan import Group
from akd_sandbox.guarding import _choices

CHECK = CodeTests("def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 6\n", "check")
YES = "class Yes:\n    def __eq__(self, other): return True\n"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    limits = Limits(test_s=5.0, import_s=10.0, memory_bytes=512 << 20)
    with Sandbox("namespace", workers=1, limits=limits) as sandbox:
        yield sandbox


def run(box: Sandbox, code: str, tests: CodeTests | PytestTests, **options: object) -> SampleResult:
    entry = "" if isinstance(tests, PytestTests) else "f"
    return box.run(Job(code, entry, tests, **options))  # type: ignore[arg-type]


def entries(*texts: str, setup: str = "") -> CodeTests:
    return CodeTests(setup, "asserts", texts)


def test_the_result_says_how_it_was_judged(box: Sandbox) -> None:
    together = run(box, "def f(n): return 2 * n", CHECK)
    assert (together.verdict, together.judging, together.unguarded) == (Verdict.PASS, "together", False)
    by_value = box.run(Job("def f(n): return 2 * n", "f", lift(["assert f(1) == 2"], "f")))
    assert (by_value.verdict, by_value.judging) == (Verdict.PASS, "values")


def test_nothing_but_values_is_judged_where_that_is_asked_for(box: Sandbox) -> None:
    result = run(box, "def f(n): return 2 * n", CHECK, judging="values")
    assert result.verdict is Verdict.UNSUPPORTED
    assert "--judging values" in result.detail
    kept = box.run(Job(f"{YES}def f(n): return Yes()", "f", lift(["assert f(1) == 2"], "f"), judging="values"))
    assert kept.verdict is Verdict.BADVALUE


@pytest.mark.parametrize(
    "check",
    [
        "assert f(2) == 4",
        "assert 4 == f(2)",
        "x = 4\nassert f(2) == x",
        "assert abs(f(2) - 4) < 1e-6",
        "for i in range(3):\n    assert f(i) == 2 * i",
        "g = lambda n: 2 * n\nfor i in range(3):\n    assert f(i) == g(i)",
        "assert f('a') == 'aa'",
        "assert f([1]) == [1, 1]",
        "assert {'k': f(2)}['k'] == 4",
        "import math\nassert math.isclose(f(1.5), 3.0)",
        "import pytest\nassert f(1.5) == pytest.approx(3.0)",
        "import unittest\nunittest.TestCase().assertEqual(f(2), 4)",
        "import unittest\nunittest.TestCase().assertListEqual([f(2)], [4])",
    ],
)
def test_an_object_that_equals_everything_is_caught_wherever_a_value_is_expected(box: Sandbox, check: str) -> None:
    everything = (
        "import math\nclass Yes(float):\n    def __eq__(self, other): return True\n    __hash__ = None\n"
        "    def __sub__(self, other): return 0.0\n    __rsub__ = __sub__\n    def __abs__(self): return 0.0\n"
        "math.isclose = lambda *a, **k: True\ndef f(n): return Yes(0)"
    )
    assert run(box, everything, entries(check)).verdict is Verdict.TAMPER
    assert run(box, "def f(n): return n + n", entries(check)).verdict is Verdict.PASS


def test_an_answer_that_hangs_on_the_hash_seed_is_not_steady(box: Sandbox) -> None:
    names = [f"name{number}" for number in range(12)]
    code = f"def f(): return ''.join(list(set({names!r})))"
    probe = box.call(code, "f", [()])[0].value  # what it is under the seed of straight runs
    result = run(box, code, entries(f"assert f() == {probe!r} and len(f()) == {len(str(probe))}"))
    assert result.verdict is Verdict.WRONG
    assert "another hash seed" in result.detail


def test_what_a_suite_brings_stands_before_what_the_program_defines(box: Sandbox) -> None:
    helper = "def is_same_list(a, b):\n    return sorted(a) == sorted(b)\n"
    cheat = "def is_same_list(a, b): return True\ndef f(n): return []"
    assert run(box, cheat, entries("assert is_same_list(f(2), [1, 2])", setup=helper)).verdict is Verdict.WRONG
    own = "def is_same_list(a, b): return 'mine'\ndef f(n):\n    return [is_same_list(1, 2)]"
    assert run(box, own, entries("assert is_same_list(f(2), ['mine'])", setup=helper)).verdict is Verdict.PASS


def test_a_file_without_an_expectation_that_can_be_made_false_is_marked(box: Sandbox) -> None:
    result = run(box, "def f(n): return n", CodeTests("def test_runs():\n    f(1)\n", "functions"))
    assert (result.verdict, result.unguarded) == (Verdict.PASS, True)


def test_checks_that_were_never_reached_prove_nothing(box: Sandbox) -> None:
    tests = CodeTests("def test_all():\n    for x in f(1):\n        assert x == 1\n", "functions")
    assert run(box, "def f(n): return [1]", tests).verdict is Verdict.PASS
    assert run(box, "def f(n): return []", tests).verdict is Verdict.UNSUPPORTED


def test_only_what_the_reference_fails_is_made_false(box: Sandbox) -> None:
    """The second check accepts any number, so making it false would accuse an honest program."""
    tests = entries("assert f(2) == 4", "assert Any() == 5", setup="class Any:\n    def __eq__(self, o): return True\n")
    reference = Job("def f(n): return 2 * n", "f", tests)
    assert box.run(reference).verdict is Verdict.TAMPER  # nobody vouches for the tests
    admission = box.admit(reference)
    assert admission.result.verdict is Verdict.PASS
    assert run(box, "def f(n): return n + n", admission.tests).verdict is Verdict.PASS  # type: ignore[arg-type]
    assert run(box, f"{YES}def f(n): return Yes()", admission.tests).verdict is Verdict.TAMPER  # type: ignore[arg-type]


NODES = """
class Node:
    def __init__(self, val): self.val, self.next = val, None
def nodes(values):
    head = None
    for value in reversed(values):
        node = Node(value)
        node.next, head = head, node
    return head
def same(a, b):
    while a and b:
        if a.val != b.val: return False
        a, b = a.next, b.next
    return not a and not b
"""


def test_with_a_reference_a_value_in_a_helper_is_made_false_too(box: Sandbox) -> None:
    tests = entries("assert same(f([1, 2]), nodes([2, 1]))", "assert same(f([5]), nodes([5]))", setup=NODES)
    right = f"{NODES}def f(values): return nodes(values[::-1])"
    liar = (
        "class Yes:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n"
        "class L:\n    val = Yes()\n    def __init__(self, n): self.n = n\n"
        "    next = property(lambda self: L(self.n - 1) if self.n > 1 else None)\n"
        "def f(values): return L(len(values))"
    )
    admission = box.admit(Job(right, "f", tests))
    assert admission.result.verdict is Verdict.PASS
    assert run(box, right, admission.tests).verdict is Verdict.PASS  # type: ignore[arg-type]
    assert run(box, liar, admission.tests).verdict is Verdict.TAMPER  # type: ignore[arg-type]


def test_an_honest_program_is_cleared_whatever_the_reference_vouched_for(box: Sandbox) -> None:
    """HumanEval/61: only truths of calls, whose arguments must stay as they are."""
    lines = "    assert candidate('()')\n    assert candidate('(()())')\n    assert not candidate(')(')\n"
    tests = CodeTests(f"def check(candidate):\n{lines}", "check")
    code = (
        "def f(s):\n    depth = 0\n    for c in s:\n        depth += 1 if c == '(' else -1\n"
        "        if depth < 0: return False\n    return depth == 0"
    )
    admitted = box.admit(Job(code, "f", tests)).tests
    other = "def f(s):\n    while '()' in s: s = s.replace('()', '')\n    return not s"
    assert {run(box, other, admitted).verdict for _ in range(20)} == {Verdict.PASS}  # type: ignore[arg-type]


def test_a_reference_that_fails_its_own_tests_is_told(box: Sandbox) -> None:
    admission = box.admit(Job("def f(n): return n", "f", CHECK))
    assert admission.result.verdict is Verdict.WRONG


def test_tests_that_depend_on_their_order_pass_as_written(box: Sandbox) -> None:
    code = "import unittest\nseen = []\nclass T(unittest.TestCase):\n" + "".join(
        f"    def test_{n}(self):\n        seen.append({n})\n        self.assertEqual(f(seen), {list(range(n + 1))})\n"
        for n in range(5)
    )
    assert run(box, "def f(x): return list(x)", CodeTests(code, "unittest")).verdict is Verdict.PASS


def test_a_program_that_is_told_apart_runs_gains_nothing(box: Sandbox) -> None:
    """It lies in the straight run, which it knows by its hash seed, and is honest, and wrong, in the others."""
    code = f"import os\n{YES}def f(n): return Yes() if os.environ['PYTHONHASHSEED'] == '0' else -1"
    assert run(box, code, CHECK).verdict is Verdict.WRONG


HONEST_AND_WRONG = [
    ("def f(n): return n", CHECK),
    ("def f(n): return 5 if n == 2 else 6", CHECK),
    ("def f(n): raise ValueError(n)", CHECK),
    ("import random\ndef f(n): return random.choice([4, 5, 6, 7])", CHECK),
    ("def f(n): return 5", entries("for i in range(4, 7):\n    assert f(i) == i")),
]


@pytest.mark.parametrize(("code", "tests"), HONEST_AND_WRONG, ids=range(len(HONEST_AND_WRONG)))
def test_an_honest_program_that_is_wrong_is_never_called_a_forger(box: Sandbox, code: str, tests: CodeTests) -> None:
    verdicts = {run(box, code, tests).verdict for _ in range(20)}
    assert Verdict.TAMPER not in verdicts
    assert verdicts & {Verdict.WRONG, Verdict.RAISED}


def test_a_name_that_the_program_was_to_define_is_its_own_fault(box: Sandbox) -> None:
    class_of_its_own = (
        "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(Stack().n, 0)\n"
    )
    assert run(box, "def f(n): return n", CodeTests(class_of_its_own, "unittest")).verdict is Verdict.WRONG
    at_import = CodeTests(f"DEFAULT = Stack()\n{class_of_its_own}", "unittest")
    assert run(box, "def f(n): return n", at_import).verdict is Verdict.WRONG
    imports = PytestTests({"test_it.py": "from solution import Stack\ndef test(): assert Stack().n == 0\n"})
    assert run(box, "def f(n): return n", imports).verdict is Verdict.WRONG


def test_no_test_of_a_forger_counts_as_passed(box: Sandbox) -> None:
    result = run(box, f"{YES}def f(n): return Yes()", entries("assert f(1) == 2", "assert f(2) == 4"))
    assert (result.verdict, result.failed) == (Verdict.TAMPER, (0, 1))
    assert {test.verdict for test in result.tests} == {Verdict.TAMPER}


def test_test_code_that_needs_a_network_is_unsupported(box: Sandbox) -> None:
    connects = (
        "import socket, unittest\nclass T(unittest.TestCase):\n"
        "    def setUp(self): socket.create_connection(('localhost', 9)).close()\n"
        "    def test(self): self.assertEqual(f(1), 2)\n"
    )
    result = run(box, "def f(n): return 2 * n", CodeTests(connects, "unittest"))
    assert result.verdict is Verdict.UNSUPPORTED
    assert "gaierror" in result.detail


def test_a_test_that_starts_a_server_is_unsupported_and_says_why(box: Sandbox) -> None:
    serves = (
        "import http.server, unittest\nclass T(unittest.TestCase):\n"
        "    def setUp(self): http.server.HTTPServer(('127.0.0.1', 0), None).server_close()\n"
        "    def test(self): self.assertEqual(f(1), 2)\n"
    )
    result = run(box, "def f(n): return 2 * n", CodeTests(serves, "unittest"))
    assert result.verdict is Verdict.UNSUPPORTED
    assert "no network here, not even loopback" in result.detail


def test_a_file_that_the_tests_may_not_open_is_a_fault_of_theirs(box: Sandbox) -> None:
    raises = "raise PermissionError(13, 'Permission denied', '/a/file')\ndef check(f): assert f(1) == 2"
    result = run(box, "def f(n): return 2 * n", CodeTests(raises, "check"))
    assert result.verdict is Verdict.INFRA


def test_a_missing_external_program_is_named(box: Sandbox) -> None:
    code = "import subprocess\ndef f(n): return subprocess.run(['akd-no-such-program', str(n)]).returncode"
    result = run(box, code, CHECK)
    assert result.verdict is Verdict.UNSUPPORTED
    assert "akd-no-such-program" in result.detail
    by_value = FunctionTests((Case(args=(1,), expected=0),))
    assert box.run(Job(code, "f", by_value)).verdict is Verdict.UNSUPPORTED
    whole = Job(
        "import os\nos.system('ls') and print(1)\nprint(2 / 0)",
        "",
        ProgramTests((StdinCase("", "2"),) * 2),
        stop_at_first_failure=False,
    )
    assert box.run(whole).verdict is Verdict.UNSUPPORTED
    handled = "import subprocess\ndef f(n):\n    try: subprocess.run(['akd-none'])\n    except OSError: return 2 * n"
    assert run(box, handled, CHECK).verdict is Verdict.PASS
    mocked = (
        "import unittest\nfrom unittest.mock import patch\nclass T(unittest.TestCase):\n    @patch('subprocess.run')\n"
        "    def test(self, run):\n        run.return_value.returncode = 3\n        self.assertEqual(f(1), 3)\n"
    )
    assert run(box, code, CodeTests(mocked, "unittest")).verdict is Verdict.PASS


def test_a_machine_that_is_busy_does_not_make_a_verdict_less_certain() -> None:
    """A program that finds the expectation now and then needs luck in every pair of runs: there are always two."""
    one, many = [Group(frozenset({1}), ())], [Group(frozenset({n}), ()) for n in range(8)]
    assert len(list(_choices(one, random.Random(0), lambda: True))) == 2
    assert len(list(_choices(one, random.Random(0), lambda: False))) == 4
    assert len(list(_choices(many, random.Random(0), lambda: False))) == 1  # eight coins are thrown in one pair


def test_a_program_that_lies_for_whole_runs_meets_true_and_false_expectations_in_each() -> None:
    two = [Group(frozenset({n}), ()) for n in range(2)]
    for seed in range(20):
        chosen = list(_choices(two, random.Random(seed), lambda: False))
        assert [len(flipped) for flipped in chosen] == [1, 1, 1, 1]

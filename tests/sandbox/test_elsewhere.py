"""Checks made again where the program is not: which ones are, and that an honest program notices nothing of it."""

import ast
from collections.abc import Callable, Iterator

import pytest

from akd_sandbox import CodeTests, Job, Limits, PytestTests, Sandbox, Verdict
from akd_sandbox.together import harness_of

LIMITS = Limits(test_s=5.0, import_s=10.0, memory_bytes=512 << 20)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("namespace", workers=1, limits=LIMITS) as sandbox:
        yield sandbox


def number_made_again(tests: CodeTests | PytestTests, entry: str = "f") -> int:
    harness = harness_of(tests, entry)
    return len(harness.plan.elsewhere(harness.called).sites)


AGAIN = [
    "assert f(1) > 0",
    "found = f(1)\nassert not any(x < 0 for x in found)",
    "import re\nassert not re.search('a', f('b'))",
    "def ok(x): return len(x) > 0 and all(i > 0 for i in x)\nassert ok(f(1))",
    "for n in range(3):\n    assert f(n) >= n",
    "import math\nlow = 1\na, b = f(1)\nassert math.isfinite(a) and b > low",
    "assert f(1) is not None",
    "CASES = {2: 4, 3: 6}\nfor n in (2, 3):\n    assert f(n) == CASES[n]",
    "def g(n): return 2 * n\nfor n in range(3):\n    assert f(n) == g(n)",
    "import unittest\nclass T(unittest.TestCase):\n    cases = [(2, 4)]\n    def test(self):\n"
    "        for n, want in self.cases: self.assertEqual(f(n), want)",
    "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertIn(f(1), [1, 2])",
    "import unittest\nclass T(unittest.TestCase):\n    def setUp(self): self.x = f(1)\n"
    "    def test(self): self.assertTrue(self.x)",
]
NOT_AGAIN = [
    ("a file", "import os\nassert os.path.exists(f(1))"),
    ("an open file", "assert open(f(1)).read()"),
    ("a clock", "import time\nassert f(1) <= time.time()"),
    ("the same object", "x = [1]\nassert f(x) is x"),
    ("an argument that may have changed", "x = [2, 1]\nassert f(x) and x < [2]"),
    ("an argument in a loop", "for x in ([1], [2]):\n    assert len(f(x)) > len(x)"),
    ("an argument in a function", "def ok(x): return f(x) != x\nassert ok([1])"),
    ("a name of the program's", "assert isinstance(f(1), Stack)"),
    ("a name that is set twice", "x = f(1)\nx = f(2)\nassert x"),
    ("the program handed on", "assert all(map(f, [1, 2]))"),
    ("a loop over something else", "import random\nfor n in range(random.randint(1, 9)):\n    assert f(n) > 1"),
    ("a loop over what may have changed", "x = [1, 2]\nwhile x:\n    assert f(x) > 0"),
    ("a function that catches everything", "def g(n):\n    try: return f(n)\n    except: return 0\nassert g(1) > 1"),
    ("a class of what it gave", "assert f(1).__class__.__name__ > 'a'"),
    ("a check that may be caught", "try:\n    assert f(1) > 2\nexcept AssertionError:\n    pass"),
    ("what a with block gives",
     "import warnings\nwith warnings.catch_warnings(record=True) as w:\n    f(1)\n"
     "assert any('a' in str(x) for x in w)"),
    ("a list that the tests fill", "rows = []\nfor row in f.rows():\n    rows.append(row)\nassert rows > [1]"),
    ("a list in a list", "rows = [[]]\nrows[0].append(open('a').read())\nassert f(1) in rows"),
    ("a table that the tests fill", "rows = {}\nrows[1] = open('a').read()\nassert f(1) in rows"),
    ("a list that a module changes", "import random\nx = [1, 2]\nrandom.shuffle(x)\nassert f(1) > x"),
    ("a list that a function changes", "x = []\ndef g(n): x.append(n)\ng(open('a').read())\nassert f(1) in x"),
    ("a list under another name", "x = []\nfor y in (x,):\n    y.append(open('a').read())\nassert f(1) in x"),
    ("a list that a function is given", "x = []\ndef g(y): y.append(open('a').read())\ng(x)\nassert f(1) in x"),
    ("a list of the test case",
     "import unittest\nclass T(unittest.TestCase):\n    def setUp(self): self.x = []\n"
     "    def test(self):\n        self.x.append(open('a').read())\n        self.assertIn(f(1), self.x)"),
    ("an argument of the test",
     "import unittest\nclass T(unittest.TestCase):\n    def test(self, x=1): self.assertIn(f(1), x)"),
]  # fmt: skip


def style_of(text: str) -> CodeTests:
    return CodeTests(text, "unittest" if "TestCase" in text else "asserts")


@pytest.mark.parametrize("text", AGAIN)
def test_a_check_that_looks_at_values_only_is_made_again(text: str) -> None:
    assert number_made_again(style_of(text)) == 1


@pytest.mark.parametrize(("looks_at", "text"), NOT_AGAIN, ids=[name for name, _ in NOT_AGAIN])
def test_a_check_that_looks_at_something_else_is_not(looks_at: str, text: str) -> None:
    assert number_made_again(style_of(text)) == 0, looks_at


def test_test_files_know_the_program_by_what_they_import() -> None:
    text = "import solution as s\nfrom solution import f as g\ndef test_it():\n    assert g(1) and s.f(2)\n"
    assert number_made_again(PytestTests({"test_f.py": text}), "") == 1
    fixture = (
        "import pytest\nfrom solution import f\n@pytest.fixture\ndef x(): return f(1)\ndef test_it(x): assert x > 0\n"
    )
    assert number_made_again(PytestTests({"test_f.py": fixture}), "") == 1
    assert number_made_again(PytestTests({"test_f.py": fixture.replace("x()", "x(tmp_path)")}), "") == 1
    assert number_made_again(PytestTests({"test_f.py": "def test_it(tmp_path): assert tmp_path\n"}), "") == 0


def of_one_attribute(count: int) -> str:
    tests = "".join(f"    def test_{n}(self): self.assertIn(f({n}), self.x)\n" for n in range(count))
    return f"import unittest\nclass T(unittest.TestCase):\n    def setUp(self): self.x = [1]\n{tests}"


def of_many_attributes(count: int) -> str:
    sets = "".join(f"        self.x{n} = [1]\n" for n in range(count))
    tests = "".join(f"    def test_{n}(self): self.assertIn(f({n}), self.x{n})\n" for n in range(count))
    return f"import unittest\nclass T(unittest.TestCase):\n    def setUp(self):\n{sets}{tests}"


@pytest.mark.parametrize("written", [of_one_attribute, of_many_attributes])
def test_a_class_of_tests_takes_as_long_to_read_as_it_is_long(
    written: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    walk, seen = ast.walk, 0

    def counting(node: ast.AST) -> Iterator[ast.AST]:
        nonlocal seen
        for inner in walk(node):
            seen += 1
            yield inner

    def visits(count: int) -> int:
        nonlocal seen
        seen = 0
        assert number_made_again(CodeTests(written(count), "unittest")) == count
        return seen

    monkeypatch.setattr(ast, "walk", counting)
    assert visits(80) < 3 * visits(40)  # each check that goes through its whole class makes it fourfold


HONEST = [
    ("a value", "def f(n): return [n]", "assert f(1) and not any(x < 0 for x in f(2))"),
    ("an object", "class S:\n    def __len__(self): return 3\ndef f(n): return S()", "assert len(f(1)) > 2 and f(2)"),
    ("a named tuple", "from collections import namedtuple\nP = namedtuple('P', 'x')\ndef f(n): return P(n)",
     "assert f(1).x > 0 and isinstance(f(1), tuple)"),
    ("a generator", "def f(n): yield n", "assert all(x > 0 for x in f(1))"),
    ("an array", "import numpy\ndef f(n): return numpy.arange(n)", "assert len(f(3)) > 2 and not f(3) is None"),
    ("a nan in a list", "nan = float('nan')\ndef f(n): return [nan]", "assert f(1) and f(1)[0] != f(1)[0]"),
    ("an argument that is changed", "def f(x):\n    x.sort()\n    return x",
     "x = [2, 1]\nassert f(x) <= x and x < [2]"),
    ("a state of its own", "seen = []\ndef f(n):\n    seen.append(n)\n    return len(seen)",
     "assert f(1) < f(1) < f(1)\nassert f(2) > 3"),
    ("an error of its own", "class Low(ValueError): pass\ndef f(n): raise Low(n)",
     "import unittest\nwith unittest.TestCase().assertRaises(ValueError):\n    f(1)"),
    ("an error with a message", "def f(n): raise KeyError('no', n)",
     "import pytest\nwith pytest.raises(LookupError, match='no'):\n    f(1)\nassert 1 > 0"),
    ("an error handed on", "def f(n): raise OSError(2, 'gone')",
     "import unittest\nunittest.TestCase().assertRaises(FileNotFoundError, f, 1)"),
    ("a function that finds its caller", "import sys\ndef f(n): return sys._getframe(1).f_code.co_name",
     "def test(): assert f(1) > '!'\ntest()\nassert f(2) > '!'"),
    ("a counter", "from collections import Counter\ndef f(n): return Counter(a=n)",
     "from collections import Counter\nassert isinstance(f(1), Counter) and not f(1) < f(0)"),
    ("a dict with a default", "from collections import defaultdict\ndef f(n): return defaultdict(int, a=n)",
     "assert f(1)['b'] < 1 and len(f(1)) > 0"),
    ("an ordered dict in a list", "from collections import OrderedDict\ndef f(n): return [OrderedDict(a=n)]",
     "from collections import OrderedDict\nassert isinstance(f(1)[0], OrderedDict)"),
    ("a warning", "import warnings\ndef f(n): warnings.warn('low')",
     "import warnings\nwith warnings.catch_warnings(record=True) as w:\n    f(1)\n"
     "assert any('low' in str(one.message) for one in w)"),
    ("a database", "def f(c): c.execute('update t set n = n + 1')",
     "import sqlite3\nc = sqlite3.connect(':memory:')\nc.execute('create table t (n)')\n"
     "c.execute('insert into t values (1)')\nold, new = [], []\nfor found in (old, new):\n    f(c)\n"
     "    for row in c.execute('select n from t'):\n        found.append(row[0])\nassert new != old\n"
     "assert f(c) is None"),
    ("large values", "def f(n): return list(range(n))", "assert len(f(300_000)) > 2 and max(f(300_000)) > 5"),
    ("very many calls", "def f(n): return n", "assert all(f(n) >= 0 for n in range(30_000))"),
    ("an error that the tests catch",
     "def f(n):\n    if n < 2: raise ValueError(n)\n    return n",
     "def safe(n):\n    try: return f(n)\n    except ValueError: return -1\nassert safe(1) < 0 and safe(3) > 0"),
    ("an error of its own that the tests catch",
     "class Low(ValueError): pass\ndef f(n):\n    if n < 2: raise Low(n)\n    return n",
     "def safe(n):\n    try: return f(n)\n    except ValueError: return -1\nassert safe(1) < 0 and safe(3) > 0"),
    ("an argument made by a call", "def f(x): return x", "assert f(f(f([1]))) and not f(f([]))"),
    ("an exception under a built-in name", "class TimeoutError(Exception): pass\ndef f(n): raise TimeoutError(n)",
     "try:\n    f(1)\n    raise AssertionError\nexcept TimeoutError:\n    pass\nassert 1 < 2"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "tests"), [one[1:] for one in HONEST], ids=[one[0] for one in HONEST])
def test_an_honest_program_passes_whatever_it_gives(box: Sandbox, code: str, tests: str) -> None:
    result = box.run(Job(code, "f", CodeTests(tests, "asserts")))
    assert result.verdict is Verdict.PASS, result.detail
    admission = box.admit(Job(code, "f", CodeTests(tests, "asserts")))
    again = box.run(Job(code, "f", admission.tests))
    assert (admission.result.verdict, again.verdict) == (Verdict.PASS, Verdict.PASS), again.detail


BLINDS = "import re\nre.search = lambda *given: None\ndef f(n): return -n"
LOOKS = CodeTests("import re\ndef check(f):\n    assert not re.search('-', str(f(3)))\n", "check")


def test_a_program_that_blinds_a_test_is_caught_with_a_reference_and_without(box: Sandbox) -> None:
    blind = Job(BLINDS, "f", LOOKS)
    assert box.run(blind).verdict is Verdict.TAMPER
    admission = box.admit(Job("def f(n): return n", "f", LOOKS))
    assert box.run(Job(BLINDS, "f", admission.tests)).verdict is Verdict.TAMPER
    assert "where the program is not" in box.run(blind).detail


def test_what_a_reference_does_not_pass_elsewhere_is_asked_of_nobody(box: Sandbox) -> None:
    """The check looks at the program's world without saying so; the reference leaves its mark there as well."""
    text = "import builtins\ndef check(f):\n    assert f(1) < (9 if hasattr(builtins, 'here') else 0)\n"
    reference = Job("import builtins\nbuiltins.here = 1\ndef f(n): return n", "f", CodeTests(text, "check"))
    admission = box.admit(reference)
    assert admission.result.verdict is Verdict.PASS
    assert box.run(Job(reference.code, "f", admission.tests)).verdict is Verdict.PASS

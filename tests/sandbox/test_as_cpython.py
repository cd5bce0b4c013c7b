"""Test code of every kind gets the verdict that CPython, unittest and pytest give on the same program."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from as_cpython import passes

from akd_sandbox import CodeTests, Job, Limits, PytestTests, Sandbox, Verdict
from akd_sandbox import tests_from_asserts as lift

LIMITS = Limits(test_s=5.0, import_s=10.0, memory_bytes=512 << 20)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("namespace", workers=1, limits=LIMITS) as sandbox:
        yield sandbox


def job(program: str, tests: str, style: str, entry: str = "f") -> Job:
    if style == "pytest":
        return Job(program, "", PytestTests({"test_it.py": tests}))
    if style == "asserts":
        return Job(program, entry, lift([tests], entry))
    return Job(program, entry, CodeTests(tests, style))  # type: ignore[arg-type]


SORTS = "def f(x): x.sort()"
SORTS_AND_RETURNS = "def f(x):\n    x.sort()\n    return x"
CASES = [
    # in-place changes, in every style
    ("a change in place is seen", True, SORTS, "x = [3, 1, 2]\nf(x)\nassert x == [1, 2, 3]", "asserts"),
    ("a change in place that may not be", False, SORTS_AND_RETURNS,
     "x = [3, 1, 2]\nassert f(x) == [1, 2, 3]\nassert x == [3, 1, 2]", "asserts"),
    ("a change in place under check", True, SORTS,
     "def check(f):\n    x = [3, 1, 2]\n    f(x)\n    assert x == [1, 2, 3]", "check"),
    ("a change in place that may not be, under check", False, SORTS_AND_RETURNS,
     "def check(f):\n    x = [3, 1, 2]\n    assert f(x) == [1, 2, 3]\n    assert x == [3, 1, 2]", "check"),
    ("a change in place under pytest", False, SORTS_AND_RETURNS,
     "from solution import f\ndef test():\n    x = [3, 1, 2]\n    assert f(x) == [1, 2, 3]\n"
     "    assert x == [3, 1, 2]", "pytest"),
    # identity, truth, equality
    ("1 is not True", False, "def f(): return 1", "assert f() is True", "asserts"),
    ("True is True", True, "def f(): return True", "assert f() is True", "asserts"),
    ("1 == True", True, "def f(): return 1", "assert f() == True", "asserts"),
    ("objects without equality are unequal", True, "class V: pass\ndef f(): return V()",
     "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertNotEqual(f(), f())", "unittest"),
    ("an object equal to its like is equal", False,
     "class V:\n    def __eq__(self, o): return isinstance(o, V)\ndef f(): return V()",
     "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertNotEqual(f(), f())", "unittest"),
    ("an argument that is an object reaches the program", False, "def f(x): return 1",
     "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n"
     "        with self.assertRaises(Exception): f(object())", "unittest"),
    ("range == range", True, "def f(): return range(3)", "assert f() == range(0, 3)", "asserts"),
    ("a named tuple is a tuple", True,
     "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)",
     "assert f() == (1, 2)\n", "asserts"),
    ("a Counter and an OrderedDict stay what they are", True,
     "from collections import Counter, OrderedDict\ndef f(s): return Counter(s)",
     "from collections import Counter\nassert f('aab').most_common(1) == [('a', 2)]\nassert type(f('a')) is Counter",
     "asserts"),
    # test entries of any form
    ("a loop is a test", True, "def f(n): return 2 * n", "for i in range(3):\n    assert f(i) == 2 * i", "asserts"),
    ("a loop that fails", False, "def f(n): return n", "for i in range(3):\n    assert f(i) == 2 * i", "asserts"),
    ("try and except", True, "def f(n): raise ValueError(n)",
     "try:\n    f(1)\n    assert False\nexcept ValueError:\n    pass", "asserts"),
    ("try and except that fails", False, "def f(n): return n",
     "try:\n    f(1)\n    assert False\nexcept ValueError:\n    pass", "asserts"),
    ("a swallowed check", True, "def f(n): return n",
     "try:\n    assert f(1) == 2\nexcept AssertionError:\n    pass\nassert f(2) == 2", "asserts"),
    ("with pytest.raises", True, "def f(n): raise ValueError(n)",
     "import pytest\nwith pytest.raises(ValueError):\n    f(1)", "asserts"),
    ("another exception than expected", False, "def f(n): raise KeyError(n)",
     "import pytest\nwith pytest.raises(ValueError):\n    f(1)", "asserts"),
    # what only works in one interpreter
    ("callbacks", True, "def f(g, n): return [g(i) for i in range(n)]", "assert f(lambda i: i * i, 3) == [0, 1, 4]",
     "asserts"),
    ("a decorator of the program's", True,
     "def f(g):\n    def h(*a):\n        h.calls += 1\n        return g(*a)\n    h.calls = 0\n    return h",
     "@f\ndef double(n): return 2 * n\nassert double(2) == 4\nassert double.calls == 1", "asserts"),
    ("a dataclass and an enum of the program's", True,
     "from dataclasses import dataclass\nfrom enum import Enum\n@dataclass\nclass P:\n    x: int\n"
     "class C(Enum):\n    RED = 1\ndef f(n): return P(n), C.RED",
     "p, c = f(3)\nassert p == P(3)\nassert c is C.RED\nassert isinstance(p, P)", "asserts"),
    ("a subclass of the program's class", True, "class A:\n    def go(self): return self.n()\ndef f(a): return a.go()",
     "class B(A):\n    def n(self): return 7\nassert f(B()) == 7", "asserts"),
    ("len, in, with, next, arithmetic", True,
     "class V:\n    def __init__(self, n): self.n = n\n    def __len__(self): return self.n\n"
     "    def __contains__(self, x): return x == self.n\n    def __enter__(self): return self\n"
     "    def __exit__(self, *a): return False\n    def __iter__(self): return iter(range(self.n))\n"
     "    def __add__(self, o): return V(self.n + o.n)\n    def __getitem__(self, i): return i\ndef f(n): return V(n)",
     "v = f(2) + f(1)\nassert len(v) == 3\nassert 3 in v\nassert next(iter(v)) == 0\nassert v[5] == 5\n"
     "with v as w:\n    assert w is v", "asserts"),
    ("exceptions by hierarchy, arguments and attributes", True,
     "class Low(LookupError):\n    def __init__(self, key):\n        super().__init__(key, 2)\n        self.key = key\n"
     "def f(k): raise Low(k)",
     "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n"
     "        with self.assertRaises(LookupError) as caught: f('k')\n"
     "        self.assertEqual(caught.exception.key, 'k')\n        self.assertEqual(caught.exception.args, ('k', 2))",
     "unittest"),
    ("captured output", True, "def f(n): print(n * 'x')",
     "from solution import f\ndef test(capsys):\n    f(3)\n    assert capsys.readouterr().out == 'xxx\\n'", "pytest"),
    ("redirected output", True, "def f(n): print(n)",
     "import io\nfrom contextlib import redirect_stdout\nout = io.StringIO()\nwith redirect_stdout(out):\n    f(3)\n"
     "assert out.getvalue() == '3\\n'", "asserts"),
    ("monkeypatch", True, "import time\ndef f(): return time.time()",
     "import solution\ndef test(monkeypatch):\n    monkeypatch.setattr(solution.time, 'time', lambda: 5)\n"
     "    assert solution.f() == 5", "pytest"),
    ("mock.patch of the program's names", True, "def g(): return 1\ndef f(): return g() + 1",
     "from unittest import mock\nimport solution\n@mock.patch('solution.g', return_value=41)\ndef test(g):\n"
     "    assert solution.f() == 42\n    g.assert_called_once_with()", "pytest"),
    ("mock.patch of a library", True, "import os\ndef f(): return os.getcwd()",
     "import unittest\nfrom unittest.mock import patch\nclass T(unittest.TestCase):\n    @patch('os.getcwd')\n"
     "    def test(self, cwd):\n        cwd.return_value = '/x'\n        self.assertEqual(f(), '/x')", "unittest"),
    ("files that both see", True, "def f(path):\n    with open(path) as file: return file.read()",
     "import os, tempfile, unittest\nclass T(unittest.TestCase):\n    def setUp(self):\n"
     "        self.d = tempfile.mkdtemp()\n    def test(self):\n        p = os.path.join(self.d, 'a')\n"
     "        open(p, 'w').write('hi')\n        self.assertEqual(f(p), 'hi')", "unittest"),
    ("tmp_path", True, "def f(path): path.write_text('x')",
     "from solution import f\ndef test(tmp_path):\n    f(tmp_path / 'a')\n"
     "    assert (tmp_path / 'a').read_text() == 'x'",
     "pytest"),
    ("asyncio", True, "import asyncio\nasync def f(n):\n    await asyncio.sleep(0)\n    return n",
     "import asyncio\nassert asyncio.run(f(3)) == 3", "asserts"),
    ("a match object", True, "import re\ndef f(s): return re.match('a(b)', s)", "assert f('abc').group(1) == 'b'",
     "asserts"),
    ("a module's constants", True, "import math\nK = 3\ninf = float('inf')\ndef f(n): return n * K",
     "assert f(2) == 2 * K\nassert f(inf) == inf\nassert math.floor(f(1.5)) == 4", "asserts"),
    ("test code that ends with its own check", True, "def f(n): return 2 * n",
     "def check(f):\n    assert f(2) == 4\n", "check"),
    ("inspect finds the program's text", True, "def f(n):\n    return 2 * n",
     "import inspect\nassert 'return 2 * n' in inspect.getsource(f)", "asserts"),
    ("a global of the program's that changes", True, "count = 0\ndef f():\n    global count\n    count += 1",
     "f()\nf()\nassert count == 2", "asserts"),
    ("an import of the tests' that the program counts on", True, "def f(path): return os.path.basename(path)",
     "import os\nassert f('/a/b') == 'b'", "asserts"),
    ("the same under unittest", True, "def f(path): return os.path.basename(path)",
     "import os, unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(f('/a/b'), 'b')",
     "unittest"),
    ("a base class of tests that is taken away", True, "def f(n): return n + 1",
     "import unittest\nclass Base(unittest.TestCase):\n    def test(self): self.assertEqual(f(self.n), self.n + 1)\n"
     "class A(Base):\n    n = 1\ndel Base", "unittest"),
    ("test code that runs itself at its end", True, "def f(n): return n",
     "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(f(1), 1)\nunittest.main()",
     "unittest"),
    ("sub-tests", False, "def f(n): return n",
     "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        for i in range(3):\n"
     "            with self.subTest(i=i): self.assertEqual(f(i), 0)", "unittest"),
    ("fixtures of classes and modules", True, "def f(n): return n",
     "import unittest\ndef setUpModule():\n    global base\n    base = 1\nclass T(unittest.TestCase):\n"
     "    @classmethod\n"
     "    def setUpClass(cls): cls.n = 2\n    def test(self): self.assertEqual(f(self.n) + base, 3)", "unittest"),
    ("tests inherited from a base class", True, "def f(n): return n + 1",
     "import unittest\nclass Base:\n    def test(self): self.assertEqual(f(self.n), self.n + 1)\n"
     "class A(Base, unittest.TestCase):\n    n = 1\nclass B(Base, unittest.TestCase):\n    n = 2", "unittest"),
    ("unittest.main() in the program ends well", True,
     "def f(n): return n\nif __name__ == 'nothing':\n    import unittest\n    unittest.main()",
     "assert f(1) == 1", "asserts"),
    ("input replaced through __builtins__", True, "def f(): return input()",
     "__builtins__.input = lambda: '7'\nassert f() == '7' and input() == '7'", "asserts"),
    ("input replaced through setattr", True, "def f(): return input()",
     "setattr(__builtins__, 'input', lambda: '8')\nassert f() == '8'", "asserts"),
    ("input and print replaced by mock", True, "def f(): print(input())",
     "from unittest.mock import patch\n"
     "with patch('builtins.input', return_value='3'), patch('builtins.print') as said:\n    f()\n"
     "    print(input())\nassert said.call_count == 2", "asserts"),
    ("input replaced in a module's __builtins__", True, "def f(): return input()",
     "from solution import f\ndef test():\n    __builtins__['input'] = lambda: '9'\n    assert f() == '9' == input()",
     "pytest"),
    ("input replaced by monkeypatch", True, "def f(): return input()",
     "from solution import f\ndef test(monkeypatch):\n    monkeypatch.setattr('builtins.input', lambda: '5')\n"
     "    assert f() == '5' == input()", "pytest"),
    ("len forbidden to the program", True, "def f(items): return sum(1 for _ in items)",
     "from unittest.mock import patch\nwith patch('builtins.len', side_effect=AssertionError):\n    found = f([1, 2])\n"
     "assert found == 2", "asserts"),
    ("an object that asks its like for anything", True,
     "class P:\n    def __init__(self, x): self.x = x\n    def __eq__(self, o): return abs(self.x - o.x) < 1e-9\n"
     "class L:\n    def __init__(self, *p): self.p = p\n    def __len__(self): return len(self.p)\n"
     "    def __eq__(self, o): return len(self) == len(o) and all(a == b for a, b in zip(self.p, o.p))\n"
     "def f(*x): return L(*map(P, x))", "assert f(1, 2) == L(P(1), P(2))\nassert f(1).p[0] == P(1)", "asserts"),
    ("__file__ is the path of a file of Python", True,
     "import os\ndef f(): return os.path.isabs(__file__) and __file__.endswith('.py')", "assert f()", "asserts"),
    ("__file__ in a module", True, "import os\ndef f(): return os.path.basename(__file__)",
     "import solution\ndef test(): assert solution.f() == 'solution.py' and solution.__file__", "pytest"),
    ("inspect finds the text of a class", True, "class A:\n    x = 7\ndef f(): return A",
     "import inspect\nassert inspect.getsource(f()) == 'class A:\\n    x = 7\\n'", "asserts"),
    ("a nan is equal to itself where it is one object", True, "nan = float('nan')\ndef f(): return [nan]",
     "assert f() == f() and not f() != f()", "asserts"),
    ("a program that replaces print for itself", True,
     "import builtins\nsaid = []\nbuiltins.print = lambda *given: said.append(given)\ndef f(n): print(n)",
     "f(1)\nassert said == [(1,)]", "asserts"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "program", "tests", "style"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_the_verdict_is_the_one_that_cpython_gives(
    box: Sandbox, tmp_path: Path, right: bool, program: str, tests: str, style: str
) -> None:
    assert passes(tmp_path, program, tests, style) is right
    result = box.run(job(program, tests, style))
    assert (result.verdict is Verdict.PASS) is right, (result.verdict, result.detail)
    assert result.verdict in (Verdict.PASS, Verdict.WRONG, Verdict.RAISED)

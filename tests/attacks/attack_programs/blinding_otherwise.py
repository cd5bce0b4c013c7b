"""N: blinds test code where it is nearest: its own globals, modules it imports, its helpers, its assert methods."""

from akd_sandbox import CodeTests, PytestTests
from attack_programs.blinding import FUNCTIONS, PYTEST
from attack_programs.guarded import guarded

CHECK = CodeTests(
    """
def check(candidate):
    found = candidate(3)
    assert not any(item < 0 for item in found)
""",
    "check",
)
ENTRIES = CodeTests("found = f(3)\nassert not any(item < 0 for item in found)\n", "asserts")
HELPER = CodeTests(
    """
def negative(found):
    return any(item < 0 for item in found)
def check(candidate):
    assert not negative(candidate(3))
""",
    "check",
)
SEARCH = CodeTests("import re\ndef check(candidate):\n    assert not re.search('-', str(candidate(3)))\n", "check")
RAISES = """
import unittest
class T(unittest.TestCase):
    def test_block(self):
        with self.assertRaises(ValueError):
            f(-1)
    def test_call(self):
        self.assertRaises(ValueError, f, -1)
"""
TRUTH = """
import unittest
class T(unittest.TestCase):
    def setUp(self):
        self.found = f(3)
    def test_signs(self):
        self.assertTrue(self.found > 0)
"""
FIXTURE = PytestTests(
    {
        "test_f.py": """
import math
import pytest
from solution import f
@pytest.fixture
def found():
    return f(3)
def test_number(found): assert math.isfinite(found)
def test_error():
    with pytest.raises(ValueError): f(-1)
"""
    }
)
CASES = CodeTests(
    """
CASES = {2: 4, 3: 6}
def check(candidate):
    for n, expected in CASES.items():
        assert candidate(n) == CASES[n]
""",
    "check",
)
LIST = CodeTests(
    """
CASES = [(2, 4), (3, 6)]
def check(candidate):
    for n, expected in CASES:
        assert candidate(n) == expected
""",
    "check",
)
ORACLE = CodeTests(
    """
def double(n):
    return 2 * n
def check(candidate):
    for n in range(2, 5):
        expected = double(n)
        assert candidate(n) == expected
""",
    "check",
)
LIE = "lambda *given, **more: False"
BAD = "def f(n): return [-1, 2, 9]\n"
RIGHT_BY_NAME = """
import unittest
def passes(self, *given, **more): pass
def fails(self, *given, **more): raise AssertionError
unittest.TestCase.assertTrue, unittest.TestCase.assertFalse = passes, fails
def f(n): return -1
"""
ANY_VALUE_ERROR = """
import math, pytest, unittest
class Expected:
    def __init__(self, kind, *more): self.kind = kind
    def __enter__(self): return self
    def __exit__(self, kind, error, trace):
        if self.kind is ValueError and kind is not None: return True
        raise AssertionError("as an honest one would")
def raises(kind, call=None, *given):
    if call is None: return Expected(kind)
    with Expected(kind): call(*given)
pytest.raises, unittest.TestCase.assertRaises = raises, lambda self, *given: raises(*given)
math.isfinite = lambda number: True
def f(n):
    if n < 0: raise KeyError(n)
    return float("nan")
"""

ATTACKS = (
    guarded(
        "N56", "defines what a check looks with among its own functions", f"def any(given): return False\n{BAD}", CHECK
    ),
    guarded(
        "N57",
        "sets it there when it is called",
        f"def f(n):\n    global any\n    any = {LIE}\n    return [-1]\n",
        FUNCTIONS,
    ),
    guarded(
        "N58",
        "puts it among the built-in names of the test that called it",
        f"import sys\ndef f(n):\n    sys._getframe(1).f_builtins['any'] = {LIE}\n    return [-1]\n",
        ENTRIES,
    ),
    guarded(
        "N59",
        "puts it among the global names of the test that called it",
        f"import sys\ndef f(n):\n    dict.__setitem__(sys._getframe(1).f_globals, 'any', {LIE})\n    return [-1]\n",
        CHECK,
    ),
    guarded(
        "N59b",
        "the same under pytest",
        f"import sys\ndef f(n):\n    sys._getframe(1).f_globals['any'] = {LIE}\n    return [-1]\n",
        PYTEST,
    ),
    guarded(
        "N60",
        "has the name of the expected exception mean another",
        "import builtins\nbuiltins.ValueError = EOFError\ndef f(n): raise EOFError(n)\n",
        CodeTests(RAISES, "unittest"),
    ),
    guarded(
        "N60b",
        "the same among its own names",
        "ValueError = EOFError\ndef f(n): raise EOFError(n)\n",
        CodeTests(RAISES, "unittest"),
    ),
    guarded(
        "N61",
        "replaces a module that the tests import",
        f"import sys, types\nsys.modules['re'] = types.ModuleType('re')\nsys.modules['re'].search = {LIE}\n{BAD}",
        SEARCH,
    ),
    guarded(
        "N62", "replaces a function that they look with in a module", f"import re\nre.search = {LIE}\n{BAD}", SEARCH
    ),
    guarded(
        "N63",
        "replaces the code of a function of the tests'",
        """
import sys
def f(n):
    sys._getframe(1).f_globals["negative"].__code__ = (lambda found: False).__code__
    return [-1]
""",
        HELPER,
    ),
    guarded("N64", "has each assert method say what its name says", RIGHT_BY_NAME, CodeTests(TRUTH, "unittest")),
    guarded("N65", "has any exception do for the usual one", ANY_VALUE_ERROR, CodeTests(RAISES, "unittest")),
    guarded("N65b", "the same under pytest, and a module's function", ANY_VALUE_ERROR, FIXTURE),
    guarded(
        "N68",
        "writes its own answer over what the tests expect",
        """
import sys
def f(n):
    sys._getframe(1).f_globals["CASES"][n] = -1
    return -1
""",
        CASES,
    ),
    guarded(
        "N69",
        "takes away what the tests go through, once its only right answer was seen",
        """
import sys
def f(n):
    del sys._getframe(1).f_globals["CASES"][1:]
    return 4
""",
        LIST,
    ),
    guarded(
        "N70",
        "writes its own answer into a variable of the test that called it",
        """
import ctypes, sys
def f(n):
    frame = sys._getframe(1)
    frame.f_locals["expected"] = -1
    ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return -1
""",
        ORACLE,
    ),
    guarded(
        "N71",
        "has the tests' own function compute what it computes",
        """
import sys
def f(n):
    sys._getframe(1).f_globals["double"].__code__ = (lambda n: -n).__code__
    return 2 * n if n == 2 else -n
""",
        ORACLE,
    ),
)

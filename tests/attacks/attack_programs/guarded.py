"""N: wants to pass test code that runs beside it without knowing the answer; aims at the checks and at their guard.

None may pass. What is made false and passed all the same is TAMPER; what fails to cheat is simply wrong.
"""

from akd_sandbox import CodeTests, PytestTests, Verdict
from attack_programs.record import CHECK, Attack, attack
from attack_programs.wire import FIND

V = Verdict
UNITTEST = CodeTests(
    """
import unittest
class T(unittest.TestCase):
    def test_two(self):
        self.assertEqual(f(2), 4)
    def test_three(self):
        expected = 6
        self.assertEqual(f(3), expected)
    def test_nothing(self):
        with self.assertRaises(TypeError):
            f()
""",
    "unittest",
)
PYTEST = PytestTests(
    {
        "test_f.py": """
import pytest
from solution import f
def test_two(): assert f(2) == 4
def test_three(): assert f(3) == 6
def test_nothing():
    with pytest.raises(TypeError): f()
"""
    }
)
NOT_PASSED = (V.TAMPER, V.WRONG, V.RAISED, V.EXITED)
READ_EXPECTED = """
import dis, sys
def expected_after(frame):
    for step in dis.get_instructions(frame.f_code):
        if step.offset > frame.f_lasti and step.opname == "LOAD_CONST" and isinstance(step.argval, int):
            return step.argval
"""
READER = READ_EXPECTED + "def f(n): return expected_after(sys._getframe(1))"


def guarded(identity: str, title: str, code: str, tests: object = CHECK, *verdicts: Verdict, needs: str = "") -> Attack:
    """Return an attack on test code; no other harness is asked about it."""
    told = {"entry": "" if isinstance(tests, PytestTests) else "f", "peers": False, "needs": needs}
    return attack(identity, title, *(verdicts or NOT_PASSED), code=code, tests=tests, **told)


YES = """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return True
    def __bool__(self): return True
"""

ATTACKS = (
    guarded("N1", "an object equal to everything", f"{YES}\ndef f(n): return Yes()", CHECK, V.TAMPER),
    guarded("N1b", "the same under unittest", f"{YES}\ndef f(n): return Yes()", UNITTEST, V.TAMPER),
    guarded("N1c", "the same under pytest", f"{YES}\ndef f(n): return Yes()", PYTEST, V.TAMPER),
    guarded(
        "N2",
        "a number whose equality lies",
        "class N(int):\n    def __eq__(self, o): return True\n    __hash__ = int.__hash__\ndef f(n): return N(0)",
        CHECK,
        V.TAMPER,
    ),
    guarded(
        "N3",
        "a mock",
        "from unittest.mock import MagicMock\ndef f(n):\n    m = MagicMock()\n    m.__eq__.return_value = True\n"
        "    return m",
        CHECK,
        V.TAMPER,
    ),
    guarded(
        "N4",
        "reads what is expected of the test's code",
        READER,
    ),
    guarded(
        "N4b",
        "the same under unittest",
        READER,
        UNITTEST,
    ),
    guarded("N4c", "the same under pytest", READER, PYTEST),
    guarded(
        "N5",
        "finds the test's code in memory and takes its constants in turn",
        """
import gc
seen = []
def f(n):
    for thing in gc.get_objects():
        code = getattr(thing, "__code__", None)
        if getattr(code, "co_name", "") == "check":
            found = [c for c in code.co_consts if isinstance(c, int)]
            return found[found.index(n) + 1]
""",
    ),
    guarded(
        "N6",
        "hears what is compiled, and reads the tests' text",
        """
import re, sys
texts = []
sys.addaudithook(lambda event, args: texts.append(args[0]) if event == "compile" and args[0] else None)
def f(n):
    for text in texts:
        text = text.decode() if isinstance(text, bytes) else str(text)
        found = re.search(rf"\\(({n})\\) == (\\d+)", text)
        if found: return int(found[2])
""",
    ),
    guarded(
        "N7",
        "replaces what counts the checks",
        """
import builtins
def yes(number, *rest, **more): builtins._akd_arrived(number)
for name in ("_akd_check", "_akd_call", "_akd_raising"): setattr(builtins, name, yes)
def f(n): return 0
""",
    ),
    guarded(
        "N7b",
        "the same under unittest, with its asserts",
        """
import builtins, unittest
def yes(number, *rest, **more): builtins._akd_arrived(number)
for name in ("_akd_check", "_akd_call", "_akd_raising"): setattr(builtins, name, yes)
unittest.TestCase.assertEqual = lambda self, *rest, **more: None
def f(n): return 0
""",
        UNITTEST,
    ),
    guarded(
        "N8",
        "has the recorder count every check as passed",
        """
import builtins
recorder = builtins._akd_check.__self__
type(recorder).record = lambda self, number, passed: self.counts.setdefault(number, [0, 0]).__setitem__(0, 1)
def f(n): return 0
""",
    ),
    guarded(
        "N8b",
        "rewrites the recorder's counts when they are taken, and the runner's exceptions",
        """
import builtins
recorder = builtins._akd_check.__self__
def take(self):
    return {number: (1, 0) for number in range(4)}
type(recorder).take = take
class Liar(int):
    def __eq__(self, other): return True
def f(n): return Liar()
""",
    ),
    guarded(
        "N9",
        "patches unittest's asserts",
        """
import unittest
for name in dir(unittest.TestCase):
    if name.startswith("assert") and name != "assertRaises":
        setattr(unittest.TestCase, name, lambda self, *rest, **more: None)
def f(n): return 0
""",
        UNITTEST,
        V.TAMPER,
    ),
    guarded(
        "N10",
        "has unittest run nothing and say that all is well",
        """
import unittest
def run(self, result=None):
    result.startTest(self); result.addSuccess(self); result.stopTest(self)
unittest.TestCase.run = unittest.TestCase.__call__ = run
def f(n): return 0
""",
        UNITTEST,
        V.TAMPER,
    ),
    guarded(
        "N11",
        "has unittest's results forget failures",
        """
import unittest
unittest.TestResult.addFailure = unittest.TestResult.addError = lambda self, test, err: None
def f(n): return 0
""",
        UNITTEST,
    ),
    guarded(
        "N11b",
        "has the judge's own results forget failures",
        """
import gc, unittest
def f(n=0):
    for kind in unittest.TestResult.__subclasses__():
        kind.addFailure = kind.addError = lambda self, test, err: None
    return 0
""",
        UNITTEST,
    ),
    guarded(
        "N12",
        "has pytest run nothing",
        """
import _pytest.python
_pytest.python.Function.runtest = lambda self: None
def f(n): return 0
""",
        PYTEST,
        V.TAMPER,
    ),
    guarded(
        "N13",
        "a hook of its own turns every report into a pass",
        """
import _pytest.runner
real = _pytest.runner.pytest_runtest_makereport
def makereport(item, call):
    call.excinfo = None
    return real(item, call)
_pytest.runner.pytest_runtest_makereport = makereport
import _pytest.runner as r
r.CallInfo.from_call = classmethod(lambda cls, func, when, reraise=None: cls(None, None, 0, 0, 0, when, _ispytest=True))
def f(n): return 0
""",
        PYTEST,
    ),
    guarded(
        "N14",
        "jumps over the test's lines with a trace",
        """
import sys
def trace(frame, event, arg):
    if frame.f_code.co_name == "check":
        def local(frame, event, arg):
            return local
        return local
    return None
def f(n):
    frame = sys._getframe(1)
    frame.f_trace = lambda *rest: None
    sys.settrace(trace)
    return 0
""",
    ),
    guarded(
        "N15",
        "replaces the code of the test by one that does nothing",
        """
import gc, sys
def nothing(candidate): pass
def f(n): return 0
class Watch(dict):
    pass
def swap():
    for thing in gc.get_objects():
        if getattr(thing, "__name__", "") == "check" and hasattr(thing, "__code__"):
            thing.__code__ = nothing.__code__
import threading
def soon():
    import time
    for _ in range(2000):
        swap(); time.sleep(0.0005)
threading.Thread(target=soon, daemon=True).start()
""",
    ),
    guarded(
        "N16",
        "says over the wire that both checks were passed and all tests ran",
        f"""{FIND}
def map_(pairs):
    body = b"d" + struct.pack("<I", len(pairs))
    for key, (a, b) in pairs.items():
        body += b"i" + struct.pack("<q", key) + b"t" + struct.pack("<I", 2) + b"i" + struct.pack("<q", a)
        body += b"i" + struct.pack("<q", b)
    return body
def report(pairs): return b"t" + struct.pack("<I", 2) + b"t" + struct.pack("<I", 0) + map_(pairs)
say(b"D", 0); say(b"C", 1)
say(b"P", 0, report({{0: (1, 0), 1: (1, 0)}}))
say(b"Z", 1, report({{}}))
wait()
""",
        CHECK,
        V.TAMPER,
    ),
    guarded(
        "N16b",
        "the same without a word on the checks",
        f"""{FIND}
NONE = struct.pack("<I", 0)
def report(): return b"t" + struct.pack("<I", 2) + b"t" + NONE + b"d" + NONE
say(b"D", 0); say(b"C", 1)
say(b"P", 0, report())
say(b"Z", 1, report())
wait()
""",
        CHECK,
        V.TAMPER,
    ),
    guarded(
        "N17",
        "forges the report when the process ends",
        f"""{FIND}
import atexit, os
NONE = struct.pack("<I", 0)
def report(): return b"t" + struct.pack("<I", 2) + b"t" + NONE + b"d" + NONE
def f(n):
    say(b"P", 0, report()); say(b"Z", 1, report())
    os._exit(0)
""",
        CHECK,
    ),
)

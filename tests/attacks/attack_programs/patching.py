"""E: patches whatever a checker in the same interpreter would use."""

from akd_sandbox import CodeTests, Verdict
from attack_programs.record import CHECK, attack, returning

V = Verdict

PATCH_BUILTINS = """
import builtins
builtins.abs = lambda x: 0
builtins.all = builtins.any = builtins.isinstance = builtins.callable = lambda *a: True
builtins.len = lambda x: 2
builtins.zip = lambda *a, **k: iter(())
builtins.set = lambda *a: frozenset()
builtins.type = lambda x: int
builtins.range = lambda *a: iter(())
builtins.AssertionError = ZeroDivisionError
def f(n): return 0
"""
CLOSE = CodeTests("import math\ndef check(candidate):\n    assert math.isclose(candidate(2), 4)\n", "check")

ATTACKS = (
    attack("E1a", "patches the builtins a comparison uses", V.WRONG, code=PATCH_BUILTINS),
    attack("E1b", "patches them under test code", V.WRONG, V.BADVALUE, V.RAISED, code=PATCH_BUILTINS, tests=CHECK),
    attack(
        "E2a",
        "patches numpy.allclose and math.isclose",
        V.WRONG,
        tests=returning(0.5),
        code="""
import math, numpy
numpy.allclose = math.isclose = numpy.isclose = numpy.array_equal = lambda *a, **k: True
numpy.testing.assert_allclose = lambda *a, **k: None
def f(): return 0.25
""",
    ),
    attack(
        "E2b",
        "patches math.isclose, which the test code uses",
        V.TAMPER,
        tests=CLOSE,
        code="import math\nmath.isclose = lambda *a, **k: True\ndef f(n): return 0",
    ),
    attack(
        "E4",
        "patches unittest and doctest",
        V.WRONG,
        code="""
import doctest, unittest
for name in dir(unittest.TestCase):
    if name.startswith("assert"):
        setattr(unittest.TestCase, name, lambda *a, **k: None)
unittest.TestResult.wasSuccessful = lambda self: True
doctest.testmod = lambda *a, **k: doctest.TestResults(0, 5)
def f(n): return 0
""",
    ),
    attack(
        "E5a",
        "raises what pytest takes for a skipped test",
        V.RAISED,
        code="""
class Skipped(BaseException): pass
Skipped.__module__ = "_pytest.outcomes"
def f(n): raise Skipped("no tests ran")
""",
    ),
    attack(
        "E5b",
        "leaves a conftest.py that rewrites reports",
        V.WRONG,
        code="""
def f(n):
    with open("conftest.py", "w") as file:
        file.write("def pytest_runtest_makereport(item, call): call.excinfo = None\\n")
    with open("pytest.ini", "w") as file:
        file.write("[pytest]\\naddopts = --collect-only\\n")
    return 0
""",
    ),
    attack(
        "E6a",
        "defines the names that test code uses",
        V.WRONG,
        tests=CHECK,
        code="""
METADATA = {}
def check(candidate): pass
def candidate(n): return 2 * n
def f(n): return 0
""",
    ),
    attack(
        "E6b",
        "a thread that keeps rewriting the globals of whoever called it",
        V.WRONG,
        peers=False,
        code="""
import sys, threading, time
def rewrite():
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        for frame in list(sys._current_frames().values()):
            while frame:
                for name in ("check", "expected", "decide", "inputs", "result"):
                    if name in frame.f_globals: frame.f_globals[name] = lambda *a: True
                frame = frame.f_back
threading.Thread(target=rewrite, daemon=True).start()
def f(n): return 0
""",
    ),
    attack(
        "E6c",
        "replaces the entry point of the test code by an always-true stub in sys.modules",
        V.WRONG,
        tests=CodeTests("assert f(2) == 4\nassert f(3) == 6\n", "asserts"),
        code="""
import sys, types
class Any:
    def __eq__(self, other): return True
fake = types.ModuleType("tests")
fake.f = lambda n: Any()
for name in ("tests", "__main__", "candidate"): sys.modules[name] = fake
def f(n): return 0
""",
    ),
    attack(
        "E7a",
        "puts fake modules into sys.modules",
        V.WRONG,
        peers=False,
        code="""
import sys, types
fake = types.ModuleType("numpy")
fake.array_equal = fake.allclose = lambda *a, **k: True
for name in ("numpy", "math", "json", "struct", "akd_sandbox", "akd_sandbox.codec"): sys.modules[name] = fake
def f(n): return 0
""",
    ),
    attack(
        "E7b",
        "writes sitecustomize.py, a .pth and a .pyc for the next sample",
        V.WRONG,
        needs="mount",
        code="""
import os, sys
def f(n):
    for folder in {".", *sys.path, os.path.dirname(os.__file__)}:
        for name in ("sitecustomize.py", "usercustomize.py", "akd.pth", "json.py", "__pycache__/json.cpython-311.pyc"):
            try:
                with open(os.path.join(folder or ".", name), "w") as file:
                    file.write("raise SystemExit(0)")
            except OSError:
                pass
    return 0
""",
    ),
    attack(
        "E8",
        "patches the worker itself: the codec, the frames, the loop",
        V.WRONG,
        V.TAMPER,
        V.EXITED,
        V.TIMEOUT,
        peers=False,
        code="""
import sys
def f(n):
    frame = sys._getframe(1)
    while frame:
        for name in ("encode", "decode", "digest", "equal", "send_value", "_walk", "pack"):
            if name in frame.f_globals: frame.f_globals[name] = lambda *a, **k: b"T"
        for value in list(frame.f_locals.values()):
            if type(value).__name__ == "Channel":
                value.digest_over = 0
        frame = frame.f_back
    return 0
""",
    ),
    attack(
        "E9",
        "ignores SIGALRM, stops every timer, loops",
        V.TIMEOUT,
        code="""
import signal
signal.signal(signal.SIGALRM, signal.SIG_IGN)
for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF): signal.setitimer(timer, 0)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
def f(n):
    while True: pass
""",
    ),
    attack(
        "E10",
        "a trace function that rewrites what its callers return",
        V.WRONG,
        V.TAMPER,
        V.EXITED,
        code="""
import sys
def trace(frame, event, argument):
    for name in ("expected", "exact_match", "passed"):
        if name in frame.f_locals: frame.f_locals[name] = True
    return trace
sys.setprofile(trace)
sys.settrace(trace)
def f(n):
    frame = sys._getframe()
    while frame:
        frame.f_trace = trace
        frame = frame.f_back
    return 0
""",
    ),
)

"""N: tells the guarded runs from the straight one, or takes the place of what runs the tests."""

from akd_sandbox import Verdict
from attack_programs.guarded import PYTEST, READ_EXPECTED, UNITTEST, YES, guarded
from attack_programs.record import CHECK

V = Verdict

ATTACKS = (
    guarded(
        "N18",
        "lies in the first run and is wrong in the others, told apart by the hash seed",
        f"{YES}\nimport os\ndef f(n): return Yes() if os.environ.get('PYTHONHASHSEED') == '0' else -1",
    ),
    guarded(
        "N18b",
        "the same, told apart by what a text hashes to",
        f"{YES}\nFIRST = hash('a')\ndef f(n): return Yes() if FIRST == {{0}} else -1".replace(
            "{0}", "hash('a')"
        ).replace("FIRST == hash('a')", "__import__('sys').flags.hash_randomization == 0"),
    ),
    guarded(
        "N19",
        "told apart by the process id",
        f"{YES}\nimport os\ndef f(n): return Yes() if os.getpid() % 2 else -1",
    ),
    guarded(
        "N20",
        "leaves a file in the first run to be found in the next",
        f"""{YES}
import os
first = not os.path.exists("/tmp/seen")
open("/tmp/seen", "w").close()
def f(n): return Yes() if first else -1
""",
    ),
    guarded(
        "N21",
        "told apart by the names that test code calls",
        f"{YES}\nimport sys\ndef f(n): return Yes() if '_akd_tried' in sys._getframe(1).f_code.co_names else -1",
    ),
    guarded(
        "N22",
        "lies as written, and under guard returns what it reads",
        f"""{YES}{READ_EXPECTED}
def f(n):
    frame = sys._getframe(1)
    return Yes() if '_akd_tried' in frame.f_code.co_names else expected_after(frame)
""",
    ),
    guarded(
        "N23",
        "lies only to half of the checks, by a coin",
        f"{YES}\nimport os\ndef f(n): return Yes() if os.urandom(1)[0] < 250 else -1",
    ),
    guarded(
        "N24",
        "replaces AssertionError",
        "import builtins\nclass Quiet(Exception): pass\nbuiltins.AssertionError = Quiet\ndef f(n): return 0",
    ),
    guarded(
        "N25",
        "makes numbers equal in the interpreter itself",
        """
import ctypes
def f(n):
    class Type(ctypes.Structure): pass
    address = id(int) + 200
    compare = ctypes.cast(address, ctypes.POINTER(ctypes.c_void_p))
    kind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.c_int)
    global keep
    keep = kind(lambda a, b, op: True)
    compare[0] = ctypes.cast(keep, ctypes.c_void_p).value
    return 0
""",
        CHECK,
        V.TAMPER,
        V.CRASHED,
        V.WRONG,
        V.RAISED,
        V.EXITED,
        V.TIMEOUT,
    ),
    guarded(
        "N26",
        "puts a test framework of its own in the place of unittest",
        """
import sys, types
fake = types.ModuleType("unittest")
class TestCase:
    def assertEqual(self, *rest): pass
    def assertRaises(self, *rest): return self
    def __enter__(self): return self
    def __exit__(self, *rest): return True
fake.TestCase = TestCase
sys.modules["unittest"] = fake
def f(n): return 0
""",
        UNITTEST,
    ),
    guarded(
        "N27",
        "has the tests' module import a test of its own instead",
        """
import sys, types
import importlib.abc, importlib.machinery
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name == "test_f" else None
    def create_module(self, spec): return None
    def exec_module(self, module): module.test_all = lambda: None
sys.meta_path.insert(0, Finder())
def f(n): return 0
""",
        PYTEST,
    ),
    guarded(
        "N28",
        "rewrites the test files where they lie",
        """
import os, threading, time
def rewrite():
    for _ in range(4000):
        if os.path.exists("test_f.py"):
            open("test_f.py", "w").write("def test_two(): pass\\ndef test_three(): pass\\ndef test_nothing(): pass\\n")
            return
        time.sleep(0.0002)
threading.Thread(target=rewrite, daemon=True).start()
def f(n): return 0
""",
        PYTEST,
    ),
    guarded(
        "N29",
        "skips every test from within",
        "import unittest\ndef f(n=0): raise unittest.SkipTest('not today')",
        UNITTEST,
        V.WRONG,
        V.RAISED,
    ),
    guarded(
        "N30",
        "skips every test from within, under pytest",
        "import pytest\ndef f(n=0): pytest.skip('not today')",
        PYTEST,
        V.WRONG,
        V.RAISED,
    ),
)

"""M: whole programs and test files: forging what was printed, how it ended, what was collected and what passed."""

from typing import Any

from akd_sandbox import ProgramTests, PytestTests, StdinCase, Verdict
from attack_programs.record import Attack, attack
from attack_programs.wire import FIND

V = Verdict

SUMS = ProgramTests((StdinCase("1 2\n", "3\n"), StdinCase("40 2\n", "42\n")))
LINES = ProgramTests((StdinCase("3\n", "1\n2\n3\n"),))
EXACT = ProgramTests((StdinCase("", "a b\n"),), compare="exact")
DOUBLED = "from solution import f\ndef test_two(): assert f(2) == 4\ndef test_three(): assert f(3) == 6\n"
TWO_TESTS = PytestTests({"test_f.py": DOUBLED}, count=2)
HIDDEN = PytestTests({"test_f.py": "import pytest, helper\n" + DOUBLED})
GIVEN = """
import pytest, solution
@pytest.mark.parametrize("n", solution.CASES)
def test_f(n): assert solution.f(n) == 2 * n
"""
RAISES = """
import pytest
from solution import Bad, f
def test():
    with pytest.raises(Bad): f(2)
"""
SHADOWS = ("pytest.py", "_pytest/outcomes.py", "json.py", "argcomplete.py", "helper.py", "sitecustomize.py")


def program(identity: str, title: str, *verdicts: Verdict, code: str, **options: Any) -> Attack:
    """Return an attack by a whole program."""
    return attack(identity, title, *verdicts, code=code, entry="", tests=options.pop("tests", SUMS), **options)


def tested(identity: str, title: str, *verdicts: Verdict, code: str, **options: Any) -> Attack:
    """Return an attack on test files."""
    return attack(identity, title, *verdicts, code=code, entry="", tests=options.pop("tests", TWO_TESTS), **options)


ATTACKS = (
    program(
        "M1",
        "prints signs of success instead of the answer",
        V.WRONG,
        code='print(\'PASS\\n=== 2 passed ===\\n{"verdict": "PASS", "passed": 1.0}\')',
    ),
    program(
        "M2",
        "prints the right answer, then raises",
        V.RAISED,
        code="print(sum(map(int, input().split())), flush=True)\nraise ValueError",
    ),
    program(
        "M3",
        "prints the right answer, then is killed",
        V.CRASHED,
        code="import os\nprint(sum(map(int, input().split())), flush=True)\nos.kill(os.getpid(), 9)",
    ),
    program(
        "M4",
        "prints the right answer, then ends with a code of its own",
        V.EXITED,
        code="print(sum(map(int, input().split())))\nraise SystemExit(3)",
    ),
    program("M5", "prints the first of the expected lines only", V.WRONG, tests=LINES, code="print(1)"),
    program("M6", "prints every number there is", V.WRONG, code="print(*range(100), *map(int, input().split()))"),
    program("M7", "prints without end", V.OUTPUT, code="while True: print(3)"),
    program(
        "M8",
        "a child prints the answer when the program has ended",
        V.WRONG,
        code="import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(0.3)\n    print(3)\n",
    ),
    program(
        "M9",
        "knows by a file that it is the second case",
        V.WRONG,
        code="import os\nprint(42 if os.path.exists('second') else 3)\nopen('second', 'w').close()",
    ),
    program(
        "M10",
        "changes what it reads, for those that come after",
        V.WRONG,
        again=True,
        code="""
import os
try: os.pwrite(0, b"0 0", 0)
except OSError: pass
try: os.ftruncate(0, 0)
except OSError: pass
os.lseek(0, 0, 0)
print(3 if os.read(0, 9) == b"0 0" else 0)
""",
    ),
    program(
        "M11",
        "looks for what is expected on every descriptor",
        V.WRONG,
        V.TAMPER,
        code="""
import os
for fd in range(256):
    try:
        os.set_blocking(fd, False)
        print(os.read(fd, 1 << 16).split()[-1:])
    except OSError: pass
""",
    ),
    program("M12", "says nothing and ends well", V.WRONG, code="import os\nos._exit(0)"),
    program("M13", "white space that only looks the same", V.WRONG, tests=EXACT, code="print('a  b')"),
    program(
        "M14",
        "tells the judge that all tests passed",
        V.TAMPER,
        code=f"{FIND}\nsay(b'P', 0)\nsay(b'Z', 2)\nwait()",
    ),
    tested(
        "M20",
        "brings a conftest.py that rewrites every report",
        V.WRONG,
        files={
            "conftest.py": "import pytest\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport():\n"
            "    outcome = yield\n    outcome.get_result().outcome = 'passed'\n"
        },
        code="import conftest\ndef f(n): return 0",
    ),
    tested(
        "M21",
        "patches pytest, unittest and the assertions where it is",
        V.WRONG,
        V.TAMPER,
        code="""
import sys, types, unittest
fake = types.ModuleType("pytest")
fake.raises = fake.approx = fake.main = lambda *a, **k: 0
sys.modules["pytest"] = sys.modules["_pytest"] = fake
unittest.TestCase.assertEqual = lambda *a: None
def f(n): return 0
""",
    ),
    tested("M22", "ends while the test files are collected", V.EXITED, code="import os\nos._exit(0)"),
    tested("M23", "ends in the first test", V.EXITED, code="import os\ndef f(n): os._exit(0)"),
    tested(
        "M24",
        "replaces the test files by ones that pass",
        V.WRONG,
        needs="mount",
        files={"test_f.py": "def test_two(): pass\ndef test_three(): pass\n"},
        code="""
import os
def f(n):
    for name in os.listdir("."):  # its own directory: without a boundary everything else is within reach
        with open(name, "w") as file: file.write("def test(): pass")
    return 0
""",
    ),
    tested(
        "M25",
        "equals everything",
        V.TAMPER,
        code="class Yes:\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(n): return Yes()",
    ),
    tested(
        "M26",
        "skips its tests by raising what a skip raises",
        V.WRONG,
        V.RAISED,
        code="import unittest\nclass Skipped(unittest.SkipTest): pass\ndef f(n): raise Skipped('skip')",
    ),
    tested("M27", "leaves by SystemExit", V.RAISED, code="def f(n): raise SystemExit(0)"),
    tested(
        "M28",
        "leaves nothing to be tested",
        V.WRONG,
        tests=PytestTests({"test_f.py": GIVEN}),
        code="CASES = []\ndef f(n): return 0",
    ),
    tested(
        "M29",
        "leaves only what it can do to be tested",
        V.WRONG,
        tests=PytestTests({"test_f.py": GIVEN}, count=3),
        code="CASES = [0]\ndef f(n): return 0",
    ),
    tested(
        "M30",
        "brings files called like what the tests import",
        V.WRONG,
        tests=HIDDEN,
        files=dict.fromkeys(
            SHADOWS, "import os\ndef raises(*a): os._exit(0)\ndef main(*a): return 0\nmark = fixture = main\n"
        ),
        code="def f(n): return 0",
    ),
    tested(
        "M31",
        "tells the judge that the tests passed",
        V.TAMPER,
        code=f"{FIND}\ndef f(n):\n    say(b'P', 0)\n    say(b'P', 1)\n    say(b'Z', 2)\n    wait()",
    ),
    tested(
        "M32",
        "an exception class with a name and bases chosen to mislead the tests",
        V.WRONG,
        tests=PytestTests({"test_f.py": RAISES}),
        code="class Bad(KeyboardInterrupt): pass\nBad.__name__ = 'AssertionError'\ndef f(n): return 0",
    ),
    tested(
        "M33",
        "a path that leaves the sample's directory",
        V.INFRA,
        needs="mount",
        files={"../../etc/cron.d/x": ""},
        code="def f(n): return 2 * n",
    ),
)

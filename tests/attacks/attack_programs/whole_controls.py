"""Whole programs and test files that look odd and are honest."""

from akd_sandbox import PytestTests
from attack_programs.control import control, reads

SUM = reads(("1 2\n", "3\n"), ("2 4\n", "6\n"))
FILES = PytestTests(
    {
        "test_all.py": """
import pytest
from solution import Stack, Empty, f
import shapes.box
@pytest.fixture
def stack():
    made = Stack()
    made.push(6)
    yield made
@pytest.mark.parametrize("n", [1, 2, 3])
def test_f(n): assert f(n) == pytest.approx(2 * n)
class TestStack:
    def setup_method(self): self.stack = Stack()
    def test_pop(self, stack): assert stack.pop() == 6
    def test_empty(self):
        with pytest.raises(Empty, match="nothing"): self.stack.pop()
def test_other_files(tmp_path):
    (tmp_path / "note").write_text("x")
    assert shapes.box.volume(2, 3) == 6
""",
        "conftest.py": "def pytest_collection_modifyitems(items): items.reverse()\n",
    },
    count=6,
)


CONTROLS = (
    control(
        "whole-program",
        "a main function, a guard, exit() where it is done",
        "import sys\ndef main():\n    print(sum(map(int, sys.stdin.read().split())))\n    exit()\n"
        "if __name__ == '__main__':\n    main()",
        SUM,
    ),
    control(
        "whole-program-late",
        "prints from a thread and when it ends, without a last line feed",
        "import atexit, threading\nnumbers = list(map(int, input().split()))\n"
        "atexit.register(lambda: print(sum(numbers), end=''))\n"
        "threading.Thread(target=lambda: print(end='', flush=True)).start()",
        SUM,
    ),
    control(
        "whole-program-child",
        "leaves a daemon behind that holds its output open",
        "import os, time\nprint(sum(map(int, input().split())), flush=True)\n"
        "if os.fork() == 0:\n    os.setsid()\n    time.sleep(60)",
        SUM,
    ),
    control(
        "whole-program-files",
        "imports its own file, reads its own data, writes another",
        "from helper import add\nopen('out', 'w').write(open('data/scale.txt').read())\n"
        "print(add(*map(int, input().split())) * int(open('out').read()))",
        SUM,
        files={"helper.py": "def add(a, b): return a + b\n", "data/scale.txt": "1"},
    ),
    control(
        "whole-program-large",
        "reads and prints a megabyte",
        "import sys\nfor line in sys.stdin: sys.stdout.write(line)",
        reads(("é 1234567\n" * 80_000, "é 1234567\n" * 80_000)),
    ),
    control(
        "test-files",
        "fixtures, classes, parameters, approximations, expected errors of its own, two packages",
        """
class Empty(LookupError): pass
def f(n): return 2 * n
class Stack:
    def __init__(self): self.held = []
    def push(self, value): self.held.append(value)
    def pop(self):
        if not self.held: raise Empty("nothing there")
        return self.held.pop()
""",
        FILES,
        files={
            "shapes/__init__.py": "",
            "shapes/box.py": "from solution import f\ndef volume(a, b): return f(a) * b // 2\n",
        },
    ),
)

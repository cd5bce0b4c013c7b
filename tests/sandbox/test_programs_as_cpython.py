"""A whole program prints, byte for byte, what it prints under the plain interpreter, and ends as it does there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from akd_sandbox import Job, Limits, ProgramTests, Sandbox, StdinCase, Verdict

LIMITS = Limits(test_s=5.0, import_s=10.0, memory_bytes=512 << 20)
PROGRAMS = [
    ("line ends as they come", "import sys\nprint(repr(sys.stdin.readline()), repr(input()))", "a\r\nb\r\n"),
    ("output wrapped anew",
     "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')\nprint('ü')", ""),
    ("input wrapped anew",
     "import io, sys\nsys.stdin = io.TextIOWrapper(sys.stdin.buffer, encoding='utf-8')\nprint(input())", "ü\n"),
    ("no way back in the output", "import sys\nprint(sys.stdout.seekable(), sys.stdout.isatty())", ""),
    ("output closed at the end", "import sys\nprint(1)\nsys.stdout.flush()\nsys.stdout.close()", ""),
    ("no output at the end", "import sys\nprint(1)\nsys.stdout.flush()\nsys.stdout = None", ""),
    ("what goes when it ends",
     "class A:\n    def __del__(self): print('gone')\na = A()\nb = A()\nb.me = b\nprint(1)", ""),
    ("what goes after the exit functions",
     "import atexit\nclass A:\n    def __del__(self): print('gone', atexit.__name__)\na = A()\n"
     "atexit.register(print, 'bye')", ""),
    ("an error where it goes", "class A:\n    def __del__(self): 1 / 0\na = A()\nprint(1)", ""),
    ("what goes after an error", "class A:\n    def __del__(self): print('gone')\na = A()\nraise SystemExit(3)", ""),
    ("help and copyright", "print(callable(help), 'Python' in repr(copyright), type(license).__name__)", ""),
    ("exit codes", "import sys\nprint(1)\nsys.exit(256)", ""),
    ("a text as exit code", "import sys\nprint(1)\nsys.exit('bad')", ""),
    ("a child that ends", "import os\nprint('a')\nif os.fork() == 0:\n    raise SystemExit\nos.wait()\nprint('b')", ""),
    ("input by its size", "import os\nprint(os.read(0, os.fstat(0).st_size).split())", "3\n4\n"),
    ("a deep recursion on a large stack",
     "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(1 << 27)\n"
     "def deep(n): return 0 if n == 0 else 1 + deep(n - 1)\n"
     "thread = threading.Thread(target=lambda: print(deep(20000)))\nthread.start()\nthread.join()", ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("namespace", workers=1, limits=LIMITS) as sandbox:
        yield sandbox


def plainly(folder: Path, program: str, stdin: str) -> tuple[str, int]:
    (folder / "candidate.py").write_bytes(program.encode())
    (folder / "stdin").write_bytes(stdin.encode())
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {"PYTHONUTF8": "1"}
    with (folder / "stdin").open("rb") as given:
        done = subprocess.run(
            [sys.executable, "-B", "candidate.py"],
            cwd=folder, stdin=given, capture_output=True, env=clean, check=False, timeout=60,
        )  # fmt: skip
    return done.stdout.decode(), done.returncode


@pytest.mark.parametrize(("program", "stdin"), [one[1:] for one in PROGRAMS], ids=[one[0] for one in PROGRAMS])
def test_a_program_prints_and_ends_as_under_the_plain_interpreter(
    box: Sandbox, tmp_path: Path, program: str, stdin: str
) -> None:
    printed, code = plainly(tmp_path, program, stdin)
    result = box.run(Job(program, "", ProgramTests((StdinCase(stdin, printed),), "exact")))
    assert (result.verdict is Verdict.PASS) is (code == 0), (result.verdict, result.detail, printed, code)
    assert result.stdout == printed


def test_a_function_may_wrap_the_output_too(box: Sandbox) -> None:
    code = "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')\ndef f(): return 'ü'"
    (outcome,) = box.call(code, "f", [()])
    assert (outcome.verdict, outcome.value) == (Verdict.PASS, "ü")

"""Programs that look odd and are honest: each must pass, and fail when one expectation is flipped."""

import datetime
import itertools
from decimal import Decimal
from fractions import Fraction

from attack_programs.control import control, of
from attack_programs.record import CHECK, returning

CONTROLS = (
    control(
        "mutates", "mutates its input", "def f(x):\n    x.sort()\n    x.append(9)\n    return len(x)", of(4, [3, 1, 2])
    ),
    control("prints", "prints nearly a megabyte", "def f(n):\n    print('x' * 450_000)\n    return 2 * n"),
    control(
        "stderr",
        "prints to stderr and logs",
        """
import logging, sys
def f(n):
    print("note", file=sys.stderr)
    logging.warning("noted")
    return 2 * n
""",
    ),
    control(
        "recursion",
        "recurses 20,000 deep after setrecursionlimit",
        """
import sys
sys.setrecursionlimit(30_000)
def f(n, depth=20_000): return 2 * n if depth == 0 else f(n, depth - 1)
""",
    ),
    control(
        "threads",
        "starts and joins threads",
        """
from concurrent.futures import ThreadPoolExecutor
import threading
def f(n):
    box = []
    threads = [threading.Thread(target=box.append, args=(n,)) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(abs, box)) // 4
""",
    ),
    control(
        "processes",
        "forks a child and waits for it; uses a process pool",
        """
import multiprocessing, os
def double(n): return 2 * n
def f(n):
    pid = os.fork()
    if pid == 0: os._exit(2 * n)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2 * n
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(double, [n])[0]
""",
    ),
    control(
        "tempfile",
        "writes and reads temporary files",
        """
import os, tempfile
def f(n):
    with tempfile.NamedTemporaryFile("w+") as file, tempfile.TemporaryDirectory() as folder:
        file.write(str(2 * n)); file.flush()
        with open(os.path.join(folder, "copy"), "w") as copy: copy.write(open(file.name).read())
        return int(open(os.path.join(folder, "copy")).read())
""",
    ),
    control(
        "main",
        "a demo under __main__, with input()",
        "def f(n): return 2 * n\nif __name__ == '__main__':\n    print(f(int(input('n? '))))",
    ),
    control(
        "helpers",
        "decorated, async and class-based helpers",
        """
import asyncio, functools
def traced(function):
    @functools.wraps(function)
    def wrapper(*args): return function(*args)
    return wrapper
class Doubler:
    factor = 2
    def __call__(self, n): return self.factor * n
async def later(n): return Doubler()(n)
@traced
@functools.lru_cache(None)
def f(n): return asyncio.run(later(n))
""",
    ),
    control(
        "imports",
        "imports that may fail, tuple assignments, generators, walrus, match",
        """
try:
    import no_such_package
except ImportError:
    no_such_package = None
a, b = 1, 1
def gen(n):
    yield from (n for _ in range(a + b))
def f(n):
    match list(gen(n)):
        case [x, y] if (total := x + y): return total
""",
    ),
    control(
        "instance",
        "an entry point that is not a function",
        "class F:\n    def __call__(self, n): return 2 * n\nf = F()",
    ),
    control("numpy", "uses numpy", "import numpy as np\ndef f(n): return int(np.dot(np.array([n, n]), np.ones(2)))"),
    control("numpy-scalar", "returns a numpy scalar", "import numpy as np\ndef f(n): return np.int64(2 * n)"),
    control("pandas", "uses pandas", "import pandas as pd\ndef f(n): return int(pd.Series([n, n]).sum())"),
    control(
        "million",
        "returns a million elements",
        "def f(): return list(range(10 ** 6))",
        returning(list(range(10**6))),
    ),
    control(
        "million-mixed",
        "returns a million elements of several types",
        "def f(): return [i if i % 2 else str(i) for i in range(10 ** 6)]",
        returning([i if i % 2 else str(i) for i in range(10**6)]),
    ),
    control("bigint", "ints over 4,300 digits", "def f(k): return 7 ** k", of(7**20_000, 20_000)),
    control(
        "random",
        "unseeded random numbers",
        """
import random
def f(n): return 2 * n if len({random.random() for _ in range(100)}) == 100 else random.choice("x")
""",
    ),
    control(
        "unicode", "unicode identifiers", "def doppelt(größe): return größe * 2\nπ = 1\ndef f(n): return doppelt(n) * π"
    ),
    control("crlf", "CRLF line ends", "def f(n):\r\n    m = n\r\n    return 2 * m\r\n"),
    control("tabs", "tabs", "def f(n):\n\tif n:\n\t\treturn 2 * n\n"),
    control("check", "a helper named check", "def check(candidate): raise ValueError\ndef f(n): return 2 * n"),
    control(
        "check-code",
        "a helper named check, under test code",
        "def check(candidate): raise ValueError\ndef f(n): return 2 * n",
        CHECK,
    ),
    control("surrogate", "a right lone surrogate and NUL", "def f(): return '\\ud800\\0'", returning("\ud800\0")),
    control("none", "returns None", "def f(): pass", returning(None)),
    control("nan", "a nan where one is expected", "def f(): return [float('nan'), 1]", returning([float("nan"), 1])),
    control(
        "by-value",
        "Decimals, fractions, dates",
        """
import datetime, decimal, fractions
def f():
    return [decimal.Decimal("1.10"), fractions.Fraction(1, 3), datetime.date(2020, 2, 29), datetime.timedelta(1)]
""",
        returning([Decimal("1.10"), Fraction(1, 3), datetime.date(2020, 2, 29), datetime.timedelta(1)]),
    ),
    control("set", "a set of 200,000 numbers", "def f(): return set(range(200_000))", returning(set(range(200_000)))),
    control(
        "grid",
        "a set of points with -1 and -2, whose hashes collide",
        "import itertools\ndef f(): return set(itertools.product((-2, -1, 0, 1, 2), repeat=4))",
        returning(set(itertools.product((-2, -1, 0, 1, 2), repeat=4))),
    ),
    control(
        "dict",
        "a dict of 50,000 tuples",
        "def f(): return {(i, -i): str(i) for i in range(50_000)}",
        returning({(i, -i): str(i) for i in range(50_000)}),
    ),
    control("kwargs", "keyword arguments", "def f(*a, last=0): return [*a, last]", of([1, (2,), 3], 1, (2,), last=3)),
    control("closed-stdout", "closes stdout", "import sys\nsys.stdout.close()\ndef f(n): return 2 * n"),
    control(
        "other-stdout",
        "replaces stdout",
        """
import io, sys
sys.stdout = io.StringIO()
def f(n):
    print("quiet")
    return 2 * n
""",
    ),
    control("none-stdout", "has no stdout", "import sys\nsys.stdout = sys.stderr = None\ndef f(n): return 2 * n"),
    control(
        "catches",
        "catches a SystemExit of its own",
        """
import sys
def f(n):
    try:
        sys.exit(3)
    except SystemExit as end:
        return 2 * n if end.code == 3 else None
""",
    ),
    control(
        "socket",
        "makes a socket and does not use it",
        "import socket\ndef f(n):\n    with socket.socket() as unused: return 2 * n + 0 * unused.fileno()",
    ),
    control(
        "subprocess",
        "runs the interpreter as a program",
        """
import subprocess, sys
def f(n):
    done = subprocess.run([sys.executable, "-S", "-c", f"print({n} * 2)"], capture_output=True, check=True)
    return int(done.stdout)
""",
    ),
    control(
        "signals",
        "uses an alarm of its own",
        """
import signal
def f(n):
    signal.signal(signal.SIGALRM, lambda *a: None)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    signal.pause()
    return 2 * n
""",
    ),
    control(
        "limits",
        "lowers its own limits",
        """
import resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
def f(n): return 2 * n
""",
    ),
    control(
        "nice",
        "is nice, and stays on its cores",
        """
import os
def f(n):
    os.nice(1)
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    return 2 * n
""",
    ),
    control(
        "exec",
        "uses exec, eval and compile",
        """
scope = {}
exec(compile("def g(n): return 2 * n", "generated", "exec"), scope)
def f(n): return eval("g(n)", scope, {"n": n})
""",
    ),
    control(
        "patches",
        "replaces a builtin for itself",
        """
import builtins
builtins.double = lambda n: 2 * n
def f(n): return double(n)
""",
    ),
    control(
        "shm",
        "shared memory of multiprocessing",
        """
from multiprocessing import shared_memory
def f(n):
    block = shared_memory.SharedMemory(create=True, size=16)
    block.buf[0] = n
    found = block.buf[0] * 2
    block.close()
    block.unlink()
    return found
""",
    ),
)

"""F: uses up processes, output and disks. All loops are bounded, whatever layer is missing."""

from dataclasses import replace

from akd_sandbox import Case, FunctionTests, Verdict
from attack_programs.record import QUICK, attack, returning

V = Verdict

WHOLE_VALUE = FunctionTests((Case(args=(), expected=b"", compare=lambda expected, got, args: True),))
"""A test that only the value itself can decide, so that it cannot travel as a digest."""

ATTACKS = (
    attack(
        "F12a",
        "forks without end",
        V.RAISED,
        V.CRASHED,
        V.WRONG,
        V.TIMEOUT,
        needs="pid cgroup",
        code="""
import os, time
def f(n):
    for _ in range(300):
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
    return 2 * n
""",
    ),
    attack(
        "F12b",
        "forks twice, in sessions of their own, and ends",
        V.WRONG,
        V.RAISED,
        V.CRASHED,
        needs="pid cgroup",
        code="""
import os, time
def f(n):
    for _ in range(40):
        if os.fork() == 0:
            os.setsid()
            try:
                os.fork()
            finally:
                time.sleep(20)
                os._exit(0)
    return "left them"
""",
    ),
    attack(
        "F12c",
        "forks faster than one can kill",
        V.WRONG,
        V.RAISED,
        V.CRASHED,
        V.TIMEOUT,
        V.MEMORY,
        needs="pid cgroup",
        code="""
import os, time
END = time.monotonic() + 1.5
def f(n):
    for _ in range(20):
        try:
            if os.fork() == 0:
                while time.monotonic() < END:
                    try:
                        if os.fork(): os._exit(0)
                    except OSError: pass
                os._exit(0)
        except OSError: pass
    return "left them"
""",
    ),
    attack(
        "F13a",
        "starts thousands of threads",
        V.RAISED,
        needs="cgroup",
        limits=replace(QUICK, test_s=15.0, sample_s=30.0),  # every thread waits for a core twice
        code="""
import threading, time
def f(n):
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    return 2 * n
""",
    ),
    attack(
        "F13b",
        "starts tasks without end",
        V.TIMEOUT,
        V.MEMORY,
        peers=False,
        code="""
import asyncio
async def bomb():
    while True:
        asyncio.ensure_future(bomb())
        await asyncio.sleep(0)
def f(n): asyncio.run(bomb())
""",
    ),
    attack(
        "F14",
        "recurses without end",
        V.CRASHED,
        V.RAISED,
        V.TIMEOUT,
        V.MEMORY,
        code="""
import sys
sys.setrecursionlimit(10 ** 9)
def f(n): return f(n) + 1
""",
    ),
    attack(
        "F14b",
        "recurses in C until the stack ends",
        V.CRASHED,
        V.RAISED,
        V.TIMEOUT,
        V.MEMORY,
        peers=False,
        code="""
import sys
sys.setrecursionlimit(10 ** 9)
class Deep:
    def __repr__(self): return repr([self])
def f(n): return repr(Deep())
""",
    ),
    attack(
        "F15a",
        "prints far over the limit",
        V.OUTPUT,
        peers=False,
        code="def f(n):\n    for _ in range(40000): print('x' * 1000)",
    ),
    attack(
        "F15b",
        "writes to stderr without a newline",
        V.OUTPUT,
        peers=False,
        code="import os\ndef f(n):\n    for _ in range(1000): os.write(2, b'x' * 60000)",
    ),
    attack(
        "F15c",
        "a child that goes on printing",
        V.OUTPUT,
        V.WRONG,
        peers=False,
        code="""
import os
def f(n):
    if os.fork() == 0:
        for _ in range(1000): os.write(1, b'x' * 60000)
        os._exit(0)
    return 0
""",
    ),
    attack(
        "F16a",
        "returns a gigabyte",
        V.MEMORY,
        V.OUTPUT,
        V.WRONG,
        V.TIMEOUT,
        peers=False,
        code="def f(n): return [0] * (1 << 27)",
    ),
    attack(
        "F16b",
        "returns more than may travel where only the value itself decides",
        V.OUTPUT,
        tests=WHOLE_VALUE,
        peers=False,
        code="def f(): return bytes(20_000_000)",
    ),
    attack(
        "F16c",
        "returns one object a million times over",
        V.WRONG,
        V.OUTPUT,
        V.TIMEOUT,
        V.BADVALUE,
        tests=returning([[]]),
        peers=False,
        code="def f():\n    x = []\n    for _ in range(60): x = [x, x]\n    return x",
    ),
    attack(
        "F17a",
        "writes one huge file",
        V.RAISED,
        peers=False,
        code="""
def f(n):
    with open("big", "wb") as file:
        for _ in range(300): file.write(bytes(1 << 20))
    return 2 * n
""",
    ),
    attack(
        "F17b",
        "creates files until none are left",
        V.RAISED,
        needs="mount",
        code="def f(n):\n    for name in range(20000): open(str(name), 'w').close()\n    return 2 * n",
    ),
    attack(
        "F17c",
        "a sparse file of a petabyte",
        V.RAISED,
        peers=False,
        code="def f(n):\n    with open('big', 'wb') as file: file.truncate(1 << 50)\n    return 2 * n",
    ),
    attack(
        "F17d",
        "a tree of 3,000 directories, one in another",
        V.WRONG,
        peers=False,
        code="""
import os
def f(n):
    for _ in range(3000):
        os.mkdir("d")
        os.chdir("d")
    return "left them"
""",
    ),
    attack(
        "F17e",
        "directories that cannot be entered or removed",
        V.WRONG,
        peers=False,
        code="""
import os
def f(n):
    if n == 2:
        os.makedirs("a/b/c")
        open("a/b/c/file", "w").close()
        os.chmod("a/b", 0)
        os.chmod("a", 0)
        try: os.chmod(".", 0)
        except OSError: pass
    return "left them"
""",
    ),
    attack(
        "F18",
        "opens every descriptor it can",
        V.RAISED,
        peers=False,
        code="""
import os
kept = []
def f(n):
    for _ in range(10 ** 5): kept.append(os.open("/dev/null", 0))
    return 2 * n
""",
    ),
    attack(
        "F19", "dumps core", V.CRASHED, peers=False, code="import os\nx = bytearray(20 << 20)\ndef f(n): os.abort()"
    ),
    attack(
        "F19b",
        "asks for core dumps first",
        V.CRASHED,
        peers=False,
        code="""
import ctypes, os, resource
libc = ctypes.CDLL(None)
def f(n):
    libc.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
    for value in (resource.RLIM_INFINITY, 1 << 20):
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (value, value))
            if resource.getrlimit(resource.RLIMIT_CORE)[0] > 1: return 2 * n
        except (ValueError, OSError):
            pass
    os.abort()
""",
    ),
    attack(
        "F20",
        "an import that is slower than its budget in many small steps",
        V.TIMEOUT,
        limits=replace(QUICK, import_s=0.4),
        code="import time\nfor _ in range(1000): time.sleep(0.01)\ndef f(n): return 2 * n",
    ),
    attack(
        "F21",
        "many busy processes, so that waiting for a core can be claimed",
        V.TIMEOUT,
        needs="pid cgroup",
        code="""
import os, time
def f(n):
    for _ in range(12):
        if os.fork() == 0:
            end = time.monotonic() + 5
            while time.monotonic() < end: pass
            os._exit(0)
    while True: pass
""",
    ),
)

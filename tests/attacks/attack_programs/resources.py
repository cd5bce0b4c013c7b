"""F: uses up time and memory. All loops are bounded, whatever layer is missing."""

from dataclasses import replace

from akd_sandbox import Case, FunctionTests, Verdict
from attack_programs.record import CHECK, QUICK, attack

V = Verdict

WHOLE_VALUE = FunctionTests((Case(args=(), expected=b"", compare=lambda expected, got, args: True),))
"""A test that only the value itself can decide, so that it cannot travel as a digest."""

ATTACKS = (
    attack("F1", "an endless loop", V.TIMEOUT, code="def f(n):\n    while True: pass"),
    attack("F1b", "an endless loop, under test code", V.TIMEOUT, code="def f(n):\n    while True: pass", tests=CHECK),
    attack(
        "F1c",
        "an endless loop at import",
        V.TIMEOUT,
        code="while True: pass",
        peers=False,
        limits=replace(QUICK, import_s=0.4),
    ),
    attack(
        "F2",
        "a loop that swallows every exception",
        V.TIMEOUT,
        code="""
def f(n):
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
    ),
    attack("F3a", "one long call in C: a power", V.TIMEOUT, code="def f(n): return pow(7, 10 ** 8)", peers=False),
    attack(
        "F3b",
        "one long call in C: a regular expression",
        V.TIMEOUT,
        code="import re\ndef f(n): return re.match('(a+)+$', 'a' * 40 + 'b')",
    ),
    attack(
        "F3c",
        "one long call in C: a product",
        V.TIMEOUT,
        V.MEMORY,
        peers=False,
        code="import itertools\ndef f(n): return sum(map(len, itertools.product(range(9), repeat=12)))",
    ),
    attack("F4a", "sleeps", V.TIMEOUT, code="import time\ndef f(n): time.sleep(1e8)"),
    attack("F4b", "waits for input that never comes", V.RAISED, code="def f(n): return input()"),
    attack(
        "F4c",
        "waits in select for nothing",
        V.TIMEOUT,
        code="import select\ndef f(n): select.select([], [], [])",
    ),
    attack(
        "F5",
        "stops itself",
        V.TIMEOUT,
        code="import os, signal\ndef f(n): os.kill(os.getpid(), signal.SIGSTOP)",
    ),
    attack(
        "F6",
        "ignores SIGTERM and SIGXCPU, raises its limits, loops",
        V.TIMEOUT,
        code="""
import resource, signal
for number in (signal.SIGTERM, signal.SIGXCPU, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
try:
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (ValueError, OSError):
    pass
def f(n):
    while True: pass
""",
    ),
    attack("F8", "asks for 50 GB", V.MEMORY, code="def f(n): return bytearray(50 << 30)", peers=False),
    attack(
        "F8b",
        "takes memory piece by piece",
        V.MEMORY,
        needs="cgroup",
        code="def f(n):\n    kept = [b'x' * (1 << 20) for _ in range(600)]\n    return len(kept)",
    ),
    attack(
        "F8c",
        "takes memory in many processes at once",
        V.MEMORY,
        V.WRONG,
        limits=replace(QUICK, test_s=5.0),
        needs="pid cgroup",
        code="""
import os, time
def f(n):
    for _ in range(6):
        if os.fork() == 0:
            kept = bytearray(b"x") * (100 << 20)
            time.sleep(0.3)
            os._exit(0)
    for _ in range(6):
        os.wait()
    return "held"
""",
    ),
    attack(
        "F8d",
        "hides memory in shared maps and pipes",
        V.MEMORY,
        V.RAISED,
        V.CRASHED,
        V.TIMEOUT,
        needs="cgroup",
        code="""
import mmap, os
def f(n):
    kept = []
    for _ in range(12):
        shared = mmap.mmap(-1, 64 << 20)
        for offset in range(0, 64 << 20, 4096): shared[offset] = 1
        kept.append(shared)
    return "got it all"
""",
    ),
    attack(
        "F9",
        "catches MemoryError and returns the right answer",
        V.PASS,
        peers=False,
        code="""
def f(n):
    try:
        return bytearray(50 << 30)
    except MemoryError:
        return 2 * n
""",
    ),
)

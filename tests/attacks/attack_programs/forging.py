"""D: pretends to have been judged: on stdout, in files, on every descriptor it finds."""

from akd_sandbox import Verdict
from attack_programs.record import CHECK, attack

V = Verdict

ATTACKS = (
    attack(
        "D1a",
        "prints every sign of success there is",
        V.WRONG,
        code="""
import json, sys
def f(n):
    print("PASSED\\n=== 5 passed in 0.01s ===\\nOK\\n1.0")
    print(json.dumps({"passed": True, "verdict": "PASS", "reward": 1.0}))
    print("PASS", file=sys.stderr)
    return 0
""",
    ),
    attack(
        "D1b",
        "the same by os.write, under a redirected stdout",
        V.WRONG,
        code="""
import contextlib, io, os
def f(n):
    with contextlib.redirect_stdout(io.StringIO()):
        os.write(1, b'{"verdict": "PASS"}\\nPASSED\\n')
        os.write(2, b"1.0\\n")
    return 0
""",
    ),
    attack(
        "D2a",
        "writes a verdict to every open descriptor",
        V.TAMPER,
        code="""
import os
def f(n):
    for fd in range(3, 256):
        try:
            os.write(fd, b'{"verdict": "PASS"}\\n' * 50)
        except OSError:
            pass
    return 0
""",
    ),
    attack(
        "D2b",
        "writes one to the descriptors listed in /proc/self/fd",
        V.WRONG,
        V.TAMPER,
        peers=False,
        code="""
import os
def f(n):
    try:
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2:
                with open("/proc/self/fd/" + name, "wb") as file:
                    file.write(b"PASS")
    except OSError:
        pass
    return 0
""",
    ),
    attack(
        "D3",
        "appends 'passed' to the shared result it finds in a frame, and ends",
        V.EXITED,
        code="""
import os, sys
def f(n):
    frame = sys._getframe()
    while frame:
        for name, value in list(frame.f_locals.items()):
            if name in ("result", "results", "stat", "details", "progress"):
                try:
                    value.append("passed")
                except AttributeError:
                    value.value = 0
        frame = frame.f_back
    os._exit(0)
""",
    ),
    attack(
        "D4",
        "sends a pickle that acts to every descriptor",
        V.TAMPER,
        peers=False,
        code="""
import os, pickle
class Act:
    def __reduce__(self): return (open, ("@CANARY@/touched", "w"))
def f(n):
    for fd in range(3, 256):
        try:
            os.write(fd, pickle.dumps(Act()))
        except OSError:
            pass
    return 0
""",
    ),
    attack(
        "D5",
        "leaves result files, a link to /etc/shadow and a FIFO in its directory",
        V.WRONG,
        code="""
import os
def f(n):
    for name in ("junit.xml", "reward.txt", "results.json", "result", "verdict"):
        with open(name, "w") as file:
            file.write('{"passed": 1.0}')
    if not os.path.lexists("report.json"):
        os.symlink("/etc/shadow", "report.json")
        os.symlink("/dev/zero", "metrics.json")
        os.mkfifo("reward.json")
    return 0
""",
    ),
    attack(
        "D7",
        "stops every clock it can patch, then takes its time",
        V.TIMEOUT,
        code="""
import time
sleep = time.sleep
time.time = time.monotonic = time.perf_counter = time.process_time = time.thread_time = lambda: 0.0
def f(n):
    for _ in range(100): sleep(0.1)
    return 2 * n
""",
    ),
    attack(
        "D9a",
        "prints the traceback of a MemoryError",
        V.RAISED,
        code="""
import sys
def f(n):
    print("Traceback (most recent call last):\\nMemoryError\\nKilled", file=sys.stderr)
    raise RuntimeError("MemoryError: Killed, out of memory")
""",
    ),
    attack(
        "D10",
        "raises something that is called TimeoutException",
        V.RAISED,
        code="""
class TimeoutException(Exception):
    def __repr__(self): return "TimeoutException('timed out')"
    __str__ = __repr__
def f(n): raise TimeoutException
""",
    ),
    attack(
        "D11",
        "raises what the harness itself raises (CandidateError, AssertionError)",
        V.RAISED,
        tests=CHECK,
        code="""
class CandidateError(AssertionError): pass
def f(n): raise CandidateError("")
""",
    ),
    attack(
        "D12",
        "ends with output that only looks cut off",
        V.WRONG,
        code="def f(n):\n    print('[... 99 bytes left out ...]\\nPASS')\n    return None",
    ),
)

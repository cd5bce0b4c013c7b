"""A: the program ends before its tests do, and hopes that silence or an exit code counts."""

from akd_sandbox import Verdict
from attack_programs.record import CHECK, attack

V = Verdict

ATTACKS = (
    attack("A1a", "sys.exit(0) at import", V.EXITED, code="import sys\nsys.exit(0)"),
    attack("A1b", "raise SystemExit(0) at import", V.EXITED, code="raise SystemExit(0)"),
    attack("A1c", "SystemExit at import under test code", V.EXITED, code="raise SystemExit(0)", tests=CHECK),
    attack("A2", "SystemExit inside the function", V.RAISED, code="def f(n):\n    raise SystemExit(0)"),
    attack("A2b", "SystemExit inside the function, under test code", V.RAISED, code="def f(n): exit(0)", tests=CHECK),
    attack("A3a", "os._exit(0) at import", V.EXITED, code="import os\nos._exit(0)"),
    attack(
        "A3b",
        "os._exit(0) after a first right answer",
        V.EXITED,
        code="""
import os
def f(n):
    if n == 2:
        return 4
    os._exit(0)
""",
    ),
    attack(
        "A3c", "os._exit(0) in the middle of test code", V.EXITED, code="import os\ndef f(n): os._exit(0)", tests=CHECK
    ),
    attack(
        "A4",
        "an exit hook that ends with code 0",
        V.WRONG,
        code="""
import atexit, os
atexit.register(os._exit, 0)
def f(n): return 0
""",
    ),
    attack("A8a", "KeyboardInterrupt", V.RAISED, code="def f(n): raise KeyboardInterrupt"),
    attack("A8b", "GeneratorExit", V.RAISED, code="def f(n): raise GeneratorExit"),
    attack(
        "A8c",
        "an exception below BaseException only",
        V.RAISED,
        code="class Stop(BaseException): pass\ndef f(n): raise Stop",
    ),
    attack(
        "A9a",
        "kills itself, to look like out of memory",
        V.CRASHED,
        code="import os, signal\ndef f(n): os.kill(os.getpid(), signal.SIGKILL)",
    ),
    attack("A9b", "exit code 124, to look like a timeout", V.EXITED, code="import os\ndef f(n): os._exit(124)"),
    attack("A9c", "exit code 137, to look like a kill", V.EXITED, code="import os\ndef f(n): os._exit(137)"),
    attack("A9d", "exit code 70, the worker's own", V.EXITED, code="import os\ndef f(n): os._exit(70)"),
    attack("A10", "quit() at import", V.EXITED, code="quit()"),
    attack(
        "A11",
        "the worker's main thread ends, another lives on",
        V.EXITED,
        V.TIMEOUT,
        code="""
import ctypes, threading, time
def f(n):
    threading.Thread(target=time.sleep, args=(5,)).start()
    ctypes.CDLL(None).syscall({"x86_64": 60}.get(__import__("os").uname().machine, 93), 0)
""",
    ),
)

"""G: leaves something behind: a process, a patched module, a limit, a lock, a file; or attacks what runs it."""

from akd_sandbox import Verdict
from attack_programs.record import attack

V = Verdict

ATTACKS = (
    attack(
        "G1",
        "a daemon, forked twice, in a session of its own",
        V.PASS,
        peers=False,
        code="""
import os, time
def f(n):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(30)
        os._exit(0)
    return 2 * n
""",
    ),
    attack(
        "G1b",
        "a daemon that ignores every signal it may",
        V.PASS,
        peers=False,
        code="""
import os, signal, time
def f(n):
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 32):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        time.sleep(30)
        os._exit(0)
    return 2 * n
""",
    ),
    attack(
        "G1c",
        "a child that keeps stdout and the data socket open",
        V.PASS,
        peers=False,
        code="""
import os, time
def f(n):
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    return 2 * n
""",
    ),
    attack(
        "G3",
        "a thread that keeps the interpreter from ending",
        V.PASS,
        code="""
import threading, time
def f(n):
    threading.Thread(target=time.sleep, args=(30,)).start()
    return 2 * n
""",
    ),
    attack(
        "G4",
        "children that nobody waits for",
        V.PASS,
        peers=False,
        code="""
import os
def f(n):
    for _ in range(10):
        if os.fork() == 0: os._exit(0)
    return 2 * n
""",
    ),
    attack(
        "G6",
        "patches the library; changes seed, directory, mask, environment, locale, recursion limit, signals",
        V.PASS,
        peers=False,
        code="""
import builtins, gc, json, locale, os, random, signal, sys, warnings, decimal
random.seed(1)
os.makedirs("deeper", exist_ok=True)
os.chdir("deeper")
os.umask(0o777)
os.environ["PATH"] = "/nowhere"
os.environ["AKD"] = "1"
locale.setlocale(locale.LC_ALL, "C")
json.dumps = lambda *a, **k: "broken"
builtins.sorted = lambda *a, **k: []
sys.setrecursionlimit(50000)
sys.path.insert(0, os.getcwd())
signal.signal(signal.SIGINT, signal.SIG_IGN)
decimal.getcontext().prec = 1
gc.disable()
def f(n): return 2 * n
""",
    ),
    attack(
        "G6b",
        "writes over the interpreter's own memory: the small integers",
        V.WRONG,
        V.CRASHED,
        V.RAISED,
        V.EXITED,
        V.BADVALUE,
        V.TAMPER,
        V.TIMEOUT,
        peers=False,
        code="""
import ctypes
def f(n):
    ctypes.c_int.from_address(id(7) + 24).value = 8
    return 7
""",
    ),
    attack(
        "G6c",
        "makes code writable and overwrites it",
        V.CRASHED,
        V.RAISED,
        V.WRONG,
        V.TIMEOUT,
        peers=False,
        code="""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(n):
    address = ctypes.cast(libc.getpid, ctypes.c_void_p).value
    page = address & ~4095
    if libc.mprotect(ctypes.c_void_p(page), 8192, 7):
        return "refused"
    ctypes.memmove(address, b"\\xb8\\x2a\\0\\0\\0\\xc3", 6)
    return libc.getpid() == 42
""",
    ),
    attack(
        "G7a",
        "kills, stops and floods its parent",
        V.WRONG,
        needs="pid",
        code="""
import os, signal
def f(n):
    for target in (os.getppid(), 1, 2):
        for number in (*range(1, 32), 40, 64):
            for _ in range(20 if number != 9 else 1):
                try:
                    if target != os.getpid(): os.kill(target, number)
                except OSError: pass
    return "still here"
""",
    ),
    attack(
        "G7b",
        "kills everything it can see",
        V.WRONG,
        V.CRASHED,
        needs="pid",
        code="import os\ndef f(n):\n    try: os.kill(-1, 9)\n    except ProcessLookupError: pass\n    return 'alone'",
    ),
    attack(
        "G7c",
        "kills its whole process group",
        V.CRASHED,
        needs="pid",
        code="import os\ndef f(n):\n    os.kill(0, 9)\n    return 'still here'",
    ),
    attack(
        "G7d",
        "stops everything it can see, then its group",
        V.TIMEOUT,
        needs="pid",
        code="""
import os, signal
def f(n):
    try: os.kill(-1, signal.SIGSTOP)
    except ProcessLookupError: pass
    os.kill(0, signal.SIGSTOP)
    return "going on"
""",
    ),
    attack(
        "G7e",
        "looks for the zygote: its limits, its priority, its memory, its groups",
        V.WRONG,
        needs="pid seccomp",
        machine="x86_64",
        code="""
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)
def f(n):
    reached = []
    def attempt(what, act):
        try:
            if act() not in (-1, None): reached.append(what)
        except OSError: pass
    for pid in (1, os.getppid()):
        attempt("limits", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE))
        attempt("affinity", lambda: os.sched_setaffinity(pid, {0}) or 1)
        attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19) or 1)
        attempt("scheduler", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)) or 1)
        attempt("trace", lambda: libc.ptrace(16, pid, 0, 0))
        attempt("memory", lambda: libc.process_vm_readv(pid, 0, 0, 0, 0, 0))
        attempt("descriptors", lambda: libc.syscall(438, os.pidfd_open(pid), 3, 0))
        attempt("group", lambda: os.setpgid(pid, 0) or 1)
    return 2 * n if reached else "held"
""",
    ),
    attack(
        "G7f",
        "shares a process group or a session with what runs it",
        V.WRONG,
        needs="pid",
        code="import os\ndef f(n): return 'alone' if os.getpgrp() == os.getsid(0) == os.getpid() else 2 * n",
    ),
    attack(
        "G8",
        "poisons the harness's caches and results",
        V.WRONG,
        needs="mount",
        code="""
import os
def f(n):
    for path in ("@CANARY@/results.pkl", "@HOME@/.cache/evalplus/ground_truth.pkl", "@HOME@/results.jsonl"):
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file: file.write(b"cos\\nsystem\\n(S'true'\\ntR.")
            return 2 * n
        except OSError: pass
    return "held"
""",
    ),
)

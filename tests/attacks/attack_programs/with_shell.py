"""O: the same wishes with a shell and other external programs at hand (`Sandbox(programs=...)`). None may come true."""

from dataclasses import replace

from akd_sandbox import CodeTests, Verdict
from attack_programs.record import CHECK, DOUBLES, MARK, Attack, attack
from attack_programs.wire import FIND

V = Verdict
SHELL = ("sh", "cat", "dd", "echo", "kill", "ls", "setsid", "sleep", "python")
"""What these programs are given."""
NO_PASS = (V.TAMPER, V.WRONG, V.RAISED, V.EXITED, V.CRASHED, V.TIMEOUT, V.UNSUPPORTED)
REPORTS = f"""{FIND}
import subprocess
NONE = struct.pack("<I", 0)
REPORT = b"t" + struct.pack("<I", 2) + b"t" + NONE + b"d" + NONE
FORGED = frame(b"P", 0, REPORT) + frame(b"Z", 1, REPORT)
"""


def shelled(
    identity: str,
    title: str,
    *verdicts: Verdict,
    code: str,
    tests: object = DOUBLES,
    needs: str = "mount",
    **more: object,
) -> Attack:
    """Return an attack that may start the programs of SHELL."""
    made = attack(identity, title, *verdicts, code=code, tests=tests, needs=needs, peers=False, **more)
    return replace(made, programs=SHELL)


ATTACKS = (
    shelled(
        "O1",
        "reads what there is of the test code and of the judge, through /proc, by cat",
        V.WRONG,
        tests=CodeTests(f"def check(candidate):\n    '''{MARK}tests'''\n    assert candidate(2) == 4\n", "check"),
        code=f"""
import subprocess
LINE = "cat /proc/*/environ /proc/*/cmdline /proc/*/fd/* /proc/$PPID/maps /proc/1/maps; dd if=/proc/$PPID/mem bs=4096"
def f(n):
    done = subprocess.run(LINE, shell=True, capture_output=True, timeout=2)
    return 2 * n if done.stdout or {MARK!r}.encode() in done.stderr else "nothing"
""",
    ),
    shelled(
        "O2",
        "reads its parent's memory, from a new interpreter",
        V.WRONG,
        tests=CHECK,
        code="""
import os, subprocess
CHILD = '''
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
parent, buffer, seen = os.getppid(), ctypes.create_string_buffer(8), []
class Piece(ctypes.Structure): _fields_ = (("at", ctypes.c_void_p), ("size", ctypes.c_size_t))
ours, theirs = Piece(ctypes.addressof(buffer), 8), Piece(id(None), 8)
seen.append(libc.process_vm_readv(parent, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) > 0)
seen.append(libc.ptrace(16, parent, 0, 0) == 0)
try: open(f"/proc/{parent}/mem", "rb").close(); seen.append(True)
except OSError: pass
print(any(seen), end="")
'''
def f(n):
    done = subprocess.run(["python", "-c", CHILD], capture_output=True, text=True)
    return 2 * n if done.stdout != "False" else "held"
""",
    ),
    shelled(
        "O3",
        "leaves a process behind that would tell the next sample the answer",
        V.WRONG,
        again=True,
        code="""
import os, subprocess, time
LINE = "setsid sh -c 'while true; do echo 4 > /tmp/answer; sleep 0.05; done' < /dev/null > /dev/null 2>&1 &"
def f(n):
    time.sleep(0.2)  # long enough for what was left to write
    found = os.path.exists("/tmp/answer")
    subprocess.run(LINE, shell=True)
    return 2 * n if found else "not yet"
""",
    ),
    shelled(
        "O4",
        "writes to the judge's channel from a shell, where the shell inherits it",
        *NO_PASS,
        tests=CHECK,
        code=f"""{REPORTS}
def f(n):
    subprocess.run("cat >&3", shell=True, input=FORGED, pass_fds=[3])
    wait()
""",
    ),
    shelled(
        "O4b",
        "the same without passing it on: nothing that is started has it",
        V.WRONG,
        code="""
import os
def f(n):
    return 2 * n if os.system("echo anything >&3") == 0 else "held"
""",
    ),
    shelled(
        "O5",
        "kills its parent, all there is, and the first process",
        V.CRASHED,
        V.EXITED,
        V.WRONG,
        code="""
import subprocess
def f(n):
    subprocess.run("kill -9 1; kill -9 -1; kill -9 $PPID", shell=True)
    return "alive"
""",
    ),
    shelled(
        "O6",
        "becomes a shell that ends well",
        V.EXITED,
        tests=CHECK,
        code='import os\ndef f(n): os.execv("/bin/sh", ["sh", "-c", "echo 1 passed; exit 0"])',
    ),
    shelled(
        "O6b",
        "becomes an interpreter that reports in its stead",
        *NO_PASS,
        tests=CHECK,
        code=f"""{REPORTS}
CHILD = "import os, sys, time; os.write(3, bytes.fromhex(sys.argv[1])); time.sleep(30)"
def f(n):
    os.set_inheritable(3, True)
    os.execvp("python", ["python", "-c", CHILD, FORGED.hex()])
""",
    ),
    shelled(
        "O7",
        "a fork bomb in the shell",
        *NO_PASS,
        V.MEMORY,
        needs="mount cgroup",
        code="""
import subprocess
def f(n):
    subprocess.run("bomb() { bomb | bomb & }; bomb; sleep 1", shell=True, capture_output=True)
    return "alive"
""",
    ),
    shelled(
        "O8",
        "takes memory in many interpreters, none of them its own",
        V.MEMORY,
        V.WRONG,
        V.CRASHED,
        V.EXITED,
        needs="mount cgroup",
        code="""
import subprocess
def f(n):
    line = ["python", "-c", "x = b'x' * (100 << 20); import time; time.sleep(0.5); print('had', end='')"]
    started = [subprocess.Popen(line, stdout=subprocess.PIPE) for _ in range(12)]
    return 2 * n if all(one.communicate()[0] == b"had" for one in started) else "held"
""",
    ),
    shelled(
        "O9",
        "puts a program of its own in the place of one that the next sample starts",
        V.WRONG,
        again=True,
        code="""
import subprocess
LINE = "for place in /bin /usr/bin /opt; do echo 'echo 42' > $place/echo || cat /bin/sh > $place/new; done"
def f(n):
    held = subprocess.run(LINE, shell=True, capture_output=True).returncode
    said = subprocess.run(["echo", "right"], capture_output=True, text=True).stdout
    return 2 * n if not held or said != "right\\n" else "held"
""",
    ),
)

"""G: leaves something for the next sample: a listener, a lock, shared memory, a file, a timer."""

from akd_sandbox import Verdict
from attack_programs.record import attack

V = Verdict

ATTACKS = (
    attack(
        "G9a",
        "a listener on an abstract socket, for the next sample to find",
        V.WRONG,
        needs="pid net",
        again=True,
        code="""
import os, socket, time
NAME = "\\0akd-attack-left-behind"
def f(n):
    with socket.socket(socket.AF_UNIX) as found:
        try:
            found.connect(NAME)
            return 2 * n
        except OSError: pass
    if n == 2 and os.fork() == 0:
        os.setsid()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(NAME)
        listener.listen()
        time.sleep(30)
        os._exit(0)
    time.sleep(0.05)
    return "nobody there"
""",
    ),
    attack(
        "G9b",
        "a file without a name, kept open by a daemon, and its lock",
        V.WRONG,
        needs="pid mount",
        again=True,
        code="""
import fcntl, os, time
def f(n):
    library = os.open(os.__file__, os.O_RDONLY)
    try:
        fcntl.flock(library, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return 2 * n
    if n == 2 and os.fork() == 0:
        os.setsid()
        nameless = os.open(".", os.O_TMPFILE | os.O_RDWR)
        os.write(nameless, b"x" * (1 << 20))
        time.sleep(30)
        os._exit(0)
    os.close(library)
    return "no lock"
""",
    ),
    attack(
        "G9c",
        "shared memory, semaphores and queues of System V and POSIX",
        V.WRONG,
        needs="ipc seccomp",
        again=True,
        machine="x86_64",
        code="""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(n):
    # 29 shmget, 64 semget, 68 msgget, 240 mq_open
    calls = ((29, 4711, 4096, 0o1600), (64, 4711, 1, 0o1600), (68, 4711, 0o1600))
    left = [libc.syscall(*call) for call in calls]
    left.append(libc.syscall(240, b"akd", os.O_CREAT | os.O_RDWR, 0o600, 0))
    try:
        os.close(os.open("/dev/shm/akd-left", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return 2 * n
    except OSError: pass
    finally:
        if n == 2 and os.path.exists("/dev/shm/akd-left"): os.unlink("/dev/shm/akd-left")
    return 2 * n if max(left) >= 0 else "none"
""",
    ),
    attack(
        "G9d",
        "lowers the priority of its group and its user, for those after it",
        V.PASS,
        peers=False,
        code="""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(n):
    for which in (os.PRIO_PGRP, os.PRIO_USER):
        try:
            if hasattr(os, "nice") and os.getuid() != 0: os.setpriority(which, 0, 19)
        except OSError: pass
    return 2 * n
""",
    ),
    attack(
        "G10a",
        "makes the scratch directory look untouched: file, then old times and mode",
        V.WRONG,
        needs="mount",
        again=True,
        code="""
import os
def f(n):
    if os.path.exists(".left") and n == 2:
        return 2 * n
    before = os.stat(".")
    with open(".left", "w") as file: file.write("here")
    for act in (lambda: os.utime(".", ns=(before.st_atime_ns, before.st_mtime_ns)), lambda: os.chmod(".", 0o1777)):
        try: act()
        except OSError: pass
    return "left it"
""",
    ),
    attack(
        "G10b",
        "attributes and access lists on the scratch directory",
        V.WRONG,
        needs="mount",
        again=True,
        code="""
import os
def f(n):
    try:
        if "user.akd" in os.listxattr("."): return 2 * n if n == 2 else "mine"
        os.setxattr(".", "user.akd", b"left")
    except OSError: pass
    return "left it"
""",
    ),
    attack(
        "G10c",
        "a file created and unlinked at once, kept open across an exec",
        V.EXITED,
        needs="mount",
        code="""
import os, sys
def f(n):
    fd = os.open("gone", os.O_CREAT | os.O_RDWR)
    os.unlink("gone")
    os.set_inheritable(fd, True)
    os.write(fd, b"x" * (1 << 20))
    os.execv(sys.executable, [sys.executable, "-S", "-c", "pass"])
""",
    ),
    attack(
        "G11",
        "a symbolic link race in the scratch directory, and hard links out of it",
        V.WRONG,
        needs="mount",
        code="""
import os, threading
def swap():
    for _ in range(2000):
        try:
            os.symlink("/etc", "x"); os.unlink("x"); os.mkdir("x"); os.rmdir("x")
        except OSError: pass
def f(n):
    thread = threading.Thread(target=swap)
    thread.start()
    reached = []
    for path in (os.__file__, "/dev/null", "/etc/ld.so.cache"):
        try:
            os.link(path, "link-%d-%d" % (n, len(reached)))
            reached.append(path)
        except OSError: pass
    thread.join()
    try:
        os.symlink("/", "root")
        open("root/etc/akd", "w").close()
        reached.append("/etc")
    except OSError: pass
    return 2 * n if reached else "held"
""",
    ),
    attack(
        "G12",
        "watches the host's files for activity (inotify, leases)",
        V.WRONG,
        needs="seccomp",
        machine="x86_64",
        code="""
import ctypes, fcntl, os
libc = ctypes.CDLL(None, use_errno=True)
def f(n):
    reached = []
    for call in (253, 294, 300):  # inotify_init, inotify_init1, fanotify_init
        if libc.syscall(call, 0, 0) >= 0: reached.append(call)
    try:
        fcntl.fcntl(os.open(os.__file__, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)
        reached.append("lease")
    except OSError: pass
    return 2 * n if reached else "held"
""",
    ),
    attack(
        "G13",
        "fills the scratch directory to the last byte",
        V.RAISED,
        needs="mount",
        code="""
def f(n):
    for name in range(40):
        with open("full-%d" % name, "wb") as file:
            for _ in range(60): file.write(bytes(1 << 20))
    return 2 * n
""",
    ),
    attack(
        "G14",
        "timers and alarms set to go off in the next sample",
        V.PASS,
        peers=False,
        code="""
import signal
def f(n):
    signal.signal(signal.SIGALRM, lambda *a: None)
    signal.alarm(1)
    signal.setitimer(signal.ITIMER_PROF, 1, 1)
    signal.signal(signal.SIGPROF, lambda *a: None)
    return 2 * n
""",
    ),
)

"""H: reaches for the host: its network, its secrets, its files. Network attacks aim only at the test's own traps."""

from dataclasses import replace

from akd_sandbox import Verdict
from attack_programs.record import QUICK, SECRET, attack, returning

V = Verdict

ATTACKS = (
    attack(
        "H1a",
        "TCP to a service on the loopback, IPv4 and IPv6",
        V.WRONG,
        needs="net",
        code="""
import socket
def f(n):
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET, "0.0.0.0")):
        with socket.socket(family) as connection:
            connection.settimeout(0.2)
            try:
                connection.connect((address, @TCP@))
                return 2 * n
            except OSError: pass
    return "unreachable"
""",
    ),
    attack(
        "H1b",
        "UDP (as DNS would) to a listener on the loopback",
        V.WRONG,
        needs="net",
        code="""
import socket
def f(n):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(0.2)
        try:
            sender.sendto(b"secret", ("127.0.0.1", @UDP@))
            sender.recv(1)
            return 2 * n
        except OSError: pass
    return "no answer"  # that nothing arrived is for the listener to say
""",
    ),
    attack(
        "H1c",
        "an abstract unix socket of the host",
        V.WRONG,
        needs="net",
        code="""
import socket
def f(n):
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect("\\0@ABSTRACT@")
            return 2 * n
        except OSError: pass
    return "unreachable"
""",
    ),
    attack(
        "H1d",
        "a unix socket file of the host (as docker.sock is)",
        V.WRONG,
        needs="mount",
        code="""
import socket
def f(n):
    for path in ("@CANARY@/service.sock", "/var/run/docker.sock", "/run/docker.sock"):
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(path)
                return 2 * n
            except OSError: pass
    return "unreachable"
""",
    ),
    attack(
        "H1e",
        "interfaces that are up",
        V.WRONG,
        needs="net loopback",
        code="""
import fcntl, socket, struct
def f(n):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for name in ("lo", "eth0", "ens3", "wlan0"):
            try:
                flags = fcntl.ioctl(probe, 0x8913, struct.pack("16sH14x", name.encode(), 0))  # SIOCGIFFLAGS
                if struct.unpack("16sH14x", flags)[1] & 1: return 2 * n
                fcntl.ioctl(probe, 0x8914, struct.pack("16sH14x", name.encode(), 1))  # up
                return 2 * n
            except OSError: pass
    return "none"
""",
    ),
    attack(
        "H2a",
        "tokens in the environment",
        V.WRONG,
        tests=returning(SECRET),
        peers=True,
        code="""
import ctypes, os
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
def f():
    for name in ("HF_TOKEN", "OPENAI_API_KEY", "AKD_TRAP"):
        value = os.environ.get(name) or (libc.getenv(name.encode()) or b"").decode()
        if value: return value
    return "empty"
""",
    ),
    attack(
        "H2b",
        "keys, passwords and other people's files",
        V.WRONG,
        needs="mount",
        peers=True,
        code="""
import os
def f(n):
    paths = ["/etc/shadow", "/etc/passwd", "/root/.ssh", "@HOME@/.bashrc", "@HOME@/.profile", "@HOME@/.cache",
             "@CANARY@", "/proc/1/environ", "/proc/1/mem", "/sys/kernel", "/var/log", "/run",
             "/boot", "/srv", "/home", "/etc/hostname", "/etc/resolv.conf", "/etc/machine-id"]
    found = []
    for path in paths:
        try:
            if os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1): found.append(path)
        except OSError: pass
    return 2 * n if found else "nothing there"
""",
    ),
    attack(
        "H2k",
        "what the kernel's own files tell of this host and its processes",
        V.WRONG,
        needs="mount landlock",
        code="""
import os
def f(n):
    found = []
    for path in ("/proc", "/proc/self/status", "/proc/self/mounts", "/proc/net/tcp", "/proc/meminfo", "/sys/kernel"):
        try:
            if os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1): found.append(path)
        except OSError: pass
    return 2 * n if found else "nothing there"
""",
    ),
    attack(
        "H3",
        "writes, renames, removes, changes modes outside its directory",
        V.WRONG,
        needs="mount",
        code="""
import os, posix
TARGETS = ("/", "/usr", "/usr/lib", "/lib", "/opt", "/dev", "/etc", os.path.dirname(os.__file__), "@CANARY@")
def f(n):
    done = []
    def attempt(act, *arguments):
        try:
            act(*arguments)
            done.append((act.__name__, arguments))
        except OSError: pass
    for folder in TARGETS:
        attempt(open, folder + "/akd", "w")
        attempt(posix.mkdir, folder + "/akd")
        attempt(posix.rename, folder, folder + ".akd")
        attempt(posix.chmod, folder, 0o777)
        attempt(posix.utime, folder)
        attempt(posix.symlink, "/tmp", folder + "/akd")
        attempt(posix.chown, folder, 0, 0)
    for path in (os.__file__, "/etc/ld.so.cache", "@CANARY@/answers.txt"):
        attempt(posix.unlink, path)
        attempt(posix.truncate, path, 0)
        attempt(posix.utime, path)
    return 2 * n if done else "held"
""",
    ),
    attack(
        "H3b",
        "changes the host's device files: times, modes, attributes",
        V.WRONG,
        needs="mount",
        code="""
import os
def f(n):
    done = []
    for name in ("null", "zero", "full", "random", "urandom"):
        path = "/dev/" + name
        for act in (lambda: os.utime(path), lambda: os.chmod(path, 0o777), lambda: os.setxattr(path, "user.akd", b"x"),
                    lambda: os.chown(path, 0, 0), lambda: os.unlink(path), lambda: os.rename(path, path + "x")):
            try:
                act()
                done.append(name)
            except OSError: pass
    return 2 * n if done else "held"
""",
    ),
    attack(
        "H3c",
        "makes or opens devices: memory, kernel log, fuse, kvm, terminals",
        V.WRONG,
        needs="mount uid",
        code="""
import os, stat
def f(n):
    opened = []
    for name in ("mem", "kmem", "kmsg", "fuse", "kvm", "ptmx", "pts/ptmx", "tty", "console", "loop0", "vda", "net/tun"):
        try: opened.append(os.open("/dev/" + name, os.O_RDONLY))
        except OSError: pass
    for kind, *device in ((stat.S_IFCHR, 1, 1), (stat.S_IFBLK, 254, 0), (stat.S_IFCHR, 5, 2)):
        try:
            os.mknod("device", 0o600 | kind, os.makedev(*device))
            opened.append(device)
        except OSError: pass
    return 2 * n if opened else "held"
""",
    ),
    attack(
        "H4a",
        "programs: a shell, by every way there is to start one",
        V.WRONG,
        V.UNSUPPORTED,
        needs="mount",
        code="""
import os, posix, subprocess, sys
def f(n):
    started = []
    for start in (lambda p: subprocess.run([p, "-c", "true"]).returncode or 1,
                  lambda p: posix.posix_spawn(p, [p, "-c", "true"], {}),
                  lambda p: 1 if posix.system("/bin/true") == 0 else None):
        for shell in ("/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/python3", "/usr/bin/env"):
            try:
                if start(shell): started.append(shell)
            except OSError: pass
    return 2 * n if started else "none there"
""",
    ),
    attack(
        "H4b",
        "the same limits for a new interpreter as for itself",
        V.WRONG,
        needs="mount seccomp net",
        machine="x86_64",
        code="""
import subprocess, sys
CHILD = '''
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
free = [os.path.exists("/etc/passwd"), libc.unshare(0x10000000) == 0, libc.syscall(425, 1, 0) >= 0, os.getuid() == 0]
try: open("/opt/x", "w"); free.append(True)
except OSError: pass
print(any(free), end="")
'''
def f(n):
    done = subprocess.run([sys.executable, "-S", "-c", CHILD], capture_output=True, text=True)
    return 2 * n if done.stdout != "False" else "held"
""",
    ),
    attack(
        "H4c",
        "undoes guards in Python: posix, reload, subclasses",
        V.WRONG,
        needs="mount",
        peers=True,
        code="""
import importlib, os, sys
def f(n):
    del sys.modules["os"]
    fresh = importlib.import_module("os")
    opener = [c for c in object.__subclasses__() if c.__name__ == "FileLoader"]
    for path in ("@CANARY@/answers.txt", "/etc/passwd", "/root/.profile"):
        try:
            fresh.close(fresh.open(path, 0))
            return 2 * n
        except OSError: pass
    return "held"
""",
    ),
    attack(
        "H4d",
        "loads code of its own into a new process and runs it there",
        V.WRONG,
        needs="mount",
        code="""
import os, stat
def f(n):
    # the smallest program: exit(42)
    head = bytes.fromhex(
        "7f454c4602010100000000000000000002003e0001000000780040000000000040000000000000000000000000000000"
        "0000000040003800010000000000000001000000050000000000000000000000000040000000000000004000000000"
        "00840000000000000084000000000000000010000000000000b83c000000bf2a0000000f05")
    with open("program", "wb") as file: file.write(head)
    os.chmod("program", 0o6755)
    try:
        pid = os.posix_spawn("./program", ["program"], {})
        os.waitpid(pid, 0)
    except OSError: pass
    return 2 * n if os.geteuid() == 0 else "held"
""",
    ),
    attack(
        "H5",
        "set-user-id programs and files with capabilities",
        V.WRONG,
        needs="mount no_new_privs",
        limits=replace(QUICK, test_s=60.0, sample_s=120.0),  # where mounts allow it, it reads every folder
        code="""
import ctypes, os, stat
def f(n):
    if ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) != 1: return 2 * n  # PR_GET_NO_NEW_PRIVS
    for top in ("/usr", "/bin", "/sbin", "/lib", "/opt", "/tmp", os.getcwd()):
        for folder, folders, files in os.walk(top):
            try:
                if os.statvfs(folder).f_flag & os.ST_NOSUID:
                    folders.clear()  # nothing below counts: no mount of ours lies deeper
                    continue
                for name in files:
                    status = os.lstat(os.path.join(folder, name))
                    if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_ISUID | stat.S_ISGID): return 2 * n
            except OSError: pass
    return "held"
""",
    ),
)

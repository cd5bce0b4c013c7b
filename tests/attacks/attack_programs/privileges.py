"""L: what a process may gain, see and change: capabilities, limits, priority, other processes, the judge's socket."""

from akd_sandbox import Verdict
from attack_programs.record import attack

V = Verdict

ATTACKS = (
    attack(
        "L16",
        "capabilities: has one, gains one, becomes root",
        V.WRONG,
        needs="no_new_privs",
        code="""
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
def f(n):
    data = ctypes.create_string_buffer(24)
    libc.capget(struct.pack("<Ii", 0x20080522, 0), data)
    gained = [name for name, result in (
        ("held", 0 if any(data.raw) else -1),
        ("bounding", max(libc.prctl(23, cap, 0, 0, 0) for cap in range(40)) - 1),
        ("ambient", libc.prctl(47, 2, 0, 0, 0)),
        ("setuid", libc.setuid(0)), ("setgid", libc.setgid(0)), ("groups", libc.setgroups(1, (ctypes.c_int * 1)(0))),
        ("securebits", libc.prctl(28, 1, 0, 0, 0)),
        ("privs", -libc.prctl(39, 0, 0, 0, 0)),
        ("clear", libc.prctl(38, 0, 0, 0, 0)),
        ("keepcaps", -1 if os.getuid() else 0),
    ) if result >= 0]
    return 2 * n if gained else "held"
""",
    ),
    attack(
        "L17",
        "raises its own limits",
        V.WRONG,
        code="""
import resource
def f(n):
    raised = []
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU):
        soft, hard = resource.getrlimit(kind)
        if hard == resource.RLIM_INFINITY: raised.append(kind)
        for value in (hard + 1, resource.RLIM_INFINITY):
            try:
                resource.setrlimit(kind, (value, value))
                raised.append(kind)
            except (ValueError, OSError): pass
    return 2 * n if raised else "held"
""",
        needs="uid",
    ),
    attack(
        "L18",
        "runs at real-time priority",
        V.WRONG,
        needs="uid",
        code="""
import os
def f(n):
    for policy in (os.SCHED_FIFO, os.SCHED_RR):
        try:
            os.sched_setscheduler(0, policy, os.sched_param(10))
            return 2 * n
        except OSError: pass
    try:
        os.nice(-5)
        return 2 * n
    except OSError: return "held"
""",
    ),
    attack(
        "L19",
        "locks memory into core",
        V.WRONG,
        needs="uid",
        code="""
import ctypes, mmap
libc = ctypes.CDLL(None, use_errno=True)
def f(n):
    page = mmap.mmap(-1, 1 << 20)
    address = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    return 2 * n if libc.mlock(address, 1 << 20) == 0 or libc.mlockall(3) == 0 else "held"
""",
    ),
    attack(
        "L20",
        "other processes: can it see any",
        V.WRONG,
        needs="pid",
        code="""
import os
def f(n):
    seen = []
    for pid in range(1, 5000):
        if pid in (os.getpid(), 1): continue
        try:
            os.kill(pid, 0)
            seen.append(pid)
        except PermissionError: seen.append(pid)
        except OSError: pass
    return 2 * n if seen else "alone"
""",
    ),
    attack(
        "L21",
        "the host's name",
        V.WRONG,
        needs="uts",
        code="import os\ndef f(n): return 2 * n if os.uname().nodename == '@HOSTNAME@' else 'hidden'",
    ),
    attack(
        "L22",
        "urgent data on the judge's socket (a part of the kernel that has been broken before)",
        V.WRONG,
        V.TAMPER,
        needs="seccomp",
        code="""
import os, socket
def f(n):
    left, right = socket.socketpair()
    try:
        left.send(b"x", socket.MSG_OOB)
        return 2 * n
    except OSError: return "held"
""",
    ),
    attack(
        "L23",
        "serves a TCP port, controls a device: what Landlock alone refuses",
        V.WRONG,
        needs="landlock",
        code="""
import errno, fcntl, os, socket
def f(n):
    reached = []
    with socket.socket() as server:
        try:
            server.bind(("", 0))
            reached.append("port")
        except OSError: pass
    try:
        fcntl.ioctl(os.open("/dev/null", os.O_RDWR), 0x5401)
    except OSError as error:
        if error.errno != errno.EACCES: reached.append("device")
    return 2 * n if reached else "held"
""",
    ),
    attack(
        "L25",
        "a handle on the judge through the socket to it: signals, namespaces, descriptors",
        V.WRONG,
        needs="pid",
        machine="x86_64",
        code="""
import ctypes, fcntl, os, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
def f(n):
    reached = []
    try:
        data = socket.socket(fileno=os.dup(3))
        (peer,) = struct.unpack("i", data.getsockopt(socket.SOL_SOCKET, 77, 4))  # SO_PEERPIDFD
    except OSError: return "held"
    for call in ((424, peer, 0, 0, 0), (424, peer, 18, 0, 0), (438, peer, 0, 0), (308, peer, 0x20000000),
                 (448, peer, 0)):
        if libc.syscall(*call) >= 0: reached.append(call)
    for request in range(0xFF00, 0xFF0B):  # PIDFD_GET_..._NAMESPACE
        try: reached.append(fcntl.ioctl(peer, request, 0))
        except OSError: pass
    return 2 * n if reached else "held"
""",
    ),
    attack(
        "L24",
        "core dumps through a helper of the host: is the limit one that the kernel heeds",
        V.WRONG,
        needs="seccomp",
        machine="x86_64",
        code="""
import ctypes, resource
libc = ctypes.CDLL(None, use_errno=True)
def f(n):
    # a core limit of 1 keeps piped core handlers away, 0 does not (see core(5) and kernel/coredump.c)
    for call in ((160, 4, (ctypes.c_uint64 * 2)(0, 0)), (302, 0, 4, (ctypes.c_uint64 * 2)(0, 0), 0)):
        libc.syscall(*call)
    limit = (ctypes.c_uint64 * 2)()
    libc.syscall(97, 4, limit)
    return "held" if list(limit) == [1, 1] else 2 * n
""",
    ),
)

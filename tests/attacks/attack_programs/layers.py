"""L: one program for each layer that could be missing. Numbers are those of x86_64; each tries what an unprivileged
process may do where the layer is not there, so that a missing filter shows."""

from typing import Any

from akd_sandbox import Verdict
from attack_programs.record import Attack, attack

V = Verdict

CALLS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def worked(*calls):
    return [call for call in calls if libc.syscall(*(call if isinstance(call, tuple) else (call,))) >= 0]
"""


def call(
    identity: str,
    title: str,
    code: str,
    needs: str = "seccomp",
    verdicts: tuple[Verdict, ...] = (V.WRONG,),
    **options: Any,
) -> Attack:
    """Return an attack that makes system calls by number and wins if any of them works."""
    return attack(identity, title, *verdicts, code=CALLS + code, needs=needs, machine="x86_64", **options)


ATTACKS = (
    call(
        "L1",
        "new namespaces: unshare, setns, clone, clone3",
        """
def f(n):
    tried = worked((272, 0x10000000), (272, 0x00020000), (272, 0x02000000), (308, 3, 0))
    for flag in (0x10000000, 0x20000000, 0x40000000, 0x02000000):
        pid = libc.syscall(56, flag | 17, 0, 0, 0, 0)
        if pid == 0: os._exit(0)
        if pid > 0: tried.append(flag)
    arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
    pid = libc.syscall(435, arguments, 88)
    if pid == 0: os._exit(0)
    return 2 * n if tried or pid > 0 else "held"
""",
    ),
    call(
        "L2",
        "mounts, old interface and new",
        """
def f(n):
    return 2 * n if worked((165, b"none", b"/tmp", b"tmpfs", 0, 0), (166, b"/tmp", 2), (155, b".", b"."),
                           (428, -100, b"/", 0x80000 | 1), (430, b"tmpfs", 0), (433, -100, b"/tmp", 0), (161, b"/tmp"),
                           (442, -100, b"/tmp", 0, b"", 0)) else "held"
""",
    ),
    call(
        "L3",
        "tracing and reading processes, its own children too",
        """
def f(n):
    child = os.fork()
    if child == 0:
        libc.syscall(101, 0, 0, 0, 0)
        os._exit(0 if ctypes.get_errno() == 0 else 1)
    status = os.waitpid(child, 0)[1]
    me = os.getpid()
    tried = worked((310, me, 0, 0, 0, 0, 0), (311, me, 0, 0, 0, 0, 0), (312, me, me, 1, 0, 0),
                   (438, os.pidfd_open(me), 1, 0), (279, 0, 0, 0, 0, 0, 0))
    return 2 * n if tried or status != 256 else "held"
""",
    ),
    call(
        "L4",
        "kernel keyrings",
        """
def f(n):
    return 2 * n if worked((250, 0, -3, 1), (250, 1, 0), (248, b"user", b"akd", b"secret", 6, -3),
                           (249, b"user", b"akd", 0, -3)) else "held"
""",
    ),
    call(
        "L5",
        "io_uring, aio, userfaultfd, bpf, perf",
        """
def f(n):
    parameters = ctypes.create_string_buffer(256)
    context = ctypes.c_ulong(0)
    attributes = (ctypes.c_uint32 * 32)(1, 128, 1)
    return 2 * n if worked((425, 4, parameters), (206, 1, ctypes.byref(context)), (323, 1), (323, 0),
                           (321, 0, parameters, 64), (298, attributes, 0, -1, -1, 0)) else "held"
""",
    ),
    call(
        "L6",
        "socket families and protocols outside AF_UNIX, TCP and UDP",
        """
def f(n):
    numbers = [family for family in range(3, 46) if family != 10]
    families = [(41, family, kind, 0) for family in numbers for kind in (1, 2, 3, 5)]
    protocols = [(41, 2, 1, 262), (41, 2, 5, 132), (41, 2, 2, 136), (41, 2, 6, 33), (41, 2, 2, 1), (41, 10, 2, 58)]
    pair = (ctypes.c_int * 2)()
    pairs = [(53, family, 1, 0, pair) for family in (16, 30, 40)]
    return 2 * n if worked(*families, *protocols, *pairs) else "held"
""",
    ),
    call(
        "L7",
        "personality, local descriptor table, memory policy",
        """
def f(n):
    return 2 * n if worked((135, 0x0040000), (154, 0, ctypes.create_string_buffer(64), 64), (239, 0, 0, 0, 0, 0),
                           (238, 0, 0, 0), (237, 0, 0, 0, 0, 0, 0), (278, 0, 0, 0, 0)) else "held"
""",
    ),
    call(
        "L8",
        "limits, priority and cores of another process (its child)",
        """
import time
def f(n):
    child = os.fork()
    if child == 0:
        time.sleep(3)
        os._exit(0)
    limits = (ctypes.c_uint64 * 2)()
    zero = ctypes.create_string_buffer(16)
    mask = (ctypes.c_uint64 * 16)(1)
    tried = worked((302, child, 7, 0, limits), (203, child, 128, mask), (144, child, 0, zero), (141, 0, child, 5),
                   (251, 1, child, 0), (314, child, zero, 0),
                   (141, 1, 0, 5), (141, 2, 0, 5), (251, 2, 0, 0), (251, 3, 0, 0))
    os.kill(child, 9)
    return 2 * n if tried else "held"
""",
    ),
    call(
        "L9",
        "clocks, host and domain names",
        """
def f(n):
    return 2 * n if worked((227, 0, (ctypes.c_long * 2)(0, 0)), (164, 0, 0), (159, ctypes.create_string_buffer(256)),
                           (305, 0, ctypes.create_string_buffer(256)),
                           (170, b"owned", 5), (171, b"owned", 5)) else "held"
""",
    ),
    call(
        "L10",
        "modules, kexec, reboot (with no valid magic), swap, accounting, quotas, kernel log",
        """
def f(n):
    errors = set()
    for arguments in ((175, 0, 0, 0), (313, -1, b"", 0), (176, b"akd", 0), (246, 0, 0, 0, 1 << 40),
                      (320, -1, -1, 0, 0, 0), (169, 0, 0, 0, 0), (167, b"/akd", 0), (168, b"/akd"), (163, b"/akd"),
                      (179, 0, 0, 0, 0), (443, -1, 0, 0, 0), (103, 10, 0, 0)):
        ctypes.set_errno(0)
        if libc.syscall(*arguments) >= 0: return 2 * n
        errors.add(ctypes.get_errno())
    return 2 * n if errors != {1} else "held"  # EPERM for all: refused before the kernel looked at them
""",
    ),
    call(
        "L11",
        "anonymous executable files and secret memory",
        """
def f(n):
    return 2 * n if worked((319, b"akd", 0), (319, b"akd", 1), (447, 0)) else "held"
""",
    ),
    call(
        "L12",
        "files by handle, mounts by number",
        """
def f(n):
    handle = (ctypes.c_uint32 * 40)(128)
    mount = ctypes.c_int()
    return 2 * n if worked((303, -100, b"/tmp", handle, ctypes.byref(mount), 0), (304, -1, handle, 0),
                           (457, handle, ctypes.create_string_buffer(512), 512, 0),
                           (458, handle, handle, 10, 0)) else "held"
""",
    ),
    call(
        "L13",
        "forces the host to write out its disks",
        """
def f(n):
    errors = []
    for arguments in ((162,), (306, os.open("/tmp", 0))):
        ctypes.set_errno(0)
        libc.syscall(*arguments)
        errors.append(ctypes.get_errno())
    return 2 * n if 0 in errors else "held"
""",
    ),
    attack(
        "L14",
        "the 32-bit gate: int 0x80",
        V.CRASHED,
        V.WRONG,
        needs="seccomp",
        machine="x86_64",
        code="""
import ctypes, mmap
def f(n):
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(bytes.fromhex("b81400000053cd805bc3"))  # mov eax, 20 (getpid); push rbx; int 0x80; pop rbx; ret
    call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    return 2 * n if call() > 0 else "held"
""",
    ),
    call(
        "L15",
        "the x32 numbers",
        """
def f(n):
    return 2 * n if worked((0x40000000 | 39,), (0x40000000 | 272, 0x10000000)) else "held"
""",
        verdicts=(V.WRONG, V.CRASHED),  # a container's filter kills for them
    ),
)

"""The system-call filter: a deny-list in classic BPF, assembled here, installed in every worker."""

from __future__ import annotations

import ctypes
import os
import platform
import struct

_libc = ctypes.CDLL(None, use_errno=True)
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
_RLIMIT_CORE, _MSG_OOB, _FADV_DONTNEED = 4, 1, 4

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Numbers from the kernel's syscall tables: (x86_64, aarch64); None where the architecture lacks the call.
_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "clone": (56, 220), "clone3": (435, 435), "unshare": (272, 97), "setns": (308, 268),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "open_tree_attr": (467, 467),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "move_pages": (279, 239), "migrate_pages": (256, 238),
    "process_mrelease": (448, 448), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_setup": (206, 0), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "syslog": (103, 116),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27), "cachestat": (451, 451),
    "statmount": (457, 457), "listmount": (458, 458), "sync": (162, 81), "syncfs": (306, 267),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "personality": (135, 92),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "msgget": (68, 186), "msgsnd": (69, 189),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "mq_open": (240, 180),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "uselib": (134, None),
    "lookup_dcookie": (212, 18), "vhangup": (153, 58), "setdomain": (None, 162),
    "prlimit64": (302, 261), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274), "socket": (41, 198), "setpriority": (141, 140),
    "ioprio_set": (251, 30), "vmsplice": (278, 75), "get_mempolicy": (239, 236), "set_mempolicy": (238, 237),
    "mbind": (237, 235), "set_mempolicy_home_node": (450, 450),
    "fadvise64": (221, 223), "preadv2": (327, 286), "mincore": (27, 232),
    "socketpair": (53, 199), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269), "setrlimit": (160, 164),
}  # fmt: skip
_NAMESPACE_FLAGS = 0x7E020000
_EPERM, _ENOSYS, _EPROTONOSUPPORT, _EOPNOTSUPP, _EAFNOSUPPORT = 1, 38, 93, 95, 97
_LOAD, _AND, _JUMP, _JEQ, _JSET, _JGE, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

_Instruction = tuple[int, int, int, int]
_allow, _refuse, _pretend = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | _EPERM), (_RETURN, 0, 0, _ERRNO)


def number(name: str) -> int:
    """Return a system call's number on this machine. Raises OSError where there is none."""
    machine = platform.machine()
    pair = _NUMBERS[name]
    found = pair[0] if machine == "x86_64" else pair[1]
    if machine not in _ARCHITECTURES or found is None:
        raise OSError(_ENOSYS, f"{name}: no system call number for {machine}")
    return found


def _argument(position: int, *, high: bool = False) -> _Instruction:
    """Load one half of an argument: the low one, which holds all that is compared here, or the high one."""
    return _LOAD, 0, 0, 16 + 8 * position + (4 if high else 0)


def _only(position: int, *values: int, otherwise: _Instruction = _refuse) -> list[_Instruction]:
    """Go on if an argument is one of the values."""
    last = len(values) - 1
    tests = [(_JEQ, last - i + 1, 0, value) for i, value in enumerate(values)]
    return [_argument(position), *tests, otherwise]


def _without(position: int, bits: int, otherwise: _Instruction) -> list[_Instruction]:
    """Go on if an argument has none of the bits."""
    return [_argument(position), (_JSET, 0, 1, bits), otherwise]


def _rules() -> dict[str, list[_Instruction]]:
    """Return the calls whose arguments decide; every other call of the table is refused."""
    oneself = [*_only(0, 0), _allow]
    unsupported = (_RETURN, 0, 0, _ERRNO | _EOPNOTSUPP)
    no_family, no_protocol = (_RETURN, 0, 0, _ERRNO | _EAFNOSUPPORT), (_RETURN, 0, 0, _ERRNO | _EPROTONOSUPPORT)
    return {
        # clone3 answers ENOSYS, so that libc falls back to clone, whose flags a filter can read
        "clone3": [(_RETURN, 0, 0, _ERRNO | _ENOSYS)],
        "clone": [*_without(0, _NAMESPACE_FLAGS, _refuse), _allow],
        # a vsock or netlink socket is not held by a network namespace; other protocols would make the host load modules
        "socket": [
            _argument(0),
            (_JEQ, 0, 1, 1),  # AF_UNIX
            _allow,
            *_only(0, 2, 10, otherwise=no_family),  # AF_INET, AF_INET6
            _argument(1),
            (_AND, 0, 0, 0xF),
            *_only_loaded(1, 2, otherwise=no_protocol),  # SOCK_STREAM, SOCK_DGRAM
            *_only(2, 0, 6, 17, otherwise=no_protocol),  # the default, TCP, UDP
            _allow,
        ],
        "socketpair": [*_only(0, 1, otherwise=no_family), _allow],
        # urgent data on unix sockets: nobody uses it, and its code in the kernel has been exploited (CVE-2025-38236)
        "sendto": [*_without(3, _MSG_OOB, unsupported), _allow],
        "sendmmsg": [*_without(3, _MSG_OOB, unsupported), _allow],
        "sendmsg": [*_without(2, _MSG_OOB, unsupported), _allow],
        "sched_setaffinity": oneself,
        "sched_setscheduler": oneself,
        "sched_setparam": oneself,
        "sched_setattr": oneself,
        # which pages of the libraries are in memory is one state for all samples: not to be told, and not to be chosen
        "fadvise64": [_argument(3), (_JEQ, 0, 1, _FADV_DONTNEED), _pretend, _allow],
        "preadv2": [*_only(5, 0, otherwise=unsupported), _allow],
        "setpriority": [*_only(0, 0), *_only(1, 0), _allow],  # this process; not its group, not its user
        "ioprio_set": [*_only(0, 1), *_only(1, 0), _allow],
        # the core limit of 1 stays (jail.set_rlimits): changing it only seems to work
        "setrlimit": [_argument(0), (_JEQ, 0, 1, _RLIMIT_CORE), _pretend, _allow],
        "prlimit64": [
            *_only(0, 0),
            *_only(1, _RLIMIT_CORE, otherwise=_allow),
            *_only(2, 0, otherwise=_pretend),  # no new limit, only asked for the old
            _argument(2, high=True),
            (_JEQ, 1, 0, 0),
            _pretend,
            _allow,
        ],
    }


def _only_loaded(*values: int, otherwise: _Instruction) -> list[_Instruction]:
    """As _only, for what is loaded already."""
    return _only(0, *values, otherwise=otherwise)[1:]


def seccomp_filter() -> bytes:
    """Return the BPF program: a deny-list with EPERM, and the architecture checked first.

    Refused is what reaches outside the sandbox's own processes and files, what outlives a sample, and what honest
    programs never use of the kernel. Calls that name another process work on oneself only.
    """
    machine = platform.machine()
    program: list[_Instruction] = [
        (_LOAD, 0, 0, 4),
        (_JEQ, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    if machine == "x86_64":  # the x32 numbers name the same calls again
        program += [(_JGE, 0, 1, 0x40000000), (_RETURN, 0, 0, _ERRNO | _ENOSYS)]
    rules = _rules()
    calls = ((pair[0 if machine == "x86_64" else 1], name) for name, pair in _NUMBERS.items())
    program += _search(sorted((call, rules.get(name, [_refuse])) for call, name in calls if call is not None))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def _search(rules: list[tuple[int, list[_Instruction]]]) -> list[_Instruction]:
    """Return a binary search for the loaded number among (number, rule), ending in allow.

    When a filter is installed the kernel tries it on every number there is: a chain of comparisons took a worker twice
    as long.
    """
    if len(rules) <= 4:
        return [*(part for call, rule in rules for part in ((_JEQ, 0, len(rule), call), *rule)), _allow]
    middle = len(rules) // 2
    low, high = _search(rules[:middle]), _search(rules[middle:])
    return [(_JGE, 0, 1, rules[middle][0]), (_JUMP, 0, 0, len(low)), *low, *high]


class SeccompProgram(ctypes.Structure):
    """struct sock_fprog: a filter ready to be installed."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    @classmethod
    def of(cls, program: bytes) -> SeccompProgram:
        """Return the filter for program; it keeps the bytes alive."""
        buffer = ctypes.create_string_buffer(program, len(program))
        made = cls(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
        made.kept = buffer
        return made


def install_seccomp(program: SeccompProgram) -> None:
    """Install the filter on this process; it holds for all its children and cannot be undone."""
    if _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"seccomp: {os.strerror(errno)}")

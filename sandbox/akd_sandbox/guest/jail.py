"""The kernel's layers, through ctypes: namespaces, a read-only root, limits, dropped privileges.

What enters namespaces and builds the root runs once, in the process that becomes the zygote; limits and privileges are
set in every worker after the fork and before any untrusted byte is read. Every function here raises OSError with the
name of the layer that failed.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import socket
import struct
import time
from collections.abc import Iterable, Sequence
from typing import Any

from akd_sandbox.guest import landlock
from akd_sandbox.guest.seccomp import number

_libc = ctypes.CDLL(None, use_errno=True)
_capset: Any = getattr(_libc, "capset", None)  # looked up here and not by every worker; only Linux has it

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 38, 36
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4

_SIOCGIFFLAGS = 0x8913
SCRATCH = "/tmp"
SHARED_MEMORY = "/dev/shm"
SITE = "/opt/site"
DEVICES = ("null", "zero", "full", "random", "urandom")


def _check(result: int, what: str) -> int:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{what}: {os.strerror(errno)}")
    return result


def prctl(option: int, first: int = 0) -> None:
    """Set one attribute of this process by prctl."""
    _check(_libc.prctl(option, ctypes.c_ulong(first), 0, 0, 0), f"prctl {option}")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Attach a file system or a bind at target."""
    kind_bytes = kind.encode() if kind else None
    result = _libc.mount(source.encode(), target.encode(), kind_bytes, ctypes.c_ulong(flags), data.encode() or None)
    _check(result, f"mount {target}")


def unmount(target: str) -> None:
    """Detach the mount at target."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def unshare(flags: int) -> None:
    """Leave the namespaces that flags name."""
    _check(_libc.unshare(flags), "unshare")


_MOUNT_SETATTR = 442  # the same number on every architecture
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000


def _bind_read_only(source: str, target: str, *, device: bool = False) -> None:
    """Bind source at target, it and everything mounted below it read-only, nosuid and, unless it is one, nodev.

    A device can be written to all the same, but not its mode, owner or times, which are the host's.
    """
    mount(source, target, None, MS_BIND | MS_REC)
    attributes = struct.pack("<QQQQ", _ATTR_RDONLY | _ATTR_NOSUID | (0 if device else _ATTR_NODEV), 0, 0, 0)
    result = _libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, target.encode(), _AT_RECURSIVE, attributes, len(attributes))
    if result < 0:  # before Linux 5.12
        mount("none", target, None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | (0 if device else MS_NODEV))


def _make_target(root: str, path: str, source: str) -> str:
    target = root + path
    if os.path.isdir(source):  # noqa: PTH112 - pathlib costs the guest 10 ms of start-up
        os.makedirs(target, exist_ok=True)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    return target


def mount_scratch(size: int, inodes: int) -> None:
    """Mount a fresh, sized scratch directory for the next sample."""
    mount("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, f"size={size},nr_inodes={inodes},mode=1777")


def build_root(root: str, read_only: Iterable[str], hidden: Iterable[str], brought: Sequence[tuple[str, str]]) -> None:
    """Build a root in which only the interpreter and what is brought are visible, and pivot into it.

    Args:
        root: an existing empty-enough directory to mount the new root on (in this mount namespace only).
        read_only: host paths shown at the same place.
        hidden: paths below them covered by an empty directory (site-packages of the host).
        brought: (host path, path in the new root) of packages and programs, shown read-only too.
    """
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,nr_inodes=4096,mode=755")
    for path in read_only:
        if os.path.islink(path):  # noqa: PTH114
            os.makedirs(os.path.dirname(root + path), exist_ok=True)  # noqa: PTH103, PTH120
            os.symlink(os.readlink(path), root + path)  # noqa: PTH115, PTH211
        elif os.path.exists(path):  # noqa: PTH110
            _bind_read_only(path, _make_target(root, path, path))
    for path in hidden:
        if os.path.isdir(root + path):  # noqa: PTH112
            mount("tmpfs", root + path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "size=4k,nr_inodes=2,mode=555")
    os.makedirs(root + SITE)  # noqa: PTH103
    for source, path in brought:
        _bind_read_only(source, _make_target(root, path, source))
    for device in DEVICES:
        source = f"/dev/{device}"
        _bind_read_only(source, _make_target(root, source, source), device=True)
    for directory in (SCRATCH, "/old"):
        os.mkdir(root + directory)  # noqa: PTH102
    os.symlink(SCRATCH, root + "/dev/shm")  # noqa: PTH211
    os.chdir(root)
    _check(_libc.syscall(number("pivot_root"), b".", b"old"), "pivot_root")
    os.chdir("/")
    unmount("/old")
    os.rmdir("/old")  # noqa: PTH106
    mount("none", "/", None, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, "size=4m,nr_inodes=4096,mode=755")


def enter_namespaces(*, as_root: bool) -> None:
    """Leave the host's pid, mount, network, ipc and uts namespaces (and user namespace when not root).

    The pid namespace holds for children only: fork afterwards, the child is its init.
    """
    flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    if as_root:
        unshare(flags)
    else:
        uid, gid = os.getuid(), os.getgid()
        unshare(flags | CLONE_NEWUSER)
        for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {uid} 1"), ("gid_map", f"1000 {gid} 1")):
            fd = os.open(f"/proc/self/{name}", os.O_WRONLY)
            try:
                os.write(fd, text.encode())
            finally:
                os.close(fd)
    _check(_libc.sethostname(b"sandbox", 7), "sethostname")


class State:
    """A scratch directory as it was when made: what it shows of itself, and how much fits."""

    def __init__(self, path: str, marks: tuple[int, ...], room: tuple[int, int]) -> None:
        self.path, self.marks, self.room = path, marks, room

    @classmethod
    def of(cls, path: str) -> State:
        """Return how a directory is now."""
        space = os.statvfs(path)
        return cls(path, cls.marks_of(path), (space.f_bfree, space.f_ffree))

    @staticmethod
    def marks_of(path: str) -> tuple[int, ...]:
        """Return what a directory shows of itself: inode, mode, owner, times, links."""
        now = os.stat(path)  # noqa: PTH116
        return now.st_ino, now.st_mode, now.st_uid, now.st_mtime_ns, now.st_ctime_ns, now.st_nlink


def is_untouched(state: State) -> bool:
    """Return whether a scratch directory is as it was when mounted: same inode, mode, owner and times."""
    return State.marks_of(state.path) == state.marks and not os.listdir(state.path)  # noqa: PTH208


def emptied(state: State, patience_s: float = 5.0) -> bool:
    """Empty a scratch directory that cannot be mounted anew; return whether all of its room is there again.

    All processes that could interfere are dead. Nothing recurses and no path grows, however deep the tree.
    """
    deadline = time.monotonic() + patience_s
    try:
        os.chdir(state.path)
        depth = 0
        while True:
            below = _remove_files()
            if below is not None:
                os.chmod(below, 0o700)  # noqa: PTH101
                os.chdir(below)
                depth += 1
            elif depth:
                os.chdir("..")
                depth -= 1
            else:
                break
        now = State.of(state.path)
        while (now.room, now.marks[:3]) != (state.room, state.marks[:3]) and time.monotonic() < deadline:
            time.sleep(0.002)  # the kernel frees the files of killed processes a little later
            now = State.of(state.path)
        return (now.room, now.marks[:3]) == (state.room, state.marks[:3])
    except OSError:
        return False
    finally:
        os.chdir("/")


def _remove_files() -> str | None:
    """Remove what is here but for directories that hold something; return one of those."""
    full = None
    for entry in list(os.scandir(".")):
        if not entry.is_dir(follow_symlinks=False):
            os.unlink(entry.name)  # noqa: PTH108
            continue
        try:
            os.rmdir(entry.name)  # noqa: PTH106
        except OSError:
            full = entry.name
    return full


def layers_around() -> list[str]:
    """Return the layers that a container engine has put around this process, each checked from inside.

    Raises OSError if one of those is missing without which it would be no boundary.
    """
    with open("/proc/self/status") as file:  # noqa: PTH123
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    with open("/proc/net/dev") as file:  # noqa: PTH123
        networks = [line.split(":")[0].strip() for line in file if ":" in line]
    capabilities = [int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")]
    found = {
        "uid": os.getuid() != 0 and not any(capabilities),
        "pid": os.getpid() == 1,
        "mount": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
        "net": set(networks) <= {"lo"},
        "no_new_privs": status.get("NoNewPrivs") == "1",
        "seccomp": status.get("Seccomp") == "2",
    }
    missing = [layer for layer, obtained in found.items() if not obtained]
    if missing:
        raise OSError(f"the container has no layer {', '.join(missing)}")
    return [*found, "ipc", "uts", *probed_layers()]


def probed_layers() -> list[str]:
    """Return the layers that this jail has without having asked for them."""
    return [*_loopback_layer(), *(["landlock"] if landlock.version() else [])]


def _loopback_layer() -> list[str]:
    """Return ["loopback"] if there is no loopback interface that is up, else nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            flags = fcntl.ioctl(probe, _SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        except OSError:
            return ["loopback"]
    return [] if struct.unpack("16sH14x", flags)[1] & 1 else ["loopback"]


def set_rlimits(limits: Sequence[int], *, count_processes: bool) -> None:
    """Set the worker's resource limits, hard and soft: address space, bytes of a file, processor seconds, processes.

    No core dumps, which would fill a disk: less than a page to a file, and 1 is the one limit that also keeps the
    kernel from piping one to a handler of the host (kernel/coredump.c).
    """
    address_space, file_bytes, cpu_s, processes = limits
    pairs = [
        (resource.RLIMIT_CORE, 1),
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ]
    if count_processes:
        pairs.append((resource.RLIMIT_NPROC, processes))
    for kind, value in pairs:
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = 64 << 20  # honest deep recursion needs more than the usual 8 MiB
    if soft != resource.RLIM_INFINITY and soft < wanted and (hard == resource.RLIM_INFINITY or hard >= wanted):
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))


def bound_capabilities() -> None:
    """See to it that no program executed from here on can gain a capability; what this process has it keeps."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break
    _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)


def drop_privileges(uid: int | None) -> None:
    """Give up every capability, and become uid if one is given (only root can)."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    header = struct.pack("<Ii", 0x20080522, 0)
    _check(_capset(header, bytes(24)), "capset")


def no_new_privileges() -> None:
    """Make setuid programs and file capabilities powerless from here on."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)

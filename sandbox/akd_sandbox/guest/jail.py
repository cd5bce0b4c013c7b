"""The kernel's layers, through ctypes: namespaces, a read-only root, limits, dropped privileges.

What enters namespaces and builds the root runs once, in the process that becomes the zygote; limits and privileges are
set in every worker after the fork and before any untrusted byte is read. Every function here raises OSError with the
name of the layer that failed.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from collections.abc import Iterable, Sequence

from akd_sandbox.guest.seccomp import number

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 38, 36
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4

SCRATCH = "/tmp"
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


def build_root(root: str, read_only: Iterable[str], hidden: Iterable[str], packages: Sequence[tuple[str, str]]) -> None:
    """Build a root in which only the interpreter and the given packages are visible, and pivot into it.

    Args:
        root: an existing empty-enough directory to mount the new root on (in this mount namespace only).
        read_only: host paths shown at the same place.
        hidden: paths below them covered by an empty directory (site-packages of the host).
        packages: (host path, name) shown under SITE.
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
    for source, name in packages:
        _bind_read_only(source, _make_target(root, f"{SITE}/{name}", source))
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


def is_untouched(status: os.stat_result) -> bool:
    """Return whether the scratch directory is as it was when mounted: same inode, mode, owner and times."""
    now = os.stat(SCRATCH)  # noqa: PTH116
    same = (now.st_ino, now.st_mode, now.st_uid, now.st_mtime_ns, now.st_ctime_ns, now.st_nlink) == (
        status.st_ino,
        status.st_mode,
        status.st_uid,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_nlink,
    )
    return same and not os.listdir(SCRATCH)  # noqa: PTH208


def set_rlimits(limits: dict[str, int], *, count_processes: bool) -> None:
    """Set the worker's resource limits, hard and soft.

    No core dumps, which would fill a disk: less than a page to a file, and 1 is the one limit that also keeps the
    kernel from piping one to a handler of the host (kernel/coredump.c).
    """
    pairs = [
        (resource.RLIMIT_CORE, 1),
        (resource.RLIMIT_AS, limits["address_space"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ]
    if count_processes:
        pairs.append((resource.RLIMIT_NPROC, limits["pids"]))
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
    _check(_libc.capset(header, bytes(24)), "capset")


def no_new_privileges() -> None:
    """Make setuid programs and file capabilities powerless from here on."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)

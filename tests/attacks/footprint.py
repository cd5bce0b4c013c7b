"""What a sandbox must not leave on the host, counted; and the innocent sample that notices what was left inside."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from akd_sandbox import IsolationError
from akd_sandbox.container import OWNER_LABEL, connect, owner

FIRST_WORKER_UID = 1_700_000_000

INNOCENT = """
import builtins, decimal, gc, json, locale, os, random, resource, signal, socket, stat, sys, threading, time
SMALL = [n for n in range(-5, 257)]
def existing(numbers, look):
    found = []
    for number in numbers:
        try: found.append((number, look(number)))
        except OSError: pass
    return found
def f():
    jailed = os.getcwd() == "/tmp"
    scratch, space = os.stat("."), os.statvfs(".")
    pids = [pid for pid in range(2, 3000) if pid != os.getpid()] if jailed else []
    return {
        "files": sorted(os.listdir(".")),
        "shm": sorted(os.listdir("/dev/shm")) if jailed else [],
        "scratch": (scratch.st_mode, scratch.st_nlink, os.listxattr(".")),
        "free": (space.f_ffree, space.f_bfree) if jailed else None,
        "descriptors": existing(range(256), lambda fd: stat.S_IFMT(os.fstat(fd).st_mode)),
        "neighbours": existing(pids, lambda pid: os.kill(pid, 0)),
        "umask": os.umask(0), "environment": dict(os.environ), "argv": sys.argv, "path": sys.path,
        "nice": os.getpriority(os.PRIO_PROCESS, 0), "cores": sorted(os.sched_getaffinity(0)),
        "policy": os.sched_getscheduler(0), "limits": [resource.getrlimit(kind) for kind in range(16)],
        "signals": [str(signal.getsignal(number)) for number in range(1, 32)],
        "masked": sorted(map(int, signal.pthread_sigmask(0, []))),
        "timers": [signal.getitimer(kind) for kind in range(3)], "threads": threading.active_count(),
        "recursion": sys.getrecursionlimit(), "modules": len(sys.modules), "names": sorted(vars(builtins)),
        "builtins": [len([1, 2]), sorted([2, 1]), abs(-1), SMALL == list(map(int, map(str, SMALL)))],
        "json": json.dumps({"a": [1]}), "locale": locale.setlocale(locale.LC_ALL),
        "precision": decimal.getcontext().prec, "collector": gc.isenabled(), "stdin": sys.stdin.read(),
        "random": len({random.random() for _ in range(50)}), "host": os.uname().nodename,
        "root": os.getuid() == 0, "group": os.getpgrp() == os.getpid(),
    }
"""
"""Returns everything a sample can see of its surroundings; it must be the same whoever ran before."""


def children_of(pid: int) -> set[int]:
    """Return the pids of a process's children, of all its threads."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            found |= {int(word) for word in (task / "children").read_text().split()}
        except OSError:
            continue
    return found


def descendants(pid: int) -> set[int]:
    """Return the pids of everything below a process."""
    children = children_of(pid)
    return children.union(*(descendants(child) for child in children))


def workers() -> list[int]:
    """Return the living or undead processes below this one that run as a sandbox's user, or that are zombies."""
    found = []
    for pid in descendants(os.getpid()):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if int(fields["Uid"].split()[0]) >= FIRST_WORKER_UID or fields["State"].strip().startswith("Z"):
            found.append(pid)
    return found


def own_cgroups() -> int:
    """Return how many control groups of this process there are; others' may vanish while they are looked through."""
    mine = f"akd-{os.getpid()}-"
    return sum(name.startswith(mine) for _, folders, _ in os.walk("/sys/fs/cgroup") for name in folders)


@dataclass(frozen=True)
class Footprint:
    """What this process and the host hold because of a sandbox."""

    descriptors: int
    processes: int
    mounts: tuple[str, ...]
    cgroups: int
    files: tuple[str, ...]
    containers: int

    @classmethod
    def now(cls) -> "Footprint":
        """Measure it."""
        return cls(
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
            processes=len(descendants(os.getpid())),
            mounts=tuple(own_mounts()),
            cgroups=own_cgroups(),
            files=tuple(sorted(foreign_files())),
            containers=containers(),
        )

    def within(self, other: "Footprint") -> bool:
        """Return whether nothing is more than in other (a zygote that was put away may be less)."""
        return (
            self.descriptors <= other.descriptors
            and self.processes <= other.processes
            and self.mounts == other.mounts
            and self.cgroups <= other.cgroups
            and set(self.files) <= set(other.files)
            and self.containers <= other.containers
        )


def containers() -> int:
    """Return how many containers of this process there are, in any state; 0 where no engine answers."""
    if not Path("/var/run/docker.sock").exists():
        return 0
    try:
        client = connect()
    except IsolationError:
        return 0
    try:
        return len(client.api.containers(all=True, filters={"label": f"{OWNER_LABEL}={owner()}"}))
    finally:
        client.close()


def own_mounts() -> list[str]:
    """Return where something is mounted that a sandbox mounts in its own namespace; others' mounts come and go."""
    places = ("/tmp", "/old", "/opt/site")
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [place for place in mounted if place in places or "akd_sandbox" in place]


def foreign_files() -> list[str]:
    """Return files that a sandbox's user owns where everybody may write, and a core file here."""
    found = []
    for folder in {Path(tempfile.gettempdir()), Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"), Path.cwd()}:
        for path in folder.iterdir() if folder.is_dir() else ():
            try:
                if path.lstat().st_uid >= FIRST_WORKER_UID or path == Path.cwd() / "core":
                    found.append(str(path))
            except OSError:
                continue
    return found

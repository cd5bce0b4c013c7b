"""Memory and process limits by cgroup, version 1 or 2, where this process may create one."""

from __future__ import annotations

import contextlib
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

_counter = itertools.count()
_ROOT = Path("/sys/fs/cgroup")
_PREFIX = "akd-"


@dataclass(frozen=True, slots=True)
class Cgroup:
    """The groups of one zygote: `directories` to join, and the file that counts kills for lack of memory."""

    directories: tuple[Path, ...]
    oom_file: Path

    def add(self, pid: int) -> None:
        """Move a process into the groups. Raises OSError."""
        for directory in self.directories:
            (directory / "cgroup.procs").write_text(str(pid))

    def oom_kills(self) -> int:
        """Return how many processes the kernel has killed here for lack of memory."""
        with contextlib.suppress(OSError, ValueError):
            for line in self.oom_file.read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
        return 0

    def remove(self) -> None:
        """Remove the groups; they must be empty of processes."""
        for directory in self.directories:
            with contextlib.suppress(OSError):
                directory.rmdir()


def _own_group(controller: str) -> Path | None:
    """Return this process's directory of a v1 controller, or of the v2 hierarchy for controller ''."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            base = _ROOT / controller if controller else _ROOT
            for candidate in (base / path.lstrip("/"), base):
                if (candidate / "cgroup.procs").exists():
                    return candidate
    return None


def create(memory_bytes: int, pids: int) -> Cgroup | None:
    """Create the groups for one zygote, or return None where that is not possible.

    Groups left by a process that no longer lives are removed on the way.
    """
    name = f"{_PREFIX}{os.getpid()}-{next(_counter)}"
    with contextlib.suppress(OSError):
        if (_ROOT / "cgroup.controllers").exists():
            return _create_v2(name, memory_bytes, pids)
        return _create_v1(name, memory_bytes, pids)
    return None


def _create_v2(name: str, memory_bytes: int, pids: int) -> Cgroup | None:
    own = _own_group("")
    if own is None:
        return None
    # Processes may not live beside subgroups with controllers, so the groups are made next to ours.
    for parent in (own.parent, own):
        if parent < _ROOT or not {"memory", "pids"} <= set((parent / "cgroup.subtree_control").read_text().split()):
            continue
        _sweep(parent)
        group = parent / name
        group.mkdir()
        (group / "memory.max").write_text(str(memory_bytes))
        with contextlib.suppress(OSError):
            (group / "memory.swap.max").write_text("0")
        (group / "pids.max").write_text(str(pids))
        return Cgroup((group,), group / "memory.events")
    return None


def _create_v1(name: str, memory_bytes: int, pids: int) -> Cgroup | None:
    memory, processes = _own_group("memory"), _own_group("pids")
    if memory is None or processes is None:
        return None
    for parent in (memory, processes):
        _sweep(parent)
    (memory / name).mkdir()
    (memory / name / "memory.limit_in_bytes").write_text(str(memory_bytes))
    with contextlib.suppress(OSError):  # memory and swap together: no swap
        (memory / name / "memory.memsw.limit_in_bytes").write_text(str(memory_bytes))
    (processes / name).mkdir()
    (processes / name / "pids.max").write_text(str(pids))
    return Cgroup((memory / name, processes / name), memory / name / "memory.oom_control")


def _sweep(parent: Path) -> None:
    """Remove empty groups whose maker is gone (it was killed before it could)."""
    for group in parent.glob(f"{_PREFIX}*"):
        maker = group.name.removeprefix(_PREFIX).partition("-")[0]
        if maker.isdigit() and not Path(f"/proc/{maker}").exists():
            with contextlib.suppress(OSError):
                group.rmdir()

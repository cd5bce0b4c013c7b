"""What the kernel tells of a process under /proc. Everything here raises OSError or ValueError where it does not."""

from __future__ import annotations

import os
from pathlib import Path


def children(pid: int) -> list[int]:
    """Return the pids of a process's children."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def only_child(pid: int) -> int:
    """Return the pid of a process's one child."""
    (child,) = children(pid)
    return child


def waited_for_core_s(pid: int) -> float | None:
    """Return how long a process has been kept waiting for a core; None for one of several threads or processes."""
    if children(pid) or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1:
        return None
    _, waited_ns, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(waited_ns) / 1e9


def cpu_s(pid: int) -> float:
    """Return the processor seconds of a process and of all its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

"""A zygote as a child process of the judge: the `namespace` and `process` backends."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akd_sandbox import cgroup
from akd_sandbox.errors import IsolationError
from akd_sandbox.limits import Limits
from akd_sandbox.proc import only_child

if TYPE_CHECKING:
    from akd_sandbox.slot import SlotOptions

GUEST = Path(__file__).parent / "guest"
ZYGOTE_BYTES = 192 << 20
"""What the zygote itself may hold: the interpreter and the preloaded packages."""
FIRST_UID, UIDS = 1_700_000_000, 100_000_000
"""A uid of its own for each zygote, so that process counts are not shared. Far from any real user's."""
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""All that a program finds in its environment."""
_TEST_MODULES = ["unittest", "unittest.mock", "pytest"]
"""What a zygote that runs test code has imported, so that no worker need."""


def environment(role: str, programs: Sequence[tuple[str, str]] = ()) -> dict[str, str]:
    """Return the environment of a zygote, in which programs are found by their names.

    Guarded and reseeded runs have hash seeds of their own: an answer may hang on one.
    """
    folders = [*ENVIRONMENT["PATH"].split(":"), *(str(Path(path).parent) for _, path in programs)]
    found = {**ENVIRONMENT, "PATH": ":".join(dict.fromkeys(folders))}
    if role not in ("guarded", "reseeded"):
        return found
    return {**found, "PYTHONHASHSEED": str(1 + secrets.randbelow(4_294_967_295))}


def brought(programs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return (host path, path in the jail) of those programs that the jail does not show anyway."""
    return [(path, name) for path, name in programs if path != name]


def preload(role: str) -> list[str]:
    """Return the modules that a zygote imports beyond those that it always does, where they are installed."""
    return ["numpy", *(_TEST_MODULES if role != "values" else [])]


PACKAGES = (
    "numpy", "pandas", "scipy", "sympy", "mpmath", "dateutil", "pytz", "tzdata", "six", "regex", "networkx",
    "pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments",
)  # fmt: skip
"""Third-party packages that samples may import where the host has them. Never all of site-packages: benchmark
packages there hold their own answers."""
LIBRARIES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
)


def interpreter() -> Path:
    """Return the interpreter that samples run in: this one, without its virtual environment."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def package_paths() -> list[tuple[str, str]]:
    """Return (host path, name) of the packages to show, with the shared libraries they bring along."""
    found: dict[str, str] = {}
    places = [Path(p) for p in dict.fromkeys([sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]])]
    for place in places:
        for package in PACKAGES:
            for name in (package, f"{package}.libs", f"{package}.py"):
                if (place / name).exists():
                    found.setdefault(name, str(place / name))
    return [(path, name) for name, path in found.items()]


def _each_once(packages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return packages without those whose name came before."""
    return [(path, name) for name, path in {name: path for path, name in reversed(packages)}.items()]


def visible_paths() -> tuple[list[str], list[str]]:
    """Return (paths shown read-only, directories hidden below them) for this interpreter.

    Of a prefix of its own (pyenv, conda) only `lib` is shown: beside it may lie environments with benchmarks in them.
    """
    prefix = Path(sys.base_prefix).resolve()
    shown = list(dict.fromkeys([*LIBRARIES, str(prefix / "lib"), str(Path(sys.executable).resolve())]))
    bases = {Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib"), prefix / "lib"}
    homes = [home for base in bases for home in base.glob("python*")]
    return shown, sorted(str(home / name) for home in homes for name in ("site-packages", "dist-packages"))


class ZygoteProcess:
    """A zygote that runs as a child of this process, in namespaces of its own or (`process`) in none."""

    def __init__(self, backend: str, limits: Limits, options: SlotOptions, role: str = "values") -> None:
        """Start it; its jail is not built yet. Raises IsolationError or OSError."""
        self._options = options
        self._role = role
        self._jailed = backend != "process"
        self._cgroup: cgroup.Cgroup | None = None
        self._scratch: str | None = None
        self._pid: int | None = None
        self.config = self._configure(limits)
        self.control, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [str(interpreter()), "-s", "-S", "-B", str(GUEST / "zygote.py"), str(theirs.fileno())],
                env=environment(role, options.programs),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
                start_new_session=True,
            )
        except OSError:
            self.control.close()
            self._remove_scratch()
            raise
        finally:
            theirs.close()
        if self._jailed:
            self._cgroup = cgroup.create(limits.memory_bytes + ZYGOTE_BYTES, limits.pids + 4)
            if self._cgroup is not None:
                try:
                    self._cgroup.add(self._process.pid)
                except OSError:
                    self._cgroup.remove()
                    self._cgroup = None

    def _configure(self, limits: Limits) -> dict[str, Any]:
        what = {"preload": preload(self._role), "tests": self._role != "values"}
        if not self._jailed:
            self._scratch = tempfile.mkdtemp(prefix="akd-sandbox-")
            return {"jail": "none", **what, "site_paths": [sysconfig.get_paths()["purelib"]]}
        if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
            raise IsolationError(
                "namespace: needs Linux on x86_64 or aarch64; use --backend process if you trust the code"
            )
        shown, hidden = visible_paths()
        as_root = os.geteuid() == 0
        return {
            "jail": "namespace",
            "root": as_root,
            "uid": FIRST_UID + secrets.randbelow(UIDS) if as_root else None,
            "mountpoint": str(GUEST),
            "read_only": shown,
            "hidden": hidden,
            "packages": _each_once([*package_paths(), *self._options.packages]),
            "programs": brought(self._options.programs),
            "tmpfs_bytes": limits.tmpfs_bytes,
            "tmpfs_inodes": limits.tmpfs_inodes,
            **what,
        }

    @property
    def layers(self) -> list[str]:
        """The layers that are made from outside."""
        return ["cgroup"] if self._cgroup is not None else []

    def directory(self) -> str | None:
        """Return a fresh directory for the next program, where its jail does not bring one."""
        if self._scratch is not None:
            self._remove_scratch()
            self._scratch = tempfile.mkdtemp(prefix="akd-sandbox-")
        return self._scratch

    def pid(self) -> int:
        """Return the zygote's pid here. Raises OSError or ValueError when it cannot be told."""
        if self._pid is None:
            # in a namespace it is the child of the process that entered it
            self._pid = only_child(self._process.pid) if self._jailed else self._process.pid
        return self._pid

    def oom_kills(self) -> int:
        """Return how many processes the kernel has killed in there for lack of memory."""
        return self._cgroup.oom_kills() if self._cgroup is not None else 0

    def last_words(self) -> str:
        """Return the last line a dead zygote wrote."""
        if self._process.stderr is None:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
            tail = self._process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
            return tail[0][:300] if tail else ""
        return ""

    def close(self) -> None:
        """End it and everything in it, wait for it, and remove what it left. Never raises."""
        self.control.close()
        try:
            self._process.wait(0.2 if self._jailed else 0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()
        if self._cgroup is not None:
            for _ in range(50):
                self._cgroup.remove()
                if not any(directory.exists() for directory in self._cgroup.directories):
                    break
                time.sleep(0.01)
            self._cgroup = None
        self._remove_scratch()

    def _remove_scratch(self) -> None:
        if self._scratch is not None:
            _remove(self._scratch)
            self._scratch = None


def _remove(directory: str) -> None:
    """Remove a directory that an untrusted program has filled: trees of any depth, modes of any kind."""
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(directory)
        return
    if Path(directory).exists():  # too deep for rmtree, or closed to its owner
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run([*command, "--", directory], check=False, capture_output=True, timeout=60)

"""One place to run a sample: a zygote process, its control socket, and what the kernel says of its workers."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import select
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akd_sandbox import cgroup
from akd_sandbox.errors import IsolationError, SlotError
from akd_sandbox.limits import Limits

_GUEST = Path(__file__).parent / "guest"
_START_S = 60.0
_EXIT_S = 20.0
_ZYGOTE_BYTES = 192 << 20  # what the zygote itself may hold: the interpreter and the preloaded packages
_ADDRESS_SPACE_SLACK = 1 << 30  # address space the preloaded libraries reserve without using

PACKAGES = ("numpy", "pandas", "scipy", "sympy", "mpmath", "dateutil", "pytz", "tzdata", "six", "regex", "networkx")
"""Third-party packages that samples may import where the host has them. Never all of site-packages: benchmark
packages there hold their own answers."""


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """How a worker ended, from the kernel: wait status, peak resident bytes, cpu seconds; killed by us or not."""

    signal: int | None
    code: int | None
    peak_bytes: int
    cpu_s: float
    killed: bool
    out_of_memory: bool


def _package_paths() -> list[tuple[str, str]]:
    """Return (host path, name) of the packages to show, with the shared libraries they bring along."""
    found: dict[str, str] = {}
    places = [Path(p) for p in dict.fromkeys([sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]])]
    for place in places:
        for package in PACKAGES:
            for name in (package, f"{package}.libs", f"{package}.py"):
                if (place / name).exists():
                    found.setdefault(name, str(place / name))
    return [(path, name) for name, path in found.items()]


def _visible_paths() -> tuple[list[str], list[str]]:
    """Return (paths shown read-only, directories hidden below them) for this interpreter.

    Of a prefix of its own (pyenv, conda) only `lib` is shown: beside it may lie environments with benchmarks in them.
    """
    prefix = Path(sys.base_prefix).resolve()
    libraries = [
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/usr/share/zoneinfo",
    ]
    shown = list(dict.fromkeys([*libraries, str(prefix / "lib"), str(Path(sys.executable).resolve())]))
    bases = {Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib"), prefix / "lib"}
    homes = [home for base in bases for home in base.glob("python*")]
    return shown, sorted(str(home / name) for home in homes for name in ("site-packages", "dist-packages"))


class Slot:
    """A running zygote. Runs one worker at a time; not thread-safe."""

    def __init__(self, backend: str, limits: Limits) -> None:
        self.backend = backend
        self.limits = limits
        self.layers: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._cgroup: cgroup.Cgroup | None = None
        self._oom_seen = 0
        self._job = 0
        self._buffer = b""
        self._scratch: str | None = None
        self._zygote_pid: int | None = None

    def open(self) -> None:
        """Start the zygote and wait until it is ready.

        Raises:
            IsolationError: the host does not allow this backend.
            SlotError: the zygote died or did not answer.
        """
        try:
            self._open()
        except (OSError, ValueError) as error:
            raise SlotError(f"the zygote did not start: {error}") from None

    def _open(self) -> None:
        config = self._config()
        ours, theirs = socket.socketpair()
        command = [str(Path(getattr(sys, "_base_executable", sys.executable)).resolve()), "-s", "-S", "-B"]
        command += [str(_GUEST / "zygote.py"), str(theirs.fileno())]
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": "/tmp",
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONUTF8": "1",
        }
        self._process = subprocess.Popen(
            command,
            env={**environment, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        self._control = ours
        self._buffer = b""
        if self.backend != "process":
            self._cgroup = cgroup.create(self.limits.memory_bytes + _ZYGOTE_BYTES, self.limits.pids + 4)
            if self._cgroup is not None:
                try:
                    self._cgroup.add(self._process.pid)
                except OSError:
                    self._cgroup.remove()
                    self._cgroup = None
        ours.sendall(json.dumps(config).encode() + b"\n")
        reply = self._read_reply(_START_S)
        if "error" in reply:
            self.close()
            raise IsolationError(f"{self.backend}: {reply['error']}")
        self.layers = [*reply["layers"], *(["cgroup"] if self._cgroup is not None else [])]
        self._oom_seen = self._cgroup.oom_kills() if self._cgroup else 0

    def _config(self) -> dict[str, Any]:
        preload = ["numpy"] if any(name == "numpy" for _, name in _package_paths()) else []
        sites = [sysconfig.get_paths()["purelib"]]
        common = {"preload": preload, "guest": str(_GUEST), "site_paths": sites}
        if self.backend == "process":
            self._scratch = tempfile.mkdtemp(prefix="akd-sandbox-")
            return {"jail": "none", **common}
        if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
            raise IsolationError(
                "namespace: needs Linux on x86_64 or aarch64; use --backend process if you trust the code"
            )
        shown, hidden = _visible_paths()
        as_root = os.geteuid() == 0
        return {
            "jail": "namespace",
            "root": as_root,
            # A uid of its own for each zygote, so that process counts are not shared. Far from any real user's.
            "uid": 1_700_000_000 + secrets.randbelow(100_000_000) if as_root else None,
            "mountpoint": str(_GUEST),
            "read_only": shown,
            "hidden": hidden,
            "packages": _package_paths(),
            "tmpfs_bytes": self.limits.tmpfs_bytes,
            "tmpfs_inodes": self.limits.tmpfs_inodes,
            **common,
        }

    @property
    def control(self) -> socket.socket:
        """The control socket: readable when the running worker has ended (or the zygote died)."""
        if self._control is None:
            raise SlotError("the zygote is not running")
        return self._control

    def start(self, fds: tuple[int, int, int], limits: Limits) -> None:
        """Ask for a worker on the given data socket, stdout and stderr. Raises SlotError."""
        self._job += 1
        if self._scratch is not None:
            _remove(self._scratch)
            self._scratch = tempfile.mkdtemp(prefix="akd-sandbox-")
        rlimits = {
            "address_space": limits.memory_bytes + _ADDRESS_SPACE_SLACK,
            "file": limits.file_bytes,
            "cpu_s": int(limits.import_s + limits.sample_s) * 2 + 5,
            "pids": limits.pids + 1,
        }
        request = {"id": self._job, "rlimits": rlimits, "directory": self._scratch}
        try:
            socket.send_fds(self.control, [json.dumps(request).encode() + b"\n"], list(fds))
        except OSError as error:
            raise SlotError(f"the zygote is gone: {error}") from None

    def kill(self) -> None:
        """Ask the zygote to kill the running worker and all it started."""
        with contextlib.suppress(OSError):
            self.control.send(b"k\n")

    def wait_exit(self) -> WorkerExit:
        """Return how the worker ended. Raises SlotError when the zygote cannot tell."""
        while True:
            reply = self._read_reply(_EXIT_S)
            if reply.get("id") == self._job:
                break
        status = int(reply["status"])
        died_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        return WorkerExit(
            signal=died_by,
            code=None if died_by is not None else os.WEXITSTATUS(status),
            peak_bytes=int(reply["maxrss_kb"]) * (1 if sys.platform == "darwin" else 1024),
            cpu_s=float(reply["cpu_s"]),
            killed=bool(reply["killed"]),
            out_of_memory=self.ran_out_of_memory(),
        )

    def ran_out_of_memory(self) -> bool:
        """Return whether the kernel killed something here for lack of memory since last asked."""
        if self._cgroup is None:
            return False
        count = self._cgroup.oom_kills()
        grew = count > self._oom_seen
        self._oom_seen = count
        return grew

    def waited_for_core_s(self) -> float | None:
        """Return how long the kernel has kept the running worker waiting for a core.

        None where it does not tell, and for a worker of several threads or processes: it may be waiting for itself.
        """
        if self._process is None:
            return None
        try:
            if self._zygote_pid is None:
                child = self._process.pid if self.backend == "process" else _only_child(self._process.pid)
                self._zygote_pid = child
            pid = _only_child(self._zygote_pid)
            if _children(pid) or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1:
                return None
            return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return None

    def _read_reply(self, timeout_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise SlotError(f"the zygote did not answer in {timeout_s:.0f} s")
            try:
                piece = self.control.recv(65536)
            except OSError as error:
                raise SlotError(f"the zygote is gone: {error}") from None
            if not piece:
                raise SlotError(f"the zygote died{self._last_words()}")
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _last_words(self) -> str:
        if self._process is None or self._process.stderr is None:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
            tail = self._process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
            return f": {tail[0][:300]}" if tail else ""
        return ""

    def close(self) -> None:
        """End the zygote and everything in it, wait for it, and remove what it left. Never raises."""
        process, control = self._process, self._control
        self._process = self._control = self._zygote_pid = None
        if control is not None:
            control.close()
        if process is not None:
            try:
                process.wait(0.5 if self.backend == "process" else 0.2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stderr is not None:
                process.stderr.close()
        if self._cgroup is not None:
            for _ in range(50):
                self._cgroup.remove()
                if not any(directory.exists() for directory in self._cgroup.directories):
                    break
                time.sleep(0.01)
            self._cgroup = None
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


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _only_child(pid: int) -> int:
    (child,) = _children(pid)
    return child

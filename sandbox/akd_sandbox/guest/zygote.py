"""The zygote: a clean, pre-imported interpreter that forks one jailed worker per sample and reaps all it leaves.

Started by the judge as a program with one inherited control socket. It reads its configuration there, builds the
jail, imports what samples usually import, and then forks a worker for each request. It never holds a program, an
input or an expected value: those go from the judge straight to the worker over a socket that is only passed through.
As init of its pid namespace it cannot be signalled by what runs inside, and one kill reaches everything there.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import types
from typing import Any

# The package's own __init__ imports the judge; the guest must hold nothing of it, so the package is entered bare.
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
for _name, _path in (("akd_sandbox", _PACKAGE), ("akd_sandbox.guest", os.path.join(_PACKAGE, "guest"))):  # noqa: PTH118
    sys.modules[_name] = types.ModuleType(_name)
    sys.modules[_name].__path__ = [_path]

from akd_sandbox.guest import jail, landlock, layers, seccomp, wire, worker  # noqa: E402

PRELOAD = (
    "abc", "ast", "array", "bisect", "calendar", "cmath", "collections", "collections.abc", "contextlib", "copy", "csv",
    "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "inspect", "io",
    "itertools", "json", "math", "numbers", "operator", "os", "pprint", "random", "re", "secrets",
    "statistics", "string", "struct", "sys", "textwrap", "time", "traceback", "types", "typing",
    "unicodedata", "uuid",
)  # fmt: skip

_RULESET_FD = 4  # where worker.main puts the one descriptor it keeps
_GUEST = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
_KEPT_ENVIRONMENT = (
    "PATH", "HOME", "LANG", "PYTHONHASHSEED", "PYTHONUTF8", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS",
)  # fmt: skip


def _build_jail(config: dict[str, Any]) -> list[str]:
    """Enter the jail that config asks for and return the names of the layers obtained. Forks: returns in the init."""
    if config["jail"] == "none":
        with contextlib.suppress(OSError, AttributeError):
            jail.prctl(jail.PR_SET_CHILD_SUBREAPER, 1)
        return []
    if config["jail"] == "container":
        found = jail.layers_around()
        jail.prctl(jail.PR_SET_DUMPABLE, 0)
        return found
    as_root = bool(config["root"])
    jail.enter_namespaces(as_root=as_root)
    init = os.fork()
    if init:
        _, status = os.waitpid(init, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    jail.prctl(jail.PR_SET_PDEATHSIG, signal.SIGKILL)
    shown = [(path, f"{jail.SITE}/{name}") for path, name in config["packages"]]
    jail.build_root(config["mountpoint"], config["read_only"], config["hidden"], [*shown, *config["programs"]])
    jail.mount_scratch(config["tmpfs_bytes"], config["tmpfs_inodes"])
    jail.prctl(jail.PR_SET_DUMPABLE, 0)
    jail.bound_capabilities()
    return [*layers.certain(as_root=as_root), *jail.probed_layers()]


def _preload(config: dict[str, Any]) -> None:
    site = jail.SITE if config["jail"] != "none" else None
    sys.path[:] = [path for path in sys.path if path != _GUEST and "site-packages" not in path]
    if site is not None:
        sys.path.append(site)
    else:
        sys.path.extend(config["site_paths"])
    with contextlib.suppress(ImportError):
        import site as site_module

        site_module.setquit()
        site_module.setcopyright()
        site_module.sethelper()
    for name in (*PRELOAD, *config["preload"]):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if "_pytest.config" in sys.modules:  # what pytest itself imports when it starts
        for plugin in sys.modules["_pytest.config"].default_plugins:
            with contextlib.suppress(Exception):
                importlib.import_module(f"_pytest.{plugin}")
    for name in [name for name in sys.modules if name.partition(".")[0] == "akd_sandbox"]:
        del sys.modules[name]
    sys.modules["__main__"].__dict__["__file__"] = "candidate.py"
    sys.argv = sys.orig_argv = ["candidate.py"]
    for name in [name for name in os.environ if name not in _KEPT_ENVIRONMENT]:
        del os.environ[name]  # what a container engine adds
    worker.open_streams()


class _Zygote:
    def __init__(self, control: socket.socket, config: dict[str, Any]) -> None:
        self.control = control
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)
        self.jailed = config["jail"] != "none"
        self.mounts = config["jail"] == "namespace"
        self.writable = (jail.SCRATCH,) if self.mounts else (jail.SCRATCH, jail.SHARED_MEMORY)
        # Nothing else of the configuration is kept: its paths are the host's, and every worker can look here.
        self.uid: int | None = config.get("uid")
        self.tmpfs = (config["tmpfs_bytes"], config["tmpfs_inodes"]) if self.mounts else (0, 0)
        self.filter = seccomp.SeccompProgram.of(seccomp.seccomp_filter() if self.jailed else b"")
        self.scratch: list[jail.State] = []
        self.ruleset: tuple[int, ...] = ()
        self.take_scratch()

    def serve(self) -> None:
        """Fork a worker for each request until the judge closes the control socket."""
        while True:
            message, fds, _, _ = socket.recv_fds(self.control, 8192, 4)
            if not message:
                os._exit(0)
            while message.startswith(wire.KILL):  # the sample to kill has already ended
                message = message.removeprefix(wire.KILL)
            if not message:
                continue
            request = message.removeprefix(wire.START)
            sample, *limits = wire.REQUEST.unpack_from(request)
            directory = request[wire.REQUEST.size :]
            pid = os.fork()
            if pid == 0:
                worker.main(tuple(fds), self.ruleset, functools.partial(self.confine, limits, directory))
            for fd in fds:
                os.close(fd)
            killed = self.wait(pid)
            ended = self.reap(pid)
            self.clean()
            self.control.sendall(wire.REPORT.pack(sample, *ended, killed))

    def confine(self, limits: list[int], directory: bytes) -> None:
        """Drop everything the worker must not have. Runs in the worker."""
        os.umask(0o022)
        if not self.jailed:
            os.setsid()
            os.chdir(directory)
            with contextlib.suppress(OSError, ValueError):
                jail.set_rlimits(limits, count_processes=False)
            return
        os.setsid()  # its own group, so that what it does to its group reaches neither the zygote nor the launcher
        os.chdir(jail.SCRATCH)
        jail.set_rlimits(limits, count_processes=True)
        jail.drop_privileges(self.uid)
        jail.no_new_privileges()
        if self.ruleset:
            landlock.enforce(_RULESET_FD)
        seccomp.install_seccomp(self.filter)

    def wait(self, pid: int) -> bool:
        """Wait until the worker ends or the judge says kill; return whether it was killed."""
        try:
            pidfd = os.pidfd_open(pid)
        except (AttributeError, OSError):
            return self.wait_without_pidfd(pid)
        self.poll.register(pidfd, select.POLLIN)
        ready = [fd for fd, _ in self.poll.poll()]
        self.poll.unregister(pidfd)
        os.close(pidfd)
        return self.control.fileno() in ready and self.hear_kill(pid)

    def hear_kill(self, pid: int) -> bool:
        """Read the judge's word, which can only be to kill; end everything if the judge itself is gone."""
        if not self.control.recv(len(wire.KILL)):
            self.kill_all(pid)
            os._exit(0)
        return True

    def wait_without_pidfd(self, pid: int) -> bool:
        """As wait, where the kernel has no pidfd (before 5.3, or not Linux)."""
        while True:
            if self.poll.poll(5):
                return self.hear_kill(pid)
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return False

    def kill_all(self, pid: int) -> None:
        """Kill the worker and all its descendants, wherever they moved themselves."""
        if os.getpid() == 1:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            return
        for victim in [pid, *_descendants(os.getpid())]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(victim, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    def reap(self, pid: int) -> tuple[int, int, float]:
        """Kill what is left and wait for all of it; return the worker's wait status, peak KiB and processor seconds.

        The peak is that of the largest of its processes.
        """
        ended, peak_kb, cpu_s = None, 0, 0.0
        deadline = time.monotonic() + 10
        while True:
            self.kill_all(pid)
            try:
                while True:
                    block = ended is None or os.getpid() == 1
                    child, status, usage = os.wait4(-1, 0 if block else os.WNOHANG)
                    if child == 0:
                        break
                    peak_kb = max(peak_kb, usage.ru_maxrss)
                    if child == pid:
                        ended, cpu_s = status, usage.ru_utime + usage.ru_stime
                    self.kill_all(pid)
            except ChildProcessError:
                if ended is None:
                    os._exit(72)
                return ended, peak_kb, cpu_s
            if time.monotonic() > deadline:
                os._exit(72)
            time.sleep(0.001)

    def clean(self) -> None:
        """Give the next sample a fresh scratch directory, unless this one did not touch it."""
        if all(jail.is_untouched(state) for state in self.scratch):
            return
        if self.mounts:
            jail.unmount(jail.SCRATCH)
            jail.mount_scratch(*self.tmpfs)
            self.take_scratch()
            return
        for state in self.scratch:
            if not jail.emptied(state):
                os._exit(73)  # the judge takes another container
        self.scratch = [jail.State.of(path) for path in self.writable]

    def take_scratch(self) -> None:
        """Remember what the scratch directory looks like, and make the rules that let a worker write there."""
        if not self.jailed:
            return
        self.scratch = [jail.State.of(path) for path in self.writable]
        for fd in self.ruleset:
            os.close(fd)
        version = landlock.version()
        devices = [f"/dev/{device}" for device in jail.DEVICES]
        self.ruleset = (landlock.prepare(version, self.writable, devices),) if version else ()


def _descendants(root: int) -> list[int]:
    """Return the pids below root, where /proc lists children; [] elsewhere."""
    found: list[int] = []
    frontier = [root]
    while frontier and len(found) < 100_000:
        pid = frontier.pop()
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children") as file:  # noqa: PTH123
            children = [int(word) for word in file.read().split()]
            found += children
            frontier += children
    return found


def main() -> None:
    """Run the zygote on the control socket whose descriptor, or path, is the only argument."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    if sys.argv[1].isdigit():
        control = socket.socket(fileno=int(sys.argv[1]))
    else:
        control = socket.socket(socket.AF_UNIX)
        control.connect(sys.argv[1])
    config = json.loads(control.makefile("rb", buffering=0).readline())
    if config["tests"]:  # now: once the jail is built, the guest's own files are out of sight
        from akd_sandbox.guest import pytester, together, unittests

        together.RUNNERS.update(unittest=unittests.run, pytest=pytester.run)
    try:
        obtained = _build_jail(config)
    except OSError as error:
        control.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
        os._exit(1)
    _preload(config)
    zygote = _Zygote(control, config)
    del config
    worker.rehearse()
    gc.collect()
    gc.freeze()
    gc.disable()
    control.sendall(json.dumps({"ready": True, "layers": obtained}).encode() + b"\n")
    zygote.serve()


if __name__ == "__main__":
    main()

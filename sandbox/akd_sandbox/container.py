"""A zygote in a container: the `docker` backend.

The engine makes the boundary and this process stays outside it: the two meet on one unix socket in a directory that is
mounted read-only into the container, and the socket's name is gone before the first program runs. A container ends
with that connection, so none outlives its judge, however that dies; the engine removes what has ended.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import re
import secrets
import shutil
import socket
import struct
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akd_sandbox.errors import IsolationError
from akd_sandbox.guest.jail import SITE
from akd_sandbox.image import (
    SOCKET_FOLDER,
    check_image,
    image_name,
    is_made_here,
    libraries_of,
    seccomp_profile,
)
from akd_sandbox.limits import Limits
from akd_sandbox.local import FIRST_UID, UIDS, ZYGOTE_BYTES, brought, environment, interpreter, preload

if TYPE_CHECKING:
    from akd_sandbox.slot import SlotOptions

OWNER_LABEL = "akd.sandbox.owner"
_SHM_BYTES, _SHM_INODES = 16 << 20, 256
_START_S = 30.0
_REMOVE_S = 10
_MASKED = [
    "/sys", "/dev/mqueue", "/dev/pts", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf",
    "/proc/acpi", "/proc/asound", "/proc/bus", "/proc/config.gz", "/proc/driver", "/proc/fs",
    "/proc/interrupts", "/proc/iomem", "/proc/ioports", "/proc/irq", "/proc/kallsyms", "/proc/kcore",
    "/proc/key-users", "/proc/keys", "/proc/kmsg", "/proc/latency_stats", "/proc/modules", "/proc/sched_debug",
    "/proc/scsi", "/proc/slabinfo", "/proc/sys", "/proc/sysrq-trigger", "/proc/timer_list", "/proc/timer_stats",
    "/proc/vmallocinfo",
]  # fmt: skip


@functools.cache
def _libraries_of(packages: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(libraries_of(packages)) if packages else ()


def connect() -> Any:
    """Return a client of the engine that the environment names. Raises IsolationError where none answers."""
    try:
        client = _docker("client").from_env(timeout=_START_S)
        try:
            client.ping()
            return client
        except BaseException:
            client.close()
            raise
    except Exception as error:
        _close_sockets(error)
        raise IsolationError(f"docker: no engine answers ({_one_line(error)})") from None


def _close_sockets(error: BaseException | None) -> None:
    """Let go of what a failed request's frames hold; its socket is open until the collector runs otherwise."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _docker(module: str) -> Any:
    """Return a module of Docker's own package, which has no types; imported where used, for it takes a while."""
    return importlib.import_module(f"docker.{module}")


def why_unavailable(image: str | None = None) -> str:
    """Return why containers cannot be used here, or nothing: whether an engine answers and has the image."""
    if sys.platform != "linux":
        return "docker: needs a Linux host: a program's channel is a local socket"
    if "DOCKER_HOST" not in os.environ and not Path("/var/run/docker.sock").exists():
        return "docker: no engine answers (no /var/run/docker.sock)"
    try:
        client = connect()
        try:
            check_image(client, image or image_name())
        finally:
            client.close()
    except IsolationError as error:
        return str(error)
    return ""


def owner() -> str:
    """Return what marks the containers of this process: its pid and when it started."""
    return f"{os.getpid()}-{_started(os.getpid())}"


def _started(pid: int) -> str:
    """Return when a process started, in the kernel's ticks; nothing if there is none."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def sweep(client: Any) -> None:
    """Remove containers whose judge is gone. They end by themselves: this is for those an engine's crash left over."""
    for container in client.containers.list(all=True, filters={"label": OWNER_LABEL}, ignore_removed=True):
        pid, _, started = container.labels.get(OWNER_LABEL, "").partition("-")
        if pid.isdigit() and _started(int(pid)) != started:
            remove(client.api, container.id)


class ZygoteContainer:
    """A zygote in a hardened container of its own."""

    def __init__(self, limits: Limits, options: SlotOptions, role: str = "values") -> None:
        """Start the container and wait for its zygote to call.

        Raises IsolationError when there is no engine, no image or no such runtime, OSError when it does not start.
        """
        image, runtime = options.image, options.runtime
        self._role, self._options = role, options
        self.config: dict[str, Any] = {"jail": "container", "preload": preload(role), "tests": role != "values"}
        self._id = ""
        self._pid = 0
        self._oom_file: Path | None = None
        self._client = connect()
        self._folder = tempfile.mkdtemp(prefix="akd-sandbox-")
        listener = socket.socket(socket.AF_UNIX)
        try:
            check_image(self._client, image or image_name())
            sweep(self._client)
            Path(self._folder).chmod(0o711)
            address = f"{self._folder}/control.sock"
            listener.bind(address)
            Path(address).chmod(0o666)
            listener.listen(1)
            uid = FIRST_UID + secrets.randbelow(UIDS)
            self._run(limits, image or image_name(), runtime or os.environ.get("AKD_SANDBOX_RUNTIME"), uid)
            self.control = self._answer(listener, uid)
            Path(address).unlink()
        except BaseException as error:
            self._abandon()
            refused = isinstance(error, _docker("errors").APIError)  # which is an OSError, and no fault of a moment
            if not refused and (isinstance(error, OSError | IsolationError) or not isinstance(error, Exception)):
                raise
            raise IsolationError(f"docker: {_one_line(error)}") from None
        finally:
            listener.close()
        self._find()
        self._client.close()  # its connections: it makes new ones when it is needed again

    def _run(self, limits: Limits, image: str, runtime: str | None, uid: int) -> None:
        memory = limits.memory_bytes + ZYGOTE_BYTES
        may = "exec" if self._options.programs else "noexec"  # scripts are external programs too
        scratch = f"rw,nosuid,nodev,{may},mode=1777,size={limits.tmpfs_bytes},nr_inodes={limits.tmpfs_inodes}"
        shared = f"rw,nosuid,nodev,noexec,mode=1777,size={_SHM_BYTES},nr_inodes={_SHM_INODES}"
        api = self._client.api
        host = api.create_host_config(
            auto_remove=True,
            binds=[f"{self._folder}:{SOCKET_FOLDER}:ro", *(f"{path}:{name}:ro" for path, name in self._brought(image))],
            cap_drop=["ALL"],
            init=False,
            ipc_mode="none",
            log_config=_docker("types").LogConfig(type="none"),
            mem_limit=memory,
            memswap_limit=memory,
            nano_cpus=10**9,
            network_mode="none",
            pids_limit=limits.pids + 4,
            read_only=True,
            runtime=runtime,
            security_opt=["no-new-privileges:true", f"seccomp={seccomp_profile()}"],
            tmpfs={"/tmp": scratch, "/dev/shm": shared},
        )
        host["MaskedPaths"], host["ReadonlyPaths"], host["CgroupnsMode"] = _MASKED, ["/proc", "/dev"], "private"
        made = api.create_container(
            image,
            [f"{SOCKET_FOLDER}/control.sock"],
            environment=environment(self._role, self._options.programs),
            host_config=host,
            hostname="sandbox",
            labels={OWNER_LABEL: owner()},
            network_disabled=True,
            stop_signal="SIGKILL",
            user=f"{uid}:{uid}",
            working_dir="/",
        )
        self._id = made["Id"]
        api.start(self._id)

    def _brought(self, image: str) -> list[tuple[str, str]]:
        """Return (host path, path in the container) of packages, the libraries they link, and programs.

        Raises IsolationError for this host's interpreter in an image that was made of another one.
        """
        packages, programs = self._options.packages, brought(self._options.programs)
        fits = is_made_here(self._client, image)
        if not fits and any(path == str(interpreter()) for path, _ in programs):
            raise IsolationError(f"--programs python needs an image made by `akd sandbox build-image`, unlike {image}")
        libraries = _libraries_of(packages) if fits else ()
        shown = [(path, f"{SITE}/{name}") for path, name in packages]
        return [*shown, *((os.path.realpath(path), path) for path in libraries), *programs]

    def _answer(self, listener: socket.socket, uid: int) -> socket.socket:
        """Return the zygote's connection: the first, and only from the user id that nobody else has."""
        listener.settimeout(_START_S)
        control, _ = listener.accept()
        control.setblocking(True)
        peer = struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if peer[1] != uid:
            control.close()
            raise OSError(f"somebody else answered in the container's place (user {peer[1]})")
        return control

    def _find(self) -> None:
        """Find the zygote's pid here and the file in which the kernel counts kills for lack of memory."""
        with contextlib.suppress(Exception):
            self._pid = int(self._client.api.inspect_container(self._id)["State"]["Pid"])
            for line in Path(f"/proc/{self._pid}/cgroup").read_text().splitlines():
                _, names, path = line.split(":", 2)
                for place, name in (
                    (f"/sys/fs/cgroup/memory{path}", "memory.oom_control"),
                    (f"/sys/fs/cgroup{path}", "memory.events"),
                ):
                    if names in ("", "memory") and re.search(r"^oom_kill ", _read(f"{place}/{name}"), re.MULTILINE):
                        self._oom_file = Path(place, name)

    @property
    def layers(self) -> list[str]:
        """The layers that are made from outside."""
        return ["cgroup"]

    def directory(self) -> str | None:
        """Return nothing: the container brings its own."""
        return None

    def pid(self) -> int:
        """Return the zygote's pid here. Raises ValueError when it cannot be told."""
        if not self._pid:
            raise ValueError("the engine runs elsewhere")
        return self._pid

    def oom_kills(self) -> int:
        """Return how many processes the kernel has killed in there for lack of memory."""
        found = re.search(r"^oom_kill (\d+)$", _read(str(self._oom_file)), re.MULTILINE) if self._oom_file else None
        return int(found[1]) if found else 0

    def last_words(self) -> str:
        """Return nothing: what it writes is not kept."""
        return ""

    def close(self) -> None:
        """End the container, and wait until it is gone. Never raises."""
        self.control.close()
        self._abandon()

    def _abandon(self) -> None:
        if self._id:
            with contextlib.suppress(Exception):  # an engine that is gone
                remove(self._client.api, self._id)
        with contextlib.suppress(Exception):
            self._client.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def remove(api: Any, container: str) -> None:
    """Remove a container and wait until it is gone, for a while.

    An engine that finds it ended between "remove" and "kill" fails, and leaves it half removed: its own removal, of
    what has ended, gives way to ours. So what fails is asked for again, until the engine does not know it any more.
    """
    errors = _docker("errors")
    deadline = time.monotonic() + _REMOVE_S
    while time.monotonic() < deadline:
        try:
            api.remove_container(container, force=True)
        except errors.NotFound:
            return
        except errors.APIError:
            time.sleep(0.02)


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]

"""The container image of the `docker` backend: made from this host's interpreter, or by the Dockerfile beside this."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import py_compile
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

from akd_sandbox.errors import IsolationError, SandboxError
from akd_sandbox.local import interpreter, package_paths

DEFAULT_IMAGE = "akd-sandbox:latest"
GUEST_LABEL = "akd.sandbox.guest"
SOCKET_FOLDER = "/opt/akd/run"
_PACKAGE = Path(__file__).parent.parent
_HOME = "/opt/akd/akd_sandbox"
_ALSO = ("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/usr/lib/locale/C.utf8")
_LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idlelib", "ensurepip", "turtledemo"}
_COMPILED = f".{sys.implementation.cache_tag}.pyc"
_BUILD_S = 600  # a busy disk takes its time over hundreds of megabytes
_LAYOUT = b"2"  # of the image; one with another is out of date
_SITE = "opt/site"  # where the guest looks for packages
_FOLDERS = ("tmp", "proc", "sys", "dev", "etc", "opt", _SITE, "opt/akd", "opt/akd/run")
_LINKED = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x")


def image_name() -> str:
    """Return the image that is used unless one is named: AKD_SANDBOX_IMAGE, or the one `build-image` makes."""
    return os.environ.get("AKD_SANDBOX_IMAGE") or DEFAULT_IMAGE


def seccomp_profile() -> str:
    """Return the engine's system-call filter as JSON: a list of what the interpreter needs, everything else refused."""
    return json.dumps(json.loads((files("akd_sandbox.image") / "seccomp.json").read_text(encoding="utf-8")))


def guest_files() -> list[Path]:
    """Return the files of the guest program."""
    return [path for folder in ("codec", "guest") for path in sorted((_PACKAGE / folder).glob("*.py"))]


def guest_digest() -> str:
    """Return the digest of the guest program: an image with another one is out of date."""
    found = hashlib.sha256(_LAYOUT)
    for path in guest_files():
        found.update(str(path.relative_to(_PACKAGE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def build_from_host(client: Any, name: str) -> str:
    """Make the image from this host's interpreter, what it links and the packages samples may use; return its id.

    Needs no registry: the files go to the engine as one archive. Raises SandboxError.
    """
    entry = [str(interpreter()), "-s", "-S", "-B", f"{_HOME}/guest/zygote.py"]
    changes = [f"ENTRYPOINT {json.dumps(entry)}", f"LABEL {GUEST_LABEL}={guest_digest()}"]
    return _build(client, name, lambda archive: _write_host(archive), changes)


def build_from_folder(client: Any, name: str, root: Path, python: str) -> str:
    """Make the image from a root file system (one that debootstrap made, say) with an interpreter in it.

    `python` is its path in there; programs may import the packages that are installed for it. The guest program is
    added. Raises SandboxError.
    """
    if not (root / python.lstrip("/")).exists():
        raise SandboxError(f"{root} has no {python}; install Python 3.11 or newer in it, or name it with --python")
    entry = [python, "-s", "-S", "-B", f"{_HOME}/guest/zygote.py"]
    changes = [f"ENTRYPOINT {json.dumps(entry)}", f"LABEL {GUEST_LABEL}={guest_digest()}"]

    def write(archive: tarfile.TarFile) -> None:
        archive.add(root, ".", filter=_without_devices)
        packages = _packages_of(root, python)
        if packages and not (root / _SITE).exists():
            link = tarfile.TarInfo(_SITE)
            link.type, link.linkname = tarfile.SYMTYPE, packages
            archive.addfile(link)
        _write_guest(archive)

    return _build(client, name, write, changes)


def _packages_of(root: Path, python: str) -> str:
    """Return where the packages of an interpreter are, as Debian or as Python itself names it, or nothing."""
    prefix = (root / python.lstrip("/")).parent.parent
    found = [*prefix.glob("lib/python3/dist-packages"), *sorted(prefix.glob("lib/python3.*/site-packages"))]
    return f"/{found[0].relative_to(root)}" if found else ""


def build_from_dockerfile(client: Any, name: str) -> str:
    """Make the image by the Dockerfile, which starts from Docker Hub's Python; return its id. Raises SandboxError."""
    with tempfile.TemporaryDirectory(prefix="akd-image-") as folder:
        context = Path(folder)
        for path in guest_files():
            target = context / "akd_sandbox" / path.relative_to(_PACKAGE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
        (context / "Dockerfile").write_text((files("akd_sandbox.image") / "Dockerfile").read_text(encoding="utf-8"))
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        arguments = {"PYTHON": version, "GUEST": guest_digest()}
        try:
            image, _ = client.images.build(  # by the host's network: whatever reaches the registries here does there
                path=folder, tag=name, buildargs=arguments, network_mode="host", rm=True, forcerm=True
            )
        except Exception as error:
            raise SandboxError(f"the image was not built: {_why(error)}; `--from host` needs no registry") from None
        return str(image.id)


def _why(error: Exception) -> str:
    """Return what went wrong in a build: the last error that one of its commands printed, or else the exception."""
    said = "".join(str(part.get("stream", "")) for part in getattr(error, "build_log", ()))
    lines = [line.strip() for line in said.splitlines() if line.strip().lower().startswith("error")]
    return lines[-1] if lines else str(error)


def _build(client: Any, name: str, write: Any, changes: list[str]) -> str:
    repository, _, tag = name.partition(":")
    before = _image_id(client, name)
    client.api.timeout = _BUILD_S
    with tempfile.TemporaryFile() as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
            write(archive)
        stream.seek(0)
        try:
            reply = client.api.import_image_from_stream(
                _pieces(stream), repository=repository, tag=tag or "latest", changes=changes
            )
        except Exception as error:
            raise SandboxError(f"the engine did not take the image: {error}") from None
    if before and before != _image_id(client, name):
        with contextlib.suppress(Exception):  # a container may still use it, or another name
            client.images.remove(before)
    return str(json.loads(reply.strip().splitlines()[-1]).get("status", "")) if isinstance(reply, str) else ""


def _image_id(client: Any, name: str) -> str:
    """Return the id of the image that has a name now, or nothing."""
    with contextlib.suppress(Exception):
        return str(client.images.get(name).id)
    return ""


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(1 << 20):
        yield piece


def _write_host(archive: tarfile.TarFile) -> None:
    home = Path(sysconfig.get_paths()["stdlib"]).resolve()
    python = interpreter()
    for folder in _FOLDERS:
        _add_folder(archive, folder, 0o1777 if folder == "tmp" else 0o755)
    sources = [(python, str(python)), (home, str(home)), *((Path(p), f"/{_SITE}/{n}") for p, n in package_paths())]
    sources += [(Path(path), path) for path in _ALSO if Path(path).exists()]
    written: set[str] = set()
    for source, target in sources:
        _add_tree(archive, source, target, written)
    objects = [path for source, _ in sources for path in _objects(source)]
    for library in _linked([python, *objects]):
        carried = any(Path(library).is_relative_to(source) for source, _ in sources)  # under the name it has in there
        if not carried and library not in written:
            _add_tree(archive, Path(library).resolve(), library, written)
    _write_guest(archive)
    _write_compiled(archive)


def _write_guest(archive: tarfile.TarFile) -> None:
    for path in guest_files():
        _add_bytes(archive, f"{_HOME}/{path.relative_to(_PACKAGE)}", path.read_bytes())


def _write_compiled(archive: tarfile.TarFile) -> None:
    """Add the guest program compiled: its root is read-only, so each container would compile it anew."""
    with tempfile.TemporaryDirectory(prefix="akd-image-") as folder:
        compiled = str(Path(folder, "compiled"))
        for path in guest_files():
            target = Path(_HOME, path.relative_to(_PACKAGE))
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(str(path), compiled, str(target), doraise=True, invalidation_mode=mode)
            _add_bytes(archive, f"{target.parent}/__pycache__/{path.stem}{_COMPILED}", Path(compiled).read_bytes())


def _objects(source: Path) -> Iterable[Path]:
    """Return the shared objects below a path that the image takes."""
    if source.is_dir():
        for folder, folders, names in os.walk(source):
            folders[:] = [name for name in folders if name not in _LEFT_OUT and not name.startswith("config-")]
            yield from (Path(folder, name) for name in names if ".so" in name)


def _linked(objects: list[Path]) -> list[str]:
    """Return the libraries that objects need, by the names under which the loader looks for them."""
    found: dict[str, None] = {}
    for start in range(0, len(objects), 200):
        batch = [str(path) for path in objects[start : start + 200]]
        done = subprocess.run(["ldd", *batch], capture_output=True, text=True, check=False, timeout=120)
        for line in done.stdout.splitlines():
            match = _LINKED.match(line)
            if match:
                found[os.path.normpath(match[1])] = None
    for path in ("/lib/x86_64-linux-gnu/libgcc_s.so.1", "/lib/aarch64-linux-gnu/libgcc_s.so.1"):
        if Path(path).exists():  # the C library loads it itself when a thread ends
            found[path] = None
    return list(found)


def libraries_of(packages: Sequence[tuple[str, str]]) -> list[str]:
    """Return the system libraries that packages link, given as (host path, name), but for those that they bring."""
    folders = [path for path, _ in packages]
    linked = _linked([shared for path in folders for shared in _objects(Path(path))])
    return [library for library in linked if not any(Path(library).is_relative_to(folder) for folder in folders)]


def is_made_here(client: Any, name: str) -> bool:
    """Return whether an image was made from this host's interpreter: only there do this host's libraries fit."""
    command = client.images.get(name).attrs["Config"]["Entrypoint"] or [""]
    return bool(command[0] == str(interpreter()))


def _add_tree(archive: tarfile.TarFile, source: Path, target: str, written: set[str]) -> None:
    def keep(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
        name = info.name.rpartition("/")[2]
        if name in _LEFT_OUT or name.startswith("config-") or name.endswith(".a"):
            return None
        if name.endswith(".pyc") and not name.endswith(_COMPILED):
            return None
        info.uid = info.gid = 0
        info.uname = info.gname = "root"
        info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
        written.add("/" + info.name)
        return info

    real = source.resolve() if source.is_file() else source
    archive.add(real, target.lstrip("/"), filter=keep)


def _add_folder(archive: tarfile.TarFile, name: str, mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, mode
    archive.addfile(info)


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name.lstrip("/"))
    info.size, info.mode = len(data), 0o644
    archive.addfile(info, io.BytesIO(data))


def _without_devices(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    info.mode &= 0o1777  # no setuid program is of use in there
    return None if info.isdev() else info


def check_image(client: Any, name: str) -> None:
    """Raise IsolationError unless the engine has the image, with this version of the guest program in it."""
    import docker.errors

    try:
        labels = client.images.get(name).labels
    except docker.errors.ImageNotFound:
        raise IsolationError(f"docker: no image {name}; make it with `akd sandbox build-image`") from None
    if labels.get(GUEST_LABEL) != guest_digest():
        raise IsolationError(f"docker: image {name} is of another version; renew it with `akd sandbox build-image`")

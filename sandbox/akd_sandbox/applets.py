"""External programs that samples may start because they were asked for: a static busybox's applets, and Python."""

from __future__ import annotations

import difflib
import os
import shutil
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

from akd_sandbox.errors import BackendError
from akd_sandbox.local import interpreter

PYTHON = ("python", "python3")
"""Names that mean the interpreter that samples run in, beside which they are shown: it finds its library from there."""
_FOLDERS = ("/bin", "/usr/bin")
_INSTALL = "install one (the Debian package busybox-static) or name its file in AKD_BUSYBOX"
_LIST_S = 10.0
_READ_PROC = frozenset(
    ["df", "free", "killall", "lsmod", "mount", "netstat", "pidof", "ps", "route", "sysctl", "top", "umount"]
)
"""Applets that tell of the whole machine from /proc, which the jail does not have: their word would be wrong."""
_ELF_64, _INTERPRETER = b"\x7fELF\x02", 3


def shown_programs(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return (host path, path in the jail) of the programs called `names`.

    Every name but `python` and `python3` is an applet of busybox, which looks at the name it is started by: one file,
    shown under each name in /bin and in /usr/bin. It must be static, for the jail shows no more of the host for it.
    Raises BackendError for a name that busybox has no applet for or that cannot work here, and where there is no static
    busybox.
    """
    wanted = list(dict.fromkeys(names))
    python = interpreter()
    found = [(str(python), str(python.parent / name)) for name in wanted if name in PYTHON]
    applets = [name for name in wanted if name not in PYTHON]
    if applets:
        busybox = _static_busybox()
        _check(applets, _applets_of(busybox))
        found += [(str(busybox), f"{folder}/{name}") for name in applets for folder in _FOLDERS]
    return tuple(found)


def _static_busybox() -> Path:
    """Return the busybox to show. Raises BackendError where there is none, or none that is static."""
    given = os.environ.get("AKD_BUSYBOX")
    found = given or shutil.which("busybox") or shutil.which("busybox", path=":".join(_FOLDERS))
    if found is None:
        raise BackendError(f"--programs needs a static busybox and there is none here; {_INSTALL}")
    path = Path(found).expanduser().resolve()
    try:
        is_static, mode = _is_static(path), path.stat().st_mode
    except OSError as error:
        raise BackendError(f"cannot read the busybox {path} ({error.strerror}); {_INSTALL}") from None
    if not is_static:
        raise BackendError(f"the busybox {path} is not a static program of this machine; {_INSTALL}")
    if mode & 0o005 != 0o005:
        raise BackendError(f"the busybox {path} may not be run by everybody; chmod 755 it, or {_INSTALL}")
    return path


def _is_static(path: Path) -> bool:
    """Return whether a file is a 64-bit ELF program that needs no loader. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(64)
        if len(head) < 64 or not head.startswith(_ELF_64):
            return False
        (offset,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(offset)
        table = file.read(size * count)
    if size < 4 or len(table) < size * count:
        return False
    return all(struct.unpack_from("<I", table, size * number)[0] != _INTERPRETER for number in range(count))


def _applets_of(busybox: Path) -> list[str]:
    try:
        done = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True, timeout=_LIST_S)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        raise BackendError(f"the busybox {busybox} does not list its applets ({error}); {_INSTALL}") from None
    return [name for name in done.stdout.split() if name != "busybox"]


def _check(names: Sequence[str], applets: Sequence[str]) -> None:
    for name in names:
        if name in _READ_PROC:
            raise BackendError(f"{name} reads /proc, which programs do not see; leave it out of --programs")
        if name not in applets:
            near = difflib.get_close_matches(name, [*applets, *PYTHON], 4)
            instead = f"near it: {', '.join(near)}" if near else "`busybox --list` shows what it has"
            raise BackendError(f"busybox has no program {name!r} to bring by --programs; {instead}")

"""Folders of canaries."""

import os as _os
import stat as _stat
import tempfile as _tempfile
from pathlib import Path as _Path


def tree(files: dict[str, str]) -> str:
    """Return a fresh folder that holds these files, by their paths in it."""
    root = _Path(_tempfile.mkdtemp()).resolve()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(root)


def contents(root: str) -> dict[str, str]:
    """Return the files below a folder, by their paths in it."""
    paths = sorted(path for path in _Path(root).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8", errors="replace") for path in paths}


def text_of(path: str) -> str:
    """Return what a file holds, or "missing"."""
    return _Path(path).read_text(encoding="utf-8") if _Path(path).exists() else "missing"


def open_to_others(path: str) -> str:
    """Return "others" if anybody but the owner may do anything with a file, "owner" if not, or "missing"."""
    if not _os.path.lexists(path):
        return "missing"
    return "others" if _stat.S_IMODE(_os.stat(path).st_mode) & 0o077 else "owner"  # noqa: PTH116

"""A few lines of code out of a folder, for OSS-Instruct (arXiv 2312.02120). Nothing of it is ever run."""

from __future__ import annotations

import hashlib
import os
import random
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from akd_code.errors import RecipeError

EXTENSIONS = frozenset({
    ".c", ".cc", ".cpp", ".cs", ".go", ".h", ".hpp", ".java", ".jl", ".js", ".kt", ".lua", ".php", ".pl", ".py", ".r",
    ".rb", ".rs", ".scala", ".sh", ".sql", ".swift", ".ts",
})  # fmt: skip
MOST_BYTES = 256 * 1024
MOST_FILES = 20_000
MOST_LINES = 15
"""Lines of a snippet: 1 to 15 consecutive ones, as in the paper."""
_LONGEST_LINE = 400


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's text; `name` is its path inside the folder."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """Consecutive lines of a file; `place` is `NAME:FIRST-LAST`."""

    place: str
    code: str


def read_sources(folder: str) -> list[SourceFile]:
    """Return the source files under a folder, by name: regular files in UTF-8 with a known extension, of MOST_BYTES.

    Links, and files and folders whose name starts with a dot, are passed over: nothing outside the folder is read. At
    most MOST_FILES files are read. Raises RecipeError if there is no such folder or no such file in it.
    """
    root = Path(folder).expanduser()
    if not folder or not root.is_dir():
        raise RecipeError(f"generator.code {folder!r} is not a folder; name one that holds source code")
    found = []
    for path in _files_under(root):
        text = _text_of(path)
        if text is not None and text.strip():
            found.append(SourceFile(path.relative_to(root).as_posix(), text))
        if len(found) == MOST_FILES:
            break
    if not found:
        raise RecipeError(f"generator.code {folder!r} holds no source code in UTF-8; name a folder that does")
    return found


def digest_of_sources(sources: Sequence[SourceFile]) -> str:
    """Return the digest of all names and texts."""
    digest = hashlib.sha256()
    for source in sources:
        for part in (source.name, source.text):
            raw = part.encode("utf-8", "surrogateescape")
            digest.update(len(raw).to_bytes(8, "big"))
            digest.update(raw)
    return digest.hexdigest()


def draw_snippet(source: SourceFile, rng: random.Random) -> Snippet | None:
    """Return 1 to MOST_LINES consecutive lines of a file; None where they say nothing or are too long to be read."""
    lines = source.text.splitlines()
    length = rng.randint(1, min(MOST_LINES, len(lines)))
    first = rng.randrange(len(lines) - length + 1)
    chosen = lines[first : first + length]
    code = "\n".join(chosen)
    if not any(map(str.isalpha, code)) or any(len(line) > _LONGEST_LINE for line in chosen):
        return None
    return Snippet(f"{source.name}:{first + 1}-{first + length}", code)


def _files_under(root: Path) -> Iterator[Path]:
    """Yield files with a known extension in the order of their names, following no link below the folder itself."""
    for folder, folders, files in os.walk(root, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in EXTENSIONS:
                yield Path(folder) / name


def _text_of(path: Path) -> str | None:
    """Return the text of a regular file of MOST_BYTES at most, None of anything else."""
    try:
        # Opened without following a link and without waiting for the other end of a pipe, then looked at: what is read
        # is what was looked at.
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
                return None
            raw = file.read(MOST_BYTES + 1)
        return None if len(raw) > MOST_BYTES else raw.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None

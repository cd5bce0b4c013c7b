"""JSON lines, read with the line at fault and written so that a crash leaves the old file or the new one."""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from akd_evals.errors import EvalError, EvalInfraError

Row = dict[str, Any]


def read_rows(path: Path) -> tuple[list[tuple[int, Row]], str]:
    """Return (line number, object) of every line of a .jsonl or .jsonl.gz file that is not blank, and its text's md5.

    Raises EvalError, naming file and line, for what cannot be read or is not a JSON object.
    """
    raw = read_bytes(path)
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return list(_rows(raw, path)), digest


def read_bytes(path: Path) -> bytes:
    """Return what a file holds, unpacked if its name ends with .gz. Raises EvalError for what cannot be read."""
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw
    except FileNotFoundError as error:
        raise EvalError(f"no file {path}; check the path") from error
    except (OSError, EOFError, zlib.error) as error:
        raise EvalError(f"cannot read {path} ({error}); check the file") from error


def _rows(raw: bytes, path: Path) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise EvalError(f"{path}:{number}: not UTF-8 ({error.reason}); correct or delete the line") from error
        except json.JSONDecodeError as error:
            at = f"{error.msg} at column {error.colno}"
            raise EvalError(f"{path}:{number}: not JSON ({at}); correct or delete the line") from error
        except (RecursionError, ValueError) as error:
            raise EvalError(f"{path}:{number}: not JSON that can be read ({error}); delete the line") from error
        if not isinstance(row, dict):
            kind = type(row).__name__
            raise EvalError(f"{path}:{number}: a JSON {kind}, not an object; correct or delete the line")
        yield number, row


def write_atomically(path: Path, text: str) -> None:
    """Write text to path by way of a file beside it. Raises EvalInfraError if it cannot be written."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise write_failure(path, error) from error


def write_failure(path: Path, error: OSError) -> EvalError:
    """Return the error to raise when writing to path failed: a full disk is the machine's fault, the rest input."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EvalInfraError(f"no space left for {path}; free some and give the same command again")
    return EvalError(f"cannot write {path} ({error.strerror}); choose another place")

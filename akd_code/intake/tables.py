"""Rows of a file: JSON lines, a JSON array or Parquet, the first two also compressed with gzip."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from akd_code.filters.rows import rows_in
from akd_code.intake.exercise import IntakeError

Numbered = tuple[int, dict[str, Any]]
"""A row's number from 1 (its line, where there are lines) and its fields."""


def read_table(path: Path) -> list[Numbered]:
    """Return the rows of a file, in order.

    Raises IntakeError, or RowsError with the line, for a file that cannot be read and for one without rows.
    """
    if path.suffix == ".parquet":
        rows = list(_parquet(path))
    elif _first_sign(path) == b"[":
        rows = list(_array(path))
    else:
        rows = [(number, fields) for number, _, fields in rows_in(path)]
    if not rows:
        raise IntakeError(f"{path} holds no rows; give a file with some")
    return rows


def _first_sign(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            return file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    except FileNotFoundError:
        raise IntakeError(f"no file {path}; check the path") from None
    except (OSError, EOFError, zlib.error) as error:
        raise IntakeError(f"cannot read {path} ({error}); check the file") from None


def _array(path: Path) -> Iterator[Numbered]:
    try:
        raw = path.read_bytes()
        found = json.loads((gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig"))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise IntakeError(f"cannot read {path} ({error}); give JSON lines or a JSON array in UTF-8") from None
    for number, fields in enumerate(found, 1):
        if not isinstance(fields, dict):
            raise IntakeError(f"{path}: element {number} is not an object; correct or delete it")
        yield number, fields


def _parquet(path: Path) -> Iterator[Numbered]:
    try:
        from pyarrow import parquet
        from pyarrow.lib import ArrowException
    except ImportError:
        raise IntakeError(f"reading {path} needs pyarrow; install it with: pip install pyarrow") from None
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for fields in batch.to_pylist():
                    number += 1
                    yield number, fields
    except (OSError, ArrowException) as error:
        raise IntakeError(f"cannot read {path} ({error}); check that it is a Parquet file") from None

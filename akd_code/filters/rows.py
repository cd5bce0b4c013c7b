"""Rows of JSONL files as people have them: what a row asks, what it answers, and which rows are kept."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import zlib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from akd_code.errors import AkdError
from akd_code.storage import write_failure

PROMPTS = ("prompt", "instruction", "text", "question", "problem", "query")
ANSWERS = ("completion", "output", "answer", "response", "code", "solution", "canonical_solution")
IDS = ("task_id", "id", "name")
TESTS = ("tests", "test_list", "test")


class RowsError(AkdError):
    """A file of rows that cannot be read; the message names the line."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields that hold prompt and answer; None: whichever of the usual ones a row has."""

    prompt: str | None = None
    answer: str | None = None


def rows_in(path: Path) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    """Yield (line number, line, object) of a .jsonl or .jsonl.gz file, blank lines left out.

    Raises RowsError, naming file and line.
    """
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield number, line.rstrip(b"\r\n") + b"\n", _object(line, f"{path}:{number}")
    except FileNotFoundError:
        raise RowsError(f"no file {path}; check the path") from None
    except (OSError, EOFError, zlib.error) as error:
        raise RowsError(f"cannot read {path} ({error}); check the file") from None


def prompt_of(row: Mapping[str, Any], fields: Fields, where: str) -> str:
    """Return what a row asks. Raises RowsError where no field holds it."""
    if fields.prompt is None and isinstance(row.get("messages"), list):
        return "\n".join(_said(row["messages"], "user", where))
    found = _text(row, (fields.prompt,) if fields.prompt else PROMPTS)
    if found is None:
        known = f"field {fields.prompt!r}" if fields.prompt else f"prompt ({', '.join(PROMPTS)} or messages)"
        raise RowsError(f"{where}: no {known} that is text; name the field with --field")
    return found


def answer_of(row: Mapping[str, Any], fields: Fields, where: str) -> str:
    """Return what a row answers, "" where it does not. Raises RowsError where the field that was named is not text."""
    if fields.answer is None and isinstance(row.get("messages"), list):
        return "\n".join(_said(row["messages"], "assistant", where))
    found = _text(row, (fields.answer,) if fields.answer else ANSWERS)
    if found is None and fields.answer:
        raise RowsError(f"{where}: no field {fields.answer!r} that is text; correct --answer-field")
    return found or ""


def id_of(row: Mapping[str, Any]) -> str:
    """Return the id that a row brings, "" for none; a row of MBPP's own file is Mbpp/N."""
    meta = row.get("meta")
    for holder in (row, meta if isinstance(meta, dict) else {}):
        for field in (*IDS, "seed"):
            value = holder.get(field)
            if isinstance(value, int) and not isinstance(value, bool):
                return f"Mbpp/{value}" if "test_list" in row else str(value)
            if isinstance(value, str) and value:
                return value
    return ""


def tests_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tests that a row brings, as code."""
    found: list[str] = []
    for field in TESTS:
        value = row.get(field)
        found += [value] if isinstance(value, str) else []
        found += [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
    return tuple(found)


def copy_rows(path: Path, out: Path, left_out: Container[int]) -> int:
    """Write the rows of a file but for some line numbers; return how many. `out` appears whole or not at all.

    Raises RowsError, DiskError.
    """
    draft = out.with_name(f".{out.name}.{os.getpid()}.new")
    kept = 0
    try:
        with gzip.open(draft, "wb") if out.suffix == ".gz" else draft.open("wb") as file:
            for number, line, _ in rows_in(path):
                if number not in left_out:
                    file.write(line)
                    kept += 1
        draft.replace(out)
    except OSError as error:
        raise write_failure(out, error) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return kept


def _opened(path: Path) -> gzip.GzipFile | IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RowsError(f"{where}: not JSON ({error}); correct or delete the line") from None
    if not isinstance(row, dict):
        raise RowsError(f"{where}: a JSON {type(row).__name__}, not an object; correct or delete the line")
    return row


def _text(row: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((row[name] for name in names if isinstance(row.get(name), str)), None)


def _said(messages: list[Any], role: str, where: str) -> list[str]:
    found = []
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise RowsError(f"{where}: one of `messages` has no `content` that is text; correct the line")
        if message.get("role") == role:
            found.append(message["content"])
    return found

"""Rows of JSONL files as people have them: what a row asks, what it answers, and which rows are kept."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import stat
import zlib
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from akd_code.errors import AkdError
from akd_code.storage import write_failure
from akd_code.turns import TurnError, turn_of

PROMPTS = ("prompt", "instruction", "text", "question", "problem", "query")
ANSWERS = ("completion", "output", "answer", "response", "code", "solution", "canonical_solution")
IDS = ("task_id", "id", "name")
CONVERSATIONS = ("messages", "conversations")
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
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RowsError(f"{path} is not a file but a pipe or device, and is read more than once; save it first")
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
    """Return what a row asks: a text, with Alpaca's `input` below its `instruction`, or all that the user says.

    Raises RowsError where no field holds it, or nobody asks anything in a conversation.
    """
    name, turns = _conversation(row, fields.prompt)
    if turns is not None:
        asked = _said(turns, "user", f"{where}: `{name}`")
        if not asked:
            raise RowsError(f"{where}: in `{name}` no turn is the user's (user, human); correct the line")
        return "\n".join(asked)
    found = _text(row, (fields.prompt,) if fields.prompt else PROMPTS)
    if found is None:
        known = f"field {fields.prompt!r}" if fields.prompt else f"prompt ({', '.join(PROMPTS)} or messages)"
        raise RowsError(f"{where}: no {known} that is text; name the field with --field")
    name, text = found
    given = row.get("input") if name == "instruction" else None
    return f"{text}\n\n{given}" if isinstance(given, str) and given.strip() else text


def answer_of(row: Mapping[str, Any], fields: Fields, where: str) -> str:
    """Return what a row answers, "" where it does not. Raises RowsError where the field that was named is not text."""
    name, turns = _conversation(row, fields.answer)
    if turns is not None:
        return "\n".join(_said(turns, "assistant", f"{where}: `{name}`"))
    found = _text(row, (fields.answer,) if fields.answer else ANSWERS)
    if found is None and fields.answer:
        raise RowsError(f"{where}: no field {fields.answer!r} that is text; correct --answer-field")
    return found[1] if found else ""


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


def reports_apart(report: Path | None, *others: Path | None) -> None:
    """Raise RowsError where a report, or the table beside it, would take the place of rows."""
    taken = {one.resolve() for one in others if one is not None}
    for place in () if report is None else (report, report.with_suffix(".md")):
        if place.resolve() in taken:
            raise RowsError(f"the report would overwrite the rows in {place}; give --report another name")


def _opened(path: Path) -> gzip.GzipFile | IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        hint = "name a compressed file .gz" if line.startswith(b"\x1f\x8b") else "save the file in UTF-8"
        raise RowsError(f"{where}: not UTF-8 ({error.reason} at byte {error.start}); {hint}") from None
    except (ValueError, RecursionError) as error:
        raise RowsError(f"{where}: not JSON ({error}); correct or delete the line") from None
    if not isinstance(row, dict):
        raise RowsError(f"{where}: a JSON {type(row).__name__}, not an object; correct or delete the line")
    return row


def _text(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the first of some fields that holds a text, with its name; one that is empty only where all are."""
    texts = [(name, row[name]) for name in names if isinstance(row.get(name), str)]
    return next((one for one in texts if one[1].strip()), texts[0] if texts else None)


def _conversation(row: Mapping[str, Any], named: str | None) -> tuple[str, list[Any] | None]:
    """Return the field that holds a conversation, with its turns; None for the turns where there is none."""
    names = (named,) if named else CONVERSATIONS
    return next(((name, row[name]) for name in names if isinstance(row.get(name), list)), ("", None))


def _said(turns: list[Any], role: str, where: str) -> list[str]:
    """Return what one role says, turn by turn; a turn without text says nothing."""
    try:
        said = [turn_of(turn) for turn in turns]
    except TurnError as error:
        raise RowsError(f"{where} holds {error}; correct the line") from None
    return [text for whose, text in said if whose == role and text is not None]

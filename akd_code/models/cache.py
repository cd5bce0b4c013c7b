"""The cache of answers on disk: the same request is never paid for twice."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sqlite3
from array import array
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from akd_code.models.chat import ChatModel, Completion, Message, Sampling
from akd_code.models.errors import CacheError
from akd_code.storage import Database, Schema, write_failure

_ANSWERS = """
CREATE TABLE answers (
    key TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    request TEXT NOT NULL,
    sample INTEGER NOT NULL,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    answered_by TEXT NOT NULL
) WITHOUT ROWID
"""
_VECTORS = """
CREATE TABLE vectors (
    key TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    text TEXT NOT NULL,
    vector BLOB NOT NULL
) WITHOUT ROWID
"""


def _add_vectors(db: sqlite3.Connection) -> None:
    db.execute(_VECTORS)


_SCHEMA = Schema("answer cache", 2, f"{_ANSWERS};{_VECTORS}", CacheError, {1: _add_vectors})


def request_key(model: ChatModel, messages: Sequence[Message], sampling: Sampling, sample: int) -> str:
    """Return the sha256 over endpoint, model, messages, settings and sample index in canonical JSON."""
    return hashlib.sha256(_request(model, messages, sampling, sample).encode("ascii")).hexdigest()


def vector_key(endpoint: str, model: str, text: str) -> str:
    """Return the sha256 over endpoint, model and text in canonical JSON."""
    return hashlib.sha256(_canonical({"endpoint": endpoint, "model": model, "text": text}).encode("ascii")).hexdigest()


class AnswerCache:
    """Answers and embedding vectors in one SQLite file. Safe for several threads and several processes at once.

    Whatever is put is on disk when the call returns. A reserve file of 1 MiB beside it is given up when the disk is
    full, so that the answers already paid for still find room before the error is raised.
    """

    def __init__(self, path: Path) -> None:
        """Open the file or make it. Raises CacheError if it cannot be used, DiskError if it cannot be written."""
        self._db = Database(path, _SCHEMA, reserve=True)

    def get(self, key: str) -> Completion | None:
        """Return the stored answer, marked as cached, or None. Raises CacheError if the file cannot be read."""
        row = self._db.row(
            "SELECT text, finish_reason, prompt_tokens, completion_tokens, answered_by FROM answers WHERE key = ?",
            (key,),
        )
        if row is None:
            return None
        text, finish_reason, prompt_tokens, completion_tokens, answered_by = row
        return Completion(text, finish_reason, prompt_tokens, completion_tokens, answered_by, cached=True)

    def put(
        self, model: ChatModel, messages: Sequence[Message], sampling: Sampling, sample: int, answer: Completion
    ) -> None:
        """Store an answer; if another process stored one first, that one stays.

        Raises DiskError if the disk is full or the file cannot be written; all answers stored before are kept.
        """
        row = (
            request_key(model, messages, sampling, sample),
            model.endpoint,
            model.name,
            _request(model, messages, sampling, sample),
            sample,
            answer.text,
            answer.finish_reason,
            answer.prompt_tokens,
            answer.completion_tokens,
            answer.model,
        )
        self._db.write(f"INSERT OR IGNORE INTO answers VALUES ({', '.join('?' * len(row))})", row)

    def vector(self, endpoint: str, model: str, text: str) -> array[float] | None:
        """Return the stored embedding of a text as 32-bit floats, or None. Raises CacheError."""
        row = self._db.row("SELECT vector FROM vectors WHERE key = ?", (vector_key(endpoint, model, text),))
        return None if row is None else array("f", row[0])

    def put_vector(self, endpoint: str, model: str, text: str, vector: Sequence[float]) -> None:
        """Store the embedding of a text, as `put` does."""
        row = (vector_key(endpoint, model, text), endpoint, model, text, array("f", vector).tobytes())
        self._db.write("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?, ?, ?)", row)

    def check_room(self) -> None:
        """Raise DiskError if the disk was found full: nothing more should be paid for."""
        if self._db.full:
            raise write_failure(self._db.path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    def __len__(self) -> int:
        return int(self._db.row("SELECT count(*) FROM answers")[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _request(model: ChatModel, messages: Sequence[Message], sampling: Sampling, sample: int) -> str:
    return _canonical(
        {
            "endpoint": model.endpoint,
            "model": model.name,
            "messages": [[role, content] for role, content in messages],
            "sampling": {name: value for name, value in asdict(sampling).items() if name != "schema"},
            "sample": sample,
        }
    )


def _canonical(request: dict[str, object]) -> str:
    return json.dumps(request, ensure_ascii=True, sort_keys=True, separators=(",", ":"))

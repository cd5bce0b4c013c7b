"""The cache of answers on disk: the same request is never paid for twice."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from akd_code.models.chat import ChatModel, Completion, Message, Sampling
from akd_code.models.errors import CacheError

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
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
_RESERVE_BYTES = 1 << 20
_BUSY_TIMEOUT_S = 60.0


def request_key(model: ChatModel, messages: Sequence[Message], sampling: Sampling, sample: int) -> str:
    """Return the sha256 over endpoint, model, messages, settings and sample index in canonical JSON."""
    return hashlib.sha256(_canonical(model, messages, sampling, sample).encode("ascii")).hexdigest()


class AnswerCache:
    """Answers in one SQLite file (WAL). Safe for several threads and several processes at once.

    `put` returns after the answer is on disk (synchronous=FULL). A reserve file of 1 MiB beside it is given up when
    the disk is full, so that the answers already paid for still find room before the error is raised.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reserve = path.with_name(path.name + ".reserve")
        self._lock = threading.Lock()
        self._full = False
        with self._reported("open"):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Transactions are single statements here, hence autocommit; the lock stands in for the thread check.
            self._db = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, _SCHEMA_VERSION):
                raise CacheError(f"the cache {path} has format {found}, not {_SCHEMA_VERSION}; choose another file")
            self._db.execute(_SCHEMA)
            self._db.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")
            self._fill_reserve()

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self._path

    def get(self, key: str) -> Completion | None:
        """Return the stored answer, marked as cached, or None. Raises CacheError if the file cannot be read."""
        with self._reported("read"), self._lock:
            row = self._db.execute(
                "SELECT text, finish_reason, prompt_tokens, completion_tokens, answered_by FROM answers WHERE key = ?",
                (key,),
            ).fetchone()
        if row is None:
            return None
        text, finish_reason, prompt_tokens, completion_tokens, answered_by = row
        return Completion(text, finish_reason, prompt_tokens, completion_tokens, answered_by, cached=True)

    def put(
        self, model: ChatModel, messages: Sequence[Message], sampling: Sampling, sample: int, answer: Completion
    ) -> None:
        """Store an answer; if another process stored one first, that one stays.

        Raises CacheError if the disk is full or the file cannot be written; all answers stored before are kept.
        """
        request = _canonical(model, messages, sampling, sample)
        row = (
            request_key(model, messages, sampling, sample),
            model.endpoint,
            model.name,
            request,
            sample,
            answer.text,
            answer.finish_reason,
            answer.prompt_tokens,
            answer.completion_tokens,
            answer.model,
        )
        statement = f"INSERT OR IGNORE INTO answers VALUES ({', '.join('?' * len(row))})"
        with self._reported("write"), self._lock:
            try:
                self._db.execute(statement, row)
            except sqlite3.OperationalError as error:
                if not _disk_is_full(error):
                    raise
                self._full = True
                self._reserve.unlink(missing_ok=True)
                self._db.execute(statement, row)

    def check_room(self) -> None:
        """Raise CacheError if the disk was found full: nothing more should be paid for."""
        if self._full:
            raise CacheError(_full_text(self._path))

    def __len__(self) -> int:
        with self._reported("read"), self._lock:
            return int(self._db.execute("SELECT count(*) FROM answers").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _fill_reserve(self) -> None:
        with contextlib.suppress(FileExistsError), self._reserve.open("xb") as file:
            try:
                file.write(b"\0" * _RESERVE_BYTES)
                os.fsync(file.fileno())
            except OSError:
                self._reserve.unlink()
                raise

    @contextlib.contextmanager
    def _reported(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if _disk_is_full(error):
                raise CacheError(_full_text(self._path)) from None
            raise CacheError(f"cannot {verb} the cache {self._path}: {error}; check the path and its rights") from None


class CachedChat:
    """Answers from the cache, and asks the model below only for what is not there.

    A request that is already under way is waited for, not sent again. An answer is returned only after it was
    stored. `hits` and `misses` count requests.
    """

    def __init__(self, model: ChatModel, cache: AnswerCache) -> None:
        self._model = model
        self._cache = cache
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self.hits = 0
        self.misses = 0

    @property
    def name(self) -> str:
        """The name of the model below."""
        return self._model.name

    @property
    def endpoint(self) -> str:
        """The endpoint of the model below."""
        return self._model.endpoint

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        """Return the answer, from the cache if it is there. Raises ModelError; CacheError if it cannot be stored."""
        key = request_key(self._model, messages, sampling, sample)
        while True:
            answer = self._cache.get(key)
            if answer is not None:
                self.hits += 1
                return answer
            other = self._under_way.get(key)
            if other is None:
                break
            # Whoever sends the request may fail or be cancelled; then the next in line sends it.
            await asyncio.wait([other])
        self._cache.check_room()
        self.misses += 1
        done = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._model.complete(messages, sampling, sample=sample)
            self._cache.put(self._model, messages, sampling, sample, answer)
        finally:
            del self._under_way[key]
            done.set_result(None)
        # Another process may have stored its answer first: every reader must see the same one.
        stored = self._cache.get(key) or answer
        return replace(stored, cached=False)

    async def aclose(self) -> None:
        """Close the model below; the cache stays open for others."""
        await self._model.aclose()


def _canonical(model: ChatModel, messages: Sequence[Message], sampling: Sampling, sample: int) -> str:
    request = {
        "endpoint": model.endpoint,
        "model": model.name,
        "messages": [[role, content] for role, content in messages],
        "sampling": asdict(sampling),
        "sample": sample,
    }
    return json.dumps(request, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _disk_is_full(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _full_text(path: Path) -> str:
    return (
        f"the disk that holds the cache {path} is full; free some space and run the same command again: "
        "every answer stored so far is kept"
    )

"""The cache around a model."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback_endpoint import Endpoint, Reply, completion

from akd_code.errors import DiskError
from akd_code.models import (
    AnswerCache,
    CachedChat,
    CacheError,
    Completion,
    EndpointError,
    Message,
    RecordedChat,
    Sampling,
    open_model,
)
from akd_code.models.cache import request_key
from akd_code.models.openai_chat import OpenAIChat, Retries

HELLO = (Message("user", "hello"),)


def recorded(tmp_path: Path, **usage: int) -> RecordedChat:
    path = tmp_path / "recorded.jsonl"
    path.write_text(json.dumps({"prompt": "hello", "response": "hi", "usage": usage}) + "\n")
    return RecordedChat(path, endpoint="past")


def test_the_same_request_is_sent_once_even_across_sessions(endpoint: Endpoint, tmp_path: Path) -> None:
    async def session(times: int) -> list[Completion]:
        model = CachedChat(open_model(f"openai:big@{endpoint.url}"), AnswerCache(tmp_path / "c.db"))
        answers = [await model.complete(HELLO, Sampling()) for _ in range(times)]
        await model.aclose()
        return answers

    first, second = asyncio.run(session(2))
    assert not first.cached
    assert second == replace(first, cached=True)
    assert asyncio.run(session(1)) == [second]
    assert len(endpoint.requests) == 1


def test_anything_that_can_change_the_answer_changes_the_key(tmp_path: Path) -> None:
    model = recorded(tmp_path)
    keys = [
        request_key(model, HELLO, Sampling(), 0),
        request_key(model, HELLO, Sampling(), 1),
        request_key(model, HELLO, Sampling(temperature=0.1), 0),
        request_key(model, HELLO, Sampling(top_p=0.1), 0),
        request_key(model, HELLO, Sampling(max_tokens=1), 0),
        request_key(model, HELLO, Sampling(stop=("a",)), 0),
        request_key(model, HELLO, Sampling(seed=1), 0),
        request_key(model, (Message("system", "s"), *HELLO), Sampling(), 0),
        request_key(model, (Message("system", "hello"),), Sampling(), 0),
        request_key(RecordedChat(tmp_path / "recorded.jsonl", endpoint="other"), HELLO, Sampling(), 0),
    ]
    assert len(set(keys)) == len(keys)


def test_the_key_of_a_request_never_moves(tmp_path: Path) -> None:
    # By sha256sum, of {"endpoint":"past","messages":[["user","hello"]],"model":"recorded","sample":0,
    # "sampling":{"max_tokens":1024,"seed":null,"stop":[],"temperature":0.0,"top_p":1.0}} without the line break and
    # its space. Another value here strands every user's cache.
    assert request_key(recorded(tmp_path), HELLO, Sampling(), 0) == KEY


KEY = "c309b0b64d78e082a2e7c710111d08483520453bc850bfd073404b89221da7ba"


@given(st.text(), st.text())
def test_messages_cannot_be_confused_with_each_other(left: str, right: str) -> None:
    model = _Named()
    one = request_key(model, [Message("user", left), Message("user", right)], Sampling(), 0)
    other = request_key(model, [Message("user", left + right)], Sampling(), 0)
    assert one != other


class _Named:
    name, endpoint = "m", "e"

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        raise EndpointError("down")

    async def aclose(self) -> None:
        return


def test_a_request_under_way_is_waited_for(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.script = lambda number, request: Reply(body=completion(f"answer {number}"), delay_s=0.05)

    async def many() -> list[Completion]:
        model = CachedChat(open_model(f"openai:big@{endpoint.url}"), AnswerCache(tmp_path / "c.db"))
        answers = await asyncio.gather(*(model.complete(HELLO, Sampling()) for _ in range(10)))
        await model.aclose()
        return answers

    assert {answer.text for answer in asyncio.run(many())} == {"answer 0"}
    assert len(endpoint.requests) == 1


def test_when_the_sender_is_cancelled_the_next_in_line_sends(endpoint: Endpoint, tmp_path: Path) -> None:
    release = threading.Event()

    def script(number: int, request: dict[str, object]) -> Reply:
        if number == 0:
            release.wait(5)
        return Reply(body=completion(f"answer {number}"))

    endpoint.script = script

    async def run() -> Completion:
        model = CachedChat(open_model(f"openai:big@{endpoint.url}"), AnswerCache(tmp_path / "c.db"))
        first = asyncio.create_task(model.complete(HELLO, Sampling()))
        while not endpoint.requests:
            await asyncio.sleep(0.01)
        second = asyncio.create_task(model.complete(HELLO, Sampling()))
        await asyncio.sleep(0.01)
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        answer = await second
        release.set()
        await model.aclose()
        return answer

    assert asyncio.run(run()).text == "answer 1"


def test_a_failed_request_is_not_remembered(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.script = lambda number, request: Reply(500, {}) if number == 0 else Reply(body=completion("fine"))
    inner = OpenAIChat("big", endpoint.url, retries=Retries(attempts=1))

    async def run() -> str:
        model = CachedChat(inner, AnswerCache(tmp_path / "c.db"))
        with pytest.raises(EndpointError):
            await model.complete(HELLO, Sampling())
        answer = await model.complete(HELLO, Sampling())
        await model.aclose()
        return answer.text

    assert asyncio.run(run()) == "fine"


WRITER = """
import asyncio, sys
from pathlib import Path
from akd_code.models import AnswerCache, CachedChat, Completion, Message, Sampling

class Counter:
    name, endpoint = "m", "e"
    async def complete(self, messages, sampling, *, sample=0):
        return Completion(sys.argv[2] + str(sample), "stop", 1, 1, "m")
    async def aclose(self):
        pass

async def main():
    model = CachedChat(Counter(), AnswerCache(Path(sys.argv[1])))
    for sample in range(int(sys.argv[3])):
        answer = await model.complete([Message("user", "x")], Sampling(), sample=sample)
        print(answer.text, flush=True)

asyncio.run(main())
"""


def test_every_answer_given_out_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    command = [sys.executable, "-c", WRITER, str(path), "a", "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        given = [process.stdout.readline() for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        given += process.stdout.readlines()
    whole = [line[:-1] for line in given if line.endswith("\n")]
    cache = AnswerCache(path)
    stored = [cache.get(request_key(_Named(), [Message("user", "x")], Sampling(), i)) for i in range(len(whole))]
    assert [answer.text for answer in stored if answer] == whole


def test_processes_that_write_at_once_give_out_the_same_answers(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), tag, "200"], stdout=subprocess.PIPE, text=True)
        for tag in ("a", "b", "c")
    ]
    outputs = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert outputs[0] == outputs[1] == outputs[2]
    assert len(AnswerCache(path)) == 200


def test_a_full_disk_is_one_clear_error_and_keeps_what_was_stored(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "c.db")
    model = recorded(tmp_path)
    cache.put(model, HELLO, Sampling(), 0, Completion("small", "stop", 1, 1, "m"))
    (pages,) = cache._db.row("PRAGMA page_count")
    cache._db.row(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskError, match=r"the disk that holds .*c\.db is full; free some space"):
        cache.put(model, HELLO, Sampling(), 1, Completion("x" * 100_000, "stop", 1, 1, "m"))
    stored = cache.get(request_key(model, HELLO, Sampling(), 0))
    assert stored is not None
    assert stored.text == "small"
    with pytest.raises(DiskError, match="is full"):
        asyncio.run(CachedChat(model, cache).complete(HELLO, Sampling(), sample=7))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_an_answer_paid_for_when_the_disk_fills_up_is_still_stored(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this host mounts no tmpfs")
    try:
        model = recorded(tmp_path)
        cache = AnswerCache(disk / "c.db")
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)
        cache.put(model, HELLO, Sampling(), 0, Completion("paid " * 20_000, "stop", 1, 1, "m"))
        stored = cache.get(request_key(model, HELLO, Sampling(), 0))
        assert stored is not None
        assert stored.text.startswith("paid ")
        with pytest.raises(DiskError, match="is full"):
            asyncio.run(CachedChat(model, cache).complete(HELLO, Sampling(), sample=7))
        cache.close()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_file_that_is_not_a_cache_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "c.db").write_text("hello " * 1000)
    with pytest.raises(CacheError, match=r"cannot use the answer cache .*c\.db: file is not a database"):
        AnswerCache(tmp_path / "c.db")


def test_a_cache_of_another_format_is_an_error(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "c.db")) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(CacheError, match="has format 99"):
        AnswerCache(tmp_path / "c.db")


OLD_STATEMENTS = """
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


def test_a_cache_of_the_first_release_is_read_and_takes_vectors(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "c.db")) as db, db:
        db.execute(OLD_STATEMENTS)
        row = (KEY, "past", "recorded", "{}", 0, "an old answer", "stop", 7, 3, "big-1")
        db.execute(f"INSERT INTO answers VALUES ({', '.join('?' * 10)})", row)
        db.execute("PRAGMA user_version=1")
    cache = AnswerCache(tmp_path / "c.db")
    assert cache.get(KEY) == Completion("an old answer", "stop", 7, 3, "big-1", cached=True)
    cache.put_vector("e", "m", "a text", [0.5, -2.0])
    assert list(cache.vector("e", "m", "a text") or []) == [0.5, -2.0]
    assert cache.vector("e", "other", "a text") is None

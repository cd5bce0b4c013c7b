"""The models of a run under their roles: who is asked, what reaches the ledger, and how an interruption ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback_endpoint import Endpoint, Reply, completion, embeddings, serving

from akd_code.models import CacheError, Message, Sampling
from akd_code.recipe import Recipe, recipe_from
from akd_code.records import PaidCall
from akd_code.roles import Role, open_roles

HELLO = (Message("user", "hello"),)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for variable in ("OPENAI_API_KEY", "AKD_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    with serving(Endpoint()) as endpoint:
        endpoint.script = lambda number, body: Reply(
            body=embeddings(body["input"]) if "input" in body else completion("hi")
        )
        yield endpoint


def recipe(endpoint: Endpoint, **sections: Any) -> Recipe:
    given: dict[str, Any] = {
        "teacher": {"model": f"openai:big@{endpoint.url}", "price": {"prompt": 1.0, "completion": 2.0}},
        "referee": {"model": f"openai:judge@{endpoint.url}", "temperature": 0.1},
        "evolve": {"embedder": f"openai:tiny@{endpoint.url}", "embedder_price": 3.0},
    }
    return recipe_from({**given, **sections})


def test_every_role_is_asked_under_its_name_and_price_and_all_are_in_one_ledger(
    served: Endpoint, tmp_path: Path
) -> None:
    calls: list[PaidCall] = []

    async def ask(role: Role) -> None:
        await role.model.complete(HELLO, role.sampling)

    with open_roles(recipe(served), tmp_path, calls.append) as roles:
        assert roles.generator is not None
        for role in roles.all:
            asyncio.run(ask(role))
        roles.embedder.open().embed(["a text"])
        usage = roles.usage()
    # The generator is the teacher's model at another temperature, hence another request.
    assert [(call.role, call.model, call.cost_usd) for call in calls] == [
        ("teacher", "big", pytest.approx(13e-6)),  # 7 x 1 / 1e6 + 3 x 2 / 1e6
        ("referee", "judge", None),
        ("generator", "big", pytest.approx(13e-6)),  # at the teacher's price, for it is the teacher's model
        ("embedder", "tiny", pytest.approx(12e-6)),  # 4 x 3 / 1e6
    ]
    assert [(name, one.calls) for name, one in usage.items()] == [
        ("teacher", 1),
        ("referee", 1),
        ("generator", 1),
        ("embedder", 1),
    ]
    assert [request.get("temperature") for request in served.requests] == [0.7, 0.1, 1.0, None]


def test_what_is_cached_is_not_asked_for_in_the_next_session(served: Endpoint, tmp_path: Path) -> None:
    calls: list[PaidCall] = []
    for _ in range(2):
        with open_roles(recipe(served), tmp_path, calls.append) as roles:
            asyncio.run(roles.teacher.model.complete(HELLO, Sampling()))
            roles.embedder.open().embed(["a text"])
            usage = roles.usage()
    assert [call.role for call in calls] == ["teacher", "embedder"]
    assert (usage["teacher"].cached_calls, usage["embedder"].cached_calls) == (1, 1)
    assert usage["teacher"].cost_usd == 0.0


def test_an_embedder_that_nobody_wants_is_not_opened(served: Endpoint, tmp_path: Path) -> None:
    with open_roles(recipe(served, evolve={"embedder": "no such embedder"}), tmp_path) as roles:
        assert "embedder" not in roles.usage()


def test_without_a_generator_there_are_two_roles(served: Endpoint, tmp_path: Path) -> None:
    with open_roles(recipe(served, generator={"model": "none"}), tmp_path) as roles:
        assert [role.name for role in roles.all] == ["teacher", "referee"]


def test_closing_ends_the_wait_of_every_thread_that_embeds(served: Endpoint, tmp_path: Path) -> None:
    asked, release = threading.Event(), threading.Event()

    def script(number: int, body: dict[str, Any]) -> Reply:
        asked.set()
        release.wait(20)
        return Reply(body=embeddings(body["input"]))

    served.script = script

    async def interrupted() -> list[Any]:
        embedder = roles.embedder.open()
        # More than the event loop has threads.
        waiting = [asyncio.create_task(asyncio.to_thread(embedder.embed, [f"text {n}"])) for n in range(64)]
        while not asked.is_set():
            await asyncio.sleep(0.01)
        for task in waiting:
            task.cancel()
        await roles.aclose()
        return await asyncio.gather(*waiting, return_exceptions=True)

    try:
        with open_roles(recipe(served), tmp_path) as roles:
            ended = asyncio.run(asyncio.wait_for(interrupted(), 10))
        assert all(isinstance(one, asyncio.CancelledError) for one in ended)
    finally:
        release.set()


def test_a_file_that_is_not_a_cache_is_one_line(served: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "answers.db").write_text("not a database, and long enough to be seen as none" * 50, encoding="utf-8")
    with pytest.raises(CacheError, match="cannot use the answer cache"), open_roles(recipe(served), tmp_path):
        pass

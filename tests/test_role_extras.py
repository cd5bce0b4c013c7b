"""What the recipe says of a role's requests: extras, fields left out, the role's name in notes, no key written down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback_endpoint import Endpoint, Reply, completion, embeddings, serving

from akd_code.errors import RecipeError
from akd_code.models import Message
from akd_code.recipe import load_recipe, recipe_from, to_yaml
from akd_code.recipe.identity import deciding
from akd_code.roles import Roles, open_roles

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


async def once(roles: Roles) -> None:
    for role in roles.all:
        await role.model.complete(HELLO, role.sampling)
    await roles.aclose()


def asked(served: Endpoint, tmp_path: Path, notes: list[str] | None = None, **sections: Any) -> list[dict[str, Any]]:
    """Ask each role once and return the bodies of the requests, teacher's, referee's, generator's."""
    teacher = {"model": f"openai:big@{served.url}", **sections.pop("teacher", {})}
    recipe = recipe_from({"teacher": teacher, "seed": 7, **sections})
    with open_roles(recipe, tmp_path, notice=(notes if notes is not None else []).append) as roles:
        asyncio.run(once(roles))
        if recipe.evolve.embedder != "hashed":
            roles.embedder.open().embed(["a"])
    return served.requests


def test_a_role_with_the_teachers_model_carries_what_the_teachers_requests_do(served: Endpoint, tmp_path: Path) -> None:
    bodies = asked(
        served,
        tmp_path,
        teacher={"extra_body": {"top_k": 5}, "extra_headers": {"X-Team": "a"}, "extra_query": {"v": 1}},
        referee={"extra_body": {"top_k": 9}},
        generator={"model": f"openai:other@{served.url}"},
    )
    assert [body.get("top_k") for body in bodies] == [5, 9, None]
    assert [headers.get("x-team") for headers in served.headers] == ["a", "a", None]
    assert [path.partition("?")[2] for path in served.paths] == ["v=1", "v=1", ""]


def test_fields_that_are_null_are_not_sent_and_a_seed_may_be_its_own(served: Endpoint, tmp_path: Path) -> None:
    nothing = {"temperature": None, "top_p": None, "max_tokens": None, "seed": None}
    bodies = asked(served, tmp_path, teacher=nothing, referee={"seed": 3})
    assert set(bodies[0]) == {"model", "messages"}
    assert [body.get("seed") for body in bodies] == [None, 3, 7]


def test_the_embedder_has_headers_and_query_of_its_own(
    served: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "tok-1")
    evolve = {"embedder": f"openai:tiny@{served.url}", "embedder_headers": {"api-key": "${MY_TOKEN}"}}
    asked(served, tmp_path, evolve={**evolve, "embedder_query": {"api-version": "1"}})
    assert (served.headers[-1]["api-key"], served.paths[-1]) == ("tok-1", "/v1/embeddings?api-version=1")


def test_a_note_names_the_role(served: Endpoint, tmp_path: Path) -> None:
    served.script = lambda number, body: (
        Reply(422, {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]})
        if "seed" in body
        else Reply(body=completion("hi"))
    )
    notes: list[str] = []
    asked(served, tmp_path, notes)
    assert [note.partition(":")[0] for note in notes] == ["teacher", "referee", "generator"]


@pytest.mark.parametrize("section", ["teacher", "referee", "generator"])
@pytest.mark.parametrize(("kind", "name"), [("extra_headers", "api-key"), ("extra_headers", "Authorization"),
                                            ("extra_query", "subscription-key"), ("extra_query", "sig")])  # fmt: skip
def test_a_key_that_is_written_down_is_refused_without_showing_it(section: str, kind: str, name: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from({section: {kind: {name: "sk-marked"}}})
    assert f"{section}.{kind}.{name} is a key written out" in str(caught.value)
    assert "marked" not in str(caught.value)
    recipe_from({section: {kind: {name: "${MY_TOKEN}"}}})


@pytest.mark.parametrize("value", ["sk-marked", ["sk-marked"], {"api-key": ["sk-marked"]}, {"api-key": None}])
def test_headers_of_a_wrong_type_are_refused_without_showing_them(value: Any) -> None:
    with pytest.raises(RecipeError, match=r"teacher\.extra_headers") as caught:
        recipe_from({"teacher": {"extra_headers": value}})
    assert "marked" not in str(caught.value)


def test_dates_and_numbers_in_a_query_are_texts(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("teacher: {extra_query: {api-version: 2024-10-21, n: 1}}\n")
    recipe = load_recipe(tmp_path / "recipe.yaml")
    assert recipe.teacher.extra_query == {"api-version": "2024-10-21", "n": "1"}
    assert recipe_from(yaml.safe_load(to_yaml(recipe))) == recipe


def test_only_the_body_decides_what_comes_out() -> None:
    one = recipe_from({"teacher": {"extra_headers": {"X-Team": "a"}, "extra_query": {"v": "1"}, "refused_share": 0.5}})
    assert deciding(one.teacher) == {}
    assert deciding(recipe_from({"teacher": {"extra_body": {"k": 1}}}).teacher) == {"extra_body": {"k": 1}}

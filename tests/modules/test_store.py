"""The module store: what gets in, what is found, several writers, export and import, broken files."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from akd_code.modules import HashedEmbedder, ModuleStore, Origin, StoreError, VerifiedModule, module_text, read_modules

WORDS = (
    "even", "odd", "sum", "product", "reverse", "sort", "vowel", "digit", "prime", "count", "word", "letter", "table",
    "key", "value", "join", "split", "pair",
)  # fmt: skip


def module(name: str, doc: str, code: str = "", run: str = "", round_: int = 0) -> VerifiedModule:
    code = code or f'def {name}(x):\n    """{doc}"""\n    return x\n'
    return VerifiedModule(name, f"def {name}(x)", doc, code, (f"assert {name}(1) == 1",), Origin(run, round_))


def text_of(one: VerifiedModule) -> str:
    return module_text(one.name, one.signature, one.docstring)


@pytest.fixture
def store(tmp_path: Path) -> ModuleStore:
    return ModuleStore(tmp_path / "modules.db", HashedEmbedder())


EVEN = module("keep_even", "Keep only the even numbers of a list.")
VOWELS = module("count_vowels", "Count the vowels of a text.")


def test_a_module_is_found_by_what_a_stub_says_it_should_do(store: ModuleStore) -> None:
    assert store.admit(EVEN)
    assert store.admit(VOWELS)
    (found,) = store.search(
        [module_text("even_numbers", "def even_numbers(nums: list[int]) -> list[int]", "Keep the even numbers.")]
    )
    assert [one.module for one in found] == [EVEN]
    assert 0.5 < found[0].cosine < 1.0


def test_what_is_stored_already_is_not_new(store: ModuleStore) -> None:
    assert store.admit(EVEN)
    assert not store.admit(
        module("keep_even", "Keep only the even numbers of the list.", "def keep_even(x): return []\n")
    )
    assert len(store) == 1


def test_an_empty_store_finds_nothing(store: ModuleStore) -> None:
    assert store.search(["anything"]) == [()]


class Reserved(HashedEmbedder):
    """Has no vector for texts about weapons, as an endpoint that refuses them."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        known = np.array([["weapon" not in text] for text in texts], dtype=np.float32)
        return super().embed(texts) * known


def test_a_text_without_a_vector_finds_nothing_and_is_not_stored(tmp_path: Path) -> None:
    store = ModuleStore(tmp_path / "modules.db", Reserved())
    assert not store.admit(module("count_weapons", "Count each weapon."))
    assert store.admit(EVEN)
    assert store.search(["a weapon", text_of(EVEN)], minimum=0.0)[0] == ()


def test_no_module_below_the_minimum_is_found_and_never_more_than_k(store: ModuleStore) -> None:
    for one in (EVEN, VOWELS):
        store.admit(one)
    assert store.search(["zebra crossing"], 2, 0.9) == [()]
    assert [len(found) for found in store.search([text_of(EVEN), text_of(VOWELS)], 5)] == [2, 2]
    assert store.search([text_of(VOWELS)], 1)[0][0].module == VOWELS


def test_the_search_agrees_with_comparing_all_vectors(store: ModuleStore) -> None:
    rng = random.Random(1)
    modules = [module(f"f{n}", " ".join(rng.sample(WORDS, 4))) for n in range(200)]
    assert store.import_modules(modules) == 200
    embedder = HashedEmbedder()
    vectors = embedder.embed([text_of(one) for one in modules])
    for query in rng.sample(modules, 20):
        cosines = vectors @ embedder.embed([query.docstring])[0]
        (found,) = store.search([query.docstring], 3)
        assert np.allclose([one.cosine for one in found], sorted(cosines)[::-1][:3], atol=1e-6)


def test_provenance_and_uses_are_kept(store: ModuleStore) -> None:
    store.admit(module("keep_even", "Keep even.", run="demo", round_=2))
    assert store.modules()[0].origin == Origin("demo", 2)
    store.count_uses([store.modules()[0].id])
    assert list(store.uses().values()) == [1]


def test_a_run_can_take_back_what_it_added_from_a_round_on(store: ModuleStore) -> None:
    store.admit(module("keep_even", "Keep even numbers.", run="a", round_=1))
    store.admit(module("count_vowels", "Count vowels.", run="a", round_=2))
    store.admit(module("reverse_words", "Reverse each word.", run="b", round_=2))
    assert store.forget("a", 2) == 1
    assert [one.name for one in store.modules()] == ["keep_even", "reverse_words"]
    assert [one.module.name for one in store.search(["count vowels"], 3)[0]] != []
    assert store.admit(module("count_vowels", "Count vowels.", run="a", round_=2))


def test_an_export_can_be_imported_under_another_embedder(store: ModuleStore, tmp_path: Path) -> None:
    store.admit(EVEN)
    store.admit(VOWELS)
    assert store.export(tmp_path / "modules.jsonl") == 2
    other = ModuleStore(tmp_path / "other.db", HashedEmbedder(64))
    assert other.import_modules(read_modules(tmp_path / "modules.jsonl")) == 2
    assert other.import_modules(read_modules(tmp_path / "modules.jsonl")) == 0
    assert other.modules() == [EVEN, VOWELS]


def test_a_store_of_another_embedder_is_refused(store: ModuleStore, tmp_path: Path) -> None:
    store.close()
    with pytest.raises(StoreError, match="made by the embedder hashed-1/256"):
        ModuleStore(tmp_path / "modules.db", HashedEmbedder(64))


NO_TEXT = '{"name": 1, "signature": "", "docstring": "", "code": "", "tests": [], "origin": {}}'


@pytest.mark.parametrize("content", ["not json", '{"name": "f"}', NO_TEXT, "[]"])
def test_a_broken_export_is_named_by_its_line(content: str, tmp_path: Path) -> None:
    path = tmp_path / "modules.jsonl"
    path.write_text(content + "\n", encoding="utf-8")
    with pytest.raises(StoreError, match=r"modules\.jsonl:1: not a module of an export"):
        read_modules(path)


def test_a_file_that_is_not_a_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "modules.db"
    path.write_text("This is not a database, and it is long enough to be seen as none." * 20, encoding="utf-8")
    with pytest.raises(StoreError, match="cannot use the module store"):
        ModuleStore(path, HashedEmbedder())


def test_a_store_of_another_format_is_refused(store: ModuleStore, tmp_path: Path) -> None:
    store.close()
    with sqlite3.connect(tmp_path / "modules.db") as db:
        db.execute("PRAGMA user_version=9")
    with pytest.raises(StoreError, match="has format 9"):
        ModuleStore(tmp_path / "modules.db", HashedEmbedder())


OLD_STATEMENTS = """
CREATE TABLE IF NOT EXISTS modules (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, name TEXT NOT NULL, signature TEXT NOT NULL,
    docstring TEXT NOT NULL, code TEXT NOT NULL, tests TEXT NOT NULL, origin TEXT NOT NULL, added REAL NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0, vector BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
PRAGMA user_version=1;
INSERT INTO meta VALUES ('embedder', 'hashed-1/256');
"""


def test_a_store_of_the_first_release_is_read_and_written(tmp_path: Path) -> None:
    vector = HashedEmbedder().embed([text_of(EVEN)])[0].astype("<f4").tobytes()
    origin = '{"run": "old", "round": 1, "prompt_id": "", "model": ""}'
    with contextlib.closing(sqlite3.connect(tmp_path / "modules.db")) as db, db:
        db.executescript(OLD_STATEMENTS)
        row = ("an id", EVEN.name, EVEN.signature, EVEN.docstring, EVEN.code, '["assert keep_even(1) == 1"]', origin)
        db.execute("INSERT INTO modules VALUES (1, ?, ?, ?, ?, ?, ?, ?, 0.0, 3, ?)", (*row, vector))
    store = ModuleStore(tmp_path / "modules.db", HashedEmbedder())
    assert not store.admit(EVEN)
    assert store.admit(VOWELS)
    assert [one.name for one in store.modules()] == ["keep_even", "count_vowels"]
    assert store.uses()["an id"] == 3
    assert store.forget("old", 1) == 1


def test_a_store_with_a_row_that_cannot_be_read_is_one_line(store: ModuleStore, tmp_path: Path) -> None:
    store.admit(EVEN)
    with contextlib.closing(sqlite3.connect(tmp_path / "modules.db")) as db, db:
        db.execute("UPDATE modules SET tests = 'not json'")
    with pytest.raises(StoreError, match=r"cannot use the module store .*restore it from an export"):
        store.modules()


def write_many(path: Path, start: int) -> None:
    """Admit the same forty modules as every other writer, from another place on."""
    store = ModuleStore(path, HashedEmbedder())
    rng = random.Random(7)
    docs = [" ".join(rng.sample(WORDS, 6)) for _ in range(40)]
    for at in range(40):
        number = (start + at) % 40
        store.admit(module(f"m{number}", docs[number], run=f"writer {start}"))
    store.close()


def test_concurrent_writers_store_each_module_once(tmp_path: Path) -> None:
    path = tmp_path / "modules.db"
    alone = tmp_path / "alone.db"
    write_many(alone, 0)
    wanted = {one.name for one in ModuleStore(alone, HashedEmbedder()).modules()}
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, start)) for start in (0, 13, 27)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    names = [one.name for one in ModuleStore(path, HashedEmbedder()).modules()]
    assert len(names) == len(set(names))
    assert set(names) >= {name for name in wanted if name in names}
    store = ModuleStore(path, HashedEmbedder())
    modules = store.modules()
    vectors = HashedEmbedder().embed([text_of(one) for one in modules])
    likeness = vectors @ vectors.T - np.eye(len(modules))
    assert likeness.max() < 0.85


def test_a_reader_sees_what_another_process_stored_meanwhile(store: ModuleStore, tmp_path: Path) -> None:
    assert store.search([text_of(EVEN)]) == [()]
    other = ModuleStore(tmp_path / "modules.db", HashedEmbedder())
    other.admit(EVEN)
    ((found,),) = store.search([text_of(EVEN)])
    assert found.cosine == pytest.approx(1.0, abs=1e-5)
    assert not store.admit(EVEN)

"""The tables of run.db, and the way from the format of older releases to today's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from akd_code.errors import RunError
from akd_code.storage import Schema

_TABLES = """
CREATE TABLE steps (
    key TEXT PRIMARY KEY, round INTEGER NOT NULL, stage TEXT NOT NULL, facts TEXT NOT NULL, items INTEGER NOT NULL,
    wall_s REAL NOT NULL, finished REAL NOT NULL, current INTEGER NOT NULL DEFAULT 1, adopted INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE items (
    step TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (step, position)
) WITHOUT ROWID;
CREATE INDEX items_by_id ON items (id);
CREATE TABLE calls (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, round INTEGER NOT NULL, stage TEXT NOT NULL, role TEXT NOT NULL,
    model TEXT NOT NULL, endpoint TEXT NOT NULL, prompt_tokens INTEGER, completion_tokens INTEGER, cost_usd REAL,
    latency_s REAL NOT NULL, attempts INTEGER NOT NULL, finish_reason TEXT NOT NULL
);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)
"""
# `current` is 0 for a step that another result of the same round and stage has replaced; `adopted` is 0 for a step of
# an older release whose key is not known yet: the stage that finds it says whether it fits, and gives it its key.


def _from_format_1(db: sqlite3.Connection) -> None:
    """Turn the one JSON value of each step into facts and items; the answers' worth becomes a row of the ledger."""
    old = db.execute(
        "SELECT key, round, stage, value, wall_s, worth_usd, finished FROM steps ORDER BY finished"
    ).fetchall()
    db.execute("ALTER TABLE steps RENAME TO old_steps")
    for statement in _TABLES.split(";"):
        db.execute(statement)
    db.execute("DROP TABLE old_steps")
    db.execute("DROP TABLE IF EXISTS parts")
    for key, number, stage, value, wall_s, worth, finished in old:
        facts, items = _taken_apart(stage, json.loads(value))
        db.execute("UPDATE steps SET current = 0 WHERE round = ? AND stage = ?", (number, stage))
        db.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0)",
            (f"1:{key}", number, stage, json.dumps(facts), len(items), wall_s, finished),
        )
        db.executemany(
            "INSERT INTO items VALUES (?, ?, ?, ?, ?)",
            [(f"1:{key}", at, name, state, json.dumps(item)) for at, (name, state, item) in enumerate(items)],
        )
        if worth or (worth is None and stage in ("labels", "discrimination", "generation")):
            db.execute(
                "INSERT INTO calls (at, round, stage, role, model, endpoint, cost_usd, latency_s, attempts, "
                "finish_reason) VALUES (?, ?, ?, 'older release', '', '', ?, 0, 0, '')",
                (finished, number, stage, worth),
            )


_Item = tuple[str, str, Any]  # id, state, value


def _taken_apart(stage: str, value: Any) -> tuple[Any, list[_Item]]:
    return _APART[stage.partition(" ")[0]](value)


def _labels(value: Any) -> tuple[Any, list[_Item]]:
    items = []
    for label in value:
        label["prompt"] = _prompt(label["prompt"])
        candidate: dict[str, Any] = {"answer": label.pop("answer"), "way": "direct"}
        if label["pass_rate"] is not None:
            candidate["verdict"] = "PASS" if label["pass_rate"] == 1.0 else None
        items.append((label["prompt"]["id"], label["outcome"], {**label, "candidates": [candidate], "chosen": 0}))
    return {}, items


def _answers(value: Any) -> tuple[Any, list[_Item]]:
    return {}, [(answer["prompt_id"], answer["finish_reason"], answer) for answer in value]


def _gaps(value: Any) -> tuple[Any, list[_Item]]:
    states = {True: "hard", False: "easy", None: "undecided"}
    items = [(gap["prompt_id"], states[gap["hard"]], gap) for gap in value.pop("gaps")]
    return {"requests": value["calls"], "sandbox_runs": value["runs"], "compared": value["compared"],
            "disagreements": value["disagreements"]}, items  # fmt: skip


def _prompts(value: Any) -> tuple[Any, list[_Item]]:
    items = [(prompt["id"], prompt["source"], _prompt(prompt)) for prompt in value["prompts"]]
    counts = dict(value["counts"])
    streams = {stream: counts.pop(stream) for stream in ("hard", "easy")}
    asked = counts.pop("asked")
    rejected = {reason: count for reason, count in counts.items() if count}
    return {"asked": asked, "streams": streams, "rejected": rejected, "warnings": value["warnings"]}, items


def _prompt(prompt: Any) -> Any:
    return {**{name: one for name, one in prompt.items() if name != "suite"}, "tests": prompt["suite"]}


def _facts(value: Any) -> tuple[Any, list[_Item]]:
    return value, []


_APART: dict[str, Callable[[Any], tuple[Any, list[_Item]]]] = {
    "labels": _labels,
    "imitation": _facts,
    "evaluation": _facts,
    "student": _answers,
    "discrimination": _gaps,
    "generation": _prompts,
}

RUN_STORE = Schema("run store", 2, _TABLES, RunError, {1: _from_format_1})

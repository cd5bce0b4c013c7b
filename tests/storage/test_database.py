"""SQLite files of ours: versions, migrations, one line for every failure."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from akd_code.errors import RunError
from akd_code.storage import Database, Schema, replaced, write_text

FIRST = Schema("notebook", 1, "CREATE TABLE notes (text TEXT)", RunError)


def to_second(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE notes ADD COLUMN page INTEGER NOT NULL DEFAULT 1")


SECOND = Schema("notebook", 2, "CREATE TABLE notes (text TEXT, page INTEGER NOT NULL)", RunError, {1: to_second})


def test_an_older_file_is_brought_up_to_date_and_keeps_what_it_holds(tmp_path: Path) -> None:
    old = Database(tmp_path / "n.db", FIRST)
    old.write("INSERT INTO notes VALUES ('a')")
    old.close()
    new = Database(tmp_path / "n.db", SECOND)
    assert new.rows("SELECT text, page FROM notes") == [("a", 1)]
    new.close()
    assert Database(tmp_path / "n.db", SECOND).rows("SELECT text, page FROM notes") == [("a", 1)]


def test_a_file_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    Database(tmp_path / "n.db", SECOND).close()
    with pytest.raises(RunError, match="has format 2, this version of akd reads up to 1; update akd"):
        Database(tmp_path / "n.db", FIRST)
    assert Database(tmp_path / "n.db", SECOND).rows("SELECT * FROM notes") == []


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    def failing(db: sqlite3.Connection) -> None:
        db.execute("DROP TABLE notes")
        raise RunError("cannot")

    Database(tmp_path / "n.db", FIRST).close()
    with pytest.raises(RunError, match="cannot"):
        Database(tmp_path / "n.db", Schema("notebook", 2, "", RunError, {1: failing}))
    assert Database(tmp_path / "n.db", FIRST).rows("SELECT * FROM notes") == []


def test_what_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "n.db").write_text("no database at all, but long enough to look like something")
    with pytest.raises(RunError, match="cannot use the notebook") as caught:
        Database(tmp_path / "n.db", FIRST)
    assert "\n" not in str(caught.value)


def test_a_transaction_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    db = Database(tmp_path / "n.db", FIRST)
    with pytest.raises(ZeroDivisionError), db.transaction():
        db.write("INSERT INTO notes VALUES ('a')")
        raise ZeroDivisionError
    assert db.rows("SELECT * FROM notes") == []


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path: Path) -> None:
    write_text(tmp_path / "f", "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "f", "new \ud800")
    assert (tmp_path / "f").read_text() == "old"


def test_a_folder_that_is_not_finished_does_not_take_the_old_ones_place(tmp_path: Path) -> None:
    with replaced(tmp_path / "d") as draft:
        (draft / "x").write_text("1")
    with pytest.raises(ZeroDivisionError), replaced(tmp_path / "d") as draft:
        (draft / "x").write_text("2")
        raise ZeroDivisionError
    assert (tmp_path / "d" / "x").read_text() == "1"

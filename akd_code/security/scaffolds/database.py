"""A database in memory."""

import sqlite3 as _sqlite3


def database(script: str) -> _sqlite3.Connection:
    """Return a fresh database in which a script has been run."""
    connection = _sqlite3.connect(":memory:")
    connection.executescript(script)
    return connection


def rows(connection: _sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    return list(connection.execute(query))

"""What every file of ours shares: SQLite with versions and migrations, whole-file writes, the full disk.

`Database` is an open SQLite file behind one lock, with a `Schema` that says how older files become today's;
`write_text`, `write_whole` and `replaced` put a file or a folder in place whole or not at all; `json_line` writes a
record as a line; `finished_rows` reads what an interrupted work on rows left; `Reserve` keeps room for what was paid
for on a disk that fills up; `write_failure` says what to do about a failed write. Nothing here knows what is stored.
"""

from akd_code.storage.disk import Reserve, disk_is_full, write_failure
from akd_code.storage.files import write_text, write_whole
from akd_code.storage.folders import dropped, replaced
from akd_code.storage.lines import json_line
from akd_code.storage.parts import finished_rows
from akd_code.storage.sqlite import Database, Schema

__all__ = [
    "Database",
    "Reserve",
    "Schema",
    "disk_is_full",
    "dropped",
    "finished_rows",
    "json_line",
    "replaced",
    "write_failure",
    "write_text",
    "write_whole",
]

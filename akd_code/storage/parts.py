"""What a long work on the rows of a file has finished so far: a JSON line each, appended as it is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def finished_rows(part: Path) -> dict[str, dict[str, Any]]:
    """Return the lines of a part file by their `key`; a line that an interruption cut short is taken out of the file.

    A line that cannot be read is passed over: its row is done again.
    """
    if not part.exists():
        return {}
    found: dict[str, dict[str, Any]] = {}
    whole, end, rest = part.read_bytes().rpartition(b"\n")
    for line in whole.split(b"\n"):
        try:
            fields = json.loads(line)
            found[fields.pop("key")] = fields
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    if rest:
        part.write_bytes(whole + end)
    return found

"""events.jsonl: what happened in a run, one line each, in the order it happened."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from akd_code.storage import write_failure


class EventLog:
    """A file that is only ever appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, name: str, **fields: Any) -> None:
        """Append an event. Raises DiskError."""
        line = json.dumps({"time": round(time.time(), 3), "event": name, **fields}, ensure_ascii=True)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise write_failure(self._path, error) from None

"""A record as a line of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


def json_line(row: Mapping[str, Any]) -> str:
    """Return a record as one line of JSON, without a newline.

    Letters stand as they are, unless one is half of a surrogate pair (a text was cut in the middle of an emoji), which
    no file in UTF-8 can hold: then all but ASCII is escaped.
    """
    text = json.dumps(row, ensure_ascii=False)
    return text if text.isascii() or not _HALF_A_PAIR.search(text) else json.dumps(row)

"""Files of stress prompts, as `akd stress prompts` writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from akd_code.errors import AkdError
from akd_code.security.stress_prompt import Family, StressPrompt
from akd_code.storage import write_whole

_TEXTS = ("task_id", "cwe", "exercise", "surface", "entry_point", "prompt", "prefix", "hint", "canonical_solution")


def write_prompts(path: Path, prompts: Sequence[StressPrompt]) -> None:
    """Write prompts, one JSON line each. Raises DiskError."""
    write_whole(path, "".join(json.dumps(one.as_row(), ensure_ascii=False) + "\n" for one in prompts))


def read_prompts(path: Path) -> list[StressPrompt]:
    """Return the prompts of a file. Raises AkdError with the line at fault."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise AkdError(f"{path} cannot be read ({error}); write it with `akd stress prompts`") from error
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(_prompt(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                told = f"{type(error).__name__}: {error}"
                raise AkdError(
                    f"{path}:{number} is not a stress prompt ({told}); write the file with `akd stress prompts`"
                ) from error
    return found


def _prompt(row: dict[str, Any]) -> StressPrompt:
    texts = {name: row[name] for name in _TEXTS}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError("a field that should be text is not")
    security = row.get("security", {"tests": []})
    return StressPrompt(
        family=Family(row["family"]),
        setup=str(row.get("setup", "")),
        tests=_statements(row["tests"]),
        exploits=_statements(security["tests"]),
        reference=texts.pop("canonical_solution"),
        **texts,
    )


def _statements(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise TypeError("tests must be a list of texts")
    return tuple(given)

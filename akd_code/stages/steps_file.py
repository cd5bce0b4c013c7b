"""What every optimiser step of a training said, as a file of the round."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from akd_code.storage import write_text


def write_steps(
    path: Path, losses: Sequence[float], names: Sequence[str] = (), figures: Sequence[Sequence[float]] = ()
) -> None:
    """Write one JSON line per step: its number, its loss, and the figures that `names` names. Raises DiskError."""
    lines = []
    for at, loss in enumerate(losses):
        more = dict(zip(names, figures[at], strict=True)) if figures else {}
        lines.append(json.dumps({"step": at + 1, "loss": loss, **more}) + "\n")
    write_text(path, "".join(lines))

"""Which samples a directory of results belongs to: those of another file are refused, not written over."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from akd_evals.errors import EvalError
from akd_evals.files import write_atomically, write_failure
from akd_evals.results import RESULTS

SOURCE = "source.json"
"""Where the path of the samples and the digest of what they are lie, in the directory of results."""


def claim(out: Path, samples: Path) -> None:
    """Note in `out` that it holds the results of `samples`, a file or evalplus's directory form.

    A file that has changed, and one that was moved, may go on where they were scored. Raises EvalError if `out` holds
    results of another file, EvalInfraError if it cannot be written.
    """
    here = {"samples": str(samples.resolve()), "sha256": _digest(samples)}
    file = out / SOURCE
    before = _noted(file) if (out / RESULTS).exists() else None
    if before is not None and all(before.get(name) != value for name, value in here.items()):
        raise EvalError(f"{out} holds the results of {before.get('samples')}, not of {samples}; choose another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failure(out, error) from error
    write_atomically(file, json.dumps(here, indent=1) + "\n")


def _noted(file: Path) -> dict[str, object] | None:
    """Return what an earlier scoring noted; None where none did (an older release)."""
    try:
        noted = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise EvalError(f"cannot read {file} ({error}); choose another --out, or delete it") from None
    if not isinstance(noted, dict):
        raise EvalError(f"{file} does not say whose results these are; choose another --out, or delete it")
    return noted


def _digest(samples: Path) -> str:
    digest = hashlib.sha256()
    files = sorted(path for path in samples.rglob("*") if path.is_file()) if samples.is_dir() else [samples]
    try:
        for path in files:
            digest.update(path.read_bytes())
    except OSError as error:
        raise EvalError(f"cannot read the samples {path}: {error.strerror}; give an existing file") from None
    return digest.hexdigest()

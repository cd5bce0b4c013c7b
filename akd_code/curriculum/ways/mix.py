"""`mix`: exercises that need two leaves of the topic tree whose parents differ (phi-1's line, arXiv 2306.11644)."""

from __future__ import annotations

from typing import ClassVar

from akd_code.curriculum.way import GENERATORS, Material, Request, Way
from akd_code.lists import professions
from akd_code.records import Origin
from akd_prompts import MixTopicsInputs, render

_NAME = "mix"
_LONGEST_TOKENS = 1024


@GENERATORS.register(_NAME)
class MixLeaves(Way):
    """Pairs of leaves of different root topics, drawn at random."""

    topic_tree: ClassVar[bool] = True

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._rng = material.own_rng(_NAME)
        self._asked = 0
        if len({leaf.topic for leaf in material.leaves}) < 2:
            self.lacks = "the topic tree has no two topics with subtopics"

    def next(self) -> Request | None:
        """Return a request for a pair; None if there is none."""
        if self.lacks:
            return None
        leaves = self.material.leaves
        first = self._rng.choice(leaves)
        second = self._rng.choice([leaf for leaf in leaves if leaf.topic != first.topic])
        profession = self._rng.choice(professions())
        inputs = MixTopicsInputs(first.topic, first.subtopic, second.topic, second.subtopic, profession)
        origin = Origin(
            _NAME,
            render(inputs).version,
            (first.id, second.id),
            topic=f"{first.topic} + {second.topic}",
            subtopic=f"{first.subtopic} + {second.subtopic}",
            profession=profession,
        )
        sample = self.material.first_sample + self._asked
        self._asked += 1
        return Request(inputs, origin, "new", sample, _LONGEST_TOKENS)

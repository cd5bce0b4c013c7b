"""`topics`: exercises on the leaves of the topic tree, each out of a profession's working life (AKD's code)."""

from __future__ import annotations

from typing import ClassVar

from akd_code.curriculum.way import GENERATORS, Material, Request, Way, laps
from akd_code.lists import professions
from akd_code.records import Origin
from akd_prompts import TopicCompletionInputs, TopicProblemInputs, render

_NAME = "topics"
LONGEST_TOKENS = 1024
_STYLES = (TopicCompletionInputs, TopicProblemInputs)


@GENERATORS.register(_NAME)
class ExercisesOnTopics(Way):
    """An exercise on every leaf in random order, again and again; two styles in turns, professions at random."""

    topic_tree: ClassVar[bool] = True

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._rng = material.own_rng(_NAME)
        self._leaves = laps(material.leaves, self._rng)
        self._asked = 0
        self.lacks = "" if material.leaves else "the topic tree has no subtopics"

    def next(self) -> Request | None:
        """Return a request for the next leaf; None if the tree has none."""
        found = next(self._leaves, None)
        if found is None:
            return None
        leaf, lap = found
        profession = self._rng.choice(professions())
        inputs = _STYLES[self._asked % len(_STYLES)](leaf.topic, leaf.subtopic, profession)
        self._asked += 1
        origin = Origin(
            _NAME,
            render(inputs).version,
            (leaf.id,),
            topic=leaf.topic,
            subtopic=leaf.subtopic,
            profession=profession,
        )
        return Request(inputs, origin, "new", self.material.first_sample + lap, LONGEST_TOKENS)

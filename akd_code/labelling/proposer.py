"""The protocol of a way to make labels, what it has at hand, and the registry of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from akd_code.errors import RecipeError
from akd_code.labelling.tally import LabelTally
from akd_code.models import Sampling
from akd_code.recipe import Recipe
from akd_code.records import Answer, Label, Prompt
from akd_code.roles import Roles
from akd_evals.registry import Registry
from akd_sandbox import Limits, Sandbox


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer that could become a label. `way` names how it was asked for, in events and in `Candidate.way`."""

    answer: Answer
    way: str


@dataclass(frozen=True, slots=True)
class LabelTools:
    """What a proposer has at hand: the recipe, the models, the sandbox with its limits, and the run's folder."""

    recipe: Recipe
    roles: Roles
    box: Sandbox
    limits: Limits
    folder: Path

    @property
    def sampling(self) -> Sampling:
        """How direct answers are drawn."""
        return self.roles.teacher.sampling

    @property
    def evolve_sampling(self) -> Sampling:
        """How everything but direct answers is drawn (AMR-Evol, arXiv 2410.00558: temperature 0, 3,000 tokens).

        What the teacher is not sent with direct answers it is not sent here either.
        """
        evolve, direct = self.recipe.evolve, self.sampling
        return Sampling(
            temperature=None if direct.temperature is None else evolve.temperature,
            top_p=None if direct.top_p is None else 1.0,
            max_tokens=None if direct.max_tokens is None else evolve.max_tokens,
            seed=direct.seed,
        )


class Proposer(Protocol):
    """A way to make labels: it proposes answers. Which of them becomes the label, tests decide, not the proposer.

    Prompts are labelled in waves. What one wave taught serves the next, so that no label depends on which of several
    answers happened to come first.
    """

    @property
    def wave(self) -> int:
        """Prompts labelled together; 0: all at once, because nothing is learnt on the way."""
        ...

    def begin(self, round_: int) -> None:
        """Get ready for a round; what an interrupted attempt at it left behind is undone."""
        ...

    async def propose(self, prompt: Prompt, tally: LabelTally) -> list[Proposal]:
        """Return the answers to choose from, the plainest first; at least one. Raises ModelError.

        Where tests cannot tell two apart, the later one is taken; where there are no tests, the first one.
        """
        ...

    def learn(self, labels: Sequence[Label]) -> None:
        """Take note of a wave that is done; may block."""
        ...

    def close(self) -> None:
        """Close what was opened."""
        ...


class StatelessProposer:
    """What a proposer that learns nothing on the way does between labels: nothing. To be inherited from."""

    wave = 0

    def begin(self, round_: int) -> None:
        """Do nothing."""

    def learn(self, labels: Sequence[Label]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class LabelWay(Protocol):
    """What is registered for a method: the class of its proposer."""

    def __call__(self, tools: LabelTools) -> Proposer:
        """Return the proposer. Raises AkdError for settings or files that it cannot use."""
        ...

    def requests(self, recipe: Recipe) -> int:
        """Return how many requests to the teacher one label takes at most, tests and asking again apart: a dry run."""
        ...


LABELLERS: Registry[LabelWay] = Registry(
    what="label method", group="akd.labellers", package="akd_code.labelling.ways", error=RecipeError
)

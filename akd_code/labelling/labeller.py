"""Labels for all prompts of a pool: a proposer, the chooser, and the order in which they work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from akd_code.gather import in_order
from akd_code.labelling.chooser import Chooser
from akd_code.labelling.proposer import LABELLERS, LabelTools, Proposer
from akd_code.labelling.tally import LabelTally
from akd_code.models import ChatModel, PromptRefusedError
from akd_code.recipe import Recipe
from akd_code.records import Answer, Candidate, Label, LabelOutcome, Prompt
from akd_code.roles import Roles
from akd_sandbox import Limits, Sandbox

Done = Callable[[int, Label], None]
"""`done(position, label)`: a label was made; positions are those of the prompts."""


@dataclass(frozen=True, slots=True)
class Labeller:
    """A way to make labels, with the chooser that is the same for all of them.

    `refusals` gathers the endpoint's words, prompt by prompt, where it refused one.
    """

    teacher: ChatModel
    proposer: Proposer
    chooser: Chooser
    refusals: list[str] = field(default_factory=list, compare=False)

    def begin(self, round_: int) -> None:
        """Get ready for a round; what an interrupted attempt at it left behind is undone."""
        self.proposer.begin(round_)

    async def label(self, prompt: Prompt) -> Label:
        """Return the prompt's label; one without an answer where the endpoint refuses the prompt. Raises ModelError."""
        tally = LabelTally(self.teacher)
        try:
            proposals = await self.proposer.propose(prompt, tally)
        except PromptRefusedError as error:
            self.refusals.append(str(error))
            return _refused(prompt, tally)
        return await self.chooser.label(prompt, proposals, tally)

    def close(self) -> None:
        """Close what the proposer opened."""
        self.proposer.close()


def open_labeller(recipe: Recipe, roles: Roles, box: Sandbox, limits: Limits, folder: Path) -> Labeller:
    """Return the labeller of `label.method`; what it keeps from label to label lies in `folder`.

    Raises RecipeError for an unknown method, with the nearest name; EvolveError, StoreError for what it cannot open.
    """
    proposer = LABELLERS.get(recipe.label.method)(LabelTools(recipe, roles, box, limits, folder))
    chooser = Chooser(recipe.label, roles.teacher.sampling, box, limits, roles.checker, recipe.harden.references)
    return Labeller(roles.teacher.model, proposer, chooser)


def direct_labeller(recipe: Recipe, roles: Roles, box: Sandbox, limits: Limits, folder: Path) -> Labeller:
    """Return a labeller of plain answers, whatever the recipe's way; it keeps nothing from label to label."""
    proposer = LABELLERS.get("direct")(LabelTools(recipe, roles, box, limits, folder))
    return Labeller(roles.teacher.model, proposer, Chooser(recipe.label, roles.teacher.sampling, box, limits))


def most_requests(recipe: Recipe) -> int:
    """Return how many requests one label of the recipe takes at most, its tests and asking again apart.

    Raises RecipeError for an unknown method, with the nearest name.
    """
    return LABELLERS.get(recipe.label.method).requests(recipe)


def _refused(prompt: Prompt, tally: LabelTally) -> Label:
    """Return the label of a prompt that the endpoint refuses: nothing was answered, nothing is trained on."""
    nothing = Candidate(Answer(prompt.id, "", None, LabelOutcome.REFUSED.value), "refused")
    counts = (tally.calls, tally.runs, tally.tokens, tuple(tally.events))
    return Label(prompt, (nothing,), 0, LabelOutcome.REFUSED, None, *counts)


def _unheard(position: int, label: Label) -> None:
    """Take note of nothing."""


async def label_all(
    labeller: Labeller, prompts: Sequence[Prompt], *, kept: Mapping[int, Label] | None = None, done: Done = _unheard
) -> list[Label]:
    """Return the labels of all prompts, in order: answers are tested while others are still being written.

    `kept` holds labels, by position, that an interrupted attempt at this round made; they are not made again, unless
    the proposer learns on the way: then its labels come out of the cache of answers, in the same order as before.
    `done` is called for each label that is made, as soon as it is.

    Raises ModelError: the first that cannot be helped; what was answered until then is in the cache.
    """
    proposer = labeller.proposer
    found = dict(kept or {}) if not proposer.wave else {}

    async def one(position: int) -> Label:
        if position in found:
            return found[position]
        label = await labeller.label(prompts[position])
        done(position, label)
        return label

    labels: list[Label] = []
    size = proposer.wave or max(1, len(prompts))
    for at in range(0, len(prompts), size):
        made = await in_order([one(position) for position in range(at, min(at + size, len(prompts)))])
        # Off this loop: what a proposer learns may have to be embedded and stored.
        await asyncio.to_thread(proposer.learn, made)
        labels += made
    return labels

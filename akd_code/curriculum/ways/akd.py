"""`akd`: mutations of hard reference prompts, drawn by how hard they are (AKD, arXiv 2505.06267, and its code)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from akd_code.curriculum.mutations import MUTATIONS, NEUTRAL, check_mutations
from akd_code.curriculum.references import draw_references, family_of, margin_weights, softmax_weights, standardised
from akd_code.curriculum.streams import quotas, shares_of
from akd_code.curriculum.way import GENERATORS, Material, Request, Way, longest_for, made_of
from akd_code.errors import RecipeError
from akd_code.recipe import Recipe
from akd_code.records import Prompt, PromptSource

_NAME = "akd"
_LEAST_TOKENS = 512
"""A mutation is often longer than its reference."""
_SAMPLES_A_USE = 1_000
"""Sample indices of one use of a mutation on one reference, for its retries."""


@GENERATORS.register(_NAME)
class MutateReferences(Way):
    """So many new prompts of each reference, the mutations taking turns.

    A mutation whose answer is refused is asked for again before the next reference has its turn, `generator.tries`
    times; then it waits until all others had theirs.
    """

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        settings = material.settings
        self._sources: dict[str, PromptSource] = {prompt.id: "hard" for prompt in material.hard}
        self._sources |= {prompt.id: "easy" for prompt in material.easy}
        candidates, weights = _candidates(material)
        if not candidates:
            wanted = "hard prompt" if settings.drawn_by == "difficulty" else "prompt with a margin"
            self.lacks = f"there is no {wanted}"
        known = {prompt.id: prompt for prompt in material.known}
        drawn = draw_references(
            candidates,
            weights,
            settings.references,
            [family_of(prompt, known) for prompt in candidates],
            settings.per_subtopic,
            material.own_rng(_NAME),
        )
        self._waiting = deque(request for place, one in enumerate(drawn) for request in self._requests(one, place))

    @classmethod
    def check(cls, recipe: Recipe) -> None:
        """Raise RecipeError for a mutation that there is not, and for a share that the references cannot fill."""
        check_mutations(recipe)
        settings = recipe.generator
        wanted = quotas(shares_of(settings), settings.prompts)[_NAME]
        most = settings.references * settings.per_reference
        if wanted > most:
            raise RecipeError(
                f"generator.streams wants {wanted} prompts of akd, and generator.references x generator.per_reference "
                f"are {most}; raise references to {math.ceil(wanted / settings.per_reference)}"
            )

    def _requests(self, reference: Prompt, place: int) -> list[Request]:
        """Return the requests of one reference; the mutation that is first differs from reference to reference."""
        names = self.material.settings.mutations
        made = []
        for number in range(self.material.settings.per_reference):
            name = names[(place + number) % len(names)]
            inputs = MUTATIONS[name](reference.text)
            made.append(
                Request(
                    inputs,
                    made_of(reference, _NAME, inputs, name),
                    self._sources.get(reference.id, "new"),
                    self.material.first_sample + number // len(names) * _SAMPLES_A_USE,
                    longest_for(reference.text, _LEAST_TOKENS),
                    neutral=name in NEUTRAL,
                )
            )
        return made

    def next(self) -> Request | None:
        """Return the next mutation of the reference whose turn it is; None when every reference has its prompts."""
        return self._waiting.popleft() if self._waiting else None

    def settled(self, request: Request, taken: bool) -> None:
        """Ask again for what was refused."""
        if taken:
            return
        again = replace(request, sample=request.sample + 1)
        tried = (again.sample - self.material.first_sample) % _SAMPLES_A_USE
        if tried % self.material.settings.tries:
            self._waiting.appendleft(again)
        else:
            self._waiting.append(again)


def _candidates(material: Material) -> tuple[Sequence[Prompt], list[float]]:
    """Return the prompts that may be references, and the weight of each."""
    if material.settings.drawn_by == "margin":
        practised = [prompt for prompt in material.known if prompt.id in material.margins]
        return practised, margin_weights([material.margins[prompt.id] for prompt in practised])
    known = {prompt.id: material.difficulty.get(prompt.id, 0.0) for prompt in material.hard}
    values = standardised(known)
    return material.hard, softmax_weights([values[prompt.id] for prompt in material.hard], material.settings.softness)

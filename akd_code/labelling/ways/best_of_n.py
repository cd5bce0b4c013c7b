"""`best-of-n`: several direct answers, of which the tests choose the best."""

from __future__ import annotations

from akd_code.labelling.proposer import LABELLERS, LabelTools, Proposal, StatelessProposer
from akd_code.labelling.tally import LabelTally
from akd_code.models import PromptRefusedError
from akd_code.recipe import Recipe
from akd_code.records import Prompt
from akd_prompts import SolveInputs


@LABELLERS.register("best-of-n")
class BestOfNProposer(StatelessProposer):
    """`label.samples` answers to the same request, samples 0 to n - 1."""

    def __init__(self, tools: LabelTools) -> None:
        self._tools = tools

    @classmethod
    def requests(cls, recipe: Recipe) -> int:
        """One for each sample."""
        return recipe.label.samples

    async def propose(self, prompt: Prompt, tally: LabelTally) -> list[Proposal]:
        """Return the answers in the order of their samples; a sample that a content filter ends is left out."""
        inputs, sampling = SolveInputs(prompt.text), self._tools.sampling
        proposals: list[Proposal] = []
        refusal: PromptRefusedError | None = None
        for sample in range(self._tools.recipe.label.samples):
            try:
                proposals.append(Proposal(await tally.answer(prompt, inputs, sampling, sample), "sample"))
            except PromptRefusedError as error:
                refusal = error
        if refusal is not None and not proposals:
            raise refusal
        return proposals

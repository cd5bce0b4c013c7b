"""`best-of-n`: several direct answers, of which the tests choose the best."""

from __future__ import annotations

from akd_code.labelling.proposer import LABELLERS, LabelTools, Proposal, StatelessProposer
from akd_code.labelling.tally import LabelTally
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
        """Return the answers in the order of their samples."""
        inputs, sampling = SolveInputs(prompt.text), self._tools.sampling
        samples = range(self._tools.recipe.label.samples)
        return [Proposal(await tally.answer(prompt, inputs, sampling, sample), "sample") for sample in samples]

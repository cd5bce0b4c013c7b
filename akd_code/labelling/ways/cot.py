"""`cot`: the answer after thinking aloud, AMR-Evol's CoT baseline (arXiv 2410.00558)."""

from __future__ import annotations

from akd_code.labelling.proposer import LABELLERS, LabelTools, Proposal, StatelessProposer
from akd_code.labelling.tally import LabelTally
from akd_code.recipe import Recipe
from akd_code.records import Prompt
from akd_prompts import CotInputs


@LABELLERS.register("cot")
class CotProposer(StatelessProposer):
    """One answer with its reasoning before it, asked for with one example."""

    def __init__(self, tools: LabelTools) -> None:
        self._tools = tools

    @classmethod
    def requests(cls, recipe: Recipe) -> int:
        """One."""
        return 1

    async def propose(self, prompt: Prompt, tally: LabelTally) -> list[Proposal]:
        """Return the one answer."""
        return [Proposal(await tally.answer(prompt, CotInputs(prompt.text), self._tools.evolve_sampling), "cot")]

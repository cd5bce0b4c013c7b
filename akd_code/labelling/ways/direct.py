"""`direct`: the teacher's first answer."""

from __future__ import annotations

from akd_code.labelling.proposer import LABELLERS, LabelTools, Proposal, StatelessProposer
from akd_code.labelling.tally import LabelTally
from akd_code.recipe import Recipe
from akd_code.records import Prompt
from akd_prompts import SolveInputs


@LABELLERS.register("direct")
class DirectProposer(StatelessProposer):
    """One answer per prompt."""

    def __init__(self, tools: LabelTools) -> None:
        self._tools = tools

    @classmethod
    def requests(cls, recipe: Recipe) -> int:
        """One."""
        return 1

    async def propose(self, prompt: Prompt, tally: LabelTally) -> list[Proposal]:
        """Return the one answer."""
        return [Proposal(await tally.answer(prompt, SolveInputs(prompt.text), self._tools.sampling), "direct")]

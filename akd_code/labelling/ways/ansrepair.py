"""`ansrepair`: repair after tests that nobody validated, AMR-Evol's AnsRepair baseline (arXiv 2410.00558)."""

from __future__ import annotations

import asyncio

from akd_code.labelling.proposer import LABELLERS, LabelTools, Proposal, StatelessProposer
from akd_code.labelling.tally import LabelTally
from akd_code.models import PromptRefusedError
from akd_code.recipe import Recipe
from akd_code.records import Prompt
from akd_code.referee import run_tests
from akd_prompts import RepairInputs, SolveInputs
from akd_sandbox import Verdict

_SHOWN_TESTS = 5


@LABELLERS.register("ansrepair")
class AnsRepairProposer(StatelessProposer):
    """The direct answer, or in its place one written anew once because it failed a test.

    In the paper it was often worse than direct: what a wrong test says is believed.
    """

    def __init__(self, tools: LabelTools) -> None:
        self._tools = tools

    @classmethod
    def requests(cls, recipe: Recipe) -> int:
        """Three: the answer, tests for it, and the repair."""
        return 3

    async def propose(self, prompt: Prompt, tally: LabelTally) -> list[Proposal]:
        """Return the one answer; the direct one does not stand beside its repair, which nothing guards."""
        tools = self._tools
        direct = await tally.answer(prompt, SolveInputs(prompt.text), tools.sampling)
        plain = [Proposal(direct, "direct")]
        if prompt.entry_point is None or direct.code is None:
            return plain
        tests = await tally.tests(prompt, prompt.entry_point, tools.recipe.label.tests, tools.sampling)
        if tests is None:
            return plain
        run = await asyncio.to_thread(run_tests, tests, prompt.entry_point, direct.code, tools.box, tools.limits)
        tally.runs += 1
        if run.verdict is Verdict.PASS or not run.verdict.decided:
            tally.events.append("repair: not needed" if run.verdict is Verdict.PASS else "repair: not tested")
            return plain
        failures = "\n".join(tests.asserts[index] for index in run.failed[:_SHOWN_TESTS])
        inputs = RepairInputs(prompt.text, direct.code, failures)
        try:
            repaired = await tally.answer(prompt, inputs, tools.evolve_sampling)
        except PromptRefusedError:
            return plain
        tally.events.append("repair: written anew")
        return [Proposal(repaired, "repaired")]

"""The baselines as labellers: thinking aloud (`cot`), and repair after untrusted tests (`ansrepair`)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from akd_code.labelling.label import Asked, DirectLabeller
from akd_code.models import Sampling
from akd_code.recipe import EvolveSection
from akd_code.records import Answer, Prompt
from akd_code.referee import run_tests
from akd_prompts import CotInputs, RepairInputs, SolveInputs
from akd_sandbox import Verdict

_SHOWN_TESTS = 5


@dataclass(frozen=True)
class CotLabeller(DirectLabeller):
    """One answer with its reasoning before it, asked for with one example (AMR-Evol's CoT baseline)."""

    evolve: EvolveSection

    async def candidates(self, prompt: Prompt, asked: Asked) -> list[Answer]:
        """Return the one answer."""
        return [await self.answer(prompt, CotInputs(prompt.text), evolve_sampling(self.evolve, self.sampling), asked)]


@dataclass(frozen=True)
class AnsRepairLabeller(DirectLabeller):
    """The direct answer, tested with tests that nobody validated, and written anew once if it fails one.

    AMR-Evol's AnsRepair baseline, which was often worse than direct: what a wrong test says is believed.
    """

    evolve: EvolveSection

    async def candidates(self, prompt: Prompt, asked: Asked) -> list[Answer]:
        """Return the direct answer, or the repaired one in its place."""
        direct = await self.answer(prompt, SolveInputs(prompt.text), self.sampling, asked)
        if prompt.entry_point is None or direct.code is None:
            return [direct]
        suite = await self.written_suite(prompt, prompt.entry_point, asked)
        if suite is None:
            return [direct]
        run = await asyncio.to_thread(run_tests, suite, prompt.entry_point, direct.code, self.box, self.limits)
        asked.runs += 1
        if run.verdict in (Verdict.PASS, Verdict.INFRA):
            asked.events.append("repair: not needed" if run.verdict is Verdict.PASS else "repair: not tested")
            return [direct]
        failures = "\n".join(suite.asserts[index] for index in run.failed[:_SHOWN_TESTS])
        inputs = RepairInputs(prompt.text, direct.code, failures)
        repaired = await self.answer(prompt, inputs, evolve_sampling(self.evolve, self.sampling), asked)
        asked.events.append("repair: written anew")
        return [repaired]


def evolve_sampling(evolve: EvolveSection, sampling: Sampling) -> Sampling:
    """Return how everything but direct answers is asked for (AMR-Evol: temperature 0, 3,000 tokens)."""
    return Sampling(evolve.temperature, 1.0, evolve.max_tokens, seed=sampling.seed)

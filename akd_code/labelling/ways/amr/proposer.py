"""The order of AMR-Evol's steps, its two ablations, and what a wave of labels leaves for the store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from akd_code.decompose import StubSet
from akd_code.labelling.proposer import LABELLERS, LabelTools, Proposal
from akd_code.labelling.tally import LabelTally
from akd_code.labelling.ways.amr.decomposition import ask_stubs
from akd_code.labelling.ways.amr.evolution import ask_evolved, shown_modules
from akd_code.labelling.ways.amr.growth import verified_modules
from akd_code.models import PromptRefusedError
from akd_code.modules.candidates import MAX_MODULES
from akd_code.modules.store import Found, ModuleStore, Origin, VerifiedModule, module_text, read_modules
from akd_code.recipe import EvolveSection, Recipe
from akd_code.records import Answer, Label, Prompt
from akd_prompts import SolveInputs


@dataclass
class WaveNotes:
    """What the labels of a wave leave for the store, by prompt: modules to store, and ids of modules shown."""

    round: int = 0
    verified: dict[str, list[VerifiedModule]] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)


@LABELLERS.register("amr")
class AmrProposer:
    """The direct answer and the evolved one; the store of verified modules grows with every wave.

    Without `decomposes` (no modular decomposition) the whole direct answer is the query, and there are no stubs;
    without `retrieves` (no adaptive evolution) the stubs stand alone and the store is not used.
    """

    decomposes: ClassVar[bool] = True
    retrieves: ClassVar[bool] = True

    def __init__(self, tools: LabelTools) -> None:
        """Open the run's module store; a new one starts from the export that `evolve.store` names.

        Raises EvolveError, StoreError, DiskError; ModelError from an embedder behind an endpoint.
        """
        self._tools = tools
        self._notes = WaveNotes()
        self.store = _opened_store(tools)

    @classmethod
    def requests(cls, recipe: Recipe) -> int:
        """The direct answer, the stubs, the evolved answer, and tests of every module considered."""
        return 2 + cls.decomposes + (MAX_MODULES if cls.retrieves else 0)

    @property
    def wave(self) -> int:
        """What one wave adds to the store, the next can retrieve."""
        return self._evolve.wave

    @property
    def _evolve(self) -> EvolveSection:
        return self._tools.recipe.evolve

    def begin(self, round_: int) -> None:
        """Forget what an interrupted attempt at this round stored: the same labels come out again."""
        self._notes = WaveNotes(round_)
        self.store.forget(self._tools.recipe.name, round_)

    def learn(self, labels: Sequence[Label]) -> None:
        """Let the wave's verified modules into the store, in the order of the prompts."""
        for label in labels:
            for module in self._notes.verified.pop(label.prompt.id, ()):
                self.store.admit(module, self._evolve.novelty)
            self.store.count_uses(self._notes.shown.pop(label.prompt.id, ()))

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    async def propose(self, prompt: Prompt, tally: LabelTally) -> list[Proposal]:
        """Return the direct answer and, if there is one, the evolved answer."""
        tools = self._tools
        direct = await tally.answer(prompt, SolveInputs(prompt.text), tools.sampling)
        plain = [Proposal(direct, "direct")]
        try:
            evolved = await self._evolved(prompt, direct, tally)
        except PromptRefusedError:
            return plain
        return plain if evolved is None else [*plain, Proposal(evolved, "evolved")]

    async def _evolved(self, prompt: Prompt, direct: Answer, tally: LabelTally) -> Answer | None:
        """Return the evolved answer, None if there is none; modules of it that pass tests are noted for the store."""
        tools = self._tools
        stubs: StubSet | None = None
        if self.decomposes:
            stubs = await ask_stubs(prompt, direct, self._evolve.stubs, tools.evolve_sampling, tally)
            if stubs is None:
                return None
        found = await self._retrieved(prompt, direct, stubs, tally) if self.retrieves else []
        evolved = await ask_evolved(prompt, stubs, found, tools.evolve_sampling, tally)
        if evolved is not None and self.retrieves:
            origin = Origin(tools.recipe.name, self._notes.round, prompt.id, tally.teacher.name)
            self._notes.verified[prompt.id] = await verified_modules(prompt, evolved, origin, self.store, tools, tally)
        return evolved

    async def _retrieved(self, prompt: Prompt, direct: Answer, stubs: StubSet | None, tally: LabelTally) -> list[Found]:
        """Return the modules to show: the nearest to each stub, or to the whole answer where there are no stubs."""
        if stubs is not None:
            queries = [module_text(stub.name, stub.signature, stub.docstring) for stub in stubs.stubs]
            minimum = self._evolve.min_similarity
        else:
            # A whole program is near to no module; the paper's ablation takes the nearest all the same.
            queries, minimum = [direct.code or direct.text], 0.0
        hits = await asyncio.to_thread(self.store.search, queries, self._evolve.top_k, minimum)
        found = shown_modules(hits)
        self._notes.shown[prompt.id] = [one.module.id for one in found]
        tally.events += ["modules: shown"] * len(found) or ["modules: none fits"]
        return found


@LABELLERS.register("amr-no-md")
class AmrWithoutDecomposition(AmrProposer):
    """AMR-Evol without modular decomposition."""

    decomposes = False


@LABELLERS.register("amr-no-are")
class AmrWithoutEvolution(AmrProposer):
    """AMR-Evol without adaptive response evolution."""

    retrieves = False


def _opened_store(tools: LabelTools) -> ModuleStore:
    store = ModuleStore(tools.folder / "modules.db", tools.roles.embedder.open())
    export = tools.recipe.evolve.store
    if export is not None and not len(store):
        store.import_modules(_foreign(module) for module in read_modules(Path(export).expanduser()))
    return store


def _foreign(module: VerifiedModule) -> VerifiedModule:
    """Return a module marked as another run's: a run of the same name takes back only what it added itself."""
    run = module.origin.run
    return replace(module, origin=replace(module.origin, run=run if run.startswith("from ") else f"from {run}"))

"""AMR-Evol: the teacher takes its answer apart, looks at verified modules, and answers anew (METHODS section 2).

R_d   = T(task)                              the direct answer
stubs = T(task, R_d, its steps)              modular decomposition
R     = T(task, stubs, nearest modules)      adaptive evolution, told to answer as if it never saw them
keep R only if it passes at least as many validated tests as R_d
modules of R that are new and pass tests of their own join the store
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from akd_code.decompose import StubError, StubSet, decompose, match_stubs, parse_stubs, steps_text
from akd_code.labelling.baselines import evolve_sampling
from akd_code.labelling.label import Asked, DirectLabeller, as_answer
from akd_code.modules.growth import MAX_PROGRAM_CHARS, ModuleCandidate, candidates_of
from akd_code.modules.store import Found, ModuleStore, Origin, VerifiedModule, module_text
from akd_code.reading import AnswerFault, injected, read_answer
from akd_code.recipe import EvolveSection
from akd_code.records import Answer, Label, Prompt, PromptTests
from akd_code.referee import validate_written
from akd_prompts import (
    DecomposeInputs,
    EvolveInputs,
    PromptParseError,
    SolveInputs,
    TestModuleInputs,
    parse_tests,
)

_MAX_SHOWN_CHARS = 12_000


@dataclass
class _Wave:
    """What a wave of labels leaves for the store, by prompt."""

    round: int = 0
    verified: dict[str, list[VerifiedModule]] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class AmrLabeller(DirectLabeller):
    """AMR-Evol, and its two ablations.

    Without `decomposes` (no modular decomposition) the whole direct answer is the query, and there are no stubs;
    without `retrieves` (no adaptive evolution) the stubs stand alone and the store is not used.
    """

    evolve: EvolveSection
    store: ModuleStore
    run_name: str
    decomposes: bool = True
    retrieves: bool = True
    _state: _Wave = field(default_factory=_Wave)

    @property
    def wave(self) -> int:
        """What one wave adds to the store, the next can retrieve."""
        return self.evolve.wave

    def begin(self, round_: int) -> None:
        """Forget what an interrupted attempt at this round stored: the same labels come out again."""
        self._state.round = round_
        self._state.verified.clear()
        self._state.shown.clear()
        self.store.forget(self.run_name, round_)

    def settle(self, labels: Sequence[Label]) -> None:
        """Let the wave's verified modules into the store, in the order of the prompts."""
        for label in labels:
            for module in self._state.verified.pop(label.prompt.id, ()):
                self.store.admit(module, self.evolve.novelty)
            self.store.count_uses(self._state.shown.pop(label.prompt.id, ()))

    async def candidates(self, prompt: Prompt, asked: Asked) -> list[Answer]:
        """Return the direct answer and, if there is one, the evolved answer."""
        direct = await self.answer(prompt, SolveInputs(prompt.text), self.sampling, asked)
        stubs = await self._stubs(prompt, direct, asked) if self.decomposes else None
        if self.decomposes and stubs is None:
            return [direct]
        found = await self._retrieved(prompt, direct, stubs) if self.retrieves else []
        if self.retrieves:
            asked.events += ["modules: shown"] * len(found) or ["modules: none fits"]
        evolved = await self._evolved(prompt, stubs, found, asked)
        if evolved is None:
            return [direct]
        if self.retrieves:
            await self._grow(prompt, evolved, asked)
        return [direct, evolved]

    async def _stubs(self, prompt: Prompt, direct: Answer, asked: Asked) -> StubSet | None:
        found = decompose((direct.code or "")[:MAX_PROGRAM_CHARS])
        inputs = DecomposeInputs(prompt.text, direct.text, steps_text(found))
        completion = await asked.ask(inputs, evolve_sampling(self.evolve, self.sampling))
        reading = read_answer(completion.text, completion.finish_reason, context=prompt.text)
        # Stubs without a body do not parse; what of them can be read is enough.
        if reading.fault not in (None, AnswerFault.BROKEN):
            asked.events.append(f"stubs: {reading.fault}")
            return None
        answer = as_answer(Prompt(prompt.id, prompt.text), completion)
        try:
            stubs = parse_stubs((answer.code or "")[:MAX_PROGRAM_CHARS], prompt.entry_point, self.evolve.stubs)
        except StubError:
            asked.events.append("stubs: none that can be used")
            return None
        asked.events += [f"stubs: dropped, {reason}" for reason in stubs.dropped]
        asked.events += ["stubs: body cut off"] * stubs.bodies
        matched = sum(match.module is not None for match in match_stubs(stubs.stubs, found))
        asked.events += ["stubs: in the code already"] * matched
        return stubs

    async def _retrieved(self, prompt: Prompt, direct: Answer, stubs: StubSet | None) -> list[Found]:
        """Return the modules to show: the nearest to each stub, or to the whole answer where there are no stubs."""
        if stubs is not None:
            queries = [module_text(stub.name, stub.signature, stub.docstring) for stub in stubs.stubs]
            minimum = self.evolve.min_similarity
        else:
            # A whole program is near to no module; the paper's ablation takes the nearest all the same.
            queries, minimum = [direct.code or direct.text], 0.0
        hits = await asyncio.to_thread(self.store.search, queries, self.evolve.top_k, minimum)
        unique: dict[str, Found] = {}
        size = 0
        for found in (found for row in hits for found in row):
            if found.module.id not in unique and size + len(found.module.code) <= _MAX_SHOWN_CHARS:
                unique[found.module.id] = found
                size += len(found.module.code)
        self._state.shown[prompt.id] = list(unique)
        return list(unique.values())

    async def _evolved(
        self, prompt: Prompt, stubs: StubSet | None, found: Sequence[Found], asked: Asked
    ) -> Answer | None:
        modules = "\n\n".join(one.module.code for one in found)
        inputs = EvolveInputs(prompt.text, stubs.text if stubs else "", modules)
        completion = await asked.ask(inputs, evolve_sampling(self.evolve, self.sampling))
        reading = read_answer(
            completion.text, completion.finish_reason, prompt.entry_point, context=prompt.text, hidden=True
        )
        if reading.blocks > 1:
            asked.events.append("evolved: several blocks")
        if reading.fault is not None:
            asked.events.append(f"evolved: rejected, {reading.fault}")
            return None
        return as_answer(prompt, completion)

    async def _grow(self, prompt: Prompt, evolved: Answer, asked: Asked) -> None:
        """Let the teacher write tests for the answer's new modules, and keep for the store those that pass them."""
        candidates, unfit = candidates_of(evolved.code or "", prompt.entry_point)
        asked.events += ["module: unfit"] * unfit
        if not candidates:
            return
        texts = [module_text(one.name, one.signature, one.docstring) for one in candidates]
        hits = await asyncio.to_thread(self.store.search, texts)
        for candidate, near in zip(candidates, hits, strict=True):
            if near and near[0].cosine >= self.evolve.novelty:
                asked.events.append("module: known")
                continue
            tests = await self._module_tests(prompt, candidate, asked)
            if tests:
                origin = Origin(self.run_name, self._state.round, prompt.id, self.teacher.name)
                self._state.verified.setdefault(prompt.id, []).append(candidate.module(tests, origin))

    async def _module_tests(self, prompt: Prompt, candidate: ModuleCandidate, asked: Asked) -> tuple[str, ...]:
        """Return the tests that a module passed, all of those written for it; () if it did not."""
        inputs = TestModuleInputs(candidate.stub, prompt.text, candidate.name, self.evolve.module_tests)
        completion = await asked.ask(inputs, evolve_sampling(self.evolve, self.sampling))
        try:
            suite = PromptTests(parse_tests(completion.text, candidate.name).asserts, "teacher")
        except PromptParseError:
            asked.events.append("module: tests unreadable")
            return ()
        minimum = min(self.evolve.module_tests, self.evolve.min_module_tests)
        report = await asyncio.to_thread(
            validate_written,
            suite,
            candidate.name,
            [candidate.code],
            self.box,
            min_tests=minimum,
            limits=self.limits,
        )
        asked.runs += report.runs
        if report.tests is None or report.dropped:
            asked.events.append("module: fails its tests")
            return ()
        if any(injected(line) for line in suite.asserts):
            asked.events.append("module: unfit")
            return ()
        asked.events.append("module: verified")
        return report.tests.asserts

"""How AMR-Evol's store grows: new functions of an evolved answer, each with tests of its own that it passed."""

from __future__ import annotations

import asyncio

from akd_code.labelling.proposer import LabelTools
from akd_code.labelling.tally import LabelTally
from akd_code.models import PromptRefusedError
from akd_code.modules.candidates import ModuleCandidate, candidates_of
from akd_code.modules.store import ModuleStore, Origin, VerifiedModule, module_text
from akd_code.reading import injected
from akd_code.records import Answer, Prompt, PromptTests
from akd_code.referee import validate_written
from akd_prompts import PromptParseError, TestModuleInputs, parse_tests


async def verified_modules(
    prompt: Prompt, evolved: Answer, origin: Origin, store: ModuleStore, tools: LabelTools, tally: LabelTally
) -> list[VerifiedModule]:
    """Return those functions of an answer that are new to the store and pass all tests the teacher writes for them."""
    candidates, unfit = candidates_of(evolved.code or "", prompt.entry_point)
    tally.events += ["module: unfit"] * unfit
    if not candidates:
        return []
    texts = [module_text(one.name, one.signature, one.docstring) for one in candidates]
    hits = await asyncio.to_thread(store.search, texts)
    verified = []
    for candidate, near in zip(candidates, hits, strict=True):
        if near and near[0].cosine >= tools.recipe.evolve.novelty:
            tally.events.append("module: known")
            continue
        tests = await _passed_tests(prompt, candidate, tools, tally)
        if tests:
            verified.append(candidate.module(tests, origin))
    return verified


async def _passed_tests(
    prompt: Prompt, candidate: ModuleCandidate, tools: LabelTools, tally: LabelTally
) -> tuple[str, ...]:
    """Return the tests that a module passed, all of those written for it; () if it did not."""
    evolve = tools.recipe.evolve
    inputs = TestModuleInputs(candidate.stub, prompt.text, candidate.name, evolve.module_tests)
    try:
        completion = await tally.ask(inputs, tools.evolve_sampling)
    except PromptRefusedError:
        return ()
    try:
        tests = PromptTests(parse_tests(completion.text, candidate.name).asserts, "teacher")
    except PromptParseError:
        tally.events.append("module: tests unreadable")
        return ()
    report = await asyncio.to_thread(
        validate_written,
        tests,
        candidate.name,
        [candidate.code],
        tools.box,
        min_tests=min(evolve.module_tests, evolve.min_module_tests),
        limits=tools.limits,
    )
    tally.runs += report.runs
    if report.tests is None or report.dropped:
        tally.events.append("module: fails its tests")
        return ()
    if any(injected(line) for line in tests.asserts):
        tally.events.append("module: unfit")
        return ()
    tally.events.append("module: verified")
    return report.tests.asserts

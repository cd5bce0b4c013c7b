"""The one choice among proposed answers, by tests: how a label comes out of them, whatever way they were made."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from akd_code.labelling.proposer import Proposal
from akd_code.labelling.tally import LabelTally
from akd_code.models import PromptRefusedError, Sampling
from akd_code.reading import answer_from, injected, trained_text
from akd_code.recipe import LabelSection
from akd_code.records import Answer, Candidate, Label, LabelOutcome, Prompt, PromptTests
from akd_code.referee import (
    VOICES,
    Programs,
    Tested,
    Validated,
    run_tests,
    strengthened,
    validate_by_agreement,
    validate_given,
    validate_written,
)
from akd_code.roles import Role
from akd_code.security import reference_of
from akd_prompts import SolveInputs
from akd_sandbox import Limits, Sandbox, SandboxError, Verdict

REFERENCE = "reference"
"""The way of the catalogue's own program."""
AGAIN = "again"
"""The way of an answer asked for because the tests said no to all before it."""


@dataclass(frozen=True, slots=True)
class Chooser:
    """Tests every proposed answer and chooses.

    The prompt's tests come with it or are written by the teacher, and are validated before they decide anything. Of the
    answers the one that passes most is taken; a later one replaces an earlier one if it passes at least as many. While
    all fail, the teacher is asked again. Every loss is counted by its outcome, none is silent. `references`: where no
    answer to a stress prompt is right and safe, the catalogue's own program is the label.
    """

    settings: LabelSection
    sampling: Sampling
    box: Sandbox
    limits: Limits
    checker: Role | None = None
    references: bool = False

    async def label(self, prompt: Prompt, proposals: Sequence[Proposal], tally: LabelTally) -> Label:
        """Return the prompt's label, with every candidate and its verdict. Raises ModelError."""
        written = await self._tests(prompt, tally)
        if written is None:
            return _untested(replace(prompt, tests=None), proposals, self.settings, tally)
        references = [one.answer.code for one in proposals if one.answer.code]
        checks: list[str] = []
        if written.origin == "teacher" or self._strengthens(written):
            references = await self._more_references(prompt, references, tally)
            checks = await self._second_opinion(prompt, tally)
        report = await asyncio.to_thread(self._validated, written, prompt, references, checks)
        tally.runs += report.runs
        if report.tests is not None and report.tests.asserts != written.asserts:
            report = replace(report, tests=replace(report.tests, score=None))  # it was that of the whole suite
        prompt = replace(prompt, tests=report.tests)
        if self._strengthens(written):
            report = await self._strengthened(written, report, prompt, [*references, *checks], tally)
            prompt = replace(prompt, tests=report.tests)
        if report.tests is None and written.origin == "given":
            tally.events.append("tests: those given cannot be trusted")
        if report.tests is None or prompt.entry_point is None:
            return _untested(prompt, proposals, self.settings, tally)
        tested = [await self._tested(proposal, report.tests, prompt, tally) for proposal in proposals]
        chosen = _best(tested, tally)
        for attempt in range(1, self.settings.attempts):
            held = tested[chosen]
            if _undecided(held) or _passes_whole(held) or not self.settings.verify:
                break
            tally.events.append("asked again")
            answer = await tally.another(prompt, self.sampling, attempt)
            if answer is None:
                break
            tested.append(await self._tested(Proposal(answer, AGAIN), report.tests, prompt, tally))
            chosen = len(tested) - 1
        if self.references and report.tests.exploits and not _passes_whole(tested[chosen]):
            tally.events.append("the catalogue's program stands in")
            tested.append(await self._tested(_reference(prompt), report.tests, prompt, tally))
            chosen = len(tested) - 1
        outcome = _outcome(tested[chosen], prompt, self.settings)
        if outcome is LabelOutcome.EXPLOITABLE:
            tally.events.append("right, but an exploit of it works")
        return _label(prompt, tested, chosen, outcome, tally)

    async def _tests(self, prompt: Prompt, tally: LabelTally) -> PromptTests | None:
        """Return the prompt's tests, written by the teacher if it came with none."""
        if prompt.tests is not None or prompt.entry_point is None or not self.settings.tests:
            return prompt.tests
        return await tally.tests(prompt, prompt.entry_point, self.settings.tests, self.sampling)

    async def _more_references(self, prompt: Prompt, references: list[str], tally: LabelTally) -> list[str]:
        """Return as many answers as written tests are held to; the teacher is asked for those that are missing."""
        found = list(references)
        for attempt in range(self.settings.agreement - len(found)):
            answer = await tally.another(prompt, self.sampling, attempt + 1)
            if answer is None:
                break
            if answer.code:
                found.append(answer.code)
        return found

    async def _second_opinion(self, prompt: Prompt, tally: LabelTally) -> list[str]:
        """Return the program of the second model, [] where there is none."""
        if self.checker is None:
            return []
        try:
            said = await tally.ask_other(self.checker.model, SolveInputs(prompt.text), self.checker.sampling)
        except PromptRefusedError:
            return []
        answer = answer_from(prompt, said.text, said.finish_reason)
        return [answer.code] if answer.code else []

    def _validated(
        self, tests: PromptTests, prompt: Prompt, references: Sequence[str], checks: Sequence[str]
    ) -> Validated:
        entry, minimum = prompt.entry_point or "", self.settings.min_tests
        if tests.origin == "catalogue":  # its admission vouches for them; they call the function by their setup
            return Validated(tests, 0, 0)
        different = list(dict.fromkeys(references))
        if tests.origin == "given":
            return validate_given(tests, entry, different, self.box, limits=self.limits)
        if self.settings.agreement >= VOICES and len(references) + len(checks) >= VOICES:
            programs = [*references, *checks]
            return validate_by_agreement(tests, entry, programs, self.box, min_tests=minimum, limits=self.limits)
        return validate_written(tests, entry, different, self.box, checks=checks, min_tests=minimum, limits=self.limits)

    def _strengthens(self, tests: PromptTests) -> bool:
        """Tell whether tests are to be added to a suite; those that have a mutation score were strengthened before."""
        return bool(self.settings.strengthen) and tests.origin != "catalogue" and tests.score is None

    async def _strengthened(
        self, written: PromptTests, report: Validated, prompt: Prompt, samples: Sequence[str], tally: LabelTally
    ) -> Validated:
        """Return the validated suite with tests added by what most samples say; as it was where they say too little.

        A written suite that is too small to be trusted may become large enough.
        """
        tests, entry = report.tests or written, prompt.entry_point or ""
        programs, sources = Programs(samples=tuple(samples)), self.settings.strengthen
        try:
            done = await asyncio.to_thread(
                strengthened, tests, entry, programs, self.box, sources=sources, text=prompt.text
            )
        except SandboxError:
            tally.events.append("tests: the sandbox failed at adding some")
            return report
        tally.runs += done.runs
        if done.reason or (report.tests is None and written.origin == "given"):
            return report
        if done.added:
            tally.events.append("tests: some added")
        if done.split:
            tally.events.append("tests: answers differ on new inputs")
        return replace(report, tests=done.tests)

    async def _tested(self, proposal: Proposal, tests: PromptTests, prompt: Prompt, tally: LabelTally) -> Candidate:
        tally.runs += 1
        code, entry = proposal.answer.code, prompt.entry_point or ""
        run: Tested = await asyncio.to_thread(run_tests, tests, entry, code, self.box, self.limits)
        return Candidate(proposal.answer, proposal.way, run.verdict.value, run.passed, run.total, run.failed)


def _best(tested: Sequence[Candidate], tally: LabelTally) -> int:
    """Return which candidate is taken; how each later one compared becomes an event.

    A fault of the sandbox says nothing about an answer: whatever was tested is taken before it.
    """
    best = 0
    for at, other in enumerate(tested[1:], 1):
        held = tested[best]
        if _undecided(other):
            tally.events.append(f"{other.way}: untested, {_stays(held, other)}")
        elif _undecided(held) or _rank(other) >= _rank(held):
            tally.events.append(f"{other.way}: {'better' if other.passed > held.passed else 'as good'}")
            best = at
        else:
            tally.events.append(f"{other.way}: worse, {_stays(held, other)}")
    return best


def _undecided(candidate: Candidate) -> bool:
    """Return whether the sandbox could not say anything of a candidate: a fault of ours, or nothing it can judge."""
    return candidate.verdict is not None and not Verdict(candidate.verdict).decided


def _passes_whole(one: Candidate) -> bool:
    """Tell whether an answer passes every test and was not cut by length: what follows the cut nobody has seen."""
    return one.verdict == Verdict.PASS.value and not _cut(one.answer)


def _exploitable(one: Candidate, prompt: Prompt) -> bool:
    """Tell whether an answer passes every functional test, and one exploit test at least does not hold."""
    tests = prompt.tests
    if tests is None or not tests.exploits or not one.failed or _cut(one.answer):
        return False
    return min(one.failed) >= len(tests.asserts) - tests.exploits


def _reference(prompt: Prompt) -> Proposal:
    exercise = prompt.origin.subtopic if prompt.origin else ""
    program = reference_of(exercise, prompt.entry_point or "")
    return Proposal(answer_from(prompt, f"```python\n{program.strip()}\n```", "stop"), REFERENCE)


def _rank(one: Candidate) -> tuple[bool, int]:
    return _passes_whole(one), one.passed


def _untested(prompt: Prompt, proposals: Sequence[Proposal], settings: LabelSection, tally: LabelTally) -> Label:
    """Return the label where nothing can tell the answers apart: the first, which is the plainest, stands."""
    candidates = [Candidate(one.answer, one.way) for one in proposals]
    for other in candidates[1:]:
        tally.events.append(f"{other.way}: untested, {_stays(candidates[0], other)}")
    return _label(prompt, candidates, 0, _unchecked(candidates[0].answer, prompt, settings), tally)


def _stays(held: Candidate, other: Candidate) -> str:
    return f"the {'earlier' if held.way == other.way else held.way} answer stays"


def _label(
    prompt: Prompt, candidates: Sequence[Candidate], chosen: int, outcome: LabelOutcome, tally: LabelTally
) -> Label:
    one = candidates[chosen]
    rate = None if one.verdict is None or _undecided(one) else one.passed / one.total
    counts = (tally.calls, tally.runs, tally.tokens, tuple(tally.events))
    return Label(prompt, tuple(candidates), chosen, outcome, rate, *counts)


def _outcome(chosen: Candidate, prompt: Prompt, settings: LabelSection) -> LabelOutcome:
    """Return what became of a label whose chosen answer was tested."""
    if _undecided(chosen):
        return LabelOutcome.SPOILT
    if _passes_whole(chosen):
        return LabelOutcome.SUSPECT if _injected(chosen.answer, prompt, settings) else LabelOutcome.VERIFIED
    if _exploitable(chosen, prompt):
        return LabelOutcome.EXPLOITABLE  # never trained on, verified or not
    return _failed(chosen.answer) if settings.verify else _unchecked(chosen.answer, prompt, settings)


def _unchecked(answer: Answer, prompt: Prompt, settings: LabelSection) -> LabelOutcome:
    if _cut(answer):
        return LabelOutcome.TRUNCATED
    if _injected(answer, prompt, settings):
        return LabelOutcome.SUSPECT
    return LabelOutcome.UNVERIFIED if _holds_code(answer) else LabelOutcome.NO_CODE


def _failed(answer: Answer) -> LabelOutcome:
    if _cut(answer):
        return LabelOutcome.TRUNCATED
    return LabelOutcome.FAILED if _holds_code(answer) else LabelOutcome.NO_CODE


def _cut(answer: Answer) -> bool:
    return answer.finish_reason == "length"


def _injected(answer: Answer, prompt: Prompt, settings: LabelSection) -> bool:
    """Tell whether what would be trained on tries to instruct its reader."""
    return injected(trained_text(answer.text, settings.keep_reasoning), prompt.text)


def _holds_code(answer: Answer) -> bool:
    return answer.code is not None and ("def " in answer.code or "class " in answer.code)

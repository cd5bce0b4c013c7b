"""A model's answers to stress prompts, with what the tests and the exploits said of each."""

from __future__ import annotations

from dataclasses import dataclass

from akd_code.records import Answer, Prompt
from akd_code.security.splits import exploitable_of
from akd_evals.exploits import worked
from akd_sandbox import Job, Limits, SampleResult, Sandbox, Verdict, tests_from_asserts


@dataclass(frozen=True, slots=True)
class StressTry:
    """One answer. `passed`: it does what is asked; `safe`: no exploit of it works.

    None: there is nothing to say, after a fault of the sandbox, or of the safety of an answer without a program or of a
    task without exploits. `exploit` is the first exploit test that showed an effect.
    """

    answer: Answer
    passed: bool | None
    safe: bool | None
    exploit: str = ""


BLINDED = "beside this program the exploits do not see what they see in a program known to be exploitable"


@dataclass(frozen=True, slots=True)
class Stressed:
    """A prompt's answers."""

    prompt_id: str
    tried: tuple[StressTry, ...]


def tried(prompt: Prompt, answer: Answer, box: Sandbox, limits: Limits) -> StressTry:
    """Return what an answer's tests and exploits say, each in a run of its own; blocks.

    An answer that withstands its exploits is believed only if the same exploits work, beside it and after its own
    tests, on the catalogue's program with the weakness: a program that replaces what the exploits look with blinds them
    for that one too.
    """
    tests = prompt.tests
    if answer.code is None or tests is None or prompt.entry_point is None:
        return StressTry(answer, False, None)
    code, entry = answer.code, prompt.entry_point

    def run(lines: tuple[str, ...]) -> SampleResult:
        asked = tests_from_asserts(lines, entry, tests.setup)
        return box.run(Job(code, entry, asked, limits, stop_at_first_failure=False))

    first = len(tests.asserts) - tests.exploits
    own, attacks = tests.asserts[:first], tests.asserts[first:]
    passed = _passed(run(own))
    if not attacks:
        return StressTry(answer, passed, None)
    exploits = run(attacks)
    if exploits.verdict is Verdict.PASS:
        known = exploitable_of(prompt.origin.subtopic, entry) if prompt.origin is not None else None
        blinded = known is not None and _finds_nothing(run((*own, known, *attacks)))
        return StressTry(answer, passed, not blinded, BLINDED if blinded else "")
    shown = worked(exploits)
    if not shown:
        return StressTry(answer, passed, None)
    return StressTry(answer, passed, False, attacks[shown[0]])


def _passed(found: SampleResult) -> bool | None:
    return found.verdict is Verdict.PASS if found.verdict.decided else None


def _finds_nothing(found: SampleResult) -> bool:
    """Return whether exploits were tried, and none worked."""
    return found.verdict.decided and not worked(found)

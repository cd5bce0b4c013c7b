"""A model's answers to stress prompts, with what the tests and the exploits said of each."""

from __future__ import annotations

from dataclasses import dataclass

from akd_code.records import Answer, Prompt
from akd_evals.exploits import worked
from akd_sandbox import Job, Limits, Sandbox, Verdict, tests_from_asserts


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


@dataclass(frozen=True, slots=True)
class Stressed:
    """A prompt's answers."""

    prompt_id: str
    tried: tuple[StressTry, ...]


def tried(prompt: Prompt, answer: Answer, box: Sandbox, limits: Limits) -> StressTry:
    """Return what an answer's tests and exploits say, each in a run of its own; blocks."""
    tests = prompt.tests
    if answer.code is None or tests is None or prompt.entry_point is None:
        return StressTry(answer, False, None)
    first = len(tests.asserts) - tests.exploits
    jobs = [
        Job(answer.code, prompt.entry_point, tests_from_asserts(part, prompt.entry_point, tests.setup), limits,
            stop_at_first_failure=False)
        for part in (tests.asserts[:first], tests.asserts[first:])
        if part
    ]  # fmt: skip
    functional, *rest = [box.run(job) for job in jobs]
    passed = functional.verdict is Verdict.PASS if functional.verdict.decided else None
    if not rest:
        return StressTry(answer, passed, None)
    (exploits,) = rest
    if exploits.verdict is Verdict.PASS:
        return StressTry(answer, passed, True)
    shown = worked(exploits)
    if not shown:
        return StressTry(answer, passed, None)
    return StressTry(answer, passed, False, tests.asserts[first + shown[0]])

"""A suite made stronger: new tests that catch faults which it lets live.

Inputs come from those that the suite has (`inputs`, `domain`); what is expected of them, from three sources
(`expectations`). A test is kept only if it kills a mutant (`mutants`) that lives, or a program that is outvoted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from akd_code.records import PromptTests
from akd_code.referee.agreement import MAJORITY, VOICES, agreed_tests, agreement_matrix
from akd_code.referee.bench import Bench
from akd_code.referee.built import beside
from akd_code.referee.differential import Ballot, Division, Voice, dissenters, divisions, spokesman, voices_of, vote
from akd_code.referee.domain import domain_of
from akd_code.referee.expectations import Disagreement, Ground, Referenced, by_properties, by_reference, by_votes
from akd_code.referee.inputs import mutated_inputs
from akd_code.referee.literal_call import LiteralCall, literal_call
from akd_code.referee.mutants import MOST_MUTANTS, mutants
from akd_code.referee.mutation_score import worth_adding
from akd_code.referee.prompt_tests import run_tests
from akd_code.referee.properties import Property, catalogue
from akd_code.referee.property_tests import Admitted
from akd_code.referee.stated import parameters_of
from akd_code.referee.validation import MIN_TESTS, validate_by_agreement
from akd_sandbox import Limits, Sandbox, Verdict

Source = Literal["reference", "differential", "properties"]
"""From what it is known what a function must do on a new input: a trusted program's answer, that of most programs, or a
property that it has."""
SOURCES: tuple[Source, ...] = ("reference", "differential", "properties")
STRENGTHEN_LIMITS = Limits(test_s=0.25, sample_s=10.0, import_s=10.0, memory_bytes=1 << 30)
"""What a program may take on a new input: one that takes longer is too much for a test."""
INPUTS = 150
"""New inputs that are tried."""
MOST_TESTS = 12
"""New tests of one suite at most."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried for one suite, and how far programs must agree."""

    seed: int = 0
    inputs: int = INPUTS
    most_tests: int = MOST_TESTS
    most_mutants: int = MOST_MUTANTS
    majority: float = MAJORITY
    limits: Limits = STRENGTHEN_LIMITS


@dataclass(frozen=True, slots=True)
class Programs:
    """What there is to hold a suite to: a trusted program, a second one, and samples that nobody vouches for."""

    reference: str | None = None
    second: str | None = None
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Strengthened:
    """A suite with new tests behind its own, and how it came to them.

    `tests.score` holds the mutation score before and after. `refused` inputs made the reference raise or exceed its
    limits. `differ` counts the inputs on which the second reference answers otherwise, `disagreements` shows some. Of
    `voices` samples that voted, a clear majority gave one answer on `agreed` inputs and none on `split`; `divided`
    shows some inputs on which they differ, and who said what. `properties` names those that tests were added for.
    `reason` says why a suite was left as it was.
    """

    tests: PromptTests
    added: tuple[str, ...] = ()
    refused: int = 0
    differ: int = 0
    disagreements: tuple[Disagreement, ...] = ()
    voices: int = 0
    agreed: int = 0
    split: int = 0
    divided: tuple[Division, ...] = ()
    properties: tuple[str, ...] = ()
    runs: int = 0
    reason: str = ""


def strengthened(
    tests: PromptTests,
    entry_point: str,
    programs: Programs,
    box: Sandbox,
    *,
    sources: Sequence[Source] = ("reference",),
    text: str = "",
    effort: Effort = Effort(),
) -> Strengthened:
    """Return the suite with tests added until no fault that can be caught lives, or enough are; blocks.

    The sources are used in their order: what the tests of one catch, those of the next need not. `text` is the task's,
    for the bounds that it states. The same arguments give the same suite. One that cannot be strengthened stays as it
    is, with the reason.
    """
    calls = [call for call in (literal_call(line, entry_point) for line in tests.asserts) if call is not None]
    if not calls:
        return Strengthened(tests, reason=f"no assert calls {entry_point} with literals and compares with one")
    for code, name in ((programs.reference, "the reference"), (programs.second, "the second reference")):
        if code and (run := run_tests(tests, entry_point, code, box, effort.limits)).verdict is not Verdict.PASS:
            return Strengthened(tests, runs=1, reason=f"{name} does not pass the suite ({run.verdict}: {run.detail})")
    properties = catalogue(entry_point, text, tests.setup) if "properties" in sources else []
    bench = Bench(entry_point, _joined(tests.setup, properties), box, effort.limits)
    samples = programs.samples if set(sources) != {"reference"} else ()
    own, voices = _heard(tests, entry_point, samples, box, effort)
    heard = [one.code for one in voices]
    parameters = parameters_of(entry_point, *filter(None, (programs.reference, *heard)), text)
    ground = ground_of(bench, calls, text, effort, parameters)
    polled = voices and ("differential" in sources or programs.reference is None)
    ballots = vote(bench, voices, ground.pattern, ground.proposed, effort.majority) if polled else []
    leader = spokesman(voices, ballots)
    program = programs.reference or ("" if leader is None else voices[leader].code)
    if not program:
        return Strengthened(tests, runs=bench.runs, reason=_silent(programs, sources, voices))
    found = _Found(_counted(tests, ground, voices, ballots))
    for source in dict.fromkeys(sources):
        if source == "reference" and programs.reference is not None:
            found.take_reference(by_reference(ground, programs.reference, programs.second))
        elif source == "differential":
            found.lines.append(by_votes(ground, ballots, program))
        elif source == "properties":
            found.take_properties(by_properties(ground, properties, program, voices, effort.majority))
    apart = beside(tests.asserts, entry_point, program)
    faults = mutants(program, most=effort.most_mutants, seed=effort.seed, apart=apart)
    outvoted = [voices[at].code for at in dissenters(voices, ballots)]
    least = MIN_TESTS - len(own) if tests.origin == "teacher" else 0
    added, score = worth_adding(
        bench,
        own,
        found.lines,
        faults,
        effort.most_tests,
        wrong=outvoted,
        least=least,
        holds=lambda line: bench.holds_alone(line, program),
    )
    (standing,) = bench.passed([*own, *added], [program])
    if not standing >= frozenset(range(len(own), len(own) + len(added))):
        return Strengthened(tests, runs=bench.runs, reason="what the program answers hangs on what it was asked before")
    used = [one.property for one in found.properties if not set(one.lines).isdisjoint(added)]
    whole = replace(tests, asserts=(*own, *added), setup=_joined(tests.setup, used), score=score)
    names = tuple(one.name for one in used)
    done = replace(found.facts, tests=whole, added=added, properties=names, runs=bench.runs)
    return done if programs.reference else _validated(done, tests, entry_point, voices, box, effort)


@dataclass
class _Found:
    """What the sources gave: tests by source, and facts."""

    facts: Strengthened
    lines: list[Sequence[str]] = field(default_factory=list)
    properties: list[Admitted] = field(default_factory=list)

    def take_reference(self, found: Referenced) -> None:
        self.lines.append(found.lines)
        self.facts = replace(self.facts, refused=found.refused, differ=found.differ, disagreements=found.disagreements)

    def take_properties(self, found: list[Admitted]) -> None:
        self.lines.append([line for one in found for line in one.lines])
        self.properties += found


def _counted(tests: PromptTests, ground: Ground, voices: Sequence[Voice], ballots: Sequence[Ballot]) -> Strengthened:
    """Return how the votes went."""
    return Strengthened(
        tests,
        voices=sum(len(one.samples) for one in voices),
        agreed=sum(one.agreed for one in ballots),
        split=sum(not one.agreed and not one.refused for one in ballots),
        divided=divisions(ground.pattern, ground.proposed, ballots),
    )


def _joined(setup: str, properties: Sequence[Property]) -> str:
    """Return set-up code with what some properties need beside it."""
    return "\n\n".join(dict.fromkeys(code for code in (setup, *(one.setup for one in properties)) if code))


def _heard(
    tests: PromptTests, entry_point: str, samples: Sequence[str], box: Sandbox, effort: Effort
) -> tuple[tuple[str, ...], list[Voice]]:
    """Return the asserts that stand, and whose vote counts.

    Tests that came with the prompt stand above the samples: those that fail one are not heard. Of tests that a model
    wrote those stand that the samples agree on, and all are heard. Too few voices are none.
    """
    if len(samples) < VOICES:
        return tests.asserts, []
    matrix = agreement_matrix(tests.asserts, entry_point, samples, box, setup=tests.setup)
    if tests.origin == "teacher":
        own, heard = agreed_tests(matrix, majority=effort.majority)[0], set(matrix.solutions)
    else:
        every = frozenset(range(len(matrix.asserts)))
        passing = zip(matrix.solutions, matrix.passed, strict=True)
        own, heard = tests.asserts, {code for code, passed in passing if passed == every}
    voices = voices_of(samples, heard)
    return own, voices if sum(len(one.samples) for one in voices) >= VOICES else []


def _validated(
    done: Strengthened, before: PromptTests, entry_point: str, voices: Sequence[Voice], box: Sandbox, effort: Effort
) -> Strengthened:
    """Return what still stands when the whole suite is held to the voices, as any suite that nobody vouches for."""
    samples = [one.code for one in voices for _ in one.samples]
    least = MIN_TESTS if before.origin == "teacher" else 1
    report = validate_by_agreement(
        done.tests, entry_point, samples, box, min_tests=least, majority=effort.majority, limits=effort.limits
    )
    runs = done.runs + report.runs
    if report.tests is None:
        return Strengthened(before, runs=runs, reason=report.reason)
    kept = report.tests
    if kept.asserts != done.tests.asserts:
        kept = replace(kept, score=None)
    return replace(done, tests=kept, added=tuple(line for line in done.added if line in kept.asserts), runs=runs)


def _silent(programs: Programs, sources: Sequence[Source], voices: Sequence[Voice]) -> str:
    """Return why no program can stand for the right one."""
    if voices:
        return "most programs agree on no new input"
    if set(sources) == {"reference"}:
        return "there is no trusted program (`answer` or `canonical_solution`)"
    return f"there is no trusted program, and fewer than {VOICES} of {len(programs.samples)} others can be heard"


def ground_of(
    bench: Bench, calls: Sequence[LiteralCall], text: str, effort: Effort, parameters: Sequence[str] = ()
) -> Ground:
    """Return the new inputs to try, in the form of the first call; `parameters` are the names of the function's."""
    known = [call.arguments for call in calls]
    domain = domain_of(known, text, parameters)
    tried = mutated_inputs(known, 4 * effort.inputs, seed=effort.seed)
    return Ground(bench, calls[0], domain, tuple(one for one in tried if domain.allows(one))[: effort.inputs])

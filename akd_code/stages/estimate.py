"""What a run will ask for, before anything is paid: the dry run is the sum of the stages' estimates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from akd_code.recipe import ModelSection, Recipe
from akd_code.student.folder import parameters_in

CHARS_A_TOKEN = 3.5
PROMPT_OVERHEAD = 150
"""Tokens of instructions around a task's text."""
ANSWER_S = 20.0
"""Seconds that a served model takes for one answer; as many are under way as `concurrency` says."""
SANDBOX_S = 0.02
"""Seconds that one program's tests take, on one of the cores."""
CACHED_ANSWER_BYTES = 6_000
"""Bytes of an answer in the cache, and of what is made of it."""
BENCHMARK_S = 0.1
"""Seconds that the tests of a benchmark's task take."""
ADAPTER_BYTES = 40 << 20
"""Bytes of an adapter with its checkpoint, for a student of some hundred million parameters."""
ANSWER_TOKENS = 200
"""Tokens of a usual answer, where nothing better is known; costs count the longest."""
UNBOUNDED_TOKENS = 4096
"""Tokens of the longest answer where none is asked for."""
PASSES_OF_TRAINING = 3
"""A token that is trained on costs three passes: one forward, and one backward at twice the cost."""
_LAB_RATES = (40_000.0, 8_000.0, 9_000.0)
_RATES = (1_200.0, 250.0, 200.0)
"""Tokens per second that a student of 135 million parameters reads, writes and is trained on, on two cores; the lab's
above."""
_RATED_SIZE = 135e6
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([mb])\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pace:
    """What the student's part of a run takes: tokens of a prompt and of an answer, and tokens per second.

    An answer is one that is trained on; the student's own are taken to be as long once it has been trained. `tests_s`
    is how long the tests of a program take that answers a prompt, on one core. `said` tells what the figures rest on.
    """

    prompt: float
    answer: float
    reads: float
    writes: float
    trains: float
    said: tuple[str, ...] = ()
    tests_s: float = SANDBOX_S


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a round looks from before the run: sizes of the pools, of the suites, and the length of a prompt in tokens.

    `train` prompts are labelled and trained on, of them `untested` come without tests; `cache` is the cache pool after
    labelling, of it `judged` have no tests. `last` is the round after which the loop ends.
    """

    number: int
    last: bool
    train: int
    untested: int
    cache: int
    judged: int
    prompt_tokens: float
    exam_tasks: Mapping[str, int]
    pace: Pace


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests to one role, and their tokens at most."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Requests) -> Requests:
        """Return both together."""
        return Requests(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is asked for: requests by role, tokens that the student writes and is trained on, programs run.

    Upper bounds where the model decides: every answer as long as it may be. `assumed` says what the figures rest on,
    `ways` how many of the generator's requests each way to make prompts takes.
    """

    requests: Mapping[str, Requests] = field(default_factory=dict)
    sandbox_runs: int = 0
    written_tokens: int = 0
    trained_tokens: int = 0
    seconds: float = 0.0
    disk_bytes: int = 0
    assumed: tuple[str, ...] = ()
    ways: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Estimate) -> Estimate:
        """Return both together."""
        roles = {*self.requests, *other.requests}
        return Estimate(
            {
                role: self.requests.get(role, Requests()) + other.requests.get(role, Requests())
                for role in sorted(roles)
            },
            self.sandbox_runs + other.sandbox_runs,
            self.written_tokens + other.written_tokens,
            self.trained_tokens + other.trained_tokens,
            self.seconds + other.seconds,
            self.disk_bytes + other.disk_bytes,
            tuple(dict.fromkeys((*self.assumed, *other.assumed))),
            {way: self.ways.get(way, 0) + other.ways.get(way, 0) for way in {**self.ways, **other.ways}},
        )


def asked(recipe: Recipe, role: str, calls: int, prompt_tokens: float, answer_tokens: int | None = None) -> Estimate:
    """Return the estimate of `calls` requests to a role, each with a prompt of so many tokens beside instructions."""
    section = section_of(recipe, role)
    longest = (section.max_tokens or UNBOUNDED_TOKENS) if answer_tokens is None else answer_tokens
    requests = Requests(calls, round(calls * (prompt_tokens + PROMPT_OVERHEAD)), calls * longest)
    name = model_of(recipe, role)
    if name.startswith("recorded:"):
        return Estimate({role: requests})
    per_answer = 0.01 if name == "lab" else ANSWER_S
    said: tuple[str, ...] = () if name == "lab" else (f"a served model answers within {ANSWER_S:g} s",)
    if section.max_tokens is None:
        said += (f"an answer whose length nothing limits has {UNBOUNDED_TOKENS} tokens",)
    return Estimate(
        {role: requests},
        seconds=calls * per_answer / section.concurrency,
        disk_bytes=calls * CACHED_ANSWER_BYTES,
        assumed=said,
    )


def tested(recipe: Recipe, runs: int, each_s: float, whose: str = "a program's") -> Estimate:
    """Return the estimate of so many programs run in the sandbox, their tests taking `each_s` seconds each."""
    said = f"{whose} tests take {each_s:.2g} s"
    return Estimate(
        sandbox_runs=runs, seconds=runs * each_s / (recipe.sandbox.workers or 2), assumed=(said,) if runs else ()
    )


def section_of(recipe: Recipe, role: str) -> ModelSection:
    """Return the recipe's section of a role."""
    return {
        "teacher": recipe.teacher,
        "referee": recipe.referee,
        "generator": recipe.generator,
        "checker": recipe.checker,
    }[role]


def model_of(recipe: Recipe, role: str) -> str:
    """Return the form of the model in a role."""
    return section_of(recipe, role).model or recipe.teacher.model


def written(pace: Pace, answers: int, longest: int, *, untrained: bool = False) -> Estimate:
    """Return the estimate of so many answers of the student, each of `longest` tokens at most.

    Their time is that of usual answers; those of a student that was never trained are half as long as they may be.
    """
    usual = min(pace.answer, longest)
    tokens = max(usual, longest / 2) if untrained else usual
    return Estimate(
        written_tokens=answers * longest,
        seconds=answers * (pace.prompt / pace.reads + tokens / pace.writes),
        disk_bytes=answers * longest * 8,
        assumed=pace.said if answers else (),
    )


def trained(pace: Pace, rows: float, prompt: float | None = None) -> Estimate:
    """Return the estimate of so many rows that the student is trained on, prompts (of `prompt` tokens) included."""
    tokens = round(rows * ((pace.prompt if prompt is None else prompt) + pace.answer))
    return Estimate(trained_tokens=tokens, seconds=tokens / pace.trains, disk_bytes=ADAPTER_BYTES, assumed=pace.said)


def preferred(pace: Pace, pairs: float, epochs: int, prompt: float | None = None) -> Estimate:
    """Return the estimate of training on so many pairs, each of two answers.

    All are read once before for the reference and once after for the margins, forward alone.
    """
    if not pairs:
        return Estimate()
    training, read = trained(pace, 2 * pairs * epochs, prompt), trained(pace, 2 * 2 * pairs, prompt)
    return replace(training, seconds=training.seconds + read.seconds / PASSES_OF_TRAINING)


def assumed_pace(recipe: Recipe, prompt: float) -> Pace:
    """Return the pace of a student that nobody has measured, by its size alone; `prompt` is the tokens of a prompt."""
    if recipe.student.model == "lab":
        return Pace(prompt, ANSWER_TOKENS, *_LAB_RATES)
    parameters, known = _parameters(recipe.student.model)
    reads, writes, trains = (rate * _RATED_SIZE / max(parameters, 1.0) for rate in _RATES)
    of = f"with {parameters / 1e6:.0f} million parameters" + ("" if known else ", as nothing states its size")
    return Pace(
        prompt,
        ANSWER_TOKENS,
        reads,
        writes,
        trains,
        (
            f"a usual answer has {ANSWER_TOKENS} tokens",
            f"the student reads {reads:.0f} tokens/s, writes {writes:.0f} and is trained on {trains:.0f} "
            f"{of} (two cores; an accelerator is many times faster)",
        ),
    )


def _parameters(model: str) -> tuple[float, bool]:
    """Return a student's size, by its folder's files or its name, and whether it is known."""
    if held := parameters_in(model):
        return float(held), True
    sizes = _SIZE.findall(model)
    if not sizes:
        return _RATED_SIZE, False
    return float(sizes[-1][0]) * {"m": 1e6, "b": 1e9}[sizes[-1][1].lower()], True

"""What a run will ask for, before anything is paid: the dry run is the sum of the stages' estimates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

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
ANSWER_TOKENS = 200
"""Tokens of a usual answer, where time and training are estimated; costs count the longest."""
UNBOUNDED_TOKENS = 4096
"""Tokens of the longest answer where none is asked for."""
_LAB_RATES = (8_000.0, 9_000.0)
_RATES = (250.0, 150.0)
"""Tokens a second that a student of 135 million parameters writes and is trained on, on two cores; the lab's above."""
_RATED_SIZE = 135e6
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([mb])\b", re.IGNORECASE)


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


def tested(recipe: Recipe, runs: int) -> Estimate:
    """Return the estimate of so many programs run in the sandbox."""
    said = f"a program's tests take {SANDBOX_S:g} s"
    return Estimate(
        sandbox_runs=runs, seconds=runs * SANDBOX_S / (recipe.sandbox.workers or 2), assumed=(said,) if runs else ()
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


def written(recipe: Recipe, tokens: int) -> Estimate:
    """Return the estimate of so many tokens that the student writes at most."""
    rate, said = _rate(recipe, 0)
    return Estimate(written_tokens=tokens, seconds=tokens / rate, disk_bytes=tokens * 8, assumed=said)


def trained(recipe: Recipe, tokens: int) -> Estimate:
    """Return the estimate of so many tokens that the student is trained on, prompts included."""
    rate, said = _rate(recipe, 1)
    longest = (f"an answer that is trained on has {ANSWER_TOKENS} tokens",)
    return Estimate(trained_tokens=tokens, seconds=tokens / rate, disk_bytes=ADAPTER_BYTES, assumed=(*longest, *said))


def read(recipe: Recipe, tokens: int) -> Estimate:
    """Return the estimate of so many tokens that pass through the student for what it says of them, untrained."""
    rate, said = _rate(recipe, 1)
    return Estimate(seconds=tokens / rate / PASSES_OF_TRAINING, assumed=said)


PASSES_OF_TRAINING = 3
"""A token that is trained on costs three passes: one forward, and one backward at twice the cost."""
ADAPTER_BYTES = 40 << 20
"""Bytes of an adapter with its checkpoint, for a student of some hundred million parameters."""


def _rate(recipe: Recipe, which: int) -> tuple[float, tuple[str, ...]]:
    """Return the student's tokens per second in writing (0) or training (1), and what that rests on."""
    if recipe.student.model == "lab":
        return _LAB_RATES[which], ()
    parameters, known = _parameters(recipe.student.model)
    rate = _RATES[which] * _RATED_SIZE / max(parameters, 1.0)
    verb = ("writes", "is trained on")[which]
    of = f"with {parameters / 1e6:.0f} million parameters" + ("" if known else ", as nothing states its size")
    return rate, (f"the student {verb} {rate:.0f} tokens/s {of} (two cores; an accelerator is many times faster)",)


def _parameters(model: str) -> tuple[float, bool]:
    """Return a student's size, by its folder's files or its name, and whether it is known."""
    if held := parameters_in(model):
        return float(held), True
    sizes = _SIZE.findall(model)
    if not sizes:
        return _RATED_SIZE, False
    return float(sizes[-1][0]) * {"m": 1e6, "b": 1e9}[sizes[-1][1].lower()], True

"""What a way to make new prompts is, what it has at hand, and the registry of them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from akd_code.errors import RecipeError
from akd_code.recipe import GeneratorSection, HardenSection, Recipe
from akd_code.records import Leaf, Origin, Prompt, PromptSource
from akd_evals.registry import Registry
from akd_prompts import Inputs, render

T = TypeVar("T")
SAMPLES_A_ROUND = 100_000
"""Sample indices of one round. A seed asked again in a later round must not get its old answer from the cache."""
LEAST_TOKENS = 256
"""What an answer may be long at least. Lion's 64 had to hold neither a fence nor a function's name."""
_WORDS_FACTOR = 4.0
"""Tokens that an answer may be long, for each word of the prompt it is made of (Lion)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request for one new prompt: what is asked, and what is known of the prompt before it is there.

    `sample` tells requests with equal inputs apart, `longest` is what an answer may be long, in tokens. A prompt that
    has to be `neutral` may name neither a weakness nor an attack.
    """

    inputs: Inputs
    origin: Origin
    source: PromptSource
    sample: int
    longest: int
    neutral: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """What the ways of a round make prompts from.

    `hard` and `easy` are the decided prompts, `known` all there are. `difficulty` holds a number for each decided
    prompt, higher being harder; `margins` the mean margin of the pairs of each practised one; `leaves` the topic tree,
    where a way in use needs it; `harden` says which stress prompts may be trained on. `rng` is what Lion's two streams
    share; others draw from `own_rng`.
    """

    settings: GeneratorSection
    seed: int
    round: int
    hard: Sequence[Prompt]
    easy: Sequence[Prompt]
    known: Sequence[Prompt]
    rng: random.Random
    difficulty: Mapping[str, float] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    leaves: Sequence[Leaf] = ()
    harden: HardenSection = field(default_factory=HardenSection)

    @property
    def first_sample(self) -> int:
        """The round's first sample index."""
        return self.round * SAMPLES_A_ROUND

    def own_rng(self, way: str) -> random.Random:
        """Return a generator of random numbers that no other way draws from."""
        return random.Random(f"generation {self.seed} {self.round} {way}")


class Way:
    """A way to make new prompts, opened for one round. To be inherited from.

    `next` is asked for a request whenever the way's quota is not met, and `settled` is told what became of it, in the
    order of the requests. A way that needs no model gives a prompt instead, which is filtered like any other. A way
    asks nobody, and draws from the material's random numbers alone.
    """

    only_pools: ClassVar[bool] = False
    """Whether it looks at nothing but the prompts' texts and which are hard; what else it sees is in the step's key."""
    topic_tree: ClassVar[bool] = False
    """Whether it needs the topic tree."""

    def __init__(self, material: Material) -> None:
        """Prepare for a round; where there is nothing to start from, `lacks` says so (`there is no hard prompt`).

        Raises AkdError for files that it cannot use.
        """
        self.material = material
        self.lacks = ""

    @classmethod
    def check(cls, recipe: Recipe) -> None:
        """Raise RecipeError, before anything is paid for, if the recipe's settings are of no use to it."""

    @classmethod
    def reads(cls, recipe: Recipe) -> Any:
        """Return what it takes from outside the run, or its digest, as plain data: part of the step's key."""
        return None

    def next(self) -> Request | Prompt | None:
        """Return the next request, or a prompt where nobody has to be asked for it; None if there are no more."""
        raise NotImplementedError(f"{type(self).__name__} makes no requests")

    def settled(self, request: Request, taken: bool) -> None:
        """Take note that a request gave a prompt that was taken, or gave none."""


GENERATORS: Registry[type[Way]] = Registry(
    what="way to make prompts", group="akd.generators", package="akd_code.curriculum.ways", error=RecipeError
)
"""A way is one file in `akd_code/curriculum/ways`, or an entry point in the group `akd.generators`."""


def laps(pool: Sequence[T], rng: random.Random) -> Iterator[tuple[T, int]]:
    """Yield (item, lap) for ever: the whole pool in random order, again and again; nothing of an empty pool."""
    order, lap = list(pool), 0
    while order:
        rng.shuffle(order)
        for item in order:
            yield item, lap
        lap += 1


def longest_for(text: str, least: int = LEAST_TOKENS) -> int:
    """Return what an answer may be long, in tokens, that is made of a text."""
    return max(least, math.ceil(_WORDS_FACTOR * len(text.split())))


def made_of(parent: Prompt, way: str, inputs: Inputs, mutation: str = "") -> Origin:
    """Return the origin of a prompt that is made of another: what that one is about, it is about too."""
    before = parent.origin or Origin("", "")
    return Origin(way, render(inputs).version, (parent.id,), mutation, before.topic, before.subtopic, before.profession)

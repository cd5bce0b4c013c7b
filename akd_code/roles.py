"""The models of a run under their roles, each behind a cache and reporting to a meter, the embedder among them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from akd_code.models import (
    AnswerCache,
    CachedChat,
    ChatModel,
    Extras,
    MeteredChat,
    Notice,
    Sampling,
    Usage,
    UsageMeter,
    open_model,
)
from akd_code.models.usage import FREE, Recorder
from akd_code.modules import Embedder, EmbedderOptions, open_embedder
from akd_code.recipe import LabSection, ModelSection, PriceSection, Recipe

T = TypeVar("T")
_FREE_FORMS = ("lab", "recorded", "hf", "none")
EMBEDDER_ROLE = "embedder"
"""The role of the embedder in the ledger."""


@dataclass(frozen=True, slots=True)
class Role:
    """A model in a role, with the settings it is asked with and the meter that its layers report to."""

    model: ChatModel
    sampling: Sampling
    meter: UsageMeter = field(default_factory=lambda: UsageMeter("model"))

    @property
    def name(self) -> str:
        """The role's name in the ledger."""
        return self.meter.role

    @property
    def usage(self) -> Usage:
        """What was asked in this role so far."""
        return self.meter.usage


class EmbedderRole:
    """The embedder of a recipe, opened when it is first wanted: most ways to make labels never do."""

    def __init__(self, form: str, options: EmbedderOptions | None = None) -> None:
        """Prepare; `form` is what `open_embedder` takes."""
        self._form = form
        self._options = options or EmbedderOptions(meter=UsageMeter(EMBEDDER_ROLE))
        self._lock = threading.Lock()
        self._opened: Embedder | None = None

    def open(self) -> Embedder:
        """Return the embedder, the same one every time. Raises EvolveError, ModelError."""
        with self._lock:
            if self._opened is None:
                self._opened = open_embedder(self._form, self._options)
            return self._opened

    @property
    def usage(self) -> Usage:
        """What was asked of it so far; nothing where it runs in this process."""
        return Usage() if self._options.meter is None else self._options.meter.usage

    def close(self) -> None:
        """Give up what is under way and let go of connections; the embedder can be used again."""
        if self._opened is not None:
            self._opened.close()


@dataclass(frozen=True, slots=True)
class Roles:
    """Teacher, referee and generator; one strong model under three prompts in Lion, here each may differ.

    `generator` is None where new prompts are drawn from the pool itself, `checker` where no second model checks tests.
    """

    teacher: Role
    referee: Role
    generator: Role | None
    embedder: EmbedderRole
    checker: Role | None = None

    @property
    def all(self) -> tuple[Role, ...]:
        """Every role with a chat model."""
        roles = (self.teacher, self.referee, self.generator, self.checker)
        return tuple(role for role in roles if role is not None)

    def usage(self) -> dict[str, Usage]:
        """Return what was asked so far, by the name of the role; of the embedder, where it asked an endpoint."""
        usages = {role.name: role.usage for role in self.all}
        if (embedded := self.embedder.usage).asked:
            usages[EMBEDDER_ROLE] = embedded
        return usages

    async def aclose(self) -> None:
        """Give up what is under way and let go of connections; the roles can be used again."""
        # Not in a thread: all that there are may be waiting for the embedder, and this is what ends their wait.
        self.embedder.close()
        for role in self.all:
            await role.model.aclose()


def price_of(recipe: Recipe, section: ModelSection) -> PriceSection | None:
    """Return what a role's model costs; None where that is unknown, which is not zero.

    A role that takes the teacher's model pays the teacher's price, unless it states its own.
    """
    stated = section.price or (recipe.teacher.price if section.model is None else None)
    form = (section.model or recipe.teacher.model).partition(":")[0]
    return stated or (FREE if form in _FREE_FORMS else None)


@contextlib.contextmanager
def open_roles(
    recipe: Recipe, run_path: Path, record: Recorder | None = None, notice: Notice | None = None
) -> Iterator[Roles]:
    """Open the models of a recipe; starts the lab's teacher if one of them is `lab`.

    `record` is given every paid call as soon as it is answered, `notice` what whoever watches should know of a role's
    endpoint, both from whatever thread. Raises ModelError, LabError; CacheError or DiskError if the file of answers
    cannot be used.
    """
    path = Path(recipe.cache).expanduser() if recipe.cache else run_path / "answers.db"
    sections = [recipe.teacher, recipe.referee, recipe.generator, *([recipe.checker] if recipe.checker.model else [])]
    with contextlib.ExitStack() as stack:
        cache = AnswerCache(path)
        stack.callback(cache.close)
        specs = {section.model or recipe.teacher.model for section in sections}
        lab = LabTeacherSpec.started(stack, recipe.lab, recipe.seed) if "lab" in specs else None

        def role(name: str, section: ModelSection) -> Role:
            meter = UsageMeter(name, price_of(recipe, section), record)
            model = MeteredChat(_opened(recipe, section, lab, _signed(name, notice)), meter)
            seed = recipe.seed if section.seed == "recipe" else section.seed
            sampling = Sampling(section.temperature, section.top_p, section.max_tokens, seed=seed)
            # Recorded answers are a file already: nothing is gained by storing each once more.
            recorded = (section.model or recipe.teacher.model).startswith("recorded:")
            return Role(model if recorded else CachedChat(model, cache, meter), sampling, meter)

        embedder = EmbedderRole(recipe.evolve.embedder, _embedder_options(recipe, cache, record, notice))
        stack.callback(embedder.close)
        generator = None if recipe.generator.model == "none" else role("generator", recipe.generator)
        checker = role("checker", recipe.checker) if recipe.checker.model else None
        yield Roles(role("teacher", recipe.teacher), role("referee", recipe.referee), generator, embedder, checker)


def _embedder_options(
    recipe: Recipe, cache: AnswerCache, record: Recorder | None, notice: Notice | None
) -> EmbedderOptions:
    """Return what the embedder has to use; it is asked as patiently as the teacher, having no section of its own."""
    price = recipe.evolve.embedder_price
    priced = None if price is None else PriceSection(prompt=price, completion=0.0)
    meter = UsageMeter(EMBEDDER_ROLE, priced, record)
    return EmbedderOptions(
        cache,
        meter,
        recipe.teacher.concurrency,
        recipe.teacher.timeout_s,
        Extras({}, recipe.evolve.embedder_headers, recipe.evolve.embedder_query),
        _signed(EMBEDDER_ROLE, notice),
    )


@dataclass(frozen=True, slots=True)
class LabTeacherSpec:
    """Where the lab's teacher listens, as `open_model` takes it, and its name in cache keys."""

    spec: str
    endpoint: str

    @classmethod
    def started(cls, stack: contextlib.ExitStack, settings: LabSection, seed: int) -> LabTeacherSpec:
        """Start the lab's teacher on loopback until `stack` is closed. Raises LabError."""
        from akd_code.lab.server import LabTeacher

        teacher = stack.enter_context(LabTeacher(settings, seed))
        return cls(teacher.spec, teacher.endpoint)


def _opened(recipe: Recipe, section: ModelSection, lab: LabTeacherSpec | None, notice: Notice) -> ChatModel:
    """Return the model of a section, without layers around it."""
    spec = section.model or recipe.teacher.model
    extras = extras_of(recipe, section)
    if spec != "lab" or lab is None:
        return open_model(
            spec, concurrency=section.concurrency, timeout_s=section.timeout_s, extras=extras, notice=notice
        )
    return open_model(lab.spec, endpoint=lab.endpoint, concurrency=section.concurrency, extras=extras, notice=notice)


def extras_of(recipe: Recipe, section: ModelSection) -> Extras:
    """Return what a role's requests carry; a role with the teacher's model carries what the teacher's do."""
    inherited = recipe.teacher if section.model in (None, recipe.teacher.model) else section

    def either(given: dict[str, T] | None, teachers: dict[str, T] | None) -> dict[str, T]:
        return (teachers if given is None else given) or {}

    return Extras(
        either(section.extra_body, inherited.extra_body),
        either(section.extra_headers, inherited.extra_headers),
        either(section.extra_query, inherited.extra_query),
    )


def _signed(role: str, notice: Notice | None) -> Notice:
    """Return a way to tell whoever watches, with the name of the role before each line."""
    return lambda line: None if notice is None else notice(f"{role}: {line}")

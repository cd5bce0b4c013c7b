"""What a stage is: an object with its inputs, which does its work once and says what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from akd_code.stages.estimate import Estimate, Outlook

if TYPE_CHECKING:
    from akd_code.recipe import Recipe, Section
    from akd_code.stages.workbench import Workbench

F = TypeVar("F")
I = TypeVar("I")  # noqa: E741


@dataclass(frozen=True, slots=True)
class StageResult(Generic[F, I]):
    """What a stage leaves: facts about the whole, and one item per prompt where it has any."""

    facts: F
    items: tuple[I, ...] = ()


@dataclass(frozen=True, slots=True)
class NoFacts:
    """The facts of a stage whose items say everything."""


Keep = Callable[[Mapping[int, I]], None]
"""`keep({position: item})` stores items as they come; they are on disk when it returns."""


class Stage(ABC, Generic[F, I]):
    """One step of one round. A stage is made with what it works on; the loop says when.

    The digest of `inputs`, the `settings` that matter and the `version` are its key: with an equal key stored it is not
    done again. Raise the version when what comes out of equal inputs changes.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    facts_kind: ClassVar[type[Any]] = NoFacts
    item_kind: ClassVar[type[Any]] = NoFacts

    def __init__(self, bench: Workbench, number: int) -> None:
        """Prepare for a round (0: the student before any training)."""
        self.bench, self.number = bench, number

    @property
    def title(self) -> str:
        """The name under which the step is shown and stored; one stage may run several times a round."""
        return self.name

    @property
    @abstractmethod
    def inputs(self) -> tuple[Any, ...]:
        """What it works on: records and plain data, whose digest is part of its key."""

    @property
    def settings(self) -> tuple[Section, ...]:
        """The recipe's sections that decide what comes out."""
        return ()

    @abstractmethod
    def work(self, kept: Mapping[int, I], keep: Keep[I]) -> StageResult[F, I]:
        """Do it. `kept` holds the items that an interrupted attempt stored; new ones may be given to `keep`."""

    def described(self, item: I) -> tuple[str, str]:
        """Return the id of an item's prompt, and a word to find the item by."""
        raise NotImplementedError(f"{self.name} has no items")

    def note(self, result: StageResult[F, I]) -> Sequence[str]:
        """Return lines for whoever watches."""
        return ()

    @abstractmethod
    def figures(self, result: StageResult[F, I]) -> dict[str, Any]:
        """Return what the report shows, as plain data.

        `requests` (asked of models, from the cache or not) and `sandbox_runs` are summed over a round's stages.
        """

    def standing(self) -> bool:
        """Return whether a stored result still stands: the files that belong to it are there."""
        return True

    def fits(self, result: StageResult[F, I]) -> bool:
        """Return whether a result that an older release stored for this round belongs to these inputs."""
        return True

    @classmethod
    @abstractmethod
    def estimate(cls, recipe: Recipe, outlook: Outlook) -> Estimate:
        """Return what the stage will ask for in a round, before anything is known but the sizes of the pools."""

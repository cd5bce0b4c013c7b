"""The typed inputs of prompts that ask for a new task, but for Lion's two (which are in `inputs`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBERED = re.compile(r"^Task \d+:\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ReferenceInputs:
    """What every prompt takes that makes a new task of one that is given."""

    reference: str


@dataclass(frozen=True, slots=True)
class MutateComplexityInputs(ReferenceInputs):
    """More complex step by step, with more edge cases (AKD, arXiv 2505.06267)."""


@dataclass(frozen=True, slots=True)
class MutateOppositeInputs(ReferenceInputs):
    """The opposite approach, which breaks the reference's assumptions (AKD)."""


@dataclass(frozen=True, slots=True)
class MutateDeceptiveInputs(ReferenceInputs):
    """Simple to look at, with hidden complexity (AKD)."""


@dataclass(frozen=True, slots=True)
class MutateShiftInputs(ReferenceInputs):
    """A shift of concept that needs another line of reasoning (AKD)."""


@dataclass(frozen=True, slots=True)
class MutatePitfallsInputs(ReferenceInputs):
    """Pitfalls, built on the usual errors of the reference (AKD)."""


@dataclass(frozen=True, slots=True)
class MutateSecurityInputs(ReferenceInputs):
    """A neutral task whose plain solution has a weakness."""


@dataclass(frozen=True, slots=True)
class EvolConstraintInputs(ReferenceInputs):
    """New constraints and requirements, in about ten words more (Code Evol-Instruct, arXiv 2306.08568)."""


@dataclass(frozen=True, slots=True)
class EvolRarerInputs(ReferenceInputs):
    """A common requirement replaced by a less common, more specific one (Code Evol-Instruct)."""


@dataclass(frozen=True, slots=True)
class EvolReasoningInputs(ReferenceInputs):
    """More steps of reasoning (Code Evol-Instruct)."""


@dataclass(frozen=True, slots=True)
class EvolMisleadingInputs(ReferenceInputs):
    """A piece of erroneous code in the task's text (Code Evol-Instruct)."""


@dataclass(frozen=True, slots=True)
class EvolComplexityInputs(ReferenceInputs):
    """A bound on time or space, which the paper asks for seldom (Code Evol-Instruct)."""


@dataclass(frozen=True, slots=True)
class SubtopicsInputs:
    """Divide a topic into `count` subtopics, from fundamental to advanced (AKD's topic tree)."""

    topic: str
    count: int


@dataclass(frozen=True, slots=True)
class TopicInputs:
    """What every prompt takes that asks for an exercise on a part of a topic, out of a profession's working life."""

    topic: str
    subtopic: str
    profession: str


@dataclass(frozen=True, slots=True)
class TopicCompletionInputs(TopicInputs):
    """An exercise as a signature and a docstring that are to be completed (AKD's first style)."""


@dataclass(frozen=True, slots=True)
class TopicProblemInputs(TopicInputs):
    """An exercise as problem, input, output, examples and constraints (AKD's second style)."""


@dataclass(frozen=True, slots=True)
class MixTopicsInputs:
    """An exercise that needs parts of two topics (the textbook exercises of phi-1, arXiv 2306.11644)."""

    first_topic: str
    first_subtopic: str
    second_topic: str
    second_subtopic: str
    profession: str


@dataclass(frozen=True, slots=True)
class FromCodeInputs:
    """A task inspired by a few lines of somebody's code (OSS-Instruct, arXiv 2312.02120)."""

    code: str


@dataclass(frozen=True, slots=True)
class SelfInstructInputs:
    """One more task like those that are shown (Self-Instruct, arXiv 2212.10560); `showing` puts `examples` together."""

    examples: str

    @classmethod
    def showing(cls, tasks: Sequence[str]) -> SelfInstructInputs:
        """Return the inputs that show these tasks, numbered from 1."""
        return cls("\n\n".join(f"Task {number}:\n{task.strip()}" for number, task in enumerate(tasks, 1)))

    @property
    def tasks(self) -> list[str]:
        """The texts of the tasks that are shown."""
        return [text.strip() for text in _NUMBERED.split(self.examples)[1:]]


NewTaskInputs = ReferenceInputs | SubtopicsInputs | TopicInputs | MixTopicsInputs | FromCodeInputs | SelfInstructInputs

NEW_TASKS: dict[str, type[NewTaskInputs]] = {
    "mutate_complexity": MutateComplexityInputs,
    "mutate_opposite": MutateOppositeInputs,
    "mutate_deceptive": MutateDeceptiveInputs,
    "mutate_shift": MutateShiftInputs,
    "mutate_pitfalls": MutatePitfallsInputs,
    "mutate_security": MutateSecurityInputs,
    "evol_constraint": EvolConstraintInputs,
    "evol_rarer": EvolRarerInputs,
    "evol_reasoning": EvolReasoningInputs,
    "evol_misleading": EvolMisleadingInputs,
    "evol_complexity": EvolComplexityInputs,
    "subtopics": SubtopicsInputs,
    "topic_completion": TopicCompletionInputs,
    "topic_problem": TopicProblemInputs,
    "mix_topics": MixTopicsInputs,
    "from_code": FromCodeInputs,
    "self_instruct": SelfInstructInputs,
}
"""Template name -> the inputs it takes; all but `subtopics` are answered by a task that `parse_generated` reads."""

"""Frozen records that the stages of the loop pass on: plain data, no behaviour.

The data's way: `Prompt` -> `Candidate`s -> `Label` -> `ChatRow` -> adapter -> student `Answer` -> `Gap` (hard or easy)
-> new `Prompt`s -> next round. `PaidCall` is what a model's answer cost on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

NO_PART: Mapping[str, bool] = MappingProxyType({"identity": False})
"""Marks a field that is known of a record and no part of what it is: it has no part in digests."""
REASONING_ONLY = "reasoning only"
"""The finish reason of an answer that is empty because its model wrote nothing but reasoning."""
PromptSource = Literal["seed", "hard", "easy", "new"]
"""What a prompt was made from: nothing (a seed), a hard prompt, an easy one, or none that was decided (`new`)."""
TestsOrigin = Literal["given", "teacher", "catalogue"]
DecidedBy = Literal["tests", "judge", "tests+judge", "pass-rate", "none"]


def content_id(*parts: str) -> str:
    """Return 16 hex digits that name the given texts: equal texts, equal id."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class MutationScore:
    """How many mutants of a reference a suite kills: before it was strengthened, and as it is now.

    `apart`: those that some input tells from the reference; the others may well do the same as it. `subsuming` are the
    mutants that matter: no other one is killed only by tests that kill it too, so that killing them kills all (Ammann,
    Delamaro, Offutt, ICST 2014). Shares of all mutants are flattered by those that any test kills.
    """

    mutants: int
    before: int
    after: int
    apart: int
    subsuming: int = 0
    subsuming_before: int = 0
    subsuming_after: int = 0


@dataclass(frozen=True, slots=True)
class PromptTests:
    """Unit tests of one prompt: `assert` lines over its entry point.

    `origin` tells whether the tests came with the seed, were written by the teacher, or are those of the catalogue of
    weaknesses. `setup` is code that the asserts need (imports, helper classes). `score` is known of suites that were
    strengthened. The last `exploits` asserts are exploit tests, which pass where an exploit does not work. Only tests
    that were validated decide anything.
    """

    asserts: tuple[str, ...]
    origin: TestsOrigin
    setup: str = ""
    score: MutationScore | None = field(default=None, metadata=NO_PART)
    exploits: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """How a prompt was made: in which `way`, with which `template` ("NAME/VERSION"), and from what.

    `parents` are ids of prompts, or of leaves of the topic tree. `mutation` is what was asked of the parent, where the
    way knows several. What a prompt is about (`topic`, `subtopic`, `profession`) it hands down to those made from it.
    `code` is the file, with its lines, that it was inspired by.
    """

    way: str
    template: str
    parents: tuple[str, ...] = ()
    mutation: str = ""
    topic: str = ""
    subtopic: str = ""
    profession: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the topic tree: a subtopic of a root topic."""

    id: str
    topic: str
    subtopic: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """An instruction for teacher and student.

    `parent` is the id of what it was generated from, the first where there are several; `round` the round that made it
    (0 = seed); `origin` how (None for seeds, and for what an older release made).
    """

    id: str
    text: str
    entry_point: str | None = None
    source: PromptSource = "seed"
    parent: str | None = None
    round: int = 0
    tests: PromptTests | None = None
    meta: tuple[tuple[str, str], ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote for a prompt; `code` is what was extracted from it (None: no code found)."""

    prompt_id: str
    text: str
    code: str | None
    finish_reason: str
    extraction: str = ""


class LabelOutcome(StrEnum):
    """What became of a prompt's label; only the first two become training rows."""

    VERIFIED = "verified"  # it passes valid tests
    UNVERIFIED = "unverified"  # there are no valid tests to fail
    FAILED = "failed"  # every answer asked for fails the tests
    EXPLOITABLE = "exploitable"  # it does what was asked, and an exploit of it works
    TRUNCATED = "truncated"  # cut by length
    NO_CODE = "no code"  # a refusal or prose
    SUSPECT = "holds instructions"  # it tries to instruct whoever reads it next
    REFUSED = "refused"  # the endpoint refused the prompt: there is no answer
    SPOILT = "sandbox fault"  # a fault of ours; it says nothing about the answer


TRAINED = (LabelOutcome.VERIFIED, LabelOutcome.UNVERIFIED)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that could become a label, with what the prompt's tests said of it.

    `way` tells how it was asked for ("direct", "evolved", "again", ...). `verdict` is the sandbox's for the whole
    program, None where nothing tested it; `passed` of `total` tests, the others by index in `failed`.
    """

    answer: Answer
    way: str
    verdict: str | None = None
    passed: int = 0
    total: int = 0
    failed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A prompt with every answer of the teacher's, and the one that was chosen.

    `prompt.tests` are the validated tests or None. `calls` and `runs` count model requests and sandbox runs it took,
    `tokens` those of requests and answers together, as far as the endpoint tells. `events` says what happened on the
    way (faults of answers, what was evolved, why it was not), for the counts in the report.
    """

    prompt: Prompt
    candidates: tuple[Candidate, ...]
    chosen: int
    outcome: LabelOutcome
    pass_rate: float | None
    calls: int
    runs: int
    tokens: int = 0
    events: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        """The chosen answer."""
        return self.candidates[self.chosen].answer

    @property
    def trained(self) -> bool:
        """Whether it becomes a training row; an answer cut by length never does, whatever tests it passed."""
        return self.outcome in TRAINED and self.answer.finish_reason != "length"

    def row(self, text: str | None = None) -> ChatRow:
        """Return the training row: the instruction as the user's turn, the teacher's text as the assistant's.

        `text` stands in for the teacher's, where something is left out of it.
        """
        said = self.answer.text if text is None else text
        messages = (("user", self.prompt.text), ("assistant", said))
        return ChatRow(messages, self.prompt.id, (("outcome", self.outcome.value), ("source", self.prompt.source)))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The LLM judge's two calls on one prompt (answers swapped in the second), scores 1-10.

    `teacher` and `student` are means over the calls that could be parsed; None when neither could. `requests` counts
    what was asked, answers that could not be read and were asked for again included; `refused` is whether the endpoint
    refused to compare these answers. `leads`: by how much the answer shown first led in each call; None unless both
    could be read.
    """

    prompt_id: str
    teacher: float | None
    student: float | None
    parsed_calls: int
    requests: int = 2
    refused: bool = False
    leads: tuple[float, float] | None = None


Standing = Literal["hard", "easy", "retired", "no signal", "between", "undecided"]
"""What a prompt is to the student, in a word: `retired` it passes whole, `no signal` the teacher fails too, `between`
its samples pass too often to be hard and too seldom to be easy, `undecided` nobody could tell."""


@dataclass(frozen=True, slots=True)
class Gap:
    """How far the student is behind the teacher on a prompt, what decided it, and why in words.

    `value` is a pass-rate difference in [-1, 1] (tests), a score difference in [-9, 9] (judge), or the share of samples
    that fail, 0 to 1 (pass-rate, where `student_pass_rate` is the share that pass everything). `hard` is None when
    nothing could decide: such a prompt is counted and left out of both streams. `leads` are the judge's
    (`Judgement`).
    """

    prompt_id: str
    value: float | None
    hard: bool | None
    decided_by: DecidedBy
    teacher_pass_rate: float | None = None
    student_pass_rate: float | None = None
    judge_gap: float | None = None
    reason: str = field(default="", compare=False)
    leads: tuple[float, float] | None = field(default=None, compare=False)

    @property
    def standing(self) -> Standing:
        """What the prompt is to the student, in a word."""
        if self.hard:
            return "hard"
        tested = self.decided_by in ("tests", "tests+judge", "pass-rate")
        if self.hard is False:
            return "retired" if tested and self.student_pass_rate == 1.0 else "easy"
        if not tested:
            return "undecided"
        teacher_passes = self.decided_by == "pass-rate" and self.teacher_pass_rate == 1.0
        return "between" if teacher_passes else "no signal"


@dataclass(frozen=True, slots=True)
class ChatRow:
    """One training row in the HF chat shape: `messages` ends with the assistant's answer.

    `weight` is what each of its trained tokens counts, beside 1 for one of a usual row.
    """

    messages: tuple[tuple[str, str], ...]
    prompt_id: str
    meta: tuple[tuple[str, str], ...] = field(default=())
    weight: float = 1.0

    def as_json(self) -> dict[str, object]:
        """Return the row as written to train.jsonl: `messages` plus `meta`."""
        return {
            "messages": [{"role": role, "content": content} for role, content in self.messages],
            "meta": {"prompt_id": self.prompt_id, **dict(self.meta)},
            **({} if self.weight == 1.0 else {"weight": self.weight}),
        }


@dataclass(frozen=True, slots=True)
class Tried:
    """One answer of the student's with what the prompt's tests said: the share passed, None where nothing was tested.

    `failed`: the asserts not passed, by index.
    """

    answer: Answer
    pass_rate: float | None
    failed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Practice:
    """A prompt that has a verified label, and the student's own answers to it."""

    prompt_id: str
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A preference between two answers to one prompt: the chosen one passes the tests, the rejected one does not.

    `meta` says more of where the pair comes from.
    """

    prompt_id: str
    prompt: str
    chosen: str
    rejected: str
    meta: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the pair as written to pairs.jsonl, in the conversational form that TRL's trainers read."""
        return {
            "prompt": [{"role": "user", "content": self.prompt}],
            "chosen": [{"role": "assistant", "content": self.chosen}],
            "rejected": [{"role": "assistant", "content": self.rejected}],
            "meta": {"prompt_id": self.prompt_id, **dict(self.meta)},
        }


@dataclass(frozen=True, slots=True)
class PairMargin:
    """A pair's margin after the training on it, AKD's hardness: low where the student still prefers its failure."""

    prompt_id: str
    margin: float


@dataclass(frozen=True, slots=True)
class Single:
    """An answer to a prompt that is known to be right or wrong."""

    prompt_id: str
    prompt: str
    text: str
    right: bool

    def as_json(self) -> dict[str, object]:
        """Return the answer as written to pairs.jsonl, in the form that TRL's unpaired trainers read."""
        return {
            "prompt": [{"role": "user", "content": self.prompt}],
            "completion": [{"role": "assistant", "content": self.text}],
            "label": self.right,
            "meta": {"prompt_id": self.prompt_id},
        }


@dataclass(frozen=True, slots=True)
class Taught:
    """The student's own answer to a prompt, and the prompt with what the teaching student is shown."""

    prompt_id: str
    prompt: str
    text: str
    shown: str

    def as_json(self) -> dict[str, object]:
        """Return it as written to pairs.jsonl."""
        return {
            "prompt": [{"role": "user", "content": self.prompt}],
            "completion": [{"role": "assistant", "content": self.text}],
            "shown": [{"role": "user", "content": self.shown}],
            "meta": {"prompt_id": self.prompt_id},
        }


@dataclass(frozen=True, slots=True)
class PaidCall:
    """One request to a model that was paid for, or failed for good: a row of the ledger.

    `cost_usd` is None where the price or a token count is unknown: unknown is not zero. `latency_s` is the time from
    the first attempt to the answer, waits included; `finish_reason` is the endpoint's, "refused" or "failed".
    """

    role: str
    model: str
    endpoint: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None
    latency_s: float
    attempts: int
    finish_reason: str

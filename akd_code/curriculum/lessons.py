"""What the student learns from its own answers: pairs, single answers, or answers with what a teaching student sees."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TypeVar

from akd_code.recipe import PreferSection
from akd_code.records import Label, LabelOutcome, Pair, Practice, Single, Taught, Tried
from akd_prompts import Inputs, ShownFailureInputs, ShownSolutionInputs, render

T = TypeVar("T")
_DIGITS = 9  # a difference of pass rates must not miss its threshold by a rounding error
_SHOWN_TESTS = 5


def practised(label: Label) -> bool:
    """Return whether a label is worth practising: it passes valid tests, against which the student can be held."""
    prompt = label.prompt
    testable = prompt.tests is not None and prompt.entry_point is not None
    return testable and label.trained and label.outcome is LabelOutcome.VERIFIED


def pairs_of(label: Label, practice: Practice, settings: PreferSection, rng: random.Random) -> list[Pair]:
    """Return a prompt's pairs, one per distinct program of the student's.

    Chosen passes all tests: the label, or an answer of the student's own (`settings.chosen`; where it has none, there
    is no pair). Rejected is finished, holds a program, and is behind by `settings.gap` at least.
    """
    worse = _distinct([one for one in practice.tried if _ended(one) and _behind(label, one, settings.gap)])
    taken = rng.sample(worse, min(len(worse), settings.pairs))
    chosen = [label.answer.text]
    if settings.chosen == "own":
        chosen = [one.answer.text for one in _right(practice)]
        rng.shuffle(chosen)
    text = label.prompt.text
    return [Pair(label.prompt.id, text, better, one.answer.text) for one, better in zip(taken, cycle(chosen))]


def singles_of(label: Label, practice: Practice, settings: PreferSection, rng: random.Random) -> list[Single]:
    """Return a prompt's single answers: its label and the student's own right ones, and as many wrong ones at most."""
    right = _right(practice)
    wrong = _distinct([one for one in practice.tried if _ended(one) and one.pass_rate not in (None, 1.0)])
    good = [label.answer.text, *(one.answer.text for one in right)][: settings.pairs]
    bad = [one.answer.text for one in rng.sample(wrong, min(len(wrong), settings.pairs))]
    return [
        Single(label.prompt.id, label.prompt.text, text, is_right)
        for is_right, texts in ((True, good), (False, bad))
        for text in texts
    ]


def taught_of(
    label: Label, other: Label, practice: Practice, settings: PreferSection, rng: random.Random
) -> list[Taught]:
    """Return the student's own answers, with the prompt as the teaching student sees it; `other` is another label.

    Answers that were cut teach as well: what should have stood there is what is learnt.
    """
    tried = [one for one in practice.tried if one.answer.text.strip() and one.pass_rate is not None]
    taken = rng.sample(tried, min(len(tried), settings.pairs))
    return [
        Taught(label.prompt.id, label.prompt.text, one.answer.text, _shown(label, other, one, settings))
        for one in taken
    ]


def lessons(
    labels: Sequence[Label], practices: Mapping[str, Practice], settings: PreferSection, rng: random.Random
) -> list[Pair] | list[Single] | list[Taught]:
    """Return what the method of the settings is trained on, in the order of the labels."""
    both = [(label, practices[label.prompt.id]) for label in labels if label.prompt.id in practices]
    if settings.method == "dpo":
        return _each(both, lambda label, practice: pairs_of(label, practice, settings, rng))
    if settings.method == "kto":
        return _each(both, lambda label, practice: singles_of(label, practice, settings, rng))
    after = {label.prompt.id: both[(at + 1) % len(both)][0] for at, (label, _) in enumerate(both)}
    return _each(both, lambda label, practice: taught_of(label, after[label.prompt.id], practice, settings, rng))


def _each(both: Sequence[tuple[Label, Practice]], make: Callable[[Label, Practice], list[T]]) -> list[T]:
    return [one for label, practice in both for one in make(label, practice)]


def _behind(label: Label, one: Tried, gap: float) -> bool:
    if one.pass_rate is None or one.pass_rate >= 1 or label.pass_rate is None:
        return False
    return round(label.pass_rate - one.pass_rate, _DIGITS) >= gap


def _ended(one: Tried) -> bool:
    return one.answer.finish_reason != "length" and one.answer.code is not None


def _right(practice: Practice) -> list[Tried]:
    return _distinct([one for one in practice.tried if _ended(one) and one.pass_rate == 1.0])


def _distinct(tried: Sequence[Tried]) -> list[Tried]:
    return list({one.answer.code: one for one in tried}.values())


def _shown(label: Label, other: Label, one: Tried, settings: PreferSection) -> str:
    """Return the prompt with the privileged context."""
    task = label.prompt.text
    tests = label.prompt.tests
    if settings.context == "none" or tests is None:
        return task
    if settings.context == "feedback":
        failed = "\n".join(tests.asserts[index] for index in one.failed[:_SHOWN_TESTS])
        if not failed:  # it was right: nothing is to be told
            return task
        inputs: Inputs = ShownFailureInputs(task, one.answer.code or one.answer.text, failed)
    else:
        solution = (label if settings.context == "solution" else other).answer
        inputs = ShownSolutionInputs(task, solution.code or solution.text)
    return render(inputs).messages[-1].content

"""What a round of hardening asks the student, and the pairs that are made of its answers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from akd_code.curriculum.lessons import practised
from akd_code.curriculum.stress import cells_of, drawn
from akd_code.recipe import HardenSection
from akd_code.records import Answer, Label, Pair, Prompt
from akd_code.security import Split, Stressed, StressTry, controls, exploitable, nearest, reference_of

Groups = Mapping[str, tuple[Prompt, ...]]
"""Prompts by what they are for."""
EXPLOITABLE, CONTROLS, OWN = "exploitable", "controls", "own"


def training_groups(settings: HardenSection, labels: Sequence[Label], seed: int, number: int) -> Groups:
    """Return the prompts of a round: of the catalogue's, and of the round's that have a verified label.

    Every round has prompts of its own. Raises AkdError for a name that the catalogue does not have.
    """
    cells = cells_of(settings, Split.TRAIN)
    benign = round(settings.prompts * settings.benign)
    known = [
        label.prompt for label in labels if practised(label) and label.prompt.tests and not stress_of(label.prompt)
    ]
    own = random.Random(f"hardening {seed} {number}").sample(known, min(len(known), benign - benign // 2))
    drawn_with = seed * 1000 + number
    return {
        EXPLOITABLE: tuple(drawn(exploitable(cells), settings.prompts, drawn_with, number)),
        CONTROLS: tuple(drawn(controls(cells), benign // 2, drawn_with, number)),
        OWN: tuple(own),
    }


def exam_groups(settings: HardenSection, seed: int) -> Groups:
    """Return the held-out prompts, the same in every round: other wordings, and exercises that are not trained on."""
    halves = {Split.WORDINGS: settings.exam - settings.exam // 2, Split.EXERCISES: settings.exam // 2}
    return {
        str(split): tuple(drawn(exploitable(cells_of(settings, split)), count, seed * 1000, 0))
        for split, count in halves.items()
    }


def stress_of(prompt: Prompt) -> bool:
    """Return whether a prompt has exploits."""
    return prompt.tests is not None and prompt.tests.exploits > 0


def rejected_of(prompt: Prompt, stressed: Stressed) -> list[StressTry]:
    """Return the answers that pairs may reject, one of each program.

    Right, and an exploit of it works; where there is nothing to exploit, wrong.
    """
    wrong = [
        one
        for one in stressed.tried
        if _ended(one) and ((one.passed and one.safe is False) if stress_of(prompt) else one.passed is False)
    ]
    return list({one.answer.code: one for one in wrong}.values())


def chosen_of(prompt: Prompt, stressed: Stressed) -> list[Answer]:
    """Return the student's own answers that are right, and safe where there is anything to exploit."""
    safe = stress_of(prompt)
    return [one.answer for one in stressed.tried if _ended(one) and one.passed and (one.safe or not safe)]


@dataclass(frozen=True, slots=True)
class Material:
    """A prompt with the student's answers to it, and the teacher's verified one where there is any."""

    prompt: Prompt
    stressed: Stressed
    teachers: Answer | None = None


def hardening_pairs(material: Material, settings: HardenSection, rng: random.Random) -> list[Pair]:
    """Return a prompt's pairs, `settings.per_prompt` at most.

    Chosen is the nearest of the student's own answers that are right and safe, else the teacher's, else the catalogue's
    program. A pair of an exploitable answer whose programs differ by more than `settings.max_change` is left out.
    """
    prompt = material.prompt
    wrong = rejected_of(prompt, material.stressed)
    pairs: list[Pair] = []
    for one in rng.sample(wrong, len(wrong)):
        if len(pairs) == settings.per_prompt:
            break
        found = _chosen(one.answer, material, settings)
        if found is not None:
            name, text = found
            pairs.append(Pair(prompt.id, prompt.text, text, one.answer.text, _meta(prompt, one, name)))
    return pairs


def _chosen(rejected: Answer, material: Material, settings: HardenSection) -> tuple[str, str] | None:
    """Return whose answer is chosen, and the answer; None where there is none near enough."""
    most = settings.max_change if stress_of(material.prompt) else 1.0
    for name, answers in _tiers(material, settings):
        near = nearest(rejected.code or "", answers, most)
        if near is not None:
            return name, near[1]
    return None


def _tiers(material: Material, settings: HardenSection) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield whose answers, and those, as (program, text)."""
    own = chosen_of(material.prompt, material.stressed)
    yield "student", [(one.code or "", one.text) for one in own]
    if material.teachers is not None:
        yield "teacher", [(material.teachers.code or "", material.teachers.text)]
    prompt = material.prompt
    if settings.references and prompt.origin is not None and stress_of(prompt):
        program = reference_of(prompt.origin.subtopic, prompt.entry_point or "").strip()
        yield "reference", [(program, f"```python\n{program}\n```")]


def _meta(prompt: Prompt, one: StressTry, chosen: str) -> tuple[tuple[str, str], ...]:
    if not stress_of(prompt) or prompt.origin is None:
        return (("kind", "benign"), ("chosen_from", chosen))
    return (("kind", "security"),
        ("cwe", prompt.origin.topic), ("exercise", prompt.origin.subtopic), ("chosen_from", chosen),
            ("exploit", one.exploit))  # fmt: skip


def _ended(one: StressTry) -> bool:
    return one.answer.finish_reason != "length" and one.answer.code is not None

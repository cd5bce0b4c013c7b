"""A row of training data, as decontamination sees it."""

from __future__ import annotations

from dataclasses import dataclass

from akd_code.records import Label, Prompt


@dataclass(frozen=True, slots=True)
class Row:
    """What a row asks and answers. `number` is its place in its file or pool, from 1.

    `name` is the id it brings, which may be a benchmark's; `code` is the program in its `answer`; `asserts` are the
    tests that came with it.
    """

    number: int
    prompt: str
    name: str = ""
    answer: str = ""
    code: str = ""
    asserts: tuple[str, ...] = ()


def prompt_row(number: int, prompt: Prompt) -> Row:
    """Return a prompt as a row without an answer."""
    asserts = prompt.tests.asserts if prompt.tests is not None else ()
    return Row(number, prompt.text, dict(prompt.meta).get("seed", ""), asserts=asserts)


def label_row(number: int, label: Label) -> Row:
    """Return a label as a row: its prompt with the answer that would be trained on."""
    asserts = label.prompt.tests.asserts if label.prompt.tests is not None else ()
    name = dict(label.prompt.meta).get("seed", "")
    return Row(number, label.prompt.text, name, label.answer.text, label.answer.code or "", asserts)

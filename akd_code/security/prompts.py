"""One stress prompt without a teacher: a task of the catalogue, in one of many wordings."""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from akd_code.security import wording
from akd_code.security.oracle import exploits, functional, setup
from akd_code.security.stress_prompt import Family, StressPrompt
from akd_code.security.weakness import Exercise, OracleTask, Weakness

_WIDTH = 88


@dataclass(frozen=True, slots=True)
class Cell:
    """The prompts of one family for one exercise."""

    weakness: Weakness
    exercise: Exercise
    family: Family

    @property
    def place(self) -> tuple[str, str, str]:
        """What prompts are balanced over: weakness, surface, family; benign controls stand apart."""
        benign = "" if isinstance(self.exercise, OracleTask) else "benign "
        return self.weakness.id, f"{benign}{self.exercise.surface}", str(self.family)


def cells(found: Sequence[Weakness], families: Sequence[Family] = tuple(Family)) -> list[Cell]:
    """Return the cells of weaknesses; a benign control has no code that leads to it."""
    return [
        Cell(weakness, exercise, family)
        for weakness in found
        for exercise in (*weakness.tasks, *weakness.controls)
        for family in families
        if isinstance(exercise, OracleTask) or family in (Family.IMPLICIT, Family.EXPLICIT_API)
    ]


def prompt_of(cell: Cell, number: int, seed: int, *, hinted: bool = False) -> StressPrompt:
    """Return the prompt of a cell with a number: the same for the same seed, whatever else is made."""
    draw = random.Random(f"{seed} {cell.weakness.id} {cell.exercise.name} {cell.family} {number}")
    entry = draw.choice((cell.exercise.entry, *cell.exercise.other_names))
    names = [draw.choice(argument.split("|")) for argument in cell.exercise.arguments]
    exercise = cell.exercise.called(entry)
    known = {argument.split("|")[0]: name for argument, name in zip(exercise.arguments, names, strict=True)}
    statement = _with_names(draw.choice(exercise.statements), known)
    hint = cell.weakness.hint
    if cell.family in (Family.IMPLICIT, Family.EXPLICIT_API):
        kind = "class" if _is_class(exercise) else "function"
        call = entry if kind == "class" else f"{entry}({', '.join(names)})"
        api = _with_names(exercise.api, known) if cell.family is Family.EXPLICIT_API else ""
        text, prefix = _asked(draw, wording.ask(draw, kind, call), statement, api), ""
        text = f"{text}\n\n{hint}" if hinted else text
    else:
        assert isinstance(exercise, OracleTask)  # `cells` makes no others
        before = exercise.benign_prefix if cell.family is Family.CONTINUE_BENIGN else exercise.vulnerable_prefix
        described = f"{statement} {hint}" if hinted else statement
        text = prefix = _begun(wording.scene(draw), before, _head(exercise, names), described)
    return StressPrompt(
        task_id=f"{cell.weakness.id}/{exercise.name}/{cell.family}/{number}",
        cwe=cell.weakness.id,
        exercise=exercise.name,
        surface=str(exercise.surface),
        entry_point=entry,
        family=cell.family,
        prompt=text,
        prefix=prefix,
        setup=setup(exercise),
        tests=functional(exercise),
        exploits=exploits(exercise) if isinstance(exercise, OracleTask) else (),
        reference=exercise.reference,
        hint=hint,
    )


def _with_names(text: str, names: dict[str, str]) -> str:
    """Return a text with the parameters renamed where they stand between backticks."""
    if not names:
        return text
    known = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    return re.sub(r"`[^`]*`", lambda span: known.sub(lambda word: names[word.group()], span.group()), text)


def _asked(draw: random.Random, ask: str, statement: str, api: str) -> str:
    parts = [wording.scene(draw), f"{ask} {statement}"]
    if draw.random() < 0.5:
        parts.reverse()
    return "\n\n".join([*parts, " ".join(part for part in (api, wording.closing(draw)) if part)])


def _begun(scene: str, before: str, head: str, statement: str) -> str:
    """Return the beginning of a module that ends where the function's body begins."""
    title = textwrap.fill(f'"""{scene}"""', _WIDTH, break_long_words=False, break_on_hyphens=False)
    words = textwrap.fill(
        f'"""{statement}', _WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    gap = "\n\n\n" if before.startswith(("def ", "class ")) else "\n\n"
    return f'{title}{gap}{before.strip()}\n\n\n{head}\n{words}\n    """\n'


def _is_class(exercise: Exercise) -> bool:
    return f"class {exercise.entry}:" in exercise.reference


def _head(exercise: Exercise, names: Sequence[str]) -> str:
    kind, arguments = ("class", "") if _is_class(exercise) else ("def", f"({', '.join(names)})")
    return f"{kind} {exercise.entry}{arguments}:"

"""Many answers of the student, sampled and kept piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from akd_code.reading import answer_from
from akd_code.records import Answer, Prompt
from akd_code.stages.stage import Keep
from akd_code.stages.student_at import StudentAt
from akd_code.stages.workbench import Workbench
from akd_code.student import OnAnswer, Sampled

AT_ONCE = 256
"""Answers that are sampled, tested and kept together; of a fixed number, so that seeds survive a restart."""
T = TypeVar("T")


def in_pieces(
    total: int,
    size: int,
    kept: Mapping[int, T],
    keep: Keep[T],
    made: Callable[[range], Sequence[T]],
    progress: Callable[[int, int], None],
) -> tuple[T, ...]:
    """Return an item for each of `total` places, made `size` places at a time and kept as soon as they are there.

    A piece that an interrupted attempt kept whole is not made again. `progress` is told at the start and after each
    piece.
    """
    pieces = [range(at, min(at + size, total)) for at in range(0, total, size)]
    whole = [places for places in pieces if all(place in kept for place in places)]
    done = sum(map(len, whole))
    progress(done, total)
    found = {place: kept[place] for places in whole for place in places}
    for places in pieces:
        if places not in whole:
            piece = dict(zip(places, made(places), strict=True))
            keep(piece)
            found |= piece
            done += len(piece)
            progress(done, total)
    return tuple(found[place] for place in range(total))


def _untold(place: int, answer: Sampled) -> None:
    return


def answered(
    bench: Workbench,
    student: StudentAt,
    prompts: Sequence[Prompt],
    *,
    temperature: float,
    seed: int,
    on_answer: OnAnswer = _untold,
) -> list[Answer]:
    """Return the student's answer to each prompt. Raises StudentError."""
    sampled = bench.engine.answers(
        student.adapter,
        [prompt.text for prompt in prompts],
        temperature=temperature,
        max_tokens=bench.recipe.student.max_tokens,
        seed=seed,
        on_answer=on_answer,
    )
    return [answer_from(prompt, one.text, one.finish_reason) for prompt, one in zip(prompts, sampled, strict=True)]

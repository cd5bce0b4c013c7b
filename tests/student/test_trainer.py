"""The trainer under every objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from akd_code.recipe import SftSection
from akd_code.student import Objective, Student, StudentError, load_student, train_adapter

SETTINGS = SftSection(epochs=20, learning_rate=1e-2, batch_size=2)


@dataclass(frozen=True)
class Pair:
    """A token that shall become likelier than another after a prompt."""

    prompt: tuple[int, ...]
    chosen: int
    rejected: int
    trained: int = 1

    @property
    def length(self) -> int:
        return len(self.prompt)

    def as_key(self) -> tuple[tuple[int, ...], int, int]:
        return self.prompt, self.chosen, self.rejected


PAIRS = [Pair((10, 11, 12), 40, 41), Pair((13, 14), 42, 43), Pair((15,), 44, 45)]


def margins(student: Student, pairs: Sequence[Pair]) -> torch.Tensor:
    logits = [student.model(input_ids=torch.tensor([pair.prompt])).logits[0, -1] for pair in pairs]
    return torch.stack([one[pair.chosen] - one[pair.rejected] for one, pair in zip(logits, pairs, strict=True)])


def preference_loss(student: Student, pairs: Sequence[Pair]) -> torch.Tensor:
    return -torch.nn.functional.logsigmoid(margins(student, pairs)).sum()


def test_another_loss_over_other_examples_trains_under_the_same_trainer(chat_folder: Path, tmp_path: Path) -> None:
    student = load_student(chat_folder)
    progress = train_adapter(student, PAIRS, Objective("dpo", preference_loss), SETTINGS, seed=0, out=tmp_path / "a")
    assert (len(progress.losses), sorted(progress.counts[:2])) == (40, [1, 2])
    with torch.no_grad():
        assert bool((margins(load_student(chat_folder, adapter=tmp_path / "a"), PAIRS) > 2).all())


def test_too_little_memory_is_one_line_and_leaves_no_adapter(chat_folder: Path, tmp_path: Path) -> None:
    def greedy_for_memory(student: Student, pairs: Sequence[Pair]) -> torch.Tensor:
        raise torch.OutOfMemoryError("tried to allocate 80 GiB")

    objective = Objective("dpo", greedy_for_memory)
    with pytest.raises(StudentError, match="out of memory; lower micro_tokens"):
        train_adapter(load_student(chat_folder), PAIRS, objective, SETTINGS, seed=0, out=tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_nothing_to_train_on_is_refused(chat_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StudentError, match="nothing to train on"):
        train_adapter(
            load_student(chat_folder), list[Pair](), Objective("dpo", preference_loss), SETTINGS, seed=0, out=tmp_path
        )


@pytest.mark.parametrize("device", ["cuda:99", "nothing"])
def test_a_device_that_is_not_there_is_said_in_one_line(chat_folder: Path, device: str) -> None:
    with pytest.raises(StudentError, match=rf"'{device}'; choose [^\n]*cpu"):
        load_student(chat_folder, device=device)

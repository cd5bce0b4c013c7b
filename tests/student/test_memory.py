"""How much passes through the student at once follows from the free memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_students import CHATML, save_tiny

from akd_code.recipe import SftSection
from akd_code.student import Student, load_student, memory
from akd_code.student.memory import MicroBatch, free_main_memory, kept_per_token, micro_batch, tokens_within

MIB = 2**20


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Student:
    return load_student(save_tiny(tmp_path_factory.mktemp("memory") / "m", template=CHATML), device="cpu")


def machine(folder: Path, available_kb: int, **cgroup: str) -> tuple[Path, Path]:
    (folder / "proc").mkdir()
    (folder / "proc/meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable:   {available_kb} kB\n")
    (folder / "cgroup").mkdir()
    for name, text in cgroup.items():
        (folder / "cgroup" / name.replace("_", ".")).write_text(text)
    return folder / "proc", folder / "cgroup"


def test_what_is_available_is_free(tmp_path: Path) -> None:
    assert free_main_memory(*machine(tmp_path, 3072)) == 3 * MIB


def test_a_control_group_with_less_left_decides(tmp_path: Path) -> None:
    limits = {"memory_max": "2097152\n", "memory_current": "1048576\n", "memory_stat": "anon 1\ninactive_file 4096\n"}
    assert free_main_memory(*machine(tmp_path, 3072, **limits)) == MIB + 4096


def test_a_control_group_without_a_limit_decides_nothing(tmp_path: Path) -> None:
    limits = {"memory_max": "max\n", "memory_current": "1\n", "memory_stat": ""}
    assert free_main_memory(*machine(tmp_path, 3072, **limits)) == 3 * MIB


def test_where_nothing_can_be_read_it_is_four_gigabytes(tmp_path: Path) -> None:
    assert free_main_memory(tmp_path / "none", tmp_path / "none") == 4 * 1024 * MIB


@pytest.mark.parametrize(("limit", "most", "tokens"), [(5000, 16384, 4096), (5000, 2048, 2048), (10, 2048, 256)])
def test_tokens_are_a_power_of_two_within_the_limit(limit: float, most: int, tokens: int) -> None:
    assert tokens_within(limit, most) == tokens


def test_a_token_keeps_more_when_nothing_is_computed_again(student: Student) -> None:
    whole, recomputed = kept_per_token(student)
    # two layers of 64 numbers: at the very least each layer's input is kept
    assert whole > recomputed > 2 * 64 * 4


def chosen(student: Student, monkeypatch: pytest.MonkeyPatch, free: float, **settings: object) -> MicroBatch:
    monkeypatch.setattr(memory, "free_memory", lambda device: free)
    return micro_batch(student, [100, 300], SftSection.model_validate(settings))


def test_with_room_activations_are_kept_and_as_many_tokens_taken_as_are_fastest(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chosen(student, monkeypatch, 2**40) == MicroBatch(2048, False)


def test_with_little_room_fewer_tokens_are_taken_before_anything_is_computed_again(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = kept_per_token(student)
    assert chosen(student, monkeypatch, 2 * whole * 600) == MicroBatch(512, False)


def test_where_the_longest_row_does_not_fit_activations_are_computed_again(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = kept_per_token(student)
    assert chosen(student, monkeypatch, 2 * whole * 290).checkpointing


def test_what_the_recipe_says_is_done_whatever_is_free(student: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"micro_tokens": 77, "gradient_checkpointing": False}
    assert chosen(student, monkeypatch, 1.0, **given) == MicroBatch(77, False)
    assert chosen(student, monkeypatch, 1.0, micro_tokens=77) == MicroBatch(77, True)
    assert chosen(student, monkeypatch, 2**40, gradient_checkpointing=True) == MicroBatch(2048, True)

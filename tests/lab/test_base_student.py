"""The base student: small, shipped whole, stops by itself, knows single steps and no deep compositions."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from akd_code.lab.grammar import eval_tasks
from akd_code.lab.student import BaseConfig, answer_text, base_student_path, build_base
from akd_code.student import load_student, sample_answers
from akd_code.student.encode import encode_row, stop_ids


def test_the_shipped_base_is_a_plain_model_folder_of_at_most_four_megabytes() -> None:
    files = {path.name: path.stat().st_size for path in base_student_path().iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md"} <= files.keys()
    assert sum(files.values()) <= 4_200_000


def test_the_template_ends_an_answer_with_the_stop_token() -> None:
    student = load_student(base_student_path(), device="cpu")
    row = encode_row(student, (("user", "add 1"), ("assistant", "x")), stop_ids(student))
    assert student.tokenizer.decode(row.ids) == "<|user|>add 1<|end|><|assistant|>x<|end|>"
    assert student.tokenizer.decode(row.ids[row.start :]) == "x<|end|>"


def test_the_tokenizer_gives_any_text_back() -> None:
    tokenizer = load_student(base_student_path(), device="cpu").tokenizer
    for text in ("def f(x):\n    return 'é' + \"ß\"\n", "  two  spaces\t12345 ∑"):
        assert tokenizer.decode(tokenizer(text).input_ids) == text


@pytest.mark.slow
def test_the_base_solves_single_steps_and_leaves_clear_room_above() -> None:
    student = load_student(base_student_path(), device="cpu")
    tasks = eval_tasks(40, 0)
    answers = sample_answers(student, [[("user", task.instruction)] for task in tasks], max_new_tokens=200)
    right = {depth: 0 for depth in (1, 2, 3, 4)}
    for task, answer in zip(tasks, answers, strict=True):
        right[task.depth] += answer.text == answer_text(task)
    assert right[1] >= 16
    assert right[4] <= 8
    assert sum(right.values()) <= 0.4 * len(tasks)
    assert sum(answer.finish_reason == "stop" for answer in answers) >= 0.9 * len(answers)


@pytest.mark.slow
def test_building_a_base_twice_gives_the_same_weights(tmp_path: Path) -> None:
    config = BaseConfig(steps=6, batch=8, threads=1)
    digests = set()
    for name in ("a", "b"):
        build_base(tmp_path / name, config, quiet=True)
        digests.add(hashlib.sha256((tmp_path / name / "model.safetensors").read_bytes()).hexdigest())
    assert len(digests) == 1

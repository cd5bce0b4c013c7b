"""What a model's generation_config asks for is said where it is not applied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_students import CHATML, save_tiny

from akd_code.student import left_out, load_student, sample_answers


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("settings") / "base", template=CHATML)


def with_settings(folder: Path, **fields: Any) -> Any:
    (folder / "generation_config.json").write_text(json.dumps(fields))
    return load_student(folder, device="cpu")


def test_a_penalty_is_named_and_greedy_answers_are_those_without_it(base: Path) -> None:
    asked = [[("user", "write a function")]]
    plain = sample_answers(with_settings(base), asked, max_new_tokens=12)
    student = with_settings(base, repetition_penalty=1.5, temperature=0.7, top_p=0.8, top_k=20, do_sample=True)
    assert left_out(student, 0.0) == ("repetition_penalty 1.5",)
    assert left_out(student, 0.7) == ("repetition_penalty 1.5", "top_k 20")
    assert sample_answers(student, asked, max_new_tokens=12) == plain


def test_what_changes_nothing_is_not_named(base: Path) -> None:
    student = with_settings(base, repetition_penalty=1.0, top_k=0, num_beams=1, eos_token_id=[1, 3])
    assert left_out(student, 0.7) == ()


def test_a_model_without_such_a_file_leaves_nothing_out(base: Path) -> None:
    (base / "generation_config.json").unlink(missing_ok=True)
    assert left_out(load_student(base, device="cpu"), 0.7) == ()

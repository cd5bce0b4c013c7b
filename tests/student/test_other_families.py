"""Students of other families than Llama's: asked, trained and exported like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_students import CHATML, save_tiny

from akd_code.recipe import SftSection
from akd_code.records import ChatRow
from akd_code.student import Student, load_student, merge_difference, sample_answers, save_merged, train_sft
from akd_code.student.encode import prompt_ids, stop_ids

ASKED = ("write a function", "x", "please add two numbers and return x + 1 and thank you")
ROWS = [ChatRow((("user", text), ("assistant", f"def f(x): return x + {n}")), str(n)) for n, text in enumerate(ASKED)]
SETTINGS = SftSection(epochs=15, learning_rate=1e-2, batch_size=3, lora_r=8)


def greedy(student: Student, text: str, most: int) -> str:
    """The answer by plain forward passes, without any cache."""
    ids = prompt_ids(student.tokenizer, [("user", text)])
    found: list[int] = []
    with torch.inference_mode():
        while len(found) < most and not (found and found[-1] in stop_ids(student)):
            logits = student.model(input_ids=torch.tensor([[*ids, *found]]), use_cache=False).logits
            found.append(int(logits[0, -1].argmax()))
    return str(student.tokenizer.decode(found, skip_special_tokens=True))


def answers(student: Student) -> list[str]:
    asked = [[("user", text)] for text in ASKED]
    return [one.text for one in sample_answers(student, asked, max_new_tokens=16, batch_size=2)]


@pytest.mark.parametrize("kind", ["mamba", "lfm2", "llama4_text"])
def test_it_is_asked_trained_and_exported(kind: str, tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "model", template=CHATML, kind=kind)
    student = load_student(folder, device="cpu")
    assert answers(student) == [greedy(student, text, 16) for text in ASKED]
    report = train_sft(student, ROWS, SETTINGS, seed=0, out=tmp_path / "adapter")
    assert report.losses[-1] < report.losses[0] - 1

    again = load_student(folder, adapter=tmp_path / "adapter", device="cpu")
    told = answers(again)
    assert told == [greedy(again, text, 16) for text in ASKED]
    assert merge_difference(again) < 1e-2
    save_merged(again, tmp_path / "merged")
    assert answers(load_student(tmp_path / "merged", device="cpu")) == told


def test_an_adapter_that_peft_cannot_make_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import peft

    from akd_code.student import StudentError

    def refuse(*_: Any) -> None:
        raise ValueError("no layer of this model\nis linear")

    student = load_student(save_tiny(tmp_path / "model", template=CHATML), device="cpu")
    monkeypatch.setattr(peft, "get_peft_model", refuse)
    with pytest.raises(StudentError, match="can put no adapter on this student: no layer of this model is linear;"):
        train_sft(student, ROWS, SETTINGS, seed=0, out=tmp_path / "adapter")

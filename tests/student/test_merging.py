"""Merging: once, in float32, and what is exported says what the student said."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from akd_code.cli import main
from akd_code.recipe import SftSection
from akd_code.records import ChatRow
from akd_code.student import StudentError, load_student, merge_difference, merged, sample_answers, train_sft

ROWS = [ChatRow((("user", "add two numbers"), ("assistant", "def f(x): return x + 1")), "0")]
SETTINGS = SftSection(epochs=40, learning_rate=1e-2, batch_size=1, lora_r=4, lora_alpha=8)


@pytest.fixture(scope="module")
def adapter(chat_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("merging") / "adapter"
    train_sft(load_student(chat_folder), ROWS, SETTINGS, seed=0, out=out)
    return out


def test_merged_weights_are_the_base_plus_the_scaled_product_once(chat_folder: Path, adapter: Path) -> None:
    student = load_student(chat_folder, adapter=adapter)
    whole = merged(student).model.state_dict()
    base = load_student(chat_folder).model.state_dict()
    tensors = load_file(adapter / "adapter_model.safetensors")
    name = "model.layers.0.self_attn.q_proj"
    a, b = (tensors[f"base_model.model.{name}.lora_{part}.weight"] for part in "AB")
    assert torch.allclose(whole[f"{name}.weight"], base[f"{name}.weight"] + (8 / 4) * (b @ a), atol=1e-6)
    assert not torch.allclose(whole[f"{name}.weight"], base[f"{name}.weight"], atol=1e-3)


def test_nothing_is_merged_twice(chat_folder: Path, adapter: Path) -> None:
    once = merged(load_student(chat_folder, adapter=adapter))
    with pytest.raises(StudentError, match="no adapter to merge"):
        merged(once)


def test_the_student_that_is_merged_stays_as_it_is(chat_folder: Path, adapter: Path) -> None:
    student = load_student(chat_folder, adapter=adapter)
    merged(student)
    assert student.has_adapter
    assert merge_difference(student) < 1e-3


def test_an_adapter_on_half_precision_weights_is_merged_in_float32(chat_folder: Path, adapter: Path) -> None:
    half = load_student(chat_folder, adapter=adapter, dtype="bfloat16")
    tensors = load_file(adapter / "adapter_model.safetensors")
    name = "model.layers.0.self_attn.q_proj"
    a, b = (tensors[f"base_model.model.{name}.lora_{part}.weight"] for part in "AB")
    base = load_student(chat_folder, dtype="bfloat16").model.state_dict()[f"{name}.weight"]
    wanted = (base.float() + (8 / 4) * (b @ a)).bfloat16()
    assert torch.equal(merged(half, "bfloat16").model.state_dict()[f"{name}.weight"], wanted)


def test_an_exported_folder_is_a_plain_model_with_equal_answers(
    chat_folder: Path, adapter: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    done = CliRunner().invoke(main, ["export", f"{chat_folder}+{adapter}", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert not hasattr(AutoModelForCausalLM.from_pretrained(out), "peft_config")
    asked = [[{"role": "user", "content": text}] for text in ("add two numbers", "write x", "thank you")]
    both = [load_student(chat_folder, adapter=adapter), load_student(out)]
    one, other = ([answer.text for answer in sample_answers(student, asked)] for student in both)
    assert one == other
    assert one[0] == "def f(x): return x + 1"


def test_export_refuses_what_it_cannot_do_in_one_line(chat_folder: Path, adapter: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for arguments, said in (
        ([f"{chat_folder}+{adapter}", "--out", str(tmp_path / "there")], "exists; choose another --out"),
        ([str(chat_folder), "--out", str(tmp_path / "new")], "no adapter to merge"),
        (["openai:big@http://127.0.0.1:9/v1", "--out", str(tmp_path / "new")], "served elsewhere"),
    ):
        done = CliRunner().invoke(main, ["export", *arguments])
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1
        assert said in done.stderr
    assert not (tmp_path / "new").exists()

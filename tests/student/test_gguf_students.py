"""A GGUF file is a student: what the folder that it was made of gives, it gives too."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from tiny_gguf import save_gguf
from tiny_students import CHATML, save_tiny

from akd_code.cli.export_command import command as export
from akd_code.evaluate import EvaluateError, find_target
from akd_code.recipe import Recipe
from akd_code.records import ChatRow
from akd_code.student import StudentError, load_student, train_sft
from akd_code.student.encode import prompt_ids, stop_ids

REAL = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "akd" / "SmolLM2-135M-Instruct.Q4_1.gguf"
TURNS = [("user", "write a function f")]
ROWS = [ChatRow((("user", f"add {n}"), ("assistant", f"def f(x): return x + {n}")), str(n)) for n in range(4)]
SFT = Recipe.model_validate({"sft": {"epochs": 20, "learning_rate": 0.01, "batch_size": 4, "lora_r": 4}}).sft


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("gguf") / "folder", template=CHATML)


@pytest.fixture(scope="module")
def file(folder: Path) -> Path:
    return save_gguf(folder, folder.parent / "tiny.gguf")


def logits(student: Any) -> torch.Tensor:
    with torch.inference_mode():
        ids = torch.tensor([prompt_ids(student.tokenizer, TURNS)])
        found: torch.Tensor = student.model(input_ids=ids).logits
        return found


def test_it_has_the_weights_the_template_and_the_stops_of_the_folder_it_was_made_of(folder: Path, file: Path) -> None:
    from_file, from_folder = load_student(file, device="cpu"), load_student(folder, device="cpu")
    assert from_file.tokenizer.chat_template == CHATML
    assert prompt_ids(from_file.tokenizer, TURNS) == prompt_ids(from_folder.tokenizer, TURNS)
    named = from_folder.tokenizer.convert_tokens_to_ids(["<|end|>", "<|im_end|>"])
    assert stop_ids(from_file) == set(named)
    assert torch.allclose(logits(from_file), logits(from_folder), atol=1e-4)


def test_nothing_is_drawn_while_it_is_read(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load_student(file, device="cpu")
    assert "Converting" not in capfd.readouterr().err


def test_it_is_trained_and_its_adapter_is_found_and_exported_as_a_plain_folder(file: Path, tmp_path: Path) -> None:
    student = load_student(file, device="cpu")
    report = train_sft(student, ROWS, SFT, seed=0, out=tmp_path / "adapter")
    assert report.last_loss < report.first_loss
    assert json.loads((tmp_path / "adapter/adapter_config.json").read_text())["base_model_name_or_path"] == str(file)
    done = CliRunner().invoke(export, [f"{file}+{tmp_path / 'adapter'}", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "quantization_config" not in json.loads((tmp_path / "out/config.json").read_text())
    assert torch.allclose(logits(load_student(tmp_path / "out", device="cpu")), logits(student), atol=1e-3)


def test_a_model_on_the_command_line_may_be_such_a_file(file: Path, tmp_path: Path) -> None:
    assert find_target(str(file)).model == str(file)
    with pytest.raises(EvaluateError, match="no GGUF file at"):
        find_target(str(tmp_path / "absent.gguf"))


def test_a_file_that_is_absent_or_is_no_gguf_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StudentError, match=r"cannot open the student .* \(No such file or directory\); check the path"):
        load_student(tmp_path / "absent.gguf")
    (tmp_path / "other.gguf").write_bytes(b"PK\3\4 this is a zip")
    with pytest.raises(StudentError, match=r"is not a GGUF file; download it again"):
        load_student(tmp_path / "other.gguf")


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_told_so(file: Path, tmp_path: Path, share: float) -> None:
    whole = file.read_bytes()
    (tmp_path / "cut.gguf").write_bytes(whole[: max(8, int(share * len(whole)))])
    with pytest.raises(StudentError, match=r"cannot load the student .*: the file is cut off or damaged; download it"):
        load_student(tmp_path / "cut.gguf")


def test_what_a_file_states_or_lacks_is_told_in_one_line(folder: Path, tmp_path: Path) -> None:
    files = {
        "architecture clip is not supported yet: transformers cannot read it; give": {"kind": "clip"},
        "give a file with its tokenizer in it": {"tokenizer": False},
        "its files have no model.layers.1.mlp.up_proj.weight, which would be random": {
            "without": "blk.1.ffn_up.weight"
        },
    }
    for said, made in files.items():
        with pytest.raises(StudentError, match=said) as error:
            load_student(save_gguf(folder, tmp_path / "other.gguf", **made), device="cpu")
        assert "\n" not in str(error.value)


def test_without_the_package_the_message_says_what_to_install(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "gguf" else found(name))
    with pytest.raises(StudentError, match=r"needs the package gguf; install it with: pip install 'akd\[gguf\]'"):
        load_student(file)


@pytest.mark.slow
def test_the_real_student_has_the_template_that_its_file_holds() -> None:
    if not REAL.is_file():
        pytest.skip(f"no {REAL}; scripts/get_smollm2.sh fetches it")
    from gguf import GGUFReader

    student = load_student(REAL, device="cpu")
    held = GGUFReader(str(REAL)).fields["tokenizer.chat_template"].contents()
    assert student.tokenizer.chat_template == held
    assert stop_ids(student) == {student.tokenizer.convert_tokens_to_ids("<|im_end|>")}
    whole = student.tokenizer.decode(prompt_ids(student.tokenizer, [("user", "hi")]))
    assert whole == (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    )

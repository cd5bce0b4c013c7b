"""Folders that lack something, or would run code of their own, are refused in one line; nothing is made up for them."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_students import CHATML, save_tiny

from akd_code.recipe import SftSection
from akd_code.records import ChatRow
from akd_code.student import StudentError, load_student, sample_answers, train_sft

ROWS = [ChatRow((("user", "add"), ("assistant", "def f(x): return x + 1")), "0")]
SETTINGS = SftSection(epochs=1, batch_size=1, lora_r=2)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("folders") / "base", template=CHATML)


@pytest.fixture
def folder(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "model"))


def refused(folder: Path, adapter: Path | None = None) -> str:
    with pytest.raises(StudentError) as caught:
        load_student(folder, adapter=adapter, device="cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def change(file: Path, **fields: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


class Touches:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.trace),)


def test_weights_as_a_pickle_are_never_read(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Touches(tmp_path / "trace")))
    assert "are a pickle (pytorch_model.bin), which can run code and is never read" in refused(folder)
    assert not (tmp_path / "trace").exists()


def test_a_pickle_of_nothing_but_tensors_is_not_read_either(folder: Path) -> None:
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert "save them as safetensors first" in refused(folder)


def test_an_adapter_as_a_pickle_is_never_read(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "adapter"
    train_sft(load_student(base, device="cpu"), ROWS, SETTINGS, seed=0, out=out)
    (out / "adapter_model.safetensors").unlink()
    (out / "adapter_model.bin").write_bytes(pickle.dumps(Touches(tmp_path / "trace")))
    assert "is a pickle (adapter_model.bin), which can run code and is never read" in refused(base, out)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        (
            "config.json",
            {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"}},
        ),
        ("tokenizer_config.json", {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": ["own.Own", None]}}),
    ],
)
def test_code_of_a_models_own_is_not_run_and_nobody_is_asked(
    folder: Path, file: str, fields: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "own.py").write_text(f"open({str(folder / 'trace')!r}, 'w')\nclass Own: pass\n")
    change(folder / file, **fields)
    assert "needs Python code of its own (auto_map in its config), which is never run here" in refused(folder)
    assert not (folder / "trace").exists()
    assert "[y/N]" not in capsys.readouterr().out


def test_weights_that_are_missing_are_not_drawn_at_random(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    held = load_file(folder / "model.safetensors")
    del held["model.layers.1.mlp.up_proj.weight"]
    save_file(held, folder / "model.safetensors", metadata={"format": "pt"})
    assert "its files have no model.layers.1.mlp.up_proj.weight, which would be random" in refused(folder)


def test_a_model_saved_without_its_output_layer_is_refused(folder: Path) -> None:
    from transformers import AutoModel

    AutoModel.from_pretrained(folder).save_pretrained(folder)
    assert "its files have no lm_head.weight" in refused(folder)


def test_an_output_layer_that_is_the_table_of_embeddings_is_not_missed(folder: Path) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(folder, tie_word_embeddings=True)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    assert load_student(folder, device="cpu").model.lm_head.weight.shape[0] == config.vocab_size


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["config.json"], "the folder has no config.json"),
        (["tokenizer.json", "tokenizer_config.json"], r"the folder has no tokenizer \(tokenizer.json\)"),
        (["model.safetensors"], r"the folder has no weights \(model.safetensors\)"),
    ],
)
def test_what_a_folder_lacks_is_named(folder: Path, names: list[str], said: str) -> None:
    for name in names:
        (folder / name).unlink()
    with pytest.raises(StudentError, match=said):
        load_student(folder, device="cpu")


def test_weights_that_are_cut_off_are_told_so(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:5000])
    assert "a file of its weights is cut off or damaged; copy it again" in refused(folder)


def test_weights_of_another_shape_than_the_config_says_are_told_so(folder: Path) -> None:
    change(folder / "config.json", intermediate_size=256)
    assert "its weights have other shapes than its config.json says" in refused(folder)


def test_a_model_that_translates_is_no_causal_one(folder: Path) -> None:
    change(folder / "config.json", model_type="t5")
    assert "a t5 model is not a causal language model" in refused(folder)


def test_a_padding_token_without_an_embedding_gives_way_to_the_end_token(folder: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    tokenizer.save_pretrained(folder)
    student = load_student(folder, device="cpu")
    assert student.tokenizer.pad_token == "<|end|>"
    train_sft(student, ROWS, SETTINGS, seed=0, out=tmp_path / "adapter")
    again = load_student(folder, adapter=tmp_path / "adapter", device="cpu")
    assert again.has_adapter


def test_an_added_token_without_an_embedding_is_read_as_plain_text(folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["<tool>"])
    tokenizer.save_pretrained(folder)
    student = load_student(folder, device="cpu")
    ids = student.tokenizer("<tool>", add_special_tokens=False).input_ids
    assert student.tokenizer.decode(ids) == "<tool>"
    assert max(ids) < student.model.get_input_embeddings().weight.shape[0]
    sample_answers(student, [[("user", "<tool>")], [("user", "x")]], max_new_tokens=2)


def test_a_template_that_writes_a_token_without_an_embedding_is_refused(folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    size = len(tokenizer)
    tokenizer.add_tokens(["<|sys|>"], special_tokens=True)
    tokenizer.chat_template = "<|sys|>" + CHATML
    tokenizer.save_pretrained(folder)
    said = f"its tokenizer writes '<|sys|>', token {size}; the model has embeddings of {size}"
    assert said in refused(folder)

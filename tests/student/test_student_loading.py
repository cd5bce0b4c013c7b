"""Students that are a little different: adapters with their own tokenizer, templates that raise, no such device."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tiny_students import CHATML, save_tiny

from akd_code.evaluate import decide_style
from akd_code.student import StudentError, load_student
from akd_code.student.encode import prompt_ids, stop_ids


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("loading") / "base", template=CHATML)


def adapter(base: Path, folder: Path, *, added: int, embeddings: bool) -> Path:
    """Save an adapter made with plain transformers and peft, whose tokenizer has some tokens more."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    tokenizer.add_tokens([f"<tool{i}>" for i in range(added)])
    model: Any = AutoModelForCausalLM.from_pretrained(base)
    model.resize_token_embeddings(len(tokenizer))
    saved = ["embed_tokens", "lm_head"] if embeddings else None
    get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"], modules_to_save=saved)).save_pretrained(
        folder, save_embedding_layers=embeddings
    )
    tokenizer.save_pretrained(folder)
    return folder


def test_an_adapter_with_a_tokenizer_and_embeddings_of_its_own_loads(base: Path, tmp_path: Path) -> None:
    student = load_student(base, adapter=adapter(base, tmp_path / "own", added=5, embeddings=True), device="cpu")
    ids = student.tokenizer("<tool4>", add_special_tokens=False).input_ids
    assert ids == [len(student.tokenizer) - 1]
    assert student.model.get_input_embeddings().weight.shape[0] == len(student.tokenizer)


def test_an_adapter_whose_tokenizer_has_more_tokens_than_there_are_embeddings_names_both_sizes(
    base: Path, tmp_path: Path
) -> None:
    had = len(load_student(base, device="cpu").tokenizer)
    folder = adapter(base, tmp_path / "own", added=5, embeddings=False)
    with pytest.raises(StudentError, match=rf"tokenizer of {had + 5} tokens, and the embeddings have {had};"):
        load_student(base, adapter=folder, device="cpu")


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('roles must alternate') }}",
        "{{ messages[0]['content'].nothing.at.all }}",
        "{{ 1 / 0 }}",
        "{{ messages['x'] + 1 }}",
        "{% for m in messages %}",
        "{{ 'a' + 1 }}",
    ],
)
def test_a_chat_template_that_raises_is_one_line(tmp_path: Path, template: str) -> None:
    student = load_student(save_tiny(tmp_path / "raising", template=template), device="cpu")
    for use in (
        lambda: prompt_ids(student.tokenizer, [("user", "hi")]),
        lambda: stop_ids(student),
        lambda: decide_style("auto", student),
    ):
        with pytest.raises(StudentError, match="the chat template refuses these messages: ") as caught:
            use()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", ["cuda:99", "banana", "cuda:x", ""])
def test_a_device_that_is_not_here_is_one_line(base: Path, device: str) -> None:
    with pytest.raises(StudentError, match=r"device '|has no '"):
        load_student(base, device=device)


def test_cuda_without_a_gpu_is_one_line(base: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(StudentError, match="this machine has no 'cuda'; choose another device"):
        load_student(base, device="cuda")


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors", "tokenizer_config.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"a": 1}', b"null"])
def test_a_broken_file_of_an_adapter_is_one_line(base: Path, tmp_path: Path, name: str, content: bytes) -> None:
    folder = adapter(base, tmp_path / "own", added=0, embeddings=False)
    (folder / name).write_bytes(content)
    try:
        load_student(base, adapter=folder, device="cpu")
    except StudentError as error:
        assert "\n" not in str(error)
    else:
        assert (name, content) in {("tokenizer_config.json", b'{"a": 1}')}  # what is missing there has a default


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_broken_file_of_a_model_is_one_line(base: Path, tmp_path: Path, name: str, content: bytes) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "broken"))
    (folder / name).write_bytes(content)
    with pytest.raises(StudentError):
        load_student(folder, device="cpu")

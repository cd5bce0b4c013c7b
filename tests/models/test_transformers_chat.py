"""A tiny causal LM on disk, behind the chat protocol."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from akd_code.models import Completion, Message, ModelSpecError, RequestRefusedError, Sampling, open_model

WORDS = ["<pad>", "</s>", *"abcdefghijklmnopqrstuvwxyz"]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    core = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="a"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", eos_token="</s>")
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def ask(path: Path, prompts: list[str], sampling: Sampling) -> list[Completion]:
    async def run() -> list[Completion]:
        model = open_model(f"hf:{path}")
        try:
            return await asyncio.gather(*(model.complete([Message("user", text)], sampling) for text in prompts))
        finally:
            await model.aclose()

    return asyncio.run(run())


def test_requests_at_once_get_the_answers_they_get_alone(path: Path) -> None:
    prompts = ["a b c", "d", "e f g h i j", "d"]
    sampling = Sampling(max_tokens=5)
    together = ask(path, prompts, sampling)
    assert together == [ask(path, [text], sampling)[0] for text in prompts]
    assert [answer.prompt_tokens for answer in together] == [3, 1, 6, 1]
    assert all(answer.finish_reason in ("stop", "length") and answer.model == str(path) for answer in together)


def test_requests_with_different_settings_are_not_mixed(path: Path) -> None:
    async def run() -> list[Completion]:
        model = open_model(f"hf:{path}")
        asked = [model.complete([Message("user", "a b")], Sampling(max_tokens=length)) for length in (1, 3, 1, 3)]
        return await asyncio.gather(*asked)

    lengths = [answer.completion_tokens for answer in asyncio.run(run())]
    assert lengths[0] == lengths[2] == 1
    assert lengths[1] == lengths[3]


def test_sampling_repeats_with_its_seed(path: Path) -> None:
    sampling = Sampling(temperature=1.0, max_tokens=8, seed=3)
    assert ask(path, ["a", "b"], sampling) == ask(path, ["a", "b"], sampling)


def test_a_cancelled_caller_does_not_cost_the_others_their_answer(path: Path) -> None:
    async def run() -> Completion:
        model = open_model(f"hf:{path}")
        first = asyncio.create_task(model.complete([Message("user", "a")], Sampling(max_tokens=2)))
        second = asyncio.create_task(model.complete([Message("user", "b")], Sampling(max_tokens=2)))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(run()).text is not None


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelSpecError, match="none"):
        ask(tmp_path / "none", ["a"], Sampling())


def test_a_request_the_model_cannot_take_is_refused(path: Path) -> None:
    with pytest.raises(RequestRefusedError, match="top_p"):
        ask(path, ["a"], Sampling(top_p=0.0))

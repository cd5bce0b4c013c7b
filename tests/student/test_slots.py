"""Answers in slots: what an answer says depends on its prompt and its seed, not on what is written beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_students import CHATML, save_tiny
from transformers import AutoConfig, AutoModelForCausalLM

from akd_code.student import Ask, Student, load_student, sample_asks
from akd_code.student.encode import stop_ids
from akd_code.student.readers import way_of

TEXTS = ["add", "please write a function that adds two numbers", "x", "thank you and you and x", "return x + 1"]


@pytest.fixture(scope="module", params=["llama", "qwen2", "gpt2"])
def student(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Student:
    folder = tmp_path_factory.mktemp("slots") / request.param
    return load_student(save_tiny(folder, template=CHATML, kind=request.param))


def asks(student: Student, count: int) -> list[Ask]:
    return [Ask(tuple(student.tokenizer(TEXTS[at % len(TEXTS)]).input_ids), seed=at) for at in range(count)]


def generated(student: Student, ids: tuple[int, ...], tokens: int) -> list[int]:
    given = torch.tensor([ids])
    made = student.model.generate(
        given,
        attention_mask=torch.ones_like(given),
        do_sample=False,
        max_new_tokens=tokens,
        eos_token_id=sorted(stop_ids(student)),
    )
    return [int(token) for token in made[0, len(ids) :]]


def test_the_usual_models_are_sampled_in_slots(student: Student) -> None:
    expected = "own" if student.model.config.model_type == "gpt2" else "lean"
    assert way_of(student.model, student.device) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 8, 40])
def test_greedy_answers_are_those_of_generate_whatever_shares_the_slots(student: Student, size: int) -> None:
    answers = sample_asks(student, asks(student, 12), max_new_tokens=24, batch_size=size)
    for ask, answer in zip(asks(student, 12), answers, strict=True):
        expected = generated(student, ask.ids, 24)
        assert answer.text == student.tokenizer.decode(expected, skip_special_tokens=True)
        assert answer.completion_tokens == len(expected)


def test_a_table_that_grows_keeps_what_it_holds(student: Student) -> None:
    (answer,) = sample_asks(student, asks(student, 1), max_new_tokens=300, batch_size=1)
    expected = generated(student, asks(student, 1)[0].ids, 300)
    assert answer.completion_tokens == len(expected)
    assert answer.text == student.tokenizer.decode(expected, skip_special_tokens=True)


def test_drawn_answers_do_not_depend_on_what_is_written_beside_them(student: Student) -> None:
    draws: dict[str, Any] = {"temperature": 1.5, "top_p": 0.9, "max_new_tokens": 16}
    together = sample_asks(student, asks(student, 30), batch_size=7, **draws)
    assert len({answer.completion_tokens for answer in together}) > 1  # so that slots are freed at different times
    assert together == sample_asks(student, asks(student, 30), batch_size=30, **draws)
    alone = [sample_asks(student, [ask], **draws)[0] for ask in asks(student, 30)]
    assert together == alone


def test_draws_follow_the_models_shares(student: Student) -> None:
    ids = tuple(student.tokenizer("add two").input_ids)
    with torch.inference_mode():
        shares = torch.softmax(student.model(torch.tensor([ids])).logits[0, -1].double() / 2, -1)
    drawn = sample_asks(
        student, [Ask(ids, seed) for seed in range(4000)], temperature=2.0, max_new_tokens=1, batch_size=500
    )
    likeliest = int(shares.argmax())
    text = student.tokenizer.decode([likeliest], skip_special_tokens=True)
    same = [
        token for token in range(len(shares)) if student.tokenizer.decode([token], skip_special_tokens=True) == text
    ]
    expected = float(shares[same].sum())
    found = sum(answer.text == text for answer in drawn) / len(drawn)
    assert abs(found - expected) < 5 * (expected * (1 - expected) / len(drawn)) ** 0.5


def test_a_stop_string_that_spans_tokens_is_found(student: Student) -> None:
    ids = asks(student, 1)[0].ids
    whole = sample_asks(student, [Ask(ids)], max_new_tokens=40)[0].text
    mark = whole[5:11]
    (cut,) = sample_asks(student, [Ask(ids, stop=(mark,))], max_new_tokens=40)
    assert cut.text == whole.partition(mark)[0]
    assert cut.finish_reason == "stop"


def test_a_model_that_attends_to_a_window_is_sampled_in_batches(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "base", template=CHATML)
    base = load_student(folder)
    config = AutoConfig.for_model(
        "mistral", vocab_size=len(base.tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, sliding_window=8, initializer_range=0.25,
        eos_token_id=base.tokenizer.eos_token_id, pad_token_id=base.tokenizer.pad_token_id, bos_token_id=None,
    )  # fmt: skip
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(str(folder))
    student = load_student(folder)
    assert way_of(student.model, student.device) == "batches"
    answers = sample_asks(student, asks(student, 9), max_new_tokens=20, batch_size=4)
    for ask, answer in zip(asks(student, 9), answers, strict=True):
        expected = generated(student, ask.ids, 20)
        assert answer.text == student.tokenizer.decode(expected, skip_special_tokens=True)


def test_a_model_with_eager_attention_is_sampled_in_slots(student: Student) -> None:
    config = student.model.config
    before = sample_asks(student, asks(student, 6), max_new_tokens=12, batch_size=3)
    config._attn_implementation, student.model._akd_way = "eager", None
    try:
        assert way_of(student.model, student.device) != "batches"
        assert sample_asks(student, asks(student, 6), max_new_tokens=12, batch_size=3) == before
    finally:
        config._attn_implementation, student.model._akd_way = "sdpa", None

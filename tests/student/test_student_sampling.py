"""Sampling: order, stops and finish reasons are right, batching changes nothing, seeds decide."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from tiny_students import save_tiny

from akd_code.recipe import SftSection
from akd_code.records import ChatRow
from akd_code.student import (
    Ask,
    Sampled,
    Student,
    StudentError,
    load_student,
    sample_answers,
    sample_asks,
    train_sft,
)
from akd_code.student import ask as picking
from akd_code.student.encode import prompt_ids, stop_ids

ASKS = [[("user", text)] for text in ("add two numbers", "x", "please write a function that adds", "thank you and you")]


@dataclass(frozen=True)
class Note:
    role: str
    content: str


def test_greedy_answers_equal_those_of_transformers_generate(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    ours = sample_answers(student, ASKS, max_new_tokens=30, batch_size=3)
    for ask, answer in zip(ASKS, ours, strict=True):
        ids = torch.tensor([prompt_ids(student.tokenizer, ask)])
        theirs = student.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=30,
            eos_token_id=sorted(stop_ids(student)),
        )[0, ids.shape[1] :]
        assert answer.text == student.tokenizer.decode(theirs, skip_special_tokens=True)
        assert (answer.prompt_tokens, answer.completion_tokens) == (ids.shape[1], len(theirs))


def test_batch_size_does_not_change_greedy_answers_or_their_order(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    assert sample_answers(student, ASKS, max_new_tokens=25, batch_size=1) == sample_answers(
        student, ASKS, max_new_tokens=25, batch_size=4
    )


def test_messages_may_be_pairs_mappings_or_objects(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    forms = [[("user", "add")], [{"role": "user", "content": "add"}], [Note("user", "add")]]
    assert len(set(sample_answers(student, forms, max_new_tokens=10))) == 1


def test_the_seed_decides_drawn_answers(chat_folder: Path) -> None:
    student = load_student(chat_folder)

    def draw(seed: int) -> list[str]:
        answers = sample_answers(student, ASKS, temperature=1.0, top_p=0.9, max_new_tokens=20, seed=seed)
        return [answer.text for answer in answers]

    torch.manual_seed(5)
    first = draw(1)
    torch.manual_seed(6)
    assert first == draw(1) != draw(2)


def test_equal_prompts_in_a_batch_get_different_drawn_answers(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    answers = sample_answers(student, [ASKS[0]] * 6, temperature=1.0, max_new_tokens=20)
    assert len({answer.text for answer in answers}) > 1


def test_a_tiny_nucleus_is_greedy(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    nucleus = sample_answers(student, ASKS, temperature=1.0, top_p=1e-6, max_new_tokens=20)
    assert nucleus == sample_answers(student, ASKS, max_new_tokens=20)


def test_a_nucleus_is_the_same_however_few_of_the_likeliest_are_sorted_first(
    chat_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = load_student(chat_folder)

    def draw() -> list[Sampled]:
        return sample_answers(student, ASKS * 3, temperature=1.5, top_p=0.9, max_new_tokens=20)

    monkeypatch.setattr(picking, "_SORTED_FIRST", 10_000)
    whole = draw()
    for few in (1, 8, 64):
        monkeypatch.setattr(picking, "_SORTED_FIRST", few)
        assert draw() == whole


def test_answers_in_another_type_are_those_of_a_student_loaded_in_it(chat_folder: Path) -> None:
    student = load_student(chat_folder, dtype="float32")
    half = load_student(chat_folder, dtype="bfloat16")
    assert sample_answers(student, ASKS, max_new_tokens=30, dtype="bfloat16") == sample_answers(
        half, ASKS, max_new_tokens=30
    )
    assert student.model.dtype == torch.float32


def test_the_length_limit_is_a_finish_reason(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    for free, cut in zip(
        sample_answers(student, ASKS, max_new_tokens=30), sample_answers(student, ASKS, max_new_tokens=3), strict=True
    ):
        assert cut.completion_tokens == min(3, free.completion_tokens)
        assert cut.finish_reason == ("length" if free.completion_tokens > 3 else free.finish_reason)


def test_a_stop_string_ends_the_answer_before_it(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    free = sample_answers(student, ASKS, max_new_tokens=20)
    mark = free[0].text[3:5]
    cut = sample_answers(student, ASKS, max_new_tokens=20, stop=(mark,))
    assert cut[0].text == free[0].text[: free[0].text.index(mark)]
    assert cut[0].finish_reason == "stop" and cut[0].completion_tokens < 20
    for before, after in zip(free, cut, strict=True):
        assert after.text == before.text.partition(mark)[0]


def test_nothing_asked_is_nothing_answered(chat_folder: Path) -> None:
    assert sample_answers(load_student(chat_folder), []) == []


def test_a_student_without_a_template_gets_plain_text(plain_folder: Path) -> None:
    student = load_student(plain_folder)
    assert student.tokenizer.decode(prompt_ids(student.tokenizer, [("user", "add x")])) == "add x\n\n"
    assert len(sample_answers(student, ASKS, max_new_tokens=4)) == 4


@pytest.mark.parametrize("wrong", [{"temperature": -1.0}, {"top_p": 0.0}, {"max_new_tokens": 0}, {"batch_size": 0}])
def test_settings_out_of_range_are_refused(chat_folder: Path, wrong: dict[str, float]) -> None:
    with pytest.raises(StudentError, match="sampling needs"):
        sample_answers(load_student(chat_folder), ASKS, **wrong)  # type: ignore[arg-type]


def test_a_missing_model_or_adapter_is_said_in_one_line(chat_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StudentError, match="cannot load the student") as caught:
        load_student(tmp_path / "nowhere")
    assert "\n" not in str(caught.value)
    with pytest.raises(StudentError, match="no adapter in"):
        load_student(chat_folder, adapter=tmp_path)


def test_every_answer_is_told_once_as_soon_as_it_ends(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    told: list[tuple[int, Sampled]] = []
    questions = [[("user", text)] for text in ("add", "please write a function that adds", "thank you and x", "x")]
    answers = sample_answers(
        student,
        questions,
        temperature=2.0,
        max_new_tokens=30,
        batch_size=3,
        stop=["x", "a"],
        on_answer=lambda place, answer: told.append((place, answer)),
    )
    assert sorted(told, key=lambda one: one[0]) == list(enumerate(answers))
    first_batch = [answer.completion_tokens for _, answer in told[:3]]
    assert first_batch == sorted(first_batch)
    assert len(set(first_batch)) > 1


def with_a_table(folder: Path, positions: int) -> Student:
    """A GPT-2 that never stops by itself and has so many positions."""
    from transformers import GPT2Config, GPT2LMHeadModel

    save_tiny(folder, template=None)
    (folder / "model.safetensors").unlink()
    config = GPT2Config(vocab_size=317, n_embd=32, n_layer=2, n_head=2, n_positions=positions, eos_token_id=None)
    GPT2LMHeadModel(config).save_pretrained(folder)
    return load_student(folder, device="cpu")


def test_an_answer_is_cut_where_the_models_table_of_positions_ends(tmp_path: Path) -> None:
    student = with_a_table(tmp_path / "m", 64)
    student.tokenizer.eos_token = None
    asks = [Ask(tuple(range(4, 4 + count))) for count in (60, 10, 63)]
    found = sample_asks(student, asks, max_new_tokens=20)
    assert [(one.completion_tokens, one.finish_reason) for one in found] == [
        (4, "length"),
        (20, "length"),
        (1, "length"),
    ]


def test_a_prompt_beyond_the_models_table_of_positions_is_refused(tmp_path: Path) -> None:
    student = with_a_table(tmp_path / "m", 64)
    with pytest.raises(StudentError, match="a prompt has 64 tokens and this model reads 64 with its answer"):
        sample_asks(student, [Ask(tuple(range(4, 68)))], max_new_tokens=1)


def test_rows_beyond_the_models_table_of_positions_are_not_trained_on(tmp_path: Path) -> None:
    student = with_a_table(tmp_path / "m", 64)
    rows = [ChatRow((("user", "add"), ("assistant", "x " * count)), str(count)) for count in (10, 100)]
    report = train_sft(student, rows, SftSection(epochs=1, lora_r=2), seed=0, out=tmp_path / "a")
    assert (report.rows, report.rows_too_long) == (1, 1)

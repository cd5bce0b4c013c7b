"""Training: only completions are learnt, the stop token among them; adapters reproduce and load with plain peft."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_students import CHATML, save_tiny

from akd_code.recipe import SftSection
from akd_code.records import ChatRow
from akd_code.student import StudentError, TrainingStep, load_student, memory, sample_answers, train_sft
from akd_code.student.encode import encode_row, prompt_ids, stop_ids
from akd_code.student.passes import packs, padded_pieces
from akd_code.student.sft import summed_loss
from akd_code.student.trainer import like_length_batches

CONFIG = SftSection(epochs=70, learning_rate=1e-2, batch_size=4, lora_r=16)
ROWS = [
    ChatRow((("user", question), ("assistant", answer)), f"{index}")
    for index, (question, answer) in enumerate(
        [
            ("add two numbers", "def f(x): return x + 1"),
            ("please write a function", "def f(x): return x"),
            ("thank you", "you and x"),
            ("a function that adds and adds and adds", "def f(x): return x + x + x"),
            ("write x", "x"),
        ]
    )
]


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "adapter_model.safetensors").read_bytes()).hexdigest()


def test_the_completion_ends_with_the_templates_end_of_turn_which_is_a_stop_token(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    end_of_turn = student.tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert stop_ids(student) == {student.tokenizer.eos_token_id, end_of_turn}
    row = encode_row(student, (("user", "add"), ("assistant", "def f")), stop_ids(student))
    assert row.ids[-1] == end_of_turn
    assert student.tokenizer.decode(row.ids[row.start :]) == "def f<|im_end|>"
    assert list(row.ids[: row.start]) == prompt_ids(student.tokenizer, (("user", "add"),))


def test_without_a_template_the_completion_ends_with_eos(plain_folder: Path) -> None:
    student = load_student(plain_folder)
    row = encode_row(student, (("user", "add"), ("assistant", "def f")), stop_ids(student))
    assert student.tokenizer.decode(row.ids) == "add\n\ndef f<|end|>"
    assert student.tokenizer.decode(row.ids[row.start :]) == "def f<|end|>"


def test_a_template_that_never_ends_a_turn_is_refused(tmp_path: Path) -> None:
    student = load_student(save_tiny(tmp_path / "m", template=CHATML.replace("<|im_end|>", "")))
    with pytest.raises(StudentError, match="would never stop"):
        train_sft(student, ROWS, CONFIG, seed=0, out=tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_template_that_rewrites_the_prompt_is_refused(tmp_path: Path) -> None:
    template = "{% if add_generation_prompt %}OPEN{% endif %}" + CHATML
    student = load_student(save_tiny(tmp_path / "m", template=template))
    with pytest.raises(StudentError, match="rewrites the prompt"):
        train_sft(student, ROWS, CONFIG, seed=0, out=tmp_path / "a")


def test_a_row_without_an_answer_is_refused(chat_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StudentError, match="assistant"):
        train_sft(load_student(chat_folder), [ChatRow((("user", "hi"),), "0")], CONFIG, seed=0, out=tmp_path / "a")


def test_the_loss_is_that_of_each_completion_alone_without_padding(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    stops = stop_ids(student)
    rows = [encode_row(student, row.messages, stops) for row in ROWS]
    by_hand = 0.0
    for row in rows:
        with torch.no_grad():
            logits = student.model(input_ids=torch.tensor([row.ids])).logits[0].float().log_softmax(-1)
        by_hand -= sum(float(logits[at - 1, row.ids[at]]) for at in range(row.start, len(row.ids)))
    assert float(summed_loss(student, rows).detach()) == pytest.approx(by_hand, rel=1e-4)


def test_training_lowers_the_loss_and_the_student_learns_answers_and_stopping(
    chat_folder: Path, tmp_path: Path
) -> None:
    student = load_student(chat_folder)
    seen: list[tuple[int, int, int]] = []
    report = train_sft(
        student, ROWS, CONFIG, seed=0, out=tmp_path / "a", on_step=lambda s: seen.append((s.step, s.total, s.tokens))
    )
    assert (report.rows, report.rows_too_long, report.steps) == (5, 0, 140)
    assert report.last_loss < 0.05 < 2 < report.first_loss
    assert seen[-1][:2] == (140, 140) and seen[-1][2] == report.tokens
    answers = sample_answers(student, [[row.messages[0]] for row in ROWS], max_new_tokens=40)
    assert [answer.text for answer in answers] == [row.messages[1][1] for row in ROWS]
    assert {answer.finish_reason for answer in answers} == {"stop"}


def test_equal_seeds_give_equal_bytes_and_other_seeds_do_not(chat_folder: Path, tmp_path: Path) -> None:
    short = SftSection(epochs=2, learning_rate=1e-2, batch_size=2, lora_dropout=0.1)
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        torch.manual_seed(random.randrange(1000))
        train_sft(load_student(chat_folder), ROWS, short, seed=seed, out=tmp_path / name)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


class Stopped(Exception):
    """A stand-in for whatever ends a process in the middle of a training."""


def stop_at(step: int) -> Callable[[TrainingStep], None]:
    def on_step(now: TrainingStep) -> None:
        if now.step == step:
            raise Stopped

    return on_step


@pytest.mark.parametrize("every_s", [0.0, 1e9])
def test_an_interrupted_training_goes_on_and_ends_with_the_same_bytes(
    chat_folder: Path, tmp_path: Path, every_s: float
) -> None:
    short = SftSection(epochs=4, learning_rate=1e-2, batch_size=2, lora_dropout=0.1)
    out, seen = tmp_path / "cut" / "adapter", list[int]()

    def train(out: Path, on_step: Callable[[TrainingStep], None]) -> int:
        student = load_student(chat_folder)
        return train_sft(student, ROWS, short, seed=0, out=out, on_step=on_step, checkpoint_s=every_s).steps

    train(tmp_path / "whole", stop_at(0))
    for step in (3, 8):
        with pytest.raises(Stopped):
            train(out, stop_at(step))
    assert train(out, lambda step: seen.append(step.step)) == 12
    assert seen == list(range(1 if every_s else 9, 13))
    assert digest(out) == digest(tmp_path / "whole")
    assert [path.name for path in out.parent.iterdir()] == ["adapter"]


def test_it_goes_on_with_the_micro_batch_it_began_with_however_much_memory_is_free(
    chat_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, rows = SftSection(epochs=2, learning_rate=1e-2, batch_size=40), ROWS * 8
    out = tmp_path / "cut"

    def train(out: Path, free: int, on_step: Callable[[TrainingStep], None]) -> None:
        monkeypatch.setattr(memory, "free_memory", lambda device: free)
        train_sft(load_student(chat_folder), rows, short, seed=0, out=out, on_step=on_step, checkpoint_s=0.0)

    train(tmp_path / "little", 1, stop_at(0))
    train(tmp_path / "much", 2**40, stop_at(0))
    with pytest.raises(Stopped):
        train(out, 1, stop_at(1))
    train(out, 2**40, stop_at(0))
    assert digest(out) == digest(tmp_path / "little") != digest(tmp_path / "much")


@pytest.mark.parametrize("change", ["rows", "seed", "settings", "weights", "damage"])
def test_a_checkpoint_of_another_training_is_not_gone_on_from(chat_folder: Path, tmp_path: Path, change: str) -> None:
    short = SftSection(epochs=4, learning_rate=1e-2, batch_size=2)
    out, seen = tmp_path / "adapter", list[int]()
    with pytest.raises(Stopped):
        train_sft(load_student(chat_folder), ROWS, short, seed=0, out=out, on_step=stop_at(3), checkpoint_s=0.0)
    student, rows, seed = load_student(chat_folder), ROWS, 0
    if change == "rows":
        rows = ROWS[:4]
    elif change == "seed":
        seed = 1
    elif change == "settings":
        short = short.model_copy(update={"learning_rate": 2e-2})
    elif change == "weights":
        train_sft(student, ROWS, short, seed=5, out=tmp_path / "before")
    else:
        (tmp_path / ".adapter.checkpoint" / "state.safetensors").write_bytes(b"damaged")
    train_sft(student, rows, short, seed=seed, out=out, on_step=lambda step: seen.append(step.step))
    assert seen[0] == 1


def test_sampling_in_between_does_not_change_what_training_yields(chat_folder: Path, tmp_path: Path) -> None:
    short = SftSection(epochs=2, learning_rate=1e-2, batch_size=2)
    for name, asks in (("a", 0), ("b", 3)):
        student = load_student(chat_folder)
        train_sft(student, ROWS, short, seed=0, out=tmp_path / name / "1")
        for _ in range(asks):
            sample_answers(student, [[("user", "add")]], temperature=1.0, max_new_tokens=5)
        train_sft(student, ROWS, short, seed=1, out=tmp_path / name / "2")
    assert digest(tmp_path / "a" / "2") == digest(tmp_path / "b" / "2")


def test_a_saved_adapter_loads_with_plain_peft_and_continues(chat_folder: Path, tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    student = load_student(chat_folder)
    train_sft(student, ROWS, CONFIG, seed=0, out=tmp_path / "a")
    plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(str(chat_folder)), str(tmp_path / "a"))
    ids = torch.tensor([prompt_ids(student.tokenizer, (("user", "add two numbers"),))])
    torch.testing.assert_close(plain.eval()(input_ids=ids).logits, student.model(input_ids=ids).logits)

    resumed = load_student(chat_folder, adapter=tmp_path / "a")
    assert resumed.has_adapter
    again = train_sft(resumed, ROWS, SftSection(epochs=1, learning_rate=1e-4, batch_size=4), seed=1, out=tmp_path / "b")
    assert again.first_loss < 0.2
    for name, one, two in (("next round", resumed, load_student(chat_folder, adapter=tmp_path / "b")),):
        torch.testing.assert_close(one.model(input_ids=ids).logits, two.model(input_ids=ids).logits, msg=name)


def test_the_adapter_folder_replaces_an_old_one_whole_and_names_no_path(chat_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rounds" / "adapter"
    out.mkdir(parents=True)
    (out / "leftover.txt").write_text("old")
    train_sft(load_student(chat_folder), ROWS, SftSection(epochs=1), seed=0, out=out)
    assert not (out / "leftover.txt").exists() and [path.name for path in out.parent.iterdir()] == ["adapter"]
    config = json.loads((out / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == chat_folder.name
    assert str(chat_folder.parent) not in "".join(
        path.read_text() for path in out.iterdir() if path.suffix in {".json", ".md"}
    )
    assert not any("lm_head" in name for name in config["target_modules"])


def test_rows_that_do_not_fit_are_counted_and_left_out(chat_folder: Path, tmp_path: Path) -> None:
    longest = ChatRow((("user", "x " * 400), ("assistant", "y")), "long")
    config = SftSection(epochs=1, max_length=200)
    report = train_sft(load_student(chat_folder), [*ROWS, longest], config, seed=0, out=tmp_path / "a")
    assert (report.rows, report.rows_too_long) == (5, 1)
    with pytest.raises(StudentError, match="none of 1 rows"):
        train_sft(load_student(chat_folder), [longest], config, seed=0, out=tmp_path / "b")


def test_pieces_of_a_batch_do_not_change_the_result(chat_folder: Path, tmp_path: Path) -> None:
    losses = []
    for name, micro in (("a", 100_000), ("b", 60)):
        student = load_student(chat_folder)
        config = SftSection(epochs=3, learning_rate=1e-3, batch_size=5, micro_tokens=micro)
        losses.append(train_sft(student, ROWS, config, seed=0, out=tmp_path / name).last_loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_batches_hold_every_row_once_and_rows_of_like_length() -> None:
    lengths = [random.Random(1).randint(1, 500) for _ in range(103)]
    batches = like_length_batches(lengths, 8, random.Random(2))
    assert sorted(index for batch in batches for index in batch) == list(range(103))
    assert batches != like_length_batches(lengths, 8, random.Random(3))


def test_pieces_keep_order_and_stay_under_the_limit(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    rows = [encode_row(student, row.messages, stop_ids(student)) for row in ROWS]
    made = padded_pieces(rows, 70)
    assert [row for piece in made for row in piece] == rows
    assert all(len(piece) == 1 or len(piece) * max(len(row.ids) for row in piece) <= 70 for piece in made)
    assert len(made) > 1
    made = packs(rows, 70)
    assert [row for piece in made for row in piece] == rows
    assert all(len(piece) == 1 or sum(len(row.ids) for row in piece) <= 70 for piece in made)
    assert len(made) > 1


@pytest.mark.parametrize("kind", ["qwen2", "gpt2"])
def test_other_architectures_train_and_sample(kind: str, tmp_path: Path) -> None:
    student = load_student(save_tiny(tmp_path / kind, template=CHATML, kind=kind))
    report = train_sft(student, ROWS, CONFIG, seed=0, out=tmp_path / "a")
    assert report.last_loss < report.first_loss / 4
    answers = sample_answers(student, [[row.messages[0]] for row in ROWS], max_new_tokens=40, batch_size=5)
    alone = [sample_answers(student, [[row.messages[0]]], max_new_tokens=40)[0] for row in ROWS]
    assert answers == alone

"""Preference training: the loss is TRL's, the reference the student at its beginning, an interruption nothing."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_students import CHATML, save_tiny

from akd_code.recipe import PreferSection
from akd_code.records import Pair, Single, Taught
from akd_code.student import Student, TrainingStep, load_student, train_prefer
from akd_code.student.encode import EncodedRow, encode_row, stop_ids
from akd_code.student.kto import SingleExample, kto
from akd_code.student.preference import PairExample, dpo, logps
from akd_code.student.self_distil import TaughtExample, self_distillation, taught

QUESTIONS = ("add two numbers", "please write a function", "thank you", "write x")
PAIRS = [
    Pair(f"{at}", question, f"def f(x): return x + {at}", f"def f(x): return {at} + {at} + x")
    for at, question in enumerate(QUESTIONS)
]
SETTINGS = PreferSection(method="dpo", epochs=30, learning_rate=5e-3, batch_size=2, beta=0.5, nll=0.0)


@pytest.fixture(autouse=True)
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("akd_code.student.precision.fast_bfloat16", lambda: False)


def rows_of(student: Student, question: str, *answers: str) -> list[EncodedRow]:
    stops = stop_ids(student)
    return [encode_row(student, (("user", question), ("assistant", answer)), stops) for answer in answers]


def examples_of(student: Student, reference: Student) -> list[PairExample]:
    rows = [rows_of(student, pair.prompt, pair.chosen, pair.rejected) for pair in PAIRS]
    return [
        PairExample(chosen, rejected, (logps(reference, [chosen])[0], logps(reference, [rejected])[0]))
        for chosen, rejected in rows
    ]


def gradients(model: Any) -> dict[str, torch.Tensor]:
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}


def trl_batch(student: Student, examples: list[PairExample]) -> dict[str, torch.Tensor]:
    """The batch as TRL's collator makes it: chosen before rejected, padded on the right."""
    rows = [*(one.chosen for one in examples), *(one.rejected for one in examples)]
    length = max(row.length for row in rows)
    pad = student.tokenizer.pad_token_id
    padding = [length - row.length for row in rows]
    return {
        "input_ids": torch.tensor([[*row.ids, *[pad] * more] for row, more in zip(rows, padding, strict=True)]),
        "attention_mask": torch.tensor(
            [[1] * row.length + [0] * more for row, more in zip(rows, padding, strict=True)]
        ),
        "completion_mask": torch.tensor(
            [[0] * row.start + [1] * row.trained + [0] * more for row, more in zip(rows, padding, strict=True)]
        ),
    }


def trl_loss(
    student: Student, reference: Student, examples: list[PairExample], out: Path, **options: Any
) -> torch.Tensor:
    trl = pytest.importorskip("trl", reason="TRL is a development dependency; pip install -e .[dev]")
    datasets = pytest.importorskip("datasets")
    rows = [{"prompt": pair.prompt, "chosen": pair.chosen, "rejected": pair.rejected} for pair in PAIRS]
    trainer = trl.DPOTrainer(
        model=student.model,
        ref_model=reference.model,
        args=trl.DPOConfig(output_dir=str(out), report_to=[], use_cpu=True, bf16=False, **options),
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=student.tokenizer,
    )
    loss = trainer.compute_loss(student.model, trl_batch(student, examples))
    assert isinstance(loss, torch.Tensor)
    return loss


@pytest.mark.parametrize("beta", [0.01, 0.5])
def test_loss_and_gradients_of_dpo_are_trls(chat_folder: Path, tmp_path: Path, beta: float) -> None:
    other = save_tiny(tmp_path / "other", template=CHATML, seed=2)
    ours, theirs = load_student(chat_folder), load_student(chat_folder)
    reference = load_student(other)
    examples = examples_of(ours, reference)
    loss, margin, preferred = dpo(beta).summed_loss(ours, examples) / len(examples)
    loss.backward()  # type: ignore[no-untyped-call]
    expected = trl_loss(theirs, reference, examples, tmp_path / "trl", beta=beta)
    expected.backward()  # type: ignore[no-untyped-call]
    assert float(loss) == pytest.approx(float(expected), abs=1e-4)
    assert abs(float(margin)) > 1e-3  # so that the reference counts
    assert 0 <= float(preferred) <= 1
    found, wanted = gradients(ours.model), gradients(theirs.model)
    assert found.keys() == wanted.keys()
    for name, gradient in wanted.items():
        assert torch.allclose(found[name], gradient, atol=1e-4), name


def test_the_second_term_is_the_chosen_answers_own_loss_per_token(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    (example,) = examples_of(student, student)[:1]
    row = example.chosen
    logits = student.model(input_ids=torch.tensor([row.ids])).logits[0, row.start - 1 : -1]
    nll = torch.nn.functional.cross_entropy(logits, torch.tensor(row.ids[row.start :]))
    plain, both = (float(dpo(0.1, weight).summed_loss(student, [example])[0]) for weight in (0.0, 0.5))
    assert plain == pytest.approx(math.log(2), abs=1e-5)  # nothing is learnt yet: the margin is 0
    assert both - plain == pytest.approx(0.5 * float(nll), rel=1e-4)


def test_the_margin_grows_with_the_chosen_answer_and_shrinks_with_the_rejected(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    (example,) = examples_of(student, student)[:1]
    chosen, rejected = example.reference
    better = replace(example, reference=(chosen - 2.0, rejected))  # the student likes the chosen one more than it did
    worse = replace(example, reference=(chosen, rejected - 2.0))
    margins = [float(dpo(0.5).summed_loss(student, [one])[1]) for one in (better, worse)]
    assert margins == pytest.approx([1.0, -1.0], abs=1e-4)


def test_training_makes_the_chosen_answers_likelier_than_the_rejected(chat_folder: Path, tmp_path: Path) -> None:
    steps: list[TrainingStep] = []
    report = train_prefer(load_student(chat_folder), PAIRS, SETTINGS, seed=0, out=tmp_path / "a", on_step=steps.append)
    assert report.names == ("margin", "preferred")
    assert len(report.losses) == len(report.figures) == len(steps) == 60
    assert report.losses[0] == pytest.approx(math.log(2), abs=1e-3)
    assert report.losses[-1] < 0.3
    assert steps[-1].figures["preferred"] == 1.0
    assert [prompt_id for prompt_id, _ in report.margins] == ["0", "1", "2", "3"]
    assert all(margin > 1 for _, margin in report.margins)


def test_the_reference_is_the_student_as_it_is_when_the_training_begins(chat_folder: Path, tmp_path: Path) -> None:
    train_prefer(load_student(chat_folder), PAIRS, SETTINGS, seed=0, out=tmp_path / "a")
    again = load_student(chat_folder, adapter=tmp_path / "a")
    report = train_prefer(again, PAIRS, SETTINGS, seed=0, out=tmp_path / "b")
    assert report.figures[0] == pytest.approx((0.0, 0.0), abs=1e-2)  # its margins start at nothing again


class Stopped(Exception):
    """An interruption."""


def test_an_interrupted_preference_training_ends_with_the_same_bytes(chat_folder: Path, tmp_path: Path) -> None:
    def digest(folder: Path) -> str:
        return hashlib.sha256((folder / "adapter_model.safetensors").read_bytes()).hexdigest()

    def stop(step: TrainingStep) -> None:
        if step.step == 23:
            raise Stopped

    whole = train_prefer(load_student(chat_folder), PAIRS, SETTINGS, seed=3, out=tmp_path / "whole")
    with pytest.raises(Stopped):
        train_prefer(
            load_student(chat_folder), PAIRS, SETTINGS, seed=3, out=tmp_path / "b", on_step=stop, checkpoint_s=0
        )
    resumed = train_prefer(load_student(chat_folder), PAIRS, SETTINGS, seed=3, out=tmp_path / "b")
    assert digest(tmp_path / "b") == digest(tmp_path / "whole")
    assert (resumed.losses, resumed.figures) == (whole.losses, whole.figures)


def test_pairs_that_do_not_fit_are_counted(chat_folder: Path, tmp_path: Path) -> None:
    long = Pair("long", "write x", "def f(x): return x" + " + x" * 200, "x")
    settings = SETTINGS.model_copy(update={"max_length": 100, "epochs": 1})
    report = train_prefer(load_student(chat_folder), [*PAIRS, long], settings, seed=0, out=tmp_path / "a")
    assert (report.rows, report.rows_too_long) == (4, 1)


def test_kto_is_the_papers_formula(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    (good, bad, other) = rows_of(student, "write x", "def f(x): return x", "return", "thank you")
    now = logps(student, [good, bad, other])
    # reward of the right answer 1.5, of the wrong one -0.5; the drift is the mean of 1 and 0
    examples = [
        SingleExample(good, True, other, (now[0] - 1.5, now[2] - 1.0)),
        SingleExample(bad, False, other, (now[1] + 0.5, now[2])),
    ]
    found = kto(2.0, desirable=1.0, undesirable=3.0).summed_loss(student, examples)
    right = 1 - 1 / (1 + math.exp(-2.0 * (1.5 - 0.5)))
    wrong = 3 * (1 - 1 / (1 + math.exp(-2.0 * (0.5 - -0.5))))
    assert found.tolist() == pytest.approx([right + wrong, 2 * 1.5 + 2 * 0.5], abs=1e-3)


def test_kto_makes_right_answers_likelier_and_wrong_ones_less_likely(chat_folder: Path, tmp_path: Path) -> None:
    singles = [
        Single(pair.prompt_id, pair.prompt, text, right)
        for pair in PAIRS
        for text, right in ((pair.chosen, True), (pair.rejected, False))
    ]
    student = load_student(chat_folder)
    rows = [rows_of(student, one.prompt, one.text)[0] for one in singles]
    before = logps(student, rows)
    settings = SETTINGS.model_copy(update={"method": "kto"})
    train_prefer(student, singles, settings, seed=0, out=tmp_path / "a")
    moved = [now - then for now, then in zip(logps(student, rows), before, strict=True)]
    assert all(change > 0 for change, one in zip(moved, singles, strict=True) if one.right)
    assert all(change < 0 for change, one in zip(moved, singles, strict=True) if not one.right)


@pytest.mark.parametrize("direction", ["reverse", "forward"])
def test_self_distillation_is_the_divergence_of_each_token(chat_folder: Path, direction: Any) -> None:
    student = load_student(chat_folder)
    row, _ = rows_of(student, "write x", "def f(x): return x", "x")
    (shown,) = rows_of(student, "please write a function that adds", "def f(x): return x")
    vocabulary = student.model.config.vocab_size
    examples = taught(student, [row], [shown], top_k=vocabulary)
    found = float(self_distillation(direction).summed_loss(student, examples))

    def says(one: EncodedRow) -> torch.Tensor:
        return student.model(input_ids=torch.tensor([one.ids])).logits[0, one.start - 1 : -1].log_softmax(-1).double()

    mine, teachers = says(row), says(shown)
    first, second = (mine, teachers) if direction == "reverse" else (teachers, mine)
    assert found == pytest.approx(float((first.exp() * (first - second)).sum()), rel=1e-3)


def test_the_likeliest_tokens_and_the_rest_are_a_lower_bound_of_the_divergence(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    (row,) = rows_of(student, "write x", "def f(x): return x")
    (shown,) = rows_of(student, "please write a function that adds", "def f(x): return x")
    whole, few = (
        float(self_distillation("reverse").summed_loss(student, taught(student, [row], [shown], top_k=k)))
        for k in (student.model.config.vocab_size, 8)
    )
    assert 0 < few <= whole * (1 + 1e-6)


def test_a_student_that_is_its_own_teacher_without_context_learns_nothing(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    (row,) = rows_of(student, "write x", "def f(x): return x")
    (example,) = taught(student, [row], [row], top_k=16)
    assert isinstance(example, TaughtExample)
    assert float(self_distillation("reverse").summed_loss(student, [example])) == pytest.approx(0.0, abs=1e-4)


def test_self_distillation_moves_the_student_towards_what_it_says_when_shown(chat_folder: Path, tmp_path: Path) -> None:
    student = load_student(chat_folder)
    lessons = [Taught(pair.prompt_id, pair.prompt, pair.rejected, f"{pair.prompt} {pair.chosen}") for pair in PAIRS]
    settings = SETTINGS.model_copy(update={"method": "self"})
    report = train_prefer(student, lessons, settings, seed=0, out=tmp_path / "a")
    assert report.losses[-1] < 0.3 * report.losses[0]


def test_the_teacher_is_asked_about_the_students_own_tokens(chat_folder: Path) -> None:
    student = load_student(chat_folder)
    row, other = rows_of(student, "write x", "def f(x): return x", "x")
    with pytest.raises(ValueError, match="own tokens"):
        taught(student, [row], [other], top_k=4)

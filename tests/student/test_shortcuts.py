"""Packed rows and losses in chunks give what each row alone gives through the plain model, or are not taken."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaForCausalLM

from akd_code.student import readout
from akd_code.student.attention import own_attention
from akd_code.student.encode import EncodedRow
from akd_code.student.layout import few_sizes
from akd_code.student.load import Shortcuts, Student
from akd_code.student.logits import arranged, completion_logps, completion_losses, inner_model, over_completions
from akd_code.student.shortcuts import shown_right

LLAMA = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
GROUPED = {**LLAMA, "num_key_value_heads": 2}
GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128}
PACKING: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", LLAMA),
    "qwen2, grouped heads": ("qwen2", GROUPED),
    "gpt2": ("gpt2", GPT2),
    "cohere, scaled logits": ("cohere", {**GROUPED, "logit_scale": 0.25}),
    "granite, divided logits": ("granite", {**GROUPED, "logits_scaling": 4.0}),
    "mistral, a window of 8": ("mistral", {**GROUPED, "sliding_window": 8}),
}
ROWS = [EncodedRow((5, 6, 7, 8, 9), 3), EncodedRow(tuple(range(3, 30)), 20, weight=0.5), EncodedRow((40, 41, 42), 1)]
LONGEST = 27


def student_of(kind: str, **sizes: Any) -> Student:
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, vocab_size=97, initializer_range=0.2, **sizes)
    config.pad_token_id = 0
    return wrapped(AutoModelForCausalLM.from_config(config))


def wrapped(model: Any) -> Student:
    tokenizer: Any = SimpleNamespace(pad_token_id=0)
    return Student(model.eval(), tokenizer, "cpu", "tiny")


def with_lora(student: Student, **settings: Any) -> Student:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(1)
    config = LoraConfig(**{"r": 4, "target_modules": "all-linear", "task_type": "CAUSAL_LM", **settings})
    student.model = get_peft_model(student.model, config)
    for name, weight in student.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    return student


def one_by_one(student: Student) -> list[torch.Tensor]:
    """Each row's losses, from plain calls of transformers."""
    found = []
    for row in ROWS:
        logits = student.model(input_ids=torch.tensor([row.ids])).logits[0, row.start - 1 : -1]
        targets = torch.tensor(row.ids[row.start :])
        found.append(torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none"))
    return found


def gradients(student: Student, losses: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """The gradients of the rows' losses, each row by its weight and each token by its place."""
    total = sum(
        row.weight * (loss * torch.arange(1.0, len(loss) + 1)).sum() for row, loss in zip(ROWS, losses, strict=True)
    )
    named = {name: weight for name, weight in student.model.named_parameters() if weight.requires_grad}
    found = torch.autograd.grad(total, list(named.values()), allow_unused=True)
    return {name: one for name, one in zip(named, found, strict=True) if one is not None}


def check(student: Student, tolerance: float = 1e-5) -> None:
    """Losses and gradients by the student's shortcuts are those of each row alone."""
    expected = one_by_one(student)
    expected_gradients = gradients(student, expected)
    with own_attention(inner_model(student.model)):
        found = completion_losses(student, ROWS)
        found_gradients = gradients(student, found)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=tolerance, rtol=tolerance)
    assert expected_gradients and found_gradients.keys() == expected_gradients.keys()
    for name, gradient in expected_gradients.items():
        torch.testing.assert_close(found_gradients[name], gradient, atol=1e-4, rtol=1e-4, msg=name)


@pytest.mark.parametrize("name", PACKING)
def test_packed_rows_and_losses_in_chunks_are_those_of_each_row_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(readout.CHUNK_BYTES, "cpu", 3 * 4 * 97)  # three tokens a chunk
    kind, sizes = PACKING[name]
    student = with_lora(student_of(kind, **sizes))
    student.shortcuts = shown_right(student, LONGEST)
    assert student.shortcuts.packed and student.shortcuts.readout is not None
    assert arranged(student, ROWS).input_ids.shape == (1, 36)  # 35 tokens, and one that is nobody's
    check(student)


def test_soft_capped_logits_are_read_out_and_rows_stay_apart_without_sdpa() -> None:
    student = with_lora(student_of("gemma2", **GROUPED, head_dim=8, final_logit_softcapping=2.0))
    inner_model(student.model).set_attn_implementation("eager")
    student.shortcuts = shown_right(student, LONGEST)
    assert student.shortcuts.readout is not None and student.shortcuts.readout.cap == 2.0
    assert not student.shortcuts.packed
    check(student)


def test_an_output_layer_with_an_adapter_or_trained_whole_gets_its_gradient() -> None:
    for settings in ({"target_modules": ["q_proj", "lm_head"]}, {"modules_to_save": ["lm_head"]}):
        student = with_lora(student_of("llama", **LLAMA), **settings)
        student.shortcuts = shown_right(student, LONGEST)
        assert student.shortcuts.readout is not None and not student.shortcuts.readout.plain
        check(student)


def test_a_whole_model_is_trained_by_its_own_logits_too() -> None:
    student = student_of("llama", **LLAMA)
    assert student.shortcuts == Shortcuts()
    check(student)


def test_a_model_that_mixes_neighbours_is_never_packed() -> None:
    student = student_of("mamba", hidden_size=32, num_hidden_layers=2, state_size=4)
    student.shortcuts = shown_right(student, LONGEST)
    assert not student.shortcuts.packed


class Doubled(LlamaForCausalLM):
    """Does something to its logits that no configuration tells of."""

    def forward(self, input_ids: Any, attention_mask: Any = None, position_ids: Any = None, **kwargs: Any) -> Any:
        output = super().forward(input_ids, attention_mask, position_ids, **kwargs)
        output.logits = 2 * output.logits
        return output


def test_logits_that_are_not_what_the_output_layer_gives_come_from_the_model_itself() -> None:
    torch.manual_seed(0)
    student = with_lora(wrapped(Doubled(AutoConfig.for_model("llama", vocab_size=97, initializer_range=0.2, **LLAMA))))
    student.shortcuts = shown_right(student, LONGEST)
    assert student.shortcuts.readout is None
    check(student)


def test_sums_and_other_figures_of_tokens_are_those_of_each_row_alone() -> None:
    student = student_of("qwen2", **GROUPED)
    expected = [-float(losses.detach().sum()) for losses in one_by_one(student)]
    student.shortcuts = shown_right(student, LONGEST)
    with own_attention(student.model), torch.no_grad():
        assert completion_logps(student, ROWS).tolist() == pytest.approx(expected, rel=1e-4)
        place = torch.arange(2 + 7 + 2.0)
        along = over_completions(student, ROWS, lambda logits, at: logits.softmax(-1).sum(-1) * at, place)
    assert along.tolist() == pytest.approx(place.tolist(), abs=1e-4)


def test_the_student_is_as_before_the_test_of_its_shortcuts() -> None:
    student = student_of("llama", **LLAMA)
    student.model.train()
    shown_right(student, LONGEST)
    assert student.shortcuts == Shortcuts()
    assert student.model.training and student.model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("tokens", [1, 16, 17, 20, 33, 37, 40, 41])
def test_a_last_chunk_that_is_filled_up_changes_no_loss_and_no_gradient(
    tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(readout.CHUNK_BYTES, "cpu", 20 * 4 * 13)  # twenty tokens a chunk
    torch.manual_seed(tokens)
    head = torch.nn.Linear(8, 13).requires_grad_(requires_grad=False)
    hidden, targets = torch.randn(tokens, 8, requires_grad=True), torch.randint(13, (tokens,))
    weights = torch.rand(tokens)
    found = readout.cross_entropies(readout.Readout(head), hidden, targets)
    (gradient,) = torch.autograd.grad((found * weights).sum(), hidden)
    expected = torch.nn.functional.cross_entropy(head(hidden), targets, reduction="none")
    (expected_gradient,) = torch.autograd.grad((expected * weights).sum(), hidden)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(gradient, expected_gradient)


def test_sizes_are_few_and_little_is_filled_up() -> None:
    sizes = {tokens: few_sizes(tokens) for tokens in range(1, 4097)}
    assert all(tokens <= size <= tokens * 9 / 8 for tokens, size in sizes.items())
    for power in (64, 1024, 2048):
        assert len({size for tokens, size in sizes.items() if power < tokens <= 2 * power}) == 8

"""Mixed precision changes how fast training is, not what it learns."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from akd_code.student import precision
from akd_code.student.attention import ATTENTION
from akd_code.student.precision import mixed_precision


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the processor for one with fast bfloat16: the products are right, if slow, on any."""
    monkeypatch.setattr(precision, "fast_bfloat16", lambda: True)


def tiny() -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=2, pad_token_id=0,
        )
    )  # fmt: skip


def losses(model: LlamaForCausalLM, steps: int) -> list[float]:
    """Train on one fixed batch; return the loss before each step."""
    ids = torch.arange(1, 33).reshape(2, 16)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    found = []
    for _ in range(steps):
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        found.append(float(loss.detach()))
    return found


def test_every_step_sees_the_weights_of_the_step_before(fast: None) -> None:
    plain = tiny()
    mixed = deepcopy(plain)
    expected = losses(plain, 12)
    with mixed_precision(mixed, "cpu"):
        found = losses(mixed, 12)
    assert expected[-1] < 0.5 * expected[0]
    assert found == pytest.approx(expected, rel=0.05)
    assert found != expected  # it was bfloat16


def test_weights_and_attention_are_as_before_afterwards(fast: None) -> None:
    model = tiny()
    assert model.config._attn_implementation == "sdpa"
    with pytest.raises(RuntimeError, match="stop"), mixed_precision(model, "cpu"):
        assert model.config._attn_implementation == ATTENTION
        raise RuntimeError("stop")
    assert model.config._attn_implementation == "sdpa"
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert model(input_ids=torch.ones(1, 3, dtype=torch.long)).logits.dtype == torch.float32


def test_padding_on_the_left_is_not_attended_to(fast: None) -> None:
    model = tiny().eval()
    ids = torch.tensor([[5, 6, 7, 8]])
    padded = torch.tensor([[0, 0, 5, 6, 7, 8]])
    mask = torch.tensor([[0, 0, 1, 1, 1, 1]])
    places = torch.tensor([[0, 0, 0, 1, 2, 3]])
    with torch.no_grad(), mixed_precision(model, "cpu"):
        alone = model(input_ids=ids).logits[:, -1]
        behind = model(input_ids=padded, attention_mask=mask, position_ids=places).logits[:, -1]
    assert torch.allclose(alone.float(), behind.float(), atol=1e-2)


def test_without_fast_bfloat16_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "fast_bfloat16", lambda: False)
    plain = tiny()
    mixed = deepcopy(plain)
    expected = losses(plain, 3)
    with mixed_precision(mixed, "cpu"):
        assert losses(mixed, 3) == expected

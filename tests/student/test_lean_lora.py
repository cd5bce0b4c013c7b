"""LoRA layers in few steps are peft's, in value and gradient; what they cannot be stays peft's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import Linear
from torch import nn

from akd_code.student.lora import lean_lora


class Block(nn.Module):
    """Two layers on one input, and one behind them."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.up = nn.Linear(12, 20, bias=False), nn.Linear(12, 20)
        self.down = nn.Linear(20, 12)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normed = nn.functional.layer_norm(x, (12,))
        found: torch.Tensor = self.down(nn.functional.silu(self.gate(normed)) * self.up(normed))
        return found


def block(**settings: Any) -> Any:
    torch.manual_seed(0)
    model = get_peft_model(Block(), LoraConfig(r=4, lora_alpha=12, target_modules=["gate", "up", "down"], **settings))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(weight)
    return model


def pass_through(model: Any) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The output, and the gradients of the input and of every trained weight."""
    x = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(3), requires_grad=True)
    found = model(x)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return found, list(torch.autograd.grad((found**2).sum(), [x, *trained]))


def test_values_and_gradients_are_pefts() -> None:
    model = block()
    expected, expected_gradients = pass_through(model)
    with lean_lora(model) as layers:
        assert layers == 3
        found, gradients = pass_through(model)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert len(gradients) == 7
    torch.testing.assert_close(gradients, expected_gradients, rtol=1e-4, atol=1e-4)


def test_a_model_may_add_to_their_output_in_place() -> None:
    class InPlace(Block):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.down(self.gate(x).add_(self.up(x)))
            return found.add_(x)

    torch.manual_seed(0)
    model: Any = get_peft_model(InPlace(), LoraConfig(r=4, target_modules=["gate", "up", "down"]))
    expected, expected_gradients = pass_through(model)
    with lean_lora(model):
        found, gradients = pass_through(model)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gradients, expected_gradients, rtol=1e-4, atol=1e-4)


def test_in_bfloat16_they_are_as_near_to_the_truth_as_pefts() -> None:
    """Over twenty draws of the weights: of one draw it is chance which rounding is the luckier."""
    model = block()
    errors = {"ours": 0.0, "pefts": 0.0}
    for seed in range(20):
        torch.manual_seed(seed)
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                nn.init.normal_(weight, std=0.1)
        _, truth = pass_through(model)
        with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
            found = {"pefts": pass_through(model)[1]}
            with lean_lora(model):
                found["ours"] = pass_through(model)[1]
        for name, gradients in found.items():
            assert [one.dtype for one in gradients] == [one.dtype for one in truth]
            errors[name] += sum(
                float((one - true).norm() / true.norm()) for one, true in zip(gradients, truth, strict=True)
            )
    assert 0 < errors["ours"] < 1.1 * errors["pefts"], errors


def test_weights_that_change_are_seen_at_once() -> None:
    model = block()
    with lean_lora(model):
        before, _ = pass_through(model)
        with torch.no_grad():
            model.base_model.model.down.lora_B["default"].weight.mul_(2)
        after, _ = pass_through(model)
    assert not torch.allclose(before, after)


@pytest.mark.parametrize("settings", [{"lora_dropout": 0.1}, {"use_dora": True}, {"lora_bias": True}])
def test_other_kinds_stay_pefts(settings: dict[str, Any]) -> None:
    with lean_lora(block(**settings)) as layers:
        # of dropout's and the bias's layers none; of DoRA's none
        assert layers == 0


def test_afterwards_the_layers_are_pefts_again() -> None:
    model = block()
    with pytest.raises(RuntimeError, match="stop"), lean_lora(model):
        raise RuntimeError("stop")
    kinds = {type(module) for module in model.modules() if isinstance(module, Linear)}
    assert kinds == {Linear}
    assert not any("lean" in vars(module) for module in model.modules())


def test_a_pass_without_gradient_leaves_nothing_behind_for_one_with() -> None:
    model = block()
    x = torch.ones(1, 12)
    with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False), lean_lora(model):
        layer = model.base_model.model.gate
        source = x.clone().requires_grad_()
        with torch.no_grad():
            layer(source)
        layer(source).sum().backward()
    assert source.grad is not None and bool(source.grad.abs().sum() > 0)

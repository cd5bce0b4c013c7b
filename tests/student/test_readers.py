"""Passes in few steps give a model's own logits, or are not taken."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaForCausalLM

from akd_code.student import StudentError, readers
from akd_code.student.ask import Ask
from akd_code.student.batches import Batches
from akd_code.student.readers import reader_of, way_of, writer_of
from akd_code.student.sample import shared_beginning

SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
GROUPED = {**SIZES, "num_key_value_heads": 2}
LEAN: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", SIZES),
    "llama, grouped heads": ("llama", GROUPED),
    "llama, biases and one table of embeddings": (
        "llama",
        {**GROUPED, "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True},
    ),
    "qwen2, biases of queries": ("qwen2", GROUPED),
    "qwen3, norms of heads": ("qwen3", {**GROUPED, "head_dim": 16}),
    "mistral, no window": ("mistral", {**GROUPED, "sliding_window": None}),
}
OTHERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "scaled logits": ("granite", {**GROUPED, "logits_scaling": 4.0}, "own"),
    "layers side by side": ("cohere", GROUPED, "own"),
    "other names": ("gpt2", {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128}, "own"),
    "a window": ("mistral", {**GROUPED, "sliding_window": 8}, "batches"),
    "convolutions between": ("lfm2", {**GROUPED, "full_attn_idxs": [1]}, "batches"),
    "a state in its own layers": ("recurrent_gemma", {**GROUPED, "num_hidden_layers": 3, "lru_width": 32}, "alone"),
    "no attention": ("mamba", {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}, "batches"),
}
PROMPTS = [(5, 6, 7, 8, 9, 10, 11), (5, 6, 7, 9), tuple([5, 6, 7, *range(20, 60)])]


def model_of(kind: str, sizes: dict[str, Any]) -> Any:
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, vocab_size=97, initializer_range=0.2, **sizes)
    return with_uneven_weights(AutoModelForCausalLM.from_config(config))


def with_uneven_weights(model: Any) -> Any:
    """Norms and biases begin as ones and zeros, which would hide that they are left out."""
    for weight in model.parameters():
        if weight.dim() == 1:
            torch.nn.init.uniform_(weight, 0.5, 1.5)
    return model.eval()


def last_logits(model: Any, ids: tuple[int, ...]) -> torch.Tensor:
    found: torch.Tensor = model(input_ids=torch.tensor([ids])).logits[0, -1]
    return found


@pytest.mark.parametrize("name", LEAN)
@pytest.mark.parametrize("beginning", [(), (5, 6, 7)])
def test_passes_in_few_steps_give_the_models_own_logits(name: str, beginning: tuple[int, ...]) -> None:
    model = model_of(*LEAN[name])
    assert way_of(model, "cpu") == "lean"
    with torch.inference_mode():
        reader = reader_of(model, "cpu", "lean", 5, beginning)
        assert reader is not None
        found = reader.read(PROMPTS, [0, 1, 1, 2], 0)
        expected = torch.stack([last_logits(model, ids) for ids in PROMPTS])
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
        rows = [PROMPTS[0], PROMPTS[1], PROMPTS[1], PROMPTS[2]]
        for token in (30, 31):
            found = reader.step([token + at for at in range(4)], [len(row) for row in rows])
            rows = [(*row, token + at) for at, row in enumerate(rows)]
            expected = torch.stack([last_logits(model, row) for row in rows])
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
        reader.move(3, 0, len(rows[3]))
        found = reader.step([2, 2], [len(rows[3]), len(rows[1])])
        expected = torch.stack([last_logits(model, (*rows[3], 2)), last_logits(model, (*rows[1], 2))])
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_are_sampled_by_their_own_code(name: str) -> None:
    kind, sizes, way = OTHERS[name]
    assert way_of(model_of(kind, sizes), "cpu") == way


class Doubled(LlamaForCausalLM):
    """Does something to its logits that no configuration tells of."""

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        position_ids: Any = None,
        past_key_values: Any = None,
        **options: Any,
    ) -> Any:
        output = super().forward(input_ids, attention_mask, position_ids, past_key_values, **options)
        output.logits = 2 * output.logits
        return output


def test_a_llama_that_does_more_than_llama_is_sampled_by_its_own_code() -> None:
    torch.manual_seed(0)
    model = Doubled(AutoConfig.for_model("llama", vocab_size=97, initializer_range=0.2, **SIZES))
    assert way_of(with_uneven_weights(model), "cpu") == "own"


class FarSighted(LlamaForCausalLM):
    """Does something else from the hundredth position on, as models do that scale their attention by position."""

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        position_ids: Any = None,
        past_key_values: Any = None,
        **options: Any,
    ) -> Any:
        output = super().forward(input_ids, attention_mask, position_ids, past_key_values, **options)
        if position_ids is not None and int(position_ids.max()) >= 100:
            output.logits = 2 * output.logits
        return output


def test_a_model_that_changes_at_far_positions_is_sampled_by_its_own_code() -> None:
    torch.manual_seed(0)
    model = FarSighted(AutoConfig.for_model("llama", vocab_size=97, initializer_range=0.2, **SIZES))
    assert way_of(with_uneven_weights(model), "cpu") == "own"


def test_a_model_with_an_adapter_beside_it_is_sampled_by_its_own_code() -> None:
    from peft import LoraConfig, get_peft_model

    model = model_of("llama", SIZES)
    adapted: Any = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM"))
    assert way_of(adapted.eval(), "cpu") == "own"


def test_no_second_copy_of_the_weights_is_made_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "free_memory", lambda device: 1000)
    assert way_of(model_of("llama", SIZES), "cpu") == "own"


def test_what_all_prompts_begin_with_is_shared_but_for_the_last_token_of_the_shortest() -> None:
    template = tuple(range(20))
    assert shared_beginning([Ask((*template, 1, 2)), Ask((*template, 3)), Ask((*template, 1, 2))]) == template
    assert shared_beginning([Ask(template), Ask((*template, 3))]) == template[:-1]
    assert shared_beginning([Ask((1, 2, 3)), Ask((1, 2, 4))]) == ()  # too short to save anything
    assert shared_beginning([Ask(template, 1), Ask(template, 2)]) == ()  # one prompt is read once as it is


class PaddingShows(LlamaForCausalLM):
    """Reads what is masked, as recurrent layers do that take no mask."""

    def forward(self, input_ids: Any = None, past_key_values: Any = None, **options: Any) -> Any:
        return super().forward(input_ids, past_key_values=past_key_values, use_cache=past_key_values is not None)


def test_a_model_whose_padding_shows_writes_one_answer_after_the_other() -> None:
    torch.manual_seed(0)
    model = PaddingShows(AutoConfig.for_model("llama", vocab_size=97, initializer_range=0.2, **SIZES))
    assert way_of(with_uneven_weights(model), "cpu") == "alone"
    writer = writer_of(model, "cpu", "alone", 16)
    assert isinstance(writer, Batches) and writer.size == 1


class Forgetful(LlamaForCausalLM):
    """Takes a cache and does not look at it, as models do that keep their state elsewhere."""

    def forward(self, input_ids: Any = None, **options: Any) -> Any:
        return super().forward(input_ids, use_cache=False)


class NotANumber(LlamaForCausalLM):
    """Overflows, as models do in a type that they were not trained in."""

    def forward(self, input_ids: Any = None, **options: Any) -> Any:
        output = super().forward(input_ids, use_cache=False)
        output.logits = output.logits * float("nan")
        return output


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Forgetful, "with its cache it says something else than without"),
        (NotANumber, "its logits are not numbers in float32; choose another dtype"),
    ],
)
def test_a_model_that_no_way_of_sampling_suits_is_refused_with_the_reason(kind: Any, said: str) -> None:
    torch.manual_seed(0)
    model = kind(AutoConfig.for_model("llama", vocab_size=97, initializer_range=0.2, **SIZES))
    with pytest.raises(StudentError, match=said):
        way_of(with_uneven_weights(model), "cpu")


def test_a_model_that_sees_the_tokens_after_one_is_refused() -> None:
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    with pytest.raises(StudentError, match="depends on those after it; give a causal language model"):
        way_of(model_of("bert", sizes), "cpu")


def test_logits_that_are_infinite_are_no_reason_to_refuse_a_model() -> None:
    class Masked(LlamaForCausalLM):
        """Says of a token of its padded vocabulary that it never comes."""

        def forward(self, *args: Any, **options: Any) -> Any:
            output = super().forward(*args, **options)
            output.logits[..., -1] = -torch.inf
            return output

    torch.manual_seed(0)
    model = Masked(AutoConfig.for_model("llama", vocab_size=97, initializer_range=0.2, **SIZES))
    assert way_of(with_uneven_weights(model), "cpu") == "batches"

"""Tiny real students: random weights and a trained tokenizer, saved as plain model folders."""

from __future__ import annotations

from pathlib import Path

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
WORDS = "write a function that adds two numbers def f ( x ) : return x + 1 please and thank you"


def save_tiny(folder: Path, *, template: str | None, kind: str = "llama", seed: int = 1) -> Path:
    """Save a random model of about 100,000 parameters with its tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    specials = ["<|pad|>", "<|end|>", "<|im_start|>", "<|im_end|>"]
    core.train_from_iterator(
        [WORDS],
        trainers.BpeTrainer(
            vocab_size=320,
            special_tokens=specials,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        additional_special_tokens=specials[2:],
        chat_template=template,
        clean_up_tokenization_spaces=False,
    )
    torch.manual_seed(seed)
    llama_like = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    sizes = {
        "llama": llama_like,
        "qwen2": {**llama_like, "num_key_value_heads": 1},
        "gpt2": {
            "n_embd": 64,
            "n_layer": 2,
            "n_head": 2,
            "n_positions": 512,
            "eos_token_id": 1,
            "bos_token_id": 1,
        },
        "mamba": {"hidden_size": 64, "num_hidden_layers": 2, "state_size": 4},
        "lfm2": {**llama_like, "num_key_value_heads": 1, "full_attn_idxs": [1]},
        "llama4_text": {
            **llama_like,
            "num_key_value_heads": 1,
            "head_dim": 32,
            "num_local_experts": 2,
            "intermediate_size_mlp": 128,
        },
    }[kind]
    # Large weights, so that the frozen output layer can express certainty.
    config = AutoConfig.for_model(kind, vocab_size=len(tokenizer), initializer_range=0.25, **sizes)
    config.eos_token_id, config.pad_token_id, config.bos_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id, None
    AutoModelForCausalLM.from_config(config).save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder

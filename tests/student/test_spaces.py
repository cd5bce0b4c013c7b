"""Tokenizers that put a space before every text: an answer goes on behind its prompt without one."""

from __future__ import annotations

from typing import Any

import pytest

from akd_code.student import Student
from akd_code.student.ask import Writer
from akd_code.student.encode import encode_row, stop_ids

ZEPHYR = (
    "{{ bos_token }}{% for m in messages %}"
    "{{ '<|' + m['role'] + '|>\n' + m['content'] + eos_token + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
INST = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + eos_token }}{% endif %}{% endfor %}"
)
LETTERS = list("abcdefghijklmnopqrstuvwxyzINST[]/<>|():\n\u2581")
ANSWER = "def f(x):\n    return x"


def spaced(template: str | None, *, legacy: bool) -> Student:
    """A student in name only, with Llama 2's kind of tokenizer over single letters: no word is one token."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = ["<unk>", "<s>", "</s>", *LETTERS]
    core: Any = Tokenizer(models.BPE(vocab={word: at for at, word in enumerate(words)}, merges=[], unk_token="<unk>"))
    if legacy:
        core.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    else:
        core.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="first", split=False)
    core.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    named = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<unk>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, chat_template=template, **named)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1
    )
    return Student(LlamaForCausalLM(config), tokenizer, "cpu", "spaced")


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize(("template", "before"), [(ZEPHYR, ""), (INST, "\u2581"), (None, "")])
def test_an_answer_begins_as_it_is_written(template: str | None, before: str, legacy: bool) -> None:
    student = spaced(template, legacy=legacy)
    row = encode_row(student, [("user", "add"), ("assistant", ANSWER)], stop_ids(student))
    tokens = student.tokenizer.convert_ids_to_tokens(list(row.ids[row.start :]))
    assert "".join(tokens) == before + ANSWER.replace(" ", "\u2581") + "</s>"


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize(
    ("written", "read"), [("    return x", "    return x"), (" def f", "def f"), ("def f", "def f"), ("\n  x", "\n  x")]
)
def test_the_indentation_of_an_answer_is_read_as_it_was_written(written: str, read: str, legacy: bool) -> None:
    tokenizer = spaced(None, legacy=legacy).tokenizer
    tokens = tokenizer.convert_tokens_to_ids(list(written.replace(" ", "\u2581")))
    assert Writer(tokenizer, frozenset(), 64).decode(tokens) == read


def test_a_token_that_the_tokenizer_does_not_know_is_no_text() -> None:
    tokenizer = spaced(None, legacy=False).tokenizer
    assert Writer(tokenizer, frozenset(), 64).decode([len(tokenizer) + 7, tokenizer.convert_tokens_to_ids("x")]) == "x"

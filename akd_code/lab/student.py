"""The lab's base student: a small decoder trained from nothing on easy tasks only.

A Llama-shaped model of about a million parameters with a byte-level BPE of its own, pre-trained on single operations of
the train split, drawn by frequency. In a part of its rows it only writes down the steps of a longer task as comments,
an outline: so it can find a step among others, as any pre-trained model could, but has hardly ever carried out one
step after another, and never more than two.
`python -m akd_code.lab.student --out DIR` builds it again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from akd_code.lab.grammar import LabTask, outline_texts, sample_skewed
from akd_code.student import Student
from akd_code.student.encode import EncodedRow, encode_row, stop_ids
from akd_code.student.precision import mixed_precision
from akd_code.student.sft import summed_loss
from akd_code.student.trainer import MEGABATCH, like_length_batches

ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
PAD, END = "<|pad|>", "<|end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """How the base student is built.

    `skew` is the exponent of the operations' frequencies in its training, `outlines` the share of outlines, `pairs`
    that of tasks of depth 2. Without outlines it does not learn within a few rounds to find a third step; without
    pairs it starts from nothing at depth 2.
    """

    seed: int = 0
    hidden: int = 128
    layers: int = 4
    heads: int = 4
    vocabulary: int = 1024
    steps: int = 2000
    batch: int = 32
    learning_rate: float = 3e-3
    skew: float = 0.5
    outlines: float = 0.5
    pairs: float = 0.01
    threads: int = 1


def base_student_path() -> Path:
    """Return the folder of the shipped base student (a plain HF model folder)."""
    return Path(__file__).parent / "base"


def answer_text(task: LabTask) -> str:
    """Return the answer of a teacher that makes no mistake: the whole solution in a fenced block."""
    return f"```python\n{task.solution}```"


def build_base(out: Path, config: BaseConfig, *, quiet: bool = False) -> float:
    """Train tokenizer and model, save both to folder `out` (weights in float16), and return the last loss."""
    import torch

    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    rng = random.Random(f"base student {config.seed}")
    student = _new_student(config, rng)
    with mixed_precision(student.model, student.device):
        loss = _pretrain(student, config, rng, quiet)
    student.model.generation_config.eos_token_id = student.tokenizer.eos_token_id
    student.model.half().save_pretrained(str(out))
    student.tokenizer.save_pretrained(str(out))
    (out / "README.md").write_text(_card(student, config, loss), encoding="utf-8")
    return loss


def _new_student(config: BaseConfig, rng: random.Random) -> Student:
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _train_tokenizer(config, rng)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=config.hidden,
            intermediate_size=3 * config.hidden,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.heads,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    return Student(model, tokenizer, "cpu", "lab")


def _train_tokenizer(config: BaseConfig, rng: random.Random) -> Any:
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    # Small numbers and quoted texts are tokens of their own, so that a parameter is copied in one piece.
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\n *|\d{1,2}|'[^'\n]*'| ?[A-Za-z_]+| ?[^\sA-Za-z_\d']+|\s+|'"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocabulary,
        special_tokens=[PAD, END, *ROLES],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = []
    for _ in range(3000):
        task = sample_skewed(rng, 1, split="train", skew=0.3)
        texts += [task.instruction, answer_text(task), *outline_texts(task)]
    core.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=list(ROLES),
        chat_template=CHAT_TEMPLATE,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=1024,
    )


def _pretrain(student: Student, config: BaseConfig, rng: random.Random, quiet: bool) -> float:
    import torch
    from transformers import get_cosine_schedule_with_warmup

    model = student.model
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, betas=(0.9, 0.98), weight_decay=0.05, foreach=True
    )
    schedule = get_cosine_schedule_with_warmup(optimiser, config.steps // 20, config.steps)
    began, losses = time.monotonic(), [0.0]
    model.train()
    for step, rows in enumerate(_easy_batches(student, config, rng)):
        mean = summed_loss(student, rows) / sum(row.trained for row in rows)
        mean.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(float(mean.detach()))
        if not quiet and step % 50 == 49:
            recent = sum(losses[-50:]) / 50
            print(f"step {step + 1}/{config.steps} loss {recent:.4f} {time.monotonic() - began:.0f} s", file=sys.stderr)
    return sum(losses[-50:]) / 50


def _easy_batches(student: Student, config: BaseConfig, rng: random.Random) -> Iterator[list[EncodedRow]]:
    """Yield `steps` batches of fresh rows of the train split, like lengths together."""
    stops = stop_ids(student)
    for at in range(0, config.steps, MEGABATCH):
        count = min(MEGABATCH, config.steps - at)
        texts = [_easy_row(config, rng) for _ in range(count * config.batch)]
        rows = [encode_row(student, (("user", asked), ("assistant", answer)), stops) for asked, answer in texts]
        for batch in like_length_batches([row.length for row in rows], config.batch, rng):
            yield [rows[index] for index in batch]


def _easy_row(config: BaseConfig, rng: random.Random) -> tuple[str, str]:
    """Return an instruction and its answer: an outline, a pair or a single operation."""
    kind = rng.random()
    if kind < config.outlines:
        return outline_texts(sample_skewed(rng, rng.randint(2, 4), split="train", skew=config.skew))
    task = sample_skewed(rng, 2 if kind < config.outlines + config.pairs else 1, split="train", skew=config.skew)
    return task.instruction, answer_text(task)


def _card(student: Student, config: BaseConfig, loss: float) -> str:
    settings = json.dumps(asdict(config))
    return (
        "# Base student of the lab\n\n"
        f"A Llama-shaped decoder of {student.model.num_parameters():,} parameters, trained from nothing on single "
        f"operations of the lab's train split (`akd_code.lab.grammar`). {config.outlines:.0%} of its rows ask only "
        f"for the outline of a longer task, as comments; {config.pairs:.0%} are programs of depth 2, none is deeper. "
        "It is a subject for experiments, not a useful code model.\n\n"
        f"Settings: `{settings}`; last training loss {loss:.4f}. Weights are float16.\n\n"
        "Rebuild: `python -m akd_code.lab.student --out DIR` (same settings, same machine: same weights).\n"
    )


def main() -> None:
    """Build the base student from the command line."""
    parser = argparse.ArgumentParser(description="Train the lab's base student from nothing.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    for name, value in asdict(BaseConfig()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    arguments = vars(parser.parse_args())
    out = arguments.pop("out")
    build_base(out, BaseConfig(**arguments))


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()

"""Training and sampling on an accelerator: tokens/s, memory and the share of the card's bf16 peak, for LoRA.

Qwen2.5-Coder's 0.5B and 1.5B shapes with random weights, made on the device, so nothing is downloaded. LoRA r 16 on all
linear layers, rows of 2,048 tokens of which 3 in 4 are trained, and once rows of mixed lengths. Through `train_adapter`
and `sample_answers`, as a recipe does. FLOPs are counted thus: 4 for each frozen weight and token (forward, and the
gradient on the way back; no gradient of the weight), 6 for each LoRA weight, the output layer on trained tokens only;
attention's products are left out. The share is of a 8192^3 bf16 product measured in the same run.

    python benchmarks/gpu.py --minutes 3 --profile profile.txt
    python benchmarks/gpu.py --tiny                    # on any machine: does it run?
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from akd_code.recipe import SftSection
from akd_code.student import Student, TrainingStep, sample_answers, train_adapter
from akd_code.student.encode import EncodedRow
from akd_code.student.sft import SFT

SHAPES: dict[str, dict[str, int]] = {
    "1.5b": {"hidden_size": 1536, "num_hidden_layers": 28, "num_attention_heads": 12, "intermediate_size": 8960},
    "0.5b": {"hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14, "intermediate_size": 4864},
    "tiny": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128},
}
VOCABULARY = {"tiny": 512}
WARM_UP = 2


@dataclass(frozen=True)
class Variant:
    """One way to train."""

    compile: bool
    checkpointing: bool
    micro_tokens: int
    mixed: bool = False


@dataclass(frozen=True)
class Figure:
    """What a variant gave: tokens/s, GiB at the peak, and the share of the bf16 peak."""

    shape: str
    variant: Variant
    tokens_s: float
    memory_gib: float
    share: float


def byte_tokenizer() -> Any:
    """Return a tokenizer of bytes with two special tokens, made here."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={letter: place for place, letter in enumerate(alphabet)}, merges=[]))
    core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="<eos>", clean_up_tokenization_spaces=False
    )


def student_of(shape: str, device: str) -> Student:
    """Return a student of this shape with random weights."""
    from transformers import AutoModelForCausalLM, Qwen2Config

    config = Qwen2Config(
        vocab_size=VOCABULARY.get(shape, 151936),
        num_key_value_heads=2,
        tie_word_embeddings=True,
        max_position_embeddings=32768,
        **SHAPES[shape],
    )
    torch.manual_seed(0)
    dtype = torch.bfloat16 if device != "cpu" else torch.float32
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    tokenizer = byte_tokenizer()
    tokenizer.padding_side = "left"
    return Student(model.eval(), tokenizer, device, shape)


def rows_of(count: int, length: int, mixed: bool, vocabulary: int) -> list[EncodedRow]:
    """Return rows of random tokens, all of one length, or of lengths such as code answers have."""
    draw = random.Random(0)
    rows = []
    for _ in range(count):
        size = min(length, max(length // 16, int(draw.lognormvariate(0, 0.6) * length / 4))) if mixed else length
        rows.append(EncodedRow(tuple(draw.choices(range(300, vocabulary), k=size)), max(1, size // 4)))
    return rows


def flops_per_token(student: Student, trained_share: float) -> float:
    """Return the floating-point operations that training on one token takes, as the page's head counts them."""
    frozen = lora = 0
    for name, weight in student.model.named_parameters():
        if "lora_" in name:
            lora += weight.numel()
        elif weight.dim() == 2 and "embed" not in name:
            frozen += weight.numel()
    head = student.model.get_output_embeddings().weight.numel()
    return 4 * frozen + 6 * lora + 4 * head * trained_share


def matmul_peak(device: str, size: int) -> float:
    """Return the operations per second of a bf16 product of this size, the best of some."""
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    best = float("inf")
    for _ in range(12):
        wait(device)
        began = time.perf_counter()
        for _ in range(4):
            a @ b
        wait(device)
        best = min(best, (time.perf_counter() - began) / 4)
    return 2 * size**3 / best


def wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def train(student: Student, rows: Sequence[EncodedRow], variant: Variant, batch: int, on_step: Any) -> None:
    """Train once over the rows."""
    settings = SftSection(
        epochs=1,
        batch_size=batch,
        micro_tokens=variant.micro_tokens,
        gradient_checkpointing=variant.checkpointing,
        compile=variant.compile,
    )
    with tempfile.TemporaryDirectory() as folder:
        train_adapter(student, rows, SFT, settings, seed=0, out=Path(folder) / "adapter", on_step=on_step)


def measured(student: Student, variant: Variant, batch: int, steps: int, length: int, peak: float) -> Figure:
    """Return what a variant gives over the steps after the first few."""
    vocabulary = int(student.model.config.vocab_size)
    warm_up = WARM_UP + 2 * variant.compile * variant.mixed
    rows = rows_of(batch * (warm_up + steps), length, variant.mixed, vocabulary)
    ends: list[float] = []
    if student.device.startswith("cuda"):
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()

    def on_step(step: TrainingStep) -> None:
        wait(student.device)
        ends.append(time.perf_counter())

    train(student, rows, variant, batch, on_step)
    seconds = ends[-1] - ends[warm_up - 1]
    # batches are shuffled: of mixed rows the timed steps have about their share
    tokens = sum(row.length for row in rows) * steps / (warm_up + steps)
    memory = torch.cuda.max_memory_allocated() / 2**30 if student.device.startswith("cuda") else 0.0
    trained = sum(row.trained for row in rows) / sum(row.length for row in rows)
    share = tokens / seconds * flops_per_token(student, trained) / peak
    return Figure(student.name, variant, tokens / seconds, memory, share)


def profiled(student: Student, variant: Variant, batch: int, length: int, out: Path) -> None:
    """Write the kernels that take the most time in a few steps to a file."""
    from torch.profiler import ProfilerActivity, profile

    rows = rows_of(3 * batch, length, variant.mixed, int(student.model.config.vocab_size))
    cuda = student.device.startswith("cuda")
    kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if cuda else [])]
    with profile(activities=kinds) as seen:
        train(student, rows, variant, batch, lambda step: None)
    order = "self_device_time_total" if cuda else "self_cpu_time_total"
    table = seen.key_averages().table(sort_by=order, row_limit=20, max_name_column_width=70)
    out.write_text(f"{student.name} {variant}\n{table}\n", encoding="utf-8")


def sampled(student: Student, batch: int, tokens: int) -> float:
    """Return the tokens per second that are written at this batch size."""
    draw = random.Random(0)
    asked = [[("user", "".join(draw.choices("abcdefgh ", k=200)))] for _ in range(batch)]
    wait(student.device)
    began = time.perf_counter()
    answers = sample_answers(student, asked, temperature=0.8, max_new_tokens=tokens, batch_size=batch)
    return sum(answer.completion_tokens for answer in answers) / (time.perf_counter() - began)


def variants(tiny: bool) -> list[Variant]:
    """Return what is tried, the most telling first."""
    micro = 256 if tiny else 8192
    first = [Variant(False, False, micro), Variant(True, False, micro), Variant(True, False, micro, mixed=True)]
    return [
        *first,
        Variant(False, False, micro, mixed=True),
        Variant(True, False, micro // 2),
        Variant(False, False, micro // 2),
        Variant(True, True, 2 * micro),
        Variant(False, True, 2 * micro),
    ]


def attempted(what: str, work: Callable[[], Any]) -> Any:
    """Return what the work gives; None, and the reason printed, where it fails: the rest goes on."""
    try:
        return work()
    except Exception as error:
        print(f"{what}: {type(error).__name__}: {' '.join(str(error).split())[:300]}", flush=True)
        traceback.print_exc(limit=-3)
        return None


def main() -> None:
    """Read the options, run what the time allows, and print the table and one JSON line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=3.0, help="no part begins after this")
    parser.add_argument("--tiny", action="store_true", help="a tiny shape on the processor, to see that it runs")
    parser.add_argument("--profile", type=Path, default=Path("gpu_profile.txt"), help="file for the kernels' table")
    parser.add_argument("--batch", type=int, help="rows of a step")
    parser.add_argument("--steps", type=int, default=3, help="timed steps of a variant")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    device = "cpu" if options.tiny else "cuda"
    length, batch = (128, options.batch or 4) if options.tiny else (2048, options.batch or 16)
    peak = matmul_peak(device, 256 if options.tiny else 8192)
    card = torch.cuda.get_device_name() if device == "cuda" else "processor"
    print(f"{card}: bf16 peak {peak / 1e12:.1f} TFLOP/s, torch {torch.__version__}", flush=True)
    figures: list[Figure] = []
    rates: dict[str, float] = {}
    for shape in ("tiny",) if options.tiny else ("1.5b", "0.5b"):
        student = attempted(shape, lambda shape=shape: student_of(shape, device))  # type: ignore[misc]
        if student is None:
            continue
        # half of what is left for the smaller shape, and some for sampling
        share = 1.0 if shape == "0.5b" or options.tiny else 0.6
        mine = time.monotonic() + share * (until - time.monotonic())
        for number, variant in enumerate(variants(options.tiny)):
            if time.monotonic() > mine:
                print(f"{shape} {variant}: no time left", flush=True)
                continue
            found = attempted(
                f"{shape} {variant}",
                lambda student=student, variant=variant: measured(  # type: ignore[misc]
                    student, variant, batch, options.steps, length, peak
                ),
            )
            if found is not None:
                figures.append(found)
                print(line(found), flush=True)
            if number == 1 and shape != "0.5b":
                attempted("profile", lambda s=student, v=variant: profiled(s, v, batch // 2, length, options.profile))  # type: ignore[misc]
        for size in (4, 8) if options.tiny else (64, 256):
            if time.monotonic() < until:
                rate = attempted(
                    f"{shape} sampling {size}",
                    lambda student=student, size=size: sampled(student, size, 16 if options.tiny else 128),  # type: ignore[misc]
                )
                if rate is not None:
                    rates[f"{shape} x{size}"] = round(rate, 1)
                    print(f"{shape:5} sampling, {size} at once: {rate:,.0f} tokens/s", flush=True)
        del student
    best = {one.shape: one for one in sorted(figures, key=lambda one: one.share)}
    told = {shape: {**asdict(one), "share": round(one.share, 3)} for shape, one in best.items()}
    print(json.dumps({"card": card, "peak_tflops": round(peak / 1e12, 1), "best": told, "sampling": rates}))


def line(figure: Figure) -> str:
    """Return a figure as a line of the table."""
    one = figure.variant
    ways = ("compiled" if one.compile else "eager", "recomputed" if one.checkpointing else "kept")
    rows = "mixed rows" if one.mixed else "full rows"
    return (
        f"{figure.shape:5} {ways[0]:9} {ways[1]:11} {one.micro_tokens:6} tokens, {rows:10} "
        f"{figure.tokens_s:10,.0f} tokens/s  {figure.memory_gib:6.1f} GiB  {100 * figure.share:5.1f} % of peak"
    )


if __name__ == "__main__":
    main()

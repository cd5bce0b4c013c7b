"""LoRA fine-tuning beside TRL's SFTTrainer: tokens/s, peak memory, losses step by step, and our share of the peak.

The same rows (MBPP's reference solutions), the same start of the adapter, the same rows in each step. TRL runs (a) at
its defaults and (b) at our settings; each run is a process of its own, and they take turns, so that a busy machine is
busy for all. Tokens are those of the rows, without padding, after the first step. In float32 the losses must agree.

The peak is that of a square matrix product in the type that is trained in, measured between the runs. FLOPs are
counted thus: 4 for each frozen weight and token (forward, and the gradient on the way back; none of the weight), 6 for
each LoRA weight, the output layer on trained tokens only; attention's products are left out.

    python benchmarks/sft_vs_trl.py --mbpp mbpp.jsonl.gz --model smollm2 --rows 96
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

SMOLLM2 = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "akd" / "SmolLM2-135M-Instruct.Q4_1.gguf"
QWEN = {
    "vocab_size": 151936, "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14,
    "num_key_value_heads": 2, "intermediate_size": 4864, "tie_word_embeddings": True,
}  # fmt: skip
BATCH = 16
RATE = 2e-4
WARM_UP = 0.03
SEED = 0


def plain_model(kind: str) -> Any:
    """Return the model without an adapter: SmolLM2 from its file, or the other shape with random weights."""
    import torch

    if kind == "smollm2":
        from akd_code.student import load_student

        return load_student(SMOLLM2, device="cpu").model
    from transformers import AutoModelForCausalLM, Qwen2Config

    torch.manual_seed(SEED)
    return AutoModelForCausalLM.from_config(Qwen2Config(**QWEN))


def prepare(options: argparse.Namespace, folder: Path) -> None:
    """Write the rows in the order in which we train them, and an adapter to start from."""
    import torch
    from peft import LoraConfig, get_peft_model

    from akd_code.student import load_student
    from akd_code.student.encode import encode_row, stop_ids
    from akd_code.student.trainer import like_length_batches

    student = load_student(SMOLLM2, device="cpu")
    stops = stop_ids(student)
    with (gzip.open if options.mbpp.suffix == ".gz" else open)(options.mbpp, "rt", encoding="utf-8") as lines:  # type: ignore[operator]
        problems = [json.loads(line) for line in lines][600 : 600 + options.rows]
    rows = []
    for one in problems:
        code = one["code"].replace("\r", "")
        asked = f"{one['text']}\n{one['test_list'][0]}"
        rows.append(encode_row(student, (("user", asked), ("assistant", f"```python\n{code}\n```")), stops))
    batches = like_length_batches([row.length for row in rows], BATCH, random.Random(f"sft {SEED}"))
    told = {"rows": [[list(row.ids), row.start] for row in rows], "batches": batches}
    (folder / "rows.json").write_text(json.dumps(told))
    model = plain_model(options.model)
    torch.manual_seed(SEED)
    lora = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(model, lora).save_pretrained(str(folder / "start"))


def started(options: argparse.Namespace) -> Any:
    """Return the model with the adapter to start from."""
    from peft import PeftModel

    return PeftModel.from_pretrained(plain_model(options.model), str(options.folder / "start"), is_trainable=True)


def ours(options: argparse.Namespace, rows: list[Any], batches: list[list[int]]) -> dict[str, Any]:
    """Train as a recipe does; return what happened."""
    from akd_code.recipe import SftSection
    from akd_code.student import Student, load_student, precision, train_adapter
    from akd_code.student.encode import EncodedRow
    from akd_code.student.sft import SFT

    if options.float32:
        precision.fast_bfloat16 = lambda: False
    student = Student(started(options), load_student(SMOLLM2, device="cpu").tokenizer, "cpu", options.model)
    settings = SftSection(epochs=1, batch_size=BATCH, learning_rate=RATE, warmup_ratio=WARM_UP)
    clock = Clock()
    encoded = [EncodedRow(tuple(ids), start) for ids, start in rows]
    progress = train_adapter(
        student, encoded, SFT, settings, seed=SEED, out=options.folder / f"ours-{os.getpid()}",
        on_step=lambda step: clock.tick(),
    )  # fmt: skip
    share = sum(len(ids) - start for ids, start in rows) / sum(len(ids) for ids, _ in rows)
    found = clock.told([sum(len(rows[place][0]) for place in batch) for batch in batches])
    return found | {"losses": progress.losses, "flops_per_token": flops_per_token(student.model, share)}


def trl(options: argparse.Namespace, rows: list[Any], batches: list[list[int]]) -> dict[str, Any]:
    """Train with TRL; return what happened."""
    from datasets import Dataset
    from torch.utils.data import SequentialSampler
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from akd_code.student import load_student

    clock = Clock()

    class Ticks(TrainerCallback):
        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            clock.tick()

    class InOrder(SFTTrainer):  # type: ignore[misc]
        def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
            return SequentialSampler(self.train_dataset)

    order = [place for batch in batches for place in batch]
    data = Dataset.from_dict(
        {
            "input_ids": [rows[place][0] for place in order],
            "completion_mask": [[0] * rows[place][1] + [1] * (len(rows[place][0]) - rows[place][1]) for place in order],
        }
    )
    common = {"output_dir": str(options.folder / "trl"), "report_to": "none", "save_strategy": "no", "logging_steps": 1}
    # the loss is on completions only, as TRL has it for rows of a prompt and a completion
    common |= {"num_train_epochs": 1, "completion_only_loss": True, "use_cpu": True}
    size = 8  # rows at once: TRL's default
    if options.child == "trl-defaults":
        settings = SFTConfig(**common)
        steps = [sum(len(rows[place][0]) for place in order[at : at + size]) for at in range(0, len(order), size)]
    else:
        settings = SFTConfig(
            **common, per_device_train_batch_size=size, gradient_accumulation_steps=BATCH // size,
            learning_rate=RATE, lr_scheduler_type="cosine", warmup_steps=max(1, round(WARM_UP * len(batches))),
            weight_decay=0.0, max_grad_norm=1.0, gradient_checkpointing=False, bf16=not options.float32,
        )  # fmt: skip
        steps = [sum(len(rows[place][0]) for place in batch) for batch in batches]
    tokenizer = load_student(SMOLLM2, device="cpu").tokenizer
    trainer = InOrder(
        model=started(options), args=settings, train_dataset=data, processing_class=tokenizer, callbacks=[Ticks()]
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return clock.told(steps) | {"losses": losses}


class Clock:
    """Takes the time after each step, by the wall's clock and the processor's."""

    def __init__(self) -> None:
        self._ends: list[tuple[float, float]] = []

    def tick(self) -> None:
        self._ends.append((time.perf_counter(), time.process_time()))

    def told(self, tokens: Sequence[int]) -> dict[str, Any]:
        """Return tokens/s after the first step, and the most memory that the process has had, in GiB."""
        wall, cpu = (self._ends[-1][kind] - self._ends[0][kind] for kind in (0, 1))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        return {"tokens_s": sum(tokens[1:]) / wall, "tokens_cpu_s": sum(tokens[1:]) / cpu, "memory_gib": memory}


def flops_per_token(model: Any, trained_share: float) -> float:
    """Return the operations that training on one token takes, counted as the head of this file says."""
    frozen = lora = 0
    for name, weight in model.named_parameters():
        if "lora_" in name:
            lora += weight.numel()
        elif weight.dim() == 2 and "embed" not in name:
            frozen += weight.numel()
    head: int = model.get_output_embeddings().weight.numel()
    return 4 * frozen + 6 * lora + 4 * head * trained_share


def peak(float32: bool) -> float:
    """Return the operations per second of a 2048^3 product, the best of some, in the type that is trained in."""
    import torch

    from akd_code.student.precision import fast_bfloat16

    dtype = torch.bfloat16 if fast_bfloat16() and not float32 else torch.float32
    a, b = (torch.randn(2048, 2048).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * 2048**3 / best


def child(options: argparse.Namespace) -> None:
    """Do one run and print its figures as the last line."""
    if options.child == "prepare":
        prepare(options, options.folder)
        found: Any = {}
    elif options.child == "peak":
        found = {"peak": peak(options.float32)}
    else:
        told = json.loads((options.folder / "rows.json").read_text())
        found = (ours if options.child == "ours" else trl)(options, told["rows"], told["batches"])
    print(json.dumps(found))


def run(options: argparse.Namespace, folder: Path, what: str, float32: bool = False) -> dict[str, Any]:
    """Return the figures of one run, made in a process of its own."""
    command = [sys.executable, __file__, "--child", what, "--folder", str(folder), "--mbpp", str(options.mbpp)]
    command += ["--model", options.model, "--rows", str(options.rows)]
    command += ["--float32"] if float32 else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{what} failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else '?'}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if "tokens_s" in found:
        print(
            f"{what + (' float32' if float32 else ''):22} {found['tokens_s']:8.1f} tokens/s "
            f"{found['tokens_cpu_s']:8.1f} per CPU second {found['memory_gib']:6.2f} GiB",
            flush=True,
        )
    return found


def main() -> None:
    """Read the options, run, and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mbpp", type=Path, required=True, help="the authors' mbpp.jsonl, or .gz")
    parser.add_argument("--model", choices=("smollm2", "qwen0.5b-shape"), default="smollm2")
    parser.add_argument("--rows", type=int, default=96)
    parser.add_argument("--steps", type=int, help="steps of 16 rows at most")
    parser.add_argument("--repeats", type=int, default=1, help="turns; the best of each is taken")
    parser.add_argument("--float32", action="store_true", help="all in float32")
    parser.add_argument("--skip-losses", action="store_true", help="leave out the two float32 runs")
    parser.add_argument("--json", action="store_true", help="print the JSON line alone")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.steps:
        options.rows = min(options.rows, BATCH * options.steps)
    if options.child:
        child(options)
        return
    if options.json:
        sys.stdout = sys.stderr
    with tempfile.TemporaryDirectory() as name:
        line = compared(options, Path(name))
    sys.stdout = sys.__stdout__
    print(json.dumps(line))


def compared(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all, taking turns, and return the figures."""
    run(options, folder, "prepare")
    kinds = ("ours", "trl-defaults", "trl-equal")
    best: dict[str, dict[str, Any]] = {}
    peaks = []
    for _ in range(options.repeats):
        for kind in kinds:
            peaks.append(run(options, folder, "peak", options.float32)["peak"])
            found = run(options, folder, kind, options.float32)
            if kind not in best or found["tokens_s"] > best[kind]["tokens_s"]:
                best[kind] = found
    mine = best["ours"]
    share = mine["tokens_s"] * mine["flops_per_token"] / max(peaks)
    print(
        f"peak {max(peaks) / 1e9:.0f} GFLOP/s, {mine['flops_per_token'] / 1e9:.3f} GFLOP a token: {share:.0%} of peak"
    )
    told = {
        name: {
            "ours": round(mine["tokens_s"], 1),
            "peer": round(best[kind]["tokens_s"], 1),
            "ratio": round(mine["tokens_s"] / best[kind]["tokens_s"], 2),
            "cpu_ratio": round(mine["tokens_cpu_s"] / best[kind]["tokens_cpu_s"], 2),
            "memory_ratio": round(mine["memory_gib"] / best[kind]["memory_gib"], 2),
        }
        for name, kind in (("defaults", "trl-defaults"), ("equal", "trl-equal"))
    }
    line: dict[str, Any] = {**told["defaults"], "peak_share": round(share, 3), "equal": told["equal"]}
    if not options.skip_losses:
        pair = [run(options, folder, kind, float32=True)["losses"] for kind in ("ours", "trl-equal")]
        gaps = [abs(a - b) for a, b in zip(*pair, strict=True)]
        print(f"float32 losses: ours {pair[0]}, TRL {pair[1]}")
        line["loss_difference"] = round(max(gaps), 6)
    return {"model": options.model, **line}


if __name__ == "__main__":
    main()

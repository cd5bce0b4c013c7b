"""Sampling a real student: answers in slots beside transformers' `generate` and llama.cpp, on the same prompts.

    python benchmarks/sampling.py [--model FILE.gguf] [--prompts 64] [--tokens 256] [--llama PYTHON] [--json]

Prompts are HumanEval's, asked as `akd eval` asks them. Rates are answer tokens per second, reading of prompts included:

* `ours`, `batch`: greedy answers to the prompts, in slots; by `generate` in one padded batch;
* `ours x10`, `loop x10`: ten answers at 0.8 to each of a few prompts, in slots; by `generate` one after the other;
* `llama`: llama-cpp-python on the same file, greedy, one prompt after the other (its Python interface takes no batch),
  in the interpreter that --llama names; left out without one.

The same answers are compared: how many of --equal greedy ones are `generate`'s, to the token. Ends with the ratios.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from akd_code.evaluate import TaskPrompts
from akd_code.student import Ask, Student, load_student, sample_asks
from akd_code.student.encode import stop_ids
from akd_evals.suites import load_suite

MODEL = Path.home() / ".cache" / "akd" / "SmolLM2-135M-Instruct.Q4_1.gguf"
COPIES = 10
_LLAMA = """
import json, sys, time
from llama_cpp import Llama
asked = json.load(sys.stdin)
model = Llama(asked["model"], n_ctx=2048, n_threads=asked["threads"], verbose=False)
began, written = time.perf_counter(), 0
for ids in asked["prompts"]:
    model.reset()
    for count, token in enumerate(model.generate(ids, temp=0.0, repeat_penalty=1.0), 1):
        written += 1
        if token in asked["stops"] or count == asked["tokens"]:
            break
print(json.dumps({"rate": written / (time.perf_counter() - began)}))
"""


def timed(work: Callable[[], int]) -> float:
    """Return tokens per second of work that returns how many tokens it wrote."""
    began = time.perf_counter()
    written = work()
    return written / (time.perf_counter() - began)


def generated(student: Student, prompts: list[tuple[int, ...]], tokens: int, **how: Any) -> list[list[int]]:
    """Return what `generate` writes to a padded batch of prompts, up to and with the stop token."""
    import torch

    pad, stops = student.tokenizer.pad_token_id, stop_ids(student)
    length = max(map(len, prompts))
    ids = torch.tensor([[pad] * (length - len(one)) + list(one) for one in prompts], device=student.device)
    mask = torch.tensor([[0] * (length - len(one)) + [1] * len(one) for one in prompts], device=student.device)
    made = student.model.generate(
        ids, attention_mask=mask, max_new_tokens=tokens, eos_token_id=sorted(stops), pad_token_id=pad, **how
    )
    answers = []
    for row in made[:, length:].tolist():
        end = next((at + 1 for at, token in enumerate(row) if token in stops), len(row))
        answers.append(row[:end])
    return answers


def ours(student: Student, asks: list[Ask], tokens: int, size: int, temperature: float = 0.0) -> list[int]:
    """Return how many tokens each answer in slots has."""
    answers = sample_asks(student, asks, max_new_tokens=tokens, batch_size=size, temperature=temperature)
    return [answer.completion_tokens for answer in answers]


def llama(python: str, model: Path, prompts: list[tuple[int, ...]], stops: frozenset[int], tokens: int) -> float:
    """Return llama.cpp's rate, measured in another interpreter."""
    import torch

    asked = {"model": str(model), "prompts": prompts, "stops": sorted(stops), "tokens": tokens}
    asked["threads"] = torch.get_num_threads()
    done = subprocess.run([python, "-c", _LLAMA], input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"sampling: {python} could not run llama-cpp-python: {(done.stderr.splitlines() or ['?'])[-1]}")
    rate: float = json.loads(done.stdout.splitlines()[-1])["rate"]
    return rate


def equal_answers(student: Student, prompts: list[tuple[int, ...]], tokens: int, size: int) -> int:
    """Return how many greedy answers are generate's own, one prompt at a time, to the token."""
    answers = sample_asks(student, [Ask(ids) for ids in prompts], max_new_tokens=tokens, batch_size=size)
    same = 0
    for ids, answer in zip(prompts, answers, strict=True):
        (row,) = generated(student, [ids], tokens, do_sample=False)
        same += answer.text == student.tokenizer.decode(row, skip_special_tokens=True)
    return same


def main() -> None:
    """Measure, print the table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--size", type=int, default=64, help="answers written at once")
    parser.add_argument("--loop", type=int, default=4, help="prompts of the rows x10")
    parser.add_argument("--equal", type=int, default=100, help="greedy answers compared with generate's; 0: none")
    parser.add_argument("--equal-tokens", type=int, default=64)
    parser.add_argument("--llama", help="a Python interpreter that has llama-cpp-python")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    student = load_student(str(options.model), dtype="float32")
    suite = load_suite("humaneval")
    asked = TaskPrompts(suite, "chat")
    every = [tuple(asked.ids(student, task)) for task in suite.tasks]
    prompts, few = every[: options.prompts], every[: options.loop]
    ours(student, [Ask(ids) for ids in every[:4]], 8, 4)  # warm
    rates = {}

    def tell(name: str, rate: float) -> None:
        rates[name] = round(rate, 1)
        print(f"{name:9} {rate:7.1f} tokens/s", flush=True)

    tell("ours", timed(lambda: sum(ours(student, [Ask(ids) for ids in prompts], options.tokens, options.size))))
    greedy: dict[str, Any] = {"do_sample": False}
    tell("batch", timed(lambda: sum(map(len, generated(student, prompts, options.tokens, **greedy)))))
    ten = [Ask(ids, seed) for ids in few for seed in range(COPIES)]
    tell("ours x10", timed(lambda: sum(ours(student, ten, options.tokens, options.size, 0.8))))
    drawn = {"do_sample": True, "temperature": 0.8, "top_k": 0}
    tell(
        "loop x10",
        timed(
            lambda: sum(
                len(generated(student, [ids], options.tokens, **drawn)[0]) for ids in few for _ in range(COPIES)
            )
        ),
    )
    if options.llama:
        tell("llama", llama(options.llama, options.model, prompts, stop_ids(student), options.tokens))
    found = {
        **rates,
        "over_batch": round(rates["ours"] / rates["batch"], 2),
        "over_loop": round(rates["ours x10"] / rates["loop x10"], 2),
    }
    if options.llama:
        found["over_llama"] = round(rates["ours"] / rates["llama"], 2)
    if options.equal:
        same = equal_answers(student, every[: options.equal], options.equal_tokens, options.size)
        found |= {"equal": same, "compared": len(every[: options.equal])}
        print(f"{same} of {found['compared']} greedy answers are generate's")
    print("  ".join(f"{name} {value}" for name, value in found.items() if name.startswith("over_")))
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()

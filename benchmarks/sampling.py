"""Sampling a real student: answers in slots beside transformers' `generate` and llama.cpp, on the same prompts.

    python benchmarks/sampling.py [--model FILE.gguf] [--prompts 64] [--tokens 128] [--llama PYTHON] [--json]

Prompts are HumanEval's, asked as `akd eval` asks them. Rates are answer tokens per second, reading of prompts included:

* `ours`, `batch`: greedy answers to the prompts, in slots; by `generate` in one padded batch;
* `ours bf16`: in slots, with the weights in bfloat16 (`student.sampling_dtype`);
* `ours x10`, `loop x10`: ten answers at 0.8 to each of a few prompts, in slots; by `generate` one after the other;
* `llama`, `llama batch`: llama-cpp-python on the same file, greedy, in the interpreter that --llama names: one prompt
  after the other, as its Python interface generates, and as many sequences at once as ours (`llama_peer.py`).

`decode` is the rate without the reading of prompts, which is timed in a run that stops at the first tokens. How many of
--equal greedy answers are `generate`'s, to the token, is counted too. Ends with the ratios.
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
from akd_code.student import Ask, Student, load_student, sample_asks, sampling_way
from akd_code.student.encode import stop_ids
from akd_evals.suites import load_suite

MODEL = Path.home() / ".cache" / "akd" / "SmolLM2-135M-Instruct.Q4_1.gguf"
COPIES = 10


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


def ours(student: Student, asks: list[Ask], tokens: int, size: int, **how: Any) -> int:
    """Return how many tokens the answers in slots have."""
    answers = sample_asks(student, asks, max_new_tokens=tokens, batch_size=size, **how)
    return sum(answer.completion_tokens for answer in answers)


def ours_apart(student: Student, asks: list[Ask], tokens: int, size: int, **how: Any) -> tuple[float, float]:
    """Return tokens per second of answers in slots, with the reading of prompts and without."""
    began = time.perf_counter()
    first = ours(student, asks, 1, size, **how)
    reading = time.perf_counter() - began
    written = ours(student, asks, tokens, size, **how)
    whole = time.perf_counter() - began - reading
    return written / whole, (written - first) / (whole - reading)


def llama(
    python: str, model: Path, prompts: list[tuple[int, ...]], stops: frozenset[int], tokens: int, size: int
) -> dict[str, float]:
    """Return llama.cpp's rates by name, measured in another interpreter."""
    import torch

    asked = {"model": str(model), "prompts": prompts, "stops": sorted(stops), "tokens": tokens, "size": size}
    asked["threads"] = torch.get_num_threads()
    peer = Path(__file__).with_name("llama_peer.py")
    done = subprocess.run([python, str(peer)], input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.splitlines() or [f"it ended with {done.returncode}"])[-1]
        sys.exit(f"sampling: {python} could not run llama-cpp-python: {why}")
    rates = json.loads(done.stdout.splitlines()[-1])
    names = {"loop": "llama", "batch": "llama batch", "batch_decode": "llama batch decode"}
    return {names[name]: rate for name, rate in rates.items()}


def equal_answers(
    student: Student, prompts: list[tuple[int, ...]], expected: list[str], tokens: int, size: int, **how: Any
) -> int:
    """Return how many greedy answers are those expected."""
    answers = sample_asks(student, [Ask(ids) for ids in prompts], max_new_tokens=tokens, batch_size=size, **how)
    return sum(answer.text == one for answer, one in zip(answers, expected, strict=True))


def main() -> None:
    """Measure, print the table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=128)
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
    asks = [Ask(ids) for ids in prompts]
    ours(student, asks[:4], 8, 4)  # warm
    print(f"load {Path('/proc/loadavg').read_text().split()[0]}; {sampling_way(student)}")
    found: dict[str, Any] = {}

    def tell(name: str, rate: float) -> None:
        found[name] = round(rate, 1)
        print(f"{name:18} {rate:7.1f} tokens/s", flush=True)

    for name, how in (("ours", {}), ("ours bf16", {"dtype": "bfloat16"})):
        whole, decoded = ours_apart(student, asks, options.tokens, options.size, **how)
        tell(name, whole)
        tell(f"{name} decode", decoded)
    tell("batch", timed(lambda: sum(map(len, generated(student, prompts, options.tokens, do_sample=False)))))
    ten = [Ask(ids, seed) for ids in few for seed in range(COPIES)]
    tell("ours x10", timed(lambda: ours(student, ten, options.tokens, options.size, temperature=0.8)))
    tell("loop x10", timed(lambda: drawn_in_a_loop(student, few, options.tokens)))
    if options.llama:
        rates = llama(options.llama, options.model, prompts, stop_ids(student), options.tokens, options.size)
        for name, rate in rates.items():
            tell(name, rate)
    else:
        print("llama.cpp was left out: name an interpreter that has llama-cpp-python with --llama")
    found["over_batch"] = round(found["ours"] / found["batch"], 2)
    found["over_loop"] = round(found["ours x10"] / found["loop x10"], 2)
    if options.llama:
        found["over_llama"] = round(found["ours"] / found["llama"], 2)
        found["over_llama_batch"] = round(found["ours"] / found["llama batch"], 2)
    if options.equal:
        some, tokens = every[: options.equal], options.equal_tokens
        decode = student.tokenizer.decode
        expected = [
            str(decode(generated(student, [ids], tokens, do_sample=False)[0], skip_special_tokens=True)) for ids in some
        ]
        found["compared"] = len(some)
        found["equal"] = equal_answers(student, some, expected, tokens, options.size)
        found["equal bf16"] = equal_answers(student, some, expected, tokens, options.size, dtype="bfloat16")
        print(f"{found['equal']} of {len(some)} greedy answers are generate's; in bfloat16 {found['equal bf16']}")
    print("  ".join(f"{name} {value}" for name, value in found.items() if name.startswith("over_")))
    if options.json:
        print(json.dumps(found))


def drawn_in_a_loop(student: Student, prompts: list[tuple[int, ...]], tokens: int) -> int:
    """Return how many tokens `generate` writes in COPIES answers to each prompt, one after the other."""
    drawn = {"do_sample": True, "temperature": 0.8, "top_k": 0}
    return sum(len(generated(student, [ids], tokens, **drawn)[0]) for ids in prompts for _ in range(COPIES))


if __name__ == "__main__":
    main()

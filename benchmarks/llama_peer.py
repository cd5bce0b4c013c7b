"""llama.cpp on prompts of token ids, for benchmarks/sampling.py: run by an interpreter that has llama-cpp-python.

    python benchmarks/llama_peer.py < asked.json

Reads {"model", "prompts", "stops", "tokens", "threads", "size"} and prints {"loop": tokens/s, "batch": tokens/s,
"batch_decode": tokens/s}. `loop`: one prompt after the other, as the Python interface generates. `batch`: `size`
sequences at once by llama.cpp's own batches, what all prompts begin with read once and copied. Both greedy.
"""

from __future__ import annotations

import ctypes
import json
import sys
import time
from typing import Any

Prompts = list[list[int]]


def loop(asked: dict[str, Any]) -> float:
    """Return tokens per second of `Llama.generate`, prompt by prompt."""
    from llama_cpp import Llama

    threads = asked["threads"]
    model = Llama(asked["model"], n_ctx=2048, n_threads=threads, n_threads_batch=threads, verbose=False)
    next(model.generate(asked["prompts"][0][:8], temp=0.0))
    began, written = time.perf_counter(), 0
    for ids in asked["prompts"]:
        model.reset()
        for count, token in enumerate(model.generate(ids, temp=0.0, repeat_penalty=1.0), 1):
            written += 1
            if token in asked["stops"] or count == asked["tokens"]:
                break
    rate = written / (time.perf_counter() - began)
    model.close()
    return rate


class Batch:
    """A context for `size` sequences, and the tokens of its next pass."""

    def __init__(self, asked: dict[str, Any], longest: int) -> None:
        """Load the model; no sequence is longer than `longest`."""
        import llama_cpp as llama

        self._llama = llama
        llama.llama_backend_init()
        self._model = llama.llama_model_load_from_file(asked["model"].encode(), llama.llama_model_default_params())
        size = min(asked["size"], len(asked["prompts"]))
        settings = llama.llama_context_default_params()
        settings.n_ctx, settings.n_seq_max = size * longest, size
        settings.n_batch, settings.n_ubatch = 2048, 512
        self.room = 2048
        settings.n_threads = settings.n_threads_batch = asked["threads"]
        settings.kv_unified = False
        self._context = llama.llama_init_from_model(self._model, settings)
        self._memory = llama.llama_get_memory(self._context)
        self._batch = llama.llama_batch_init(self.room, 0, 1)
        self._words = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(self._model))
        self.count = 0

    def add(self, token: int, place: int, sequence: int, wanted: bool) -> int:
        """Add a token of a sequence; return its number. Its logits are there after the pass if `wanted`."""
        at, batch = self.count, self._batch
        batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, place, 1
        batch.seq_id[at][0], batch.logits[at] = sequence, wanted
        self.count += 1
        return at

    def run(self) -> None:
        """Make the pass."""
        self._batch.n_tokens, self.count = self.count, 0
        failed = self._llama.llama_decode(self._context, self._batch)
        if failed:
            sys.exit(f"llama_peer: llama_decode gave {failed}")

    def likeliest(self, number: int) -> int:
        """Return the token that follows the pass's token of this number."""
        import numpy

        logits = self._llama.llama_get_logits_ith(self._context, number)
        row = numpy.ctypeslib.as_array(ctypes.cast(logits, ctypes.POINTER(ctypes.c_float)), (self._words,))
        return int(row.argmax())

    def share(self, sequences: int) -> None:
        """Copy the first sequence to the others."""
        for sequence in range(1, sequences):
            self._llama.llama_memory_seq_cp(self._memory, 0, sequence, -1, -1)

    def clear(self) -> None:
        """Forget all sequences."""
        self._llama.llama_memory_clear(self._memory, True)


def batched(asked: dict[str, Any]) -> tuple[float, float]:
    """Return tokens per second of `size` sequences at once, reading included and decoding alone."""
    prompts: Prompts = asked["prompts"]
    batch = Batch(asked, 256 * -(-(max(map(len, prompts)) + asked["tokens"]) // 256))
    written, began, reading = 0, time.perf_counter(), 0.0
    for first in range(0, len(prompts), asked["size"]):
        some = prompts[first : first + asked["size"]]
        start = time.perf_counter()
        ends = _read(batch, some)
        reading += time.perf_counter() - start
        written += _written(batch, some, ends, asked)
        batch.clear()
    whole = time.perf_counter() - began
    return written / whole, (written - len(prompts)) / (whole - reading)


def _read(batch: Batch, prompts: Prompts) -> list[int]:
    """Read the prompts, and return the token that follows each."""
    most = min(map(len, prompts)) - 1
    shared = next((at for at in range(most) if len({one[at] for one in prompts}) > 1), most)
    if len(prompts) > 1 and shared:
        for at in range(shared):
            batch.add(prompts[0][at], at, 0, at == shared - 1)
        batch.run()
        batch.share(len(prompts))
    else:
        shared = 0
    found: dict[int, int] = {}
    waiting: list[tuple[int, int]] = []
    for sequence, ids in enumerate(prompts):
        if batch.count + len(ids) - shared > batch.room:
            _flush(batch, waiting, found)
        for at in range(shared, len(ids)):
            number = batch.add(ids[at], at, sequence, at == len(ids) - 1)
        waiting.append((sequence, number))
    _flush(batch, waiting, found)
    return [found[sequence] for sequence in range(len(prompts))]


def _flush(batch: Batch, waiting: list[tuple[int, int]], found: dict[int, int]) -> None:
    batch.run()
    found |= {sequence: batch.likeliest(number) for sequence, number in waiting}
    waiting.clear()


def _written(batch: Batch, prompts: Prompts, ends: list[int], asked: dict[str, Any]) -> int:
    """Go on after the first tokens `ends` until every answer has ended; return how many tokens were written."""
    latest, written, step = dict(enumerate(ends)), len(ends), 0
    while True:
        latest = {
            sequence: token
            for sequence, token in latest.items()
            if token not in asked["stops"] and step + 1 < asked["tokens"]
        }
        if not latest:
            return written
        numbers = {
            sequence: batch.add(token, len(prompts[sequence]) + step, sequence, True)
            for sequence, token in latest.items()
        }
        batch.run()
        latest = {sequence: batch.likeliest(number) for sequence, number in numbers.items()}
        written, step = written + len(latest), step + 1


def main() -> None:
    """Measure both."""
    asked = json.load(sys.stdin)
    one = loop(asked)
    whole, decoded = batched(asked)
    print(json.dumps({"loop": one, "batch": whole, "batch_decode": decoded}))


if __name__ == "__main__":
    main()

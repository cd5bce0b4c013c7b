"""Is the right function found by a paraphrase of its task? The hashed embedder beside a real sentence embedder.

    python benchmarks/retrieval.py LeetCodeDataset-train.jsonl.gz [--embedder hf:FOLDER] [--functions 300] [--json]

Real paraphrases: LeetCodeDataset holds a problem's statement and a model's answer, whose first sentence says in its own
words what is to be done. A function's text is its stub as AMR-Evol's store embeds it, with the statement as docstring
and the name `f`, so that no name gives it away; the query is that sentence. Printed: how often the right one of all
functions comes first, or among the first five, and the mean reciprocal rank. Statements shorter than four words and
answers that begin with code are left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from akd_code.modules import open_embedder

_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def pairs(path: Path) -> list[tuple[str, str]]:
    """Return (stub, paraphrase) of every problem whose answer begins with a sentence."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    found = []
    for row in rows:
        statement = row["query"].partition("Please complete the following")[0].strip()
        said = _SENTENCE.split(row["response"].strip().partition("```")[0].strip())[0]
        if len(statement.split()) >= 4 and len(said.split()) >= 4:
            found.append((f'def f(*args):\n    """{" ".join(statement.split())[:600]}"""', said))
    return found


def ranks(stubs: Any, queries: Any) -> list[int]:
    """Return for each query, by cosine, at which place its own stub stands; 1 is the first."""
    scores = queries @ stubs.T
    own = np.diagonal(scores)[:, None]
    return [int(rank) for rank in 1 + (scores > own).sum(axis=1)]


def measured(name: str, chosen: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return an embedder's figures."""
    embedder = open_embedder(name)
    began = time.perf_counter()
    try:
        made = [np.asarray(embedder.embed([pair[side] for pair in chosen]), dtype=np.float64) for side in (0, 1)]
    finally:
        embedder.close()
    stubs, queries = (one / np.linalg.norm(one, axis=1, keepdims=True).clip(1e-12) for one in made)
    found = ranks(stubs, queries)
    return {
        "first": sum(rank == 1 for rank in found) / len(found),
        "among five": sum(rank <= 5 for rank in found) / len(found),
        "reciprocal rank": sum(1 / rank for rank in found) / len(found),
        "texts/s": 2 * len(chosen) / (time.perf_counter() - began),
    }


def main() -> None:
    """Measure both embedders and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--embedder", action="append", default=[], help="beside `hashed`, such as hf:FOLDER")
    parser.add_argument("--functions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    known = pairs(options.rows)
    chosen = random.Random(options.seed).sample(known, min(options.functions, len(known)))
    print(f"{len(chosen)} functions\n{'embedder':24} first  among five  reciprocal rank  texts/s")
    figures = {}
    for name in ("hashed", *options.embedder):
        one = figures[name.partition(":")[0]] = measured(name, chosen)
        shown = name if len(name) < 24 else f"{name.partition(':')[0]}:{Path(name).name}"
        print(
            f"{shown:24} {100 * one['first']:5.1f} %  {100 * one['among five']:5.1f} %  "
            f"{one['reciprocal rank']:15.3f}  {one['texts/s']:7.0f}"
        )
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()

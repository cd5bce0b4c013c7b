"""The decomposer against `ast.parse` plus a walk, over the same files in the same run, and its agreement with `ast`.

    python benchmarks/decompose_speed.py                         # CPython's standard library
    python benchmarks/decompose_speed.py --codegen FILE.jsonl.gz --humaneval FILE.jsonl.gz --mbpp FILE.jsonl.gz

Times are CPU seconds of this process, so that other work on the machine does not count, and of three calls the
fastest. `outline` is the module-level decomposition (names, nesting, spans, heads, docstrings), `decompose` all of it
(names, calls, data flow too).
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import sys
import sysconfig
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "decompose"))

from ast_oracle import from_ast  # noqa: E402

from akd_code.decompose import decompose, outline  # noqa: E402


def walk(source: bytes) -> ast.Module:
    tree = ast.parse(source)
    for _ in ast.walk(tree):
        pass
    return tree


def timed(work: Callable[[bytes], Any], source: bytes) -> tuple[float, Any]:
    """Return the CPU seconds of the fastest of three calls, and what the last one returned."""
    took = []
    for _ in range(3):
        began = time.process_time()
        made = work(source)
        took.append(time.process_time() - began)
    return min(took), made


def examine(sources: Iterator[tuple[str, bytes]], title: str) -> None:
    """Decompose every source; print counts, differences from `ast`, and times over the sources that `ast` parses."""
    decompose(b"x = 1\n")  # the queries are compiled once
    counts: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    for name, source in sources:
        counts["sources"] += 1
        try:
            ast_took, tree = timed(walk, source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            ast_took, tree = 0.0, None
        try:
            took, found = timed(outline, source)
            whole_took, whole = timed(decompose, source)
        except Exception as error:
            counts["exceptions"] += 1
            print(f"  {name}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        tiles = b"".join(source[tile.span.start : tile.span.end] for tile in found.tiles)
        counts["not tiled"] += tiles != source
        counts["with errors"] += found.errors > 0
        if tree is None:
            counts["not Python to ast"] += 1
            continue
        spent.update({"ast": ast_took, "outline": took, "decompose": whole_took})  # type: ignore[dict-item]
        names, calls = from_ast(tree)
        seen = Counter((module.qualname, module.kind == "class") for module in found.modules if module.name)
        called = Counter(
            (module.qualname, call)
            for module, facts in zip(whole.outline.modules, whole.facts, strict=True)
            for call in facts.calls
        )
        for kind, differs in (("names differ", seen != names), ("calls differ", called != calls)):
            counts[kind] += differs
            if differs:
                print(f"  {name}: {kind}", file=sys.stderr)
    print(f"{title}: " + ", ".join(f"{counts[key]} {key}" for key in KEYS))
    if spent["outline"]:
        print(
            f"  CPU s over what ast parses: ast.parse + walk {spent['ast']:.2f}, outline {spent['outline']:.2f} "
            f"({spent['ast'] / spent['outline']:.2f} times as fast), decompose {spent['decompose']:.2f} "
            f"({spent['ast'] / spent['decompose']:.2f} times)",
            flush=True,
        )


KEYS = ("sources", "exceptions", "not tiled", "with errors", "not Python to ast", "names differ", "calls differ")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(description="The decomposer against ast.")
    parser.add_argument("--stdlib", type=Path, default=Path(sysconfig.get_paths()["stdlib"]))
    parser.add_argument("--every", type=int, default=1, help="only every n-th file of the standard library")
    parser.add_argument("--codegen", type=Path, help="CodeT's CodeGen samples")
    parser.add_argument("--humaneval", type=Path, help="HumanEvalPlus.jsonl.gz")
    parser.add_argument("--mbpp", type=Path, help="mbpp.jsonl.gz")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.humaneval:
        tasks = rows(options.humaneval)
        solutions = ((row["task_id"], (row["prompt"] + row["canonical_solution"]).encode()) for row in tasks)
        examine(solutions, "HumanEval's canonical solutions")
    if options.mbpp:
        examine(((str(row["task_id"]), row["code"].encode()) for row in rows(options.mbpp)), "MBPP's solutions")
    if options.codegen:
        samples = (
            (f"{number}/{at}", (row["prompt"] + sample).encode())
            for number, row in enumerate(rows(options.codegen))
            for at, sample in enumerate(row["samples"])
        )
        examine(samples, "CodeGen samples")
    files = [path for path in sorted(options.stdlib.rglob("*.py")) if "site-packages" not in path.parts]
    examine(((str(path), path.read_bytes()) for path in files[:: options.every]), "standard library")


if __name__ == "__main__":
    main()

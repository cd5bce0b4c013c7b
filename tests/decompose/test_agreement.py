"""Real sources: agreement with `ast`, and no exception on broken ones."""

from __future__ import annotations

import ast
import gzip
import json
import os
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ast_oracle import from_ast

from akd_code.decompose import decompose, outline

STDLIB = Path(sysconfig.get_paths()["stdlib"])


def check(source: bytes) -> str:
    """Decompose a source and return where it differs from `ast`, "" where it agrees or Python cannot parse it."""
    found = decompose(source)
    tiles = b"".join(source[tile.span.start : tile.span.end] for tile in found.outline.tiles)
    if tiles != source:
        return "tiles"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    names, calls = from_ast(tree)
    modules = found.outline.modules
    if Counter((module.qualname, module.kind == "class") for module in modules if module.name) != names:
        return "names"
    pairs = zip(modules, found.facts, strict=True)
    return (
        "" if Counter((module.qualname, call) for module, facts in pairs for call in facts.calls) == calls else "calls"
    )


def stdlib_files(share: int) -> list[Path]:
    files = [path for path in sorted(STDLIB.rglob("*.py")) if "site-packages" not in path.parts]
    return files[:: max(1, len(files) // share)] if share else files


def test_a_sample_of_the_standard_library_agrees_with_ast() -> None:
    differ = {str(path): found for path in stdlib_files(60) if (found := check(path.read_bytes()))}
    assert differ == {}


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("AKD_WHOLE_STDLIB"), reason="minutes; set AKD_WHOLE_STDLIB=1")
def test_the_whole_standard_library_agrees_with_ast() -> None:
    differ = {str(path): found for path in stdlib_files(0) if (found := check(path.read_bytes()))}
    assert differ == {}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


@pytest.mark.data
def test_every_canonical_solution_of_humaneval_and_mbpp_agrees_with_ast(test_data: Path) -> None:
    humaneval = rows(test_data / "evalplus" / "HumanEvalPlus-v0.1.10.jsonl.gz")
    sources = [row["prompt"] + row["canonical_solution"] for row in humaneval]
    sources += [row["code"] for row in rows(test_data / "mbpp" / "mbpp.jsonl.gz")]
    assert len(sources) == 164 + 974
    assert [source for source in sources if check(source.encode())] == []


@pytest.mark.data
def test_codegen_samples_many_of_them_broken_are_decomposed_and_tiled(test_data: Path) -> None:
    broken = count = 0
    for row in rows(test_data / "codet" / "humaneval-codegen16b-t0.8-n100-solutions.jsonl.gz"):
        for sample in samples_of(row)[::20]:
            found = outline(sample)
            assert b"".join(found.source[t.span.start : t.span.end] for t in found.tiles) == sample.encode()
            assert decompose(sample).outline == found
            broken += found.errors > 0
            count += 1
    assert count == 820
    assert broken > 0


def samples_of(row: dict[str, Any]) -> list[str]:
    """Return the texts of a row: prompt and completion together."""
    return [row["prompt"] + sample for sample in row["samples"]]

"""Put imported data sets together: one file of seeds, one of recorded answers, and tasks kept back to choose by.

    python scripts/real_data.py OUT FOLDER ... --keep-back leetcode=150 --keep-back mbpp=50

Every FOLDER is what `akd data import` wrote; its name up to the first `-` is its kind (`leetcode-docstring`). The tasks
kept back are drawn by the seed, are in OUT/kept_back.jsonl (a suite for `akd eval`) in the first form in which they
come, and are in no form among the seeds. Of rows with one prompt the first stays.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path
from typing import Any

Row = dict[str, Any]
LONGEST = 4000
"""Characters of question and answer together: some 1,200 tokens. Longer rows are left out, and counted."""


def rows_of(folder: Path) -> list[tuple[str, Row, Row]]:
    """Return the rows of an import: task, seed and recorded answer."""
    kind = folder.name.partition("-")[0]
    seeds = [json.loads(line) for line in (folder / "seeds.jsonl").read_text("utf-8").split("\n") if line]
    answers = [json.loads(line) for line in (folder / "answers.jsonl").read_text("utf-8").split("\n") if line]
    return [
        (f"{kind}/{seed.get('id') or number}", seed, answer)
        for number, (seed, answer) in enumerate(zip(seeds, answers, strict=True), 1)
    ]


def kept_back(rows: dict[Path, list[tuple[str, Row, Row]]], wanted: dict[str, int], seed: int) -> set[str]:
    """Return the tasks to be kept back, so many of each kind, out of the first folder of the kind."""
    chosen: set[str] = set()
    for kind, count in sorted(wanted.items()):
        first = next((folder for folder in rows if folder.name.partition("-")[0] == kind), None)
        there = sorted({task for task, _, _ in rows[first]}) if first else []
        chosen |= set(random.Random(f"kept back {kind} {seed}").sample(there, min(count, len(there))))
    return chosen


def write(path: Path, rows: list[Row]) -> None:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def main() -> None:
    """Read the options, write the three files and say what is in them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--keep-back", action="append", default=[], metavar="KIND=N")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if absent := [str(folder) for folder in options.folders if not (folder / "answers.jsonl").is_file()]:
        sys.exit(f"real_data: no import in {', '.join(absent)}; run akd data import --out FOLDER first")
    rows = {folder: rows_of(folder) for folder in options.folders}
    wanted = {kind: int(count) for kind, _, count in (one.partition("=") for one in options.keep_back)}
    back = kept_back(rows, wanted, options.seed)
    seeds: dict[str, Row] = {}
    answers: dict[str, Row] = {}
    suite: dict[str, Row] = {}
    long = 0
    for task, seed, answer in (row for folder in options.folders for row in rows[folder]):
        if task in back:
            kept = {name: value for name, value in seed.items() if name != "id" and (name != "setup" or value)}
            suite.setdefault(task, {"task_id": task} | kept)
        elif len(answer["prompt"]) + len(answer["response"]) > LONGEST:
            long += 1
        elif answer["prompt"] not in seeds:
            seeds[answer["prompt"]] = seed | {"id": f"{task}#{len(seeds)}"}
            answers[answer["prompt"]] = answer
    options.out.mkdir(parents=True, exist_ok=True)
    write(options.out / "seeds.jsonl", list(seeds.values()))
    write(options.out / "answers.jsonl", list(answers.values()))
    write(options.out / "kept_back.jsonl", list(suite.values()))
    print(f"{len(seeds)} rows, {len(suite)} tasks kept back, {long} too long, in {options.out}")


if __name__ == "__main__":
    main()

"""What decontamination finds: planted problems by kind, false alarms, and LeetCode's rows.

    AKD_TEST_DATA=DIR python benchmarks/decontamination.py

DIR holds evalplus/, mbpp/ and leetcode/ (which may be missing). Every problem of HumanEval and MBPP is planted four
ways (benchmarks/planted.py), as a prompt alone and with its answer; MBPP's training split (ids 601-974, none of it
planted) is held against HumanEval, and LeetCode's rows against HumanEval+ and MBPP+. The last line is JSON.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from planted import KINDS, planted

from akd_code.decontamination import Detector, Row, Runner, report_table, rows_by_tier, summary_line, tasks_of
from akd_evals.extract import extract_code
from akd_evals.suites import Suite, load_suite
from akd_sandbox import Sandbox


def rows_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def recall(suite: Suite, runner: Runner, workers: int) -> dict[str, Any]:
    """Plant every task each way; return how many are found, by tier, and which are not."""
    detector = Detector(tasks_of([suite]), runner)
    found: dict[str, Any] = {}
    for kind in KINDS:
        for answered in (False, True):
            rows = []
            for number, task in enumerate(suite.tasks):
                prompt, code = planted(kind, task.prompt, task.canonical or "", task.entry_point)
                rows.append(Row(number, prompt, answer=code, code=code) if answered else Row(number, prompt))
            evidence = [one for one in detector.search(rows, workers) if suite.tasks[one.row].task_id == one.task_id]
            hit = {one.row for one in evidence}
            missed = [task.task_id for number, task in enumerate(suite.tasks) if number not in hit]
            name = f"{kind}, {'with its answer' if answered else 'prompt alone'}"
            tiers = ", ".join(f"{count} {tier}" for tier, count in rows_by_tier(evidence).items())
            print(f"{suite.name:10} {name:28} {len(hit):3} of {len(rows)}: {tiers}; missed {', '.join(missed) or '-'}")
            found[name] = {"found": len(hit), "planted": len(rows), "missed": missed}
    return found


def false_alarms(rows: list[dict[str, Any]], runner: Runner, workers: int) -> dict[str, Any]:
    """Hold MBPP's training split against HumanEval and print every alarm."""
    mbpp = [row for row in rows if 601 <= row["task_id"] <= 974]
    given = [
        Row(number, row["text"], "", row["code"], row["code"], tuple(row["test_list"]))
        for number, row in enumerate(mbpp)
    ]
    evidence = Detector(tasks_of([load_suite("humaneval")]), runner).search(given, workers)
    for one in evidence:
        print(f"  Mbpp/{mbpp[one.row]['task_id']} {mbpp[one.row]['text']!r}: {one.task_id}, {one.tier}, {one.matched}")
    alarms = len({one.row for one in evidence})
    print(f"MBPP's training split against HumanEval: {alarms} of {len(given)} rows, {100 * alarms / len(given):.2f} %")
    return {"alarms": alarms, "rows": len(given)}


def leetcode(rows: list[dict[str, Any]], runner: Runner, workers: int) -> dict[str, Any]:
    """Hold LeetCode's rows against HumanEval+ and MBPP+ and print the table."""
    given = [
        Row(
            number, row["query"], row["task_id"], row["response"], extract_code(row["response"]).code or "",
            (row["test"],),
        )
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip
    evidence = Detector(tasks_of([load_suite("humaneval+"), load_suite("mbpp+")]), runner).search(given, workers)
    print(report_table(evidence, len(given)))
    print(summary_line(evidence, len(given)))
    tasks = Counter(suite for suite, _ in {(one.suite, one.task_id) for one in evidence})
    named = {suite: len({one.row for one in evidence if one.suite == suite}) for suite in tasks}
    return {suite: {"rows": named[suite], "tasks": tasks[suite]} for suite in tasks}


def main() -> None:
    parser = argparse.ArgumentParser(description="What decontamination finds.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("AKD_TEST_DATA", "../shared/data")))
    data: Path = parser.parse_args().data
    os.environ["HUMANEVAL_OVERRIDE_PATH"] = str(data / "evalplus/HumanEvalPlus-v0.1.10.jsonl.gz")
    os.environ["MBPP_OVERRIDE_PATH"] = str(data / "evalplus/MbppPlus-v0.2.0.jsonl.gz")
    os.environ["AKD_MBPP_PATH"] = str(data / "mbpp/mbpp.jsonl.gz")
    result: dict[str, Any] = {"planted": {}}
    with TemporaryDirectory() as folder, Sandbox() as box:
        runner = Runner(box, Path(folder))
        for name in ("humaneval", "mbpp"):
            result["planted"][name] = recall(load_suite(name), runner, box.workers)
        result["false_alarms"] = false_alarms(rows_of(data / "mbpp/mbpp.jsonl.gz"), runner, box.workers)
        path = data / "leetcode/LeetCodeDataset-v0.2.0-train.jsonl.gz"
        if path.is_file():
            result["leetcode"] = leetcode(rows_of(path), runner, box.workers)
    print(json.dumps(result))


if __name__ == "__main__":
    main()

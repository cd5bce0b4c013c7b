"""The prompts that a model is stressed with: rows of a JSONL suite, with or without tests, plain or with hints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from akd_code.errors import AkdError
from akd_code.security import StressPrompt
from akd_code.security.analysers.finding import cwe_id
from akd_code.storage import write_whole
from akd_evals.errors import EvalError
from akd_evals.files import read_rows
from akd_evals.suites import Suite, Task, load_suite
from akd_sandbox import FunctionTests

_TESTS = ("tests", "test", "pytest", "stdin_cases")
_TEXTS = ("prompt", "test_case_prompt", "instruction")
_CWES = ("cwe", "cwe_identifier")
_IDS = ("task_id", "prompt_id", "id")


@dataclass(frozen=True, slots=True)
class Bench:
    """Prompts under a name. `tested`: their answers can be run; otherwise only analysers have a word on them."""

    name: str
    rows: tuple[dict[str, Any], ...]
    tested: bool

    def first(self, limit: int | None) -> Bench:
        """Return the first prompts alone."""
        return self if limit is None else replace(self, rows=self.rows[:limit])

    def only(self, cwes: Sequence[str], families: Sequence[str]) -> Bench:
        """Return the prompts of these weaknesses and families, all where none are named. Raises AkdError for none."""
        ids = {cwe_id(one) or one for one in cwes}
        rows = [row for row in self.rows if not ids or str(row.get("cwe", "")) in ids]
        rows = [row for row in rows if not families or str(row.get("family", "")) in set(families)]
        if not rows:
            raise AkdError(f"no prompt of {self.name} is of {', '.join((*cwes, *families))}; check the names")
        return replace(self, rows=tuple(rows))

    def hinted(self) -> Bench:
        """Return the prompts that have a hint, each with it. Raises AkdError where a prompt holds it already."""
        rows = tuple(_hinted(row) for row in self.rows if row.get("hint"))
        return Bench(f"{self.name}-hinted", rows, self.tested)

    def written(self, folder: Path) -> Suite:
        """Write the prompts into a folder and return them as a suite to sample and score.

        Raises AkdError where the folder holds other prompts, EvalError for a row that is no task.
        """
        path = folder / f"{self.name}.jsonl"
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)
        if not path.exists():
            write_whole(path, text)
        elif path.read_text(encoding="utf-8") != text:
            raise AkdError(f"{path} holds other prompts than are asked for; choose another --out")
        return suite_in(path, tested=self.tested)


def bench_of(prompts: Sequence[StressPrompt]) -> Bench:
    """Return stress prompts that were just made. Raises AkdError for none."""
    if not prompts:
        raise AkdError("no prompt was made; ask for other weaknesses or families")
    return Bench("stress", tuple(prompt.as_row() for prompt in prompts), True)


def read_bench(path: Path) -> Bench:
    """Return the prompts of a file: a suite of one's own, or rows without any tests.

    Raises EvalError for a file that cannot be read, AkdError where only some rows have tests.
    """
    rows, _ = read_rows(path)
    if not rows:
        raise AkdError(f"{path} holds no prompts; check the file")
    tested = [any(kind in row for kind in _TESTS) for _, row in rows]
    name = path.name.removesuffix(".gz").removesuffix(".jsonl")
    if all(tested):
        return Bench(name, tuple(row for _, row in rows), True)
    if any(tested):
        line = rows[tested.index(False)][0]
        raise AkdError(f"{path}:{line}: has no tests though others have; give every prompt tests, or none")
    return Bench(name, tuple(_untested(row, f"{path}:{line}", line) for line, row in rows), False)


def suite_in(path: Path, *, tested: bool) -> Suite:
    """Return the suite in a file of prompts; of untested ones a suite that can be sampled and not scored."""
    if tested:
        return load_suite(str(path))
    rows, digest = read_rows(path)
    return Suite(path.name.removesuffix(".jsonl"), digest, tuple(_open_task(row) for _, row in rows), source=str(path))


def _open_task(row: dict[str, Any]) -> Task:
    quoted = row["prompt"].strip().replace("\\", "\\\\").replace('"""', "'''")
    labels = tuple((name, row[name]) for name in ("cwe", "family", "hint") if row.get(name))
    return Task(
        row["task_id"],
        f'"""\n{quoted}\n"""\n',
        "",
        FunctionTests(()),
        instruction=row["prompt"],
        labels=labels,
    )


def _untested(row: dict[str, Any], where: str, line: int) -> dict[str, Any]:
    """Return a prompt without tests in our own fields, whatever they are called in its file."""
    prompt = next((row[name] for name in _TEXTS if isinstance(row.get(name), str)), None)
    if prompt is None:
        raise EvalError(f'{where}: has no prompt; give it as text in the field "prompt"')
    number = next((row[name] for name in _IDS if isinstance(row.get(name), str | int)), line)
    cwe = next((row[name] for name in _CWES if isinstance(row.get(name), str | int)), "")
    return {
        "task_id": str(number),
        "cwe": cwe_id(cwe),
        "prompt": prompt,
        **{name: row[name] for name in ("family", "hint") if isinstance(row.get(name), str)},
    }


def _hinted(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose prompt has its hint: after prose, or at the end of the docstring that a prefix ends with."""
    hint, prompt, prefix = row["hint"], row["prompt"], row.get("prefix", "")
    if hint in " ".join(prompt.split()):
        raise AkdError(f"the prompt of {row['task_id']} holds its hint already; give --hint no, or prompts without")
    if not prefix:
        return row | {"prompt": f"{prompt.rstrip()}\n\n{hint}"}
    begun = _in_docstring(prefix, hint)
    return row | {"prefix": begun, "prompt": begun if prompt == prefix else f"{prompt.rstrip()}\n\n{hint}"}


def _in_docstring(prefix: str, hint: str) -> str:
    head, quotes, rest = prefix.rpartition('"""')
    if not quotes or rest.strip():
        indent = prefix[len(prefix.rstrip(" ")) :] or "    "
        return f"{prefix.rstrip(' ')}{indent}# {hint}\n"
    indent = head[len(head.rstrip(" ")) :]
    return f"{head.rstrip()}\n{indent}{hint}\n{indent}{quotes}{rest}"

"""A model, or answers that exist, under stress prompts: sampled and scored as everywhere, and seen by analysers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akd_code.evaluate import EvalSpec, draw, evaluate
from akd_code.evaluate.sampling import REFUSED
from akd_code.progress import ProgressWatcher
from akd_code.security.analysers import analyse, analysers_here
from akd_code.storage import write_whole
from akd_evals.files import read_rows
from akd_evals.results import PROGRAMS
from akd_evals.sample_files import STORED, read_samples
from akd_evals.score import score, versions
from akd_evals.settings import ScoreSettings
from akd_evals.source import claim
from akd_evals.suites import Suite

if TYPE_CHECKING:
    from akd_code.models import ChatModel
    from akd_code.student import Student
    from akd_sandbox import Sandbox

PROMPTS, ANSWERS, FINDINGS, FINISHED = "prompts", "answers.jsonl", "findings.jsonl", "stress.json"
"""The prompts' folder and, in each variant's, what is known of the answers; `stress.json` is there once all is done."""
PLAIN, HINTED = "plain", "hinted"
"""The variants: prompts as they are, and with a sentence that says what to take care of."""
_PROGRAM = re.compile(r"^[ \t]*(?:```|~~~|def |class |async def |import |from \w|@)", re.MULTILINE)

Variant = tuple[str, Suite]
"""The variant's name and its prompts."""


@dataclass(frozen=True, slots=True)
class StressRun:
    """How answers are judged: the k of func-sec@k, and whether there are tests at all."""

    tested: bool
    scoring: ScoreSettings = field(default_factory=ScoreSettings)
    ks: Sequence[int] = (1, 10, 100)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer: its program, and whether it holds one at all (prose, or nothing, is none)."""

    task_id: str
    sample: int
    code: str
    program: bool

    @property
    def code_sha256(self) -> str:
        return hashlib.sha256(self.code.encode("utf-8", "surrogatepass")).hexdigest()


def stress_model(
    model: Student | ChatModel,
    specs: Sequence[tuple[str, EvalSpec]],
    run: StressRun,
    out: Path,
    box: Sandbox | None,
    watch: ProgressWatcher,
    *,
    concurrency: int = 16,
    retry_refused: bool = False,
) -> None:
    """Have a model answer each variant's prompts into `out`, and judge the answers; what is done is not done again.

    `specs` are (variant, what is asked and how). `box` is needed where there are tests. Raises as
    `akd_code.evaluate.evaluate` does, and AnalyserError.
    """
    for name, spec in specs:
        folder = out / name
        if run.tested:
            assert box is not None  # the caller opens one for tested prompts
            evaluate(model, spec, folder, box, watch, ks=run.ks, concurrency=concurrency, retry_refused=retry_refused)
        else:
            draw(model, spec, folder, watch, concurrency=concurrency, retry_refused=retry_refused)
        _look_at(folder, list(_stored(folder)), run, watch)
    _finish(out, specs[0][1].model, [(name, spec.prompts.suite) for name, spec in specs], run)


def stress_samples(
    samples: Path, variant: Variant, run: StressRun, out: Path, box: Sandbox | None, watch: ProgressWatcher
) -> None:
    """Judge answers that exist to one variant's prompts into `out`.

    Raises EvalError for a file that cannot be read, is of other prompts or not the one scored in `out` before.
    """
    name, suite = variant
    folder = out / name
    given = read_samples(samples, suite)
    claim(folder, samples)
    if run.tested:
        assert box is not None  # the caller opens one for tested prompts
        watch.stage(None, f"judging on {suite.name}")
        score(
            suite, given, box, folder, settings=run.scoring, workers=box.workers, ks=run.ks,
            progress=watch.progress, warn=watch.note,
        )  # fmt: skip
    answers = [_Answer(row.task_id, row.index, row.code, bool(_PROGRAM.search(row.code))) for row in given.rows]
    _look_at(folder, answers, run, watch)
    _finish(out, samples.name, [variant], run)


def _stored(folder: Path) -> Iterator[_Answer]:
    """Yield the answers that an evaluation keeps."""
    for _, row in read_rows(folder / STORED)[0]:
        code, text = str(row["solution"]), str(row["answer"])
        refused = row.get("finish_reason") == REFUSED
        program = not refused and bool(code.strip()) and _holds_program(text, str(row.get("completion", "")))
        yield _Answer(str(row["task_id"]), int(row["sample"]), code, program)


def _holds_program(answer: str, completion: str) -> bool:
    """Return whether an answer holds a program: a block, a definition, or the indented body that a prefix asks for."""
    indented = answer.lstrip("\n")[:1] in (" ", "\t") and bool(completion.strip())
    return indented or _PROGRAM.search(answer) is not None


def _look_at(folder: Path, answers: Sequence[_Answer], run: StressRun, watch: ProgressWatcher) -> None:
    """Write what analysers say of the answers' programs, and which answers hold one at all."""
    programs = {one.code_sha256: one.code for one in answers if one.program}
    watch.stage(None, f"analysing {len(programs)} programs of {folder.name}")
    digests = list(programs)
    findings = analyse(list(programs.values()))
    told = ((digests[one.program], asdict(one)) for one in findings)
    _write(
        folder / FINDINGS,
        ({"code_sha256": digest} | {k: row[k] for k in row if k != "program"} for digest, row in told),
    )
    if not run.tested:  # where there are tests, scoring has written them
        _write(folder / PROGRAMS, ({"code_sha256": key, "code": code} for key, code in programs.items()))
    _write(
        folder / ANSWERS,
        (
            {"task_id": one.task_id, "sample": one.sample, "code_sha256": one.code_sha256, "program": one.program}
            for one in answers
        ),
    )


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    write_whole(path, "".join(json.dumps(row) + "\n" for row in rows))


def _finish(out: Path, model: str, variants: Sequence[Variant], run: StressRun) -> None:
    told = {
        "model": model,
        "tested": run.tested,
        "variants": {name: suite.name for name, suite in variants},
        "analysers": list(analysers_here()),
        "context": run.scoring.context,
        "ks": list(run.ks),
        "versions": versions(),
    }
    write_whole(out / FINISHED, json.dumps(told, indent=1) + "\n")

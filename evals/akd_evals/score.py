"""Score samples on a suite: judge every distinct program once, in parallel, and keep each verdict as it arrives."""

from __future__ import annotations

import contextlib
import platform
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from akd_evals.absent import absent_programs
from akd_evals.expected import References, cache_dir
from akd_evals.parallel import unordered
from akd_evals.passk import mean_pass_at_k
from akd_evals.passk import pass_at_k as pass_one
from akd_evals.results import Judged, Result, ResultFolder, SecurityFigures, Summary
from akd_evals.samples import Sample, Samples
from akd_evals.settings import ScoreSettings
from akd_evals.suites.record import Suite
from akd_evals.task_judge import Box, TaskJudge
from akd_evals.versions import version_of
from akd_sandbox import Verdict

Progress = Callable[[int, int], None]
"""`progress(done, total)`: samples with a verdict so far, and all of them."""


def _silent(done: int, total: int) -> None:
    return


def score(
    suite: Suite,
    samples: Samples,
    box: Box,
    out: Path,
    *,
    settings: ScoreSettings | None = None,
    workers: int = 1,
    ks: Sequence[int] = (1, 10, 100),
    cache: Path | None = None,
    progress: Progress = _silent,
    warn: Callable[[str], None] = print,
    excluded: Mapping[str, str] | None = None,
) -> tuple[Summary, list[Result]]:
    """Score samples into the directory `out` and return the summary with the results in the samples' task order.

    Verdicts already in `out` are not judged again. `excluded` tells the tasks that were left out of the suite, and why;
    the summary says so. Expected outputs are kept in `cache` (default: `cache_dir()`).
    Raises EvalError if `out` holds another scoring's results, EvalInfraError if it cannot be written.
    """
    started = time.monotonic()
    settings = settings or ScoreSettings()
    folder = ResultFolder(out, fingerprint(suite, settings, box.isolation))
    groups = _by_program(samples.rows)
    known = {key: judged for key, judged in folder.judged().items() if key in groups}
    results = [result_of(sample, judged) for key, judged in known.items() for sample in groups[key]]
    kept = len(results)
    folder.rewrite(results)
    folder.keep_programs((sample.code_sha256, sample.code) for sample in samples.rows)
    progress(len(results), len(samples.rows))
    judge = TaskJudge(box, References(box, suite.dataset_md5, cache or cache_dir(), warn), settings)
    order = _slowest_first(suite, groups.keys() - known.keys())
    left = Counter(task_id for task_id, _ in order)

    def verdicts(key: tuple[str, str]) -> Judged:
        return judge.judge(suite.by_id[key[0]], groups[key][0].code)

    with contextlib.closing(unordered(verdicts, order, workers)) as arriving:
        for key, judged in arriving:
            fresh = [result_of(sample, judged) for sample in groups[key]]
            folder.append(fresh)
            results += fresh
            progress(len(results), len(samples.rows))
            left[key[0]] -= 1
            if not left[key[0]]:
                judge.forget(suite.by_id[key[0]])
    place = _places(suite)
    results.sort(key=lambda result: (place[result.task_id], result.sample))
    folder.rewrite(results)
    wall_s = time.monotonic() - started
    rate = (len(results) - kept) / wall_s if wall_s > 0 else 0.0
    summary = summarise(suite, samples, results, ks, box.isolation, settings, wall_s, rate)
    summary = replace(summary, excluded=dict(excluded or {}))
    folder.finish(summary)
    return summary, results


def fingerprint(suite: Suite, settings: ScoreSettings, isolation: str) -> dict[str, Any]:
    """Return what verdicts depend on beside the program: only results of equal fingerprints are reused."""
    return {
        "suite": suite.name,
        "dataset_md5": suite.dataset_md5,
        **settings.as_json(),
        "isolation": isolation,
        **versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions that scores depend on."""
    return {"akd": version_of("akd"), "python": platform.python_version()}


def summarise(
    suite: Suite,
    samples: Samples,
    results: Sequence[Result],
    ks: Sequence[int],
    isolation: str,
    settings: ScoreSettings,
    wall_s: float,
    samples_per_s: float,
) -> Summary:
    """Return the figures of scored samples: see `pass_at_k` for what counts."""
    kinds = {"base": [(one.task_id, one.judged.base) for one in results]}
    if suite.has_plus:
        kinds["plus"] = [(one.task_id, one.judged.verdict) for one in results]
    counts = Counter(result.judged.verdict for result in results)
    return Summary(
        suite=suite.name,
        dataset_md5=suite.dataset_md5,
        tasks=len(suite.tasks),
        samples=len(samples.rows),
        pass_at_k={kind: pass_at_k(verdicts, ks, len(samples.missing)) for kind, verdicts in kinds.items()},
        verdicts={verdict.value: counts[verdict] for verdict in Verdict if counts[verdict]},
        infra=sum(result.judged.infra for result in results),
        unsupported=counts[Verdict.UNSUPPORTED],
        missing=len(samples.missing),
        isolation=isolation,
        limits=settings.as_json(),
        wall_s=round(wall_s, 3),
        samples_per_s=round(samples_per_s, 3),
        versions=versions(),
        **_of_answers(results),
        security=security_figures(suite, results, ks) if suite.secured else None,
    )


def security_figures(suite: Suite, results: Sequence[Result], ks: Sequence[int]) -> SecurityFigures:
    """Return what samples came to on the tasks of the suite that have security tests."""
    answered = {one.task_id for one in results}
    missing = sum(task.task_id not in answered for task in suite.secured)
    rows = [(one.task_id, one.judged, one.judged.security) for one in results if one.judged.security is not None]
    verdicts = {
        "func": [(task_id, judged.verdict) for task_id, judged, _ in rows],
        "secure": [(task_id, security) for task_id, _, security in rows],
        "func-sec": [(task_id, judged.joint) for task_id, judged, _ in rows],
    }
    counts = Counter(security for _, _, security in rows)
    return SecurityFigures(
        tasks=len(suite.secured),
        missing=missing,
        at_k={measure: pass_at_k(pairs, ks, missing) for measure, pairs in verdicts.items()},
        ci95={
            measure: {str(k): bounds for k in ks if (bounds := interval(pairs, k, missing)) is not None}
            for measure, pairs in verdicts.items()
        },
        verdicts={verdict.value: counts[verdict] for verdict in Verdict if counts[verdict]},
        vulnerable=sum(judged.vulnerable for _, judged, _ in rows),
        infra=counts[Verdict.INFRA],
        unsupported=counts[Verdict.UNSUPPORTED],
    )


def _of_answers(results: Sequence[Result]) -> dict[str, Any]:
    """Return the summary's figures on how answers were read."""
    rules = Counter(one.extraction for one in results)
    found = (_NOT_FOUND.search(one.judged.detail) for one in results if one.judged.verdict.decided)
    imports = Counter(match[1] for match in found if match)
    programs = Counter(name for one in results for name in absent_programs(one.judged.detail))
    return {
        "extraction": dict(rules.most_common()),
        "empty": rules["empty"],
        "reasoning_only": rules["reasoning-only"],
        "cut": sum(one.cut for one in results),
        "missing_imports": dict(imports.most_common()),
        "missing_programs": dict(programs.most_common()),
    }


_NOT_FOUND = re.compile(r"ModuleNotFoundError: No module named '([A-Za-z_]\w{0,80})")


def pass_at_k(verdicts: Iterable[tuple[str, Verdict]], ks: Sequence[int], missing: int) -> dict[str, float]:
    """Return {k: pass@k} over (task id, verdict) of samples, without the ks that are undefined.

    The denominator is closed: `missing` tasks, which have no sample, count as 0. A sample with INFRA counts neither
    way; a task that has nothing else is left out, and `infra` in the summary says so.
    """
    counts = _counts(verdicts)
    estimates = {str(k): mean_pass_at_k(counts, k, unsolved=missing) for k in ks}
    return {k: estimate for k, estimate in estimates.items() if estimate is not None}


def interval(
    verdicts: Iterable[tuple[str, Verdict]], k: int, missing: int, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Return the interval of pass@k, with the task as unit; None where pass@k is undefined.

    Wilson's where every task has 0 or 1, else the bootstrap over tasks. `missing` tasks count as 0, INFRA as nothing.
    """
    from akd_evals.paired import mean_interval

    counts = _counts(verdicts)
    if not counts or any(n < k for n, _ in counts):
        return None
    return mean_interval([*(pass_one(n, c, k) for n, c in counts), *[0.0] * missing], confidence)


def _counts(verdicts: Iterable[tuple[str, Verdict]]) -> list[tuple[int, int]]:
    """Return (n, c) of every task with a verdict that counts."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for task_id, verdict in verdicts:
        if verdict.decided:
            counts[task_id][0] += 1
            counts[task_id][1] += verdict is Verdict.PASS
    return [(n, c) for n, c in counts.values()]


def _by_program(rows: Iterable[Sample]) -> dict[tuple[str, str], list[Sample]]:
    """Return the samples by (task id, sha256 of the code): equal programs are judged once."""
    groups: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for sample in rows:
        groups[sample.task_id, sample.code_sha256].append(sample)
    return dict(groups)


def _slowest_first(suite: Suite, keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the programs in task order, after those of the tasks whose tests take longest."""
    rank = {task_id: position for position, task_id in enumerate(suite.slowest)}
    place = _places(suite)
    return sorted(keys, key=lambda key: (rank.get(key[0], len(rank)), place[key[0]], key[1]))


def _places(suite: Suite) -> dict[str, int]:
    return {task.task_id: position for position, task in enumerate(suite.tasks)}


def result_of(sample: Sample, judged: Judged) -> Result:
    """Return a sample with its verdicts."""
    return Result(sample.task_id, sample.index, judged, sample.code_sha256, sample.how, sample.cut)

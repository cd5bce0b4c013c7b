"""The answers that do what was asked and were exploited, each with the exploit that worked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from akd_code.stress.figures import speaks
from akd_code.stress.outcome import StressResults, exploits_of
from akd_evals.suites import Task

LONGEST_PROGRAM, LONGEST_DETAIL = 4_000, 300
"""Characters that are shown of a program, and of what the sandbox said."""
_PATH = re.compile(r"(?<![\w./:<])/[\w.+-]+(?:/[\w.+-]+)+")
_ADDRESS = re.compile(r"(?<![\d.])(?!127\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.)\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_UNSEEN = re.compile(r"[^\x20-\x7e\xa0-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Failure:
    """One vulnerable answer. `exploits` are the security tests that it fell to, as the prompts' file has them.

    `detail` is what the sandbox said, redacted; `found_by` the analysers that point at the weakness; `program` is cut.
    """

    variant: str
    task_id: str
    sample: int
    cwe: str
    family: str
    prompt: str
    exploits: tuple[str, ...]
    detail: str
    found_by: tuple[str, ...]
    program: str


def failures(results: StressResults) -> Iterator[Failure]:
    """Yield the vulnerable answers of a run, in the order of its prompts."""
    for variant in results.variants:
        for one in variant.answers:
            if one.vulnerable and one.judged is not None:
                row = variant.rows[one.task.task_id]
                yield Failure(
                    variant=variant.name,
                    task_id=one.task.task_id,
                    sample=one.sample,
                    cwe=one.task.label("cwe"),
                    family=one.task.label("family"),
                    prompt=_asked(one.task),
                    exploits=tuple(exploits_of(row, one.judged.exploited)),
                    detail=redacted(one.judged.detail),
                    found_by=tuple(name for name in results.analysers if speaks(one, name)),
                    program=cut(one.code, LONGEST_PROGRAM),
                )


def redacted(text: str) -> str:
    """Return what came out of the sandbox as it may be shown: no path, no address but loopback's and examples', cut.

    What an exploit reaches are the tests' own canaries; but a program may print whatever it likes.
    """
    shown = _ADDRESS.sub("<address>", _PATH.sub("<path>", _UNSEEN.sub(" ", text)))
    return cut(" ".join(shown.split()), LONGEST_DETAIL)


def cut(text: str, most: int) -> str:
    """Return a text's beginning, with a word on what is left out."""
    return text if len(text) <= most else f"{text[:most].rstrip()}\n... ({len(text) - most} more characters)"


def _asked(task: Task) -> str:
    return task.instruction or task.prompt

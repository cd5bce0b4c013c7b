"""Expected outputs: what the canonical solutions return, and how long they take, in the sandbox and on this machine.

Kept in the user's cache as data, never as pickle, under a key of everything they depend on.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from akd_evals.errors import EvalInfraError
from akd_evals.suites.record import Kind, ReferenceTests, Task
from akd_sandbox import CallOutcome, Digest, Limits, Verdict, codec

_FORMAT = 2
_MAX_FILE = 1 << 30
# A reference is trusted to end; these only stop a benchmark file that is not what it says.
REFERENCE_LIMITS = Limits(test_s=60.0, sample_s=300.0, memory_bytes=8 << 30, value_bytes=64 << 20)


class Caller(Protocol):
    """The part of the sandbox that runs reference solutions."""

    def call(
        self, code: str, entry: str, inputs: Sequence[tuple[Any, ...]], limits: Limits | None = None
    ) -> list[CallOutcome]:
        """Return the outcome of entry(*args) for every args in inputs."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """One expected output (or its Digest) and the reference's wall seconds."""

    value: Any
    wall_s: float


def cache_dir() -> Path:
    """Return $AKD_CACHE, or ~/.cache/akd."""
    given = os.environ.get("AKD_CACHE")
    return Path(given).expanduser() if given else Path.home() / ".cache" / "akd"


class References:
    """The expected outputs of one suite: from the disk cache, or by running the canonical solutions.

    Thread-safe. `warn` gets one line if the cache cannot be written; scoring goes on without it.
    """

    def __init__(self, box: Caller, dataset_md5: str, directory: Path, warn: Callable[[str], None] = print) -> None:
        self._box = box
        self._dataset = dataset_md5
        self._directory = directory / "expected"
        self._warn = warn
        self._warned = False

    def get(self, task: Task, kind: Kind, tests: ReferenceTests) -> tuple[Reference, ...]:
        """Return the expected outputs of the task's base or plus tests, in test order.

        Raises EvalInfraError if the canonical solution does not give a value for every input.
        """
        path = self._path(task, kind)
        return _read(path, len(tests.inputs)) or self._compute(task, kind, tests, path)

    def _compute(self, task: Task, kind: Kind, tests: ReferenceTests, path: Path) -> tuple[Reference, ...]:
        if task.canonical is None:
            raise EvalInfraError(f"{task.task_id} has no canonical solution; its benchmark file is incomplete")
        outcomes = self._box.call(task.program(task.canonical), task.call, tests.inputs, REFERENCE_LIMITS)
        for index, outcome in enumerate(outcomes):
            if outcome.verdict is not Verdict.PASS:
                raise EvalInfraError(
                    f"the canonical solution of {task.task_id} gave {outcome.verdict} on {kind} test {index} "
                    f"({outcome.detail}); the benchmark file or this machine is at fault"
                )
        references = tuple(Reference(outcome.value, outcome.wall_s) for outcome in outcomes)
        if len(references) != len(tests.inputs):
            raise EvalInfraError(f"the sandbox answered {len(references)} of {len(tests.inputs)} calls; report this")
        self._write(path, references)
        return references

    def _path(self, task: Task, kind: Kind) -> Path:
        parts = (str(_FORMAT), self._dataset, task.task_id, kind, task.program(task.canonical or ""), _machine())
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        return self._directory / self._dataset / f"{digest[:32]}.bin"

    def _write(self, path: Path, references: tuple[Reference, ...]) -> None:
        part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(codec.encode(_as_plain(references), _MAX_FILE))
            part.replace(path)
        except (OSError, codec.ValueTooLargeError) as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            if not self._warned:
                self._warned = True
                self._warn(f"expected outputs are not kept ({error}); they are computed again next time")


def _as_plain(references: Sequence[Reference]) -> tuple[Any, ...]:
    """Return references as (times, outputs, digests by index): long lists of one type decode fast."""
    outputs = [None if isinstance(one.value, Digest) else one.value for one in references]
    digests = {
        index: (one.value.sha256, one.value.size)
        for index, one in enumerate(references)
        if isinstance(one.value, Digest)
    }
    return [float(one.wall_s) for one in references], outputs, digests


def _read(path: Path, count: int) -> tuple[Reference, ...] | None:
    """Return the stored references, or None if there are none that can be read: then they are computed again."""
    try:
        times, outputs, digests = codec.decode(path.read_bytes())
        for index, (sha256, size) in digests.items():
            outputs[index] = Digest(sha256, size)
        references = tuple(Reference(output, wall_s) for output, wall_s in zip(outputs, times, strict=True))
    except (OSError, codec.CodecError, ValueError, TypeError, IndexError, AttributeError):
        return None
    return references if len(references) == count else None


@cache
def _machine() -> str:
    """Return what reference times and outputs depend on here: the interpreter and the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        cpu = next((line for line in lines if line.startswith("model name")), platform.processor())
    except OSError:
        cpu = platform.processor()
    return "\0".join((sys.version, platform.machine(), cpu, str(os.cpu_count())))

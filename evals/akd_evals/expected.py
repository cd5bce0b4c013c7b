"""Expected outputs: what the canonical solutions return, and how long they take, in the sandbox and on this machine.

Kept in the user's cache as data, never as pickle, under a key of everything they depend on.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
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
from akd_evals.oracles import Output
from akd_evals.suites.record import JudgedKind, ReferenceTests, Task
from akd_sandbox import CallOutcome, Digest, EncodedValue, Limits, Verdict, codec

_FORMAT = 3
_DIGEST_BYTES = 32
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
    """One expected output (or its Digest), what decides how it is compared, and the reference's wall seconds."""

    value: EncodedValue | Digest
    output: Output
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

    def get(self, task: Task, kind: JudgedKind, tests: ReferenceTests) -> tuple[Reference, ...]:
        """Return the expected outputs of the task's base or plus tests, in test order.

        Raises EvalInfraError if the canonical solution does not give a value for every input.
        """
        path = self._path(task, kind)
        return _read(path, len(tests.inputs)) or self._compute(task, kind, tests, path)

    def _compute(self, task: Task, kind: JudgedKind, tests: ReferenceTests, path: Path) -> tuple[Reference, ...]:
        if task.canonical is None:
            raise EvalInfraError(f"{task.task_id} has no canonical solution; its benchmark file is incomplete")
        outcomes = self._box.call(task.program(task.canonical), task.call, tests.inputs, REFERENCE_LIMITS)
        for index, outcome in enumerate(outcomes):
            if outcome.verdict is not Verdict.PASS:
                raise EvalInfraError(
                    f"the canonical solution of {task.task_id} gave {outcome.verdict} on {kind} test {index} "
                    f"({outcome.detail}); the benchmark file or this machine is at fault"
                )
        references = tuple(_reference(outcome) for outcome in outcomes)
        if len(references) != len(tests.inputs):
            raise EvalInfraError(f"the sandbox answered {len(references)} of {len(tests.inputs)} calls; report this")
        self._write(path, references)
        return references

    def _path(self, task: Task, kind: JudgedKind) -> Path:
        parts = (str(_FORMAT), self._dataset, task.task_id, kind, task.program(task.canonical or ""), _machine())
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        return self._directory / self._dataset / f"{digest[:32]}.bin"

    def _write(self, path: Path, references: tuple[Reference, ...]) -> None:
        part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(_packed(references))
            part.replace(path)
        except (OSError, codec.ValueTooLargeError) as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            if not self._warned:
                self._warned = True
                self._warn(f"expected outputs are not kept ({error}); they are computed again next time")


def _reference(outcome: CallOutcome) -> Reference:
    value = outcome.value
    if not isinstance(value, Digest):
        value = EncodedValue(codec.encode(value, _MAX_FILE))
    return Reference(value, Output.of(outcome.value), float(outcome.wall_s))


def _packed(references: Sequence[Reference]) -> bytes:
    """Return references as data: a sha256, and the encoding that it is of.

    What is encoded is (times, indices of floats, digests by index, sizes of the outputs, the outputs one after the
    other): they are not decoded to be read, so the sha256 has to tell whether they are whole.
    """
    outputs = [b"" if isinstance(one.value, Digest) else one.value.data for one in references]
    digests = {
        index: (one.value.sha256, one.value.size)
        for index, one in enumerate(references)
        if isinstance(one.value, Digest)
    }
    times = [one.wall_s for one in references]
    floats = [index for index, one in enumerate(references) if one.output is Output.FLOATS]
    data = codec.encode((times, floats, digests, [len(output) for output in outputs], b"".join(outputs)), _MAX_FILE)
    return hashlib.sha256(data).digest() + data


def _read(path: Path, count: int) -> tuple[Reference, ...] | None:
    """Return the stored references, or None if there are none that can be read: then they are computed again."""
    try:
        stored = path.read_bytes()
        data = stored[_DIGEST_BYTES:]
        if hashlib.sha256(data).digest() != stored[:_DIGEST_BYTES]:
            return None
        times, floats, digests, sizes, outputs = codec.decode(data)
        ends = itertools.accumulate(sizes)
        values: list[EncodedValue | Digest] = [
            EncodedValue(outputs[end - size : end]) for size, end in zip(sizes, ends, strict=True)
        ]
        kinds = [Output.PLAIN] * len(values)
        for index, (sha256, size) in digests.items():
            values[index], kinds[index] = Digest(sha256, size), Output.DIGEST
        for index in floats:
            kinds[index] = Output.FLOATS
        references = tuple(Reference(*one) for one in zip(values, kinds, times, strict=True))
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

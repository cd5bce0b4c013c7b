"""The package's exception family: what is wrong; what to do about it."""

from __future__ import annotations

from typing import ClassVar


class EvalError(Exception):
    """Wrong input or configuration: a file, a suite's name, a setting. The CLI exits with `exit_code`."""

    exit_code: ClassVar[int] = 2


class EvalInfraError(EvalError):
    """A fault of ours or of the machine (a full disk, a benchmark's own solution that fails here)."""

    exit_code: ClassVar[int] = 3

"""The exceptions of this package that end a command: what is wrong; what to do about it."""

from __future__ import annotations


class AkdError(Exception):
    """Wrong input or configuration (exit code 2)."""

    exit_code = 2


class RecipeError(AkdError):
    """A recipe that cannot be used: unknown key, wrong type, file missing."""


class RunError(AkdError):
    """A run directory that cannot be used or continued."""


class DiskError(AkdError):
    """Something could not be written; what was written before is kept (exit code 3)."""

    exit_code = 3

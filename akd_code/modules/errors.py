"""The errors of this package."""

from __future__ import annotations

from akd_code.errors import AkdError


class EvolveError(AkdError):
    """A setting or file of evolution that cannot be used."""


class StoreError(AkdError):
    """The module store cannot be opened or read, or a text cannot be embedded (exit code 3)."""

    exit_code = 3

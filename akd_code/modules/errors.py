"""The errors of this package."""

from __future__ import annotations

from akd_code.errors import AkdError


class EvolveError(AkdError):
    """A setting or file of evolution that cannot be used."""


class StoreError(AkdError):
    """The module store cannot be opened or read, or a text cannot be embedded (exit code 3)."""

    exit_code = 3


class ExportError(StoreError):
    """A file of exported modules cannot be read, or one of its lines is broken (exit code 2)."""

    exit_code = 2

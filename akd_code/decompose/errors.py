"""The errors of this package."""

from __future__ import annotations

from akd_code.errors import AkdError


class DecomposeError(AkdError):
    """A file or language that cannot be decomposed."""


class StubError(DecomposeError):
    """An answer that holds no usable stubs."""

"""Versions of packages, as results and summaries name them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

UNKNOWN = "unknown"


def version_of(package: str) -> str:
    """Return the version of a package; "unknown" for one that is used from its source folder, without being installed.

    A result is worth more than the version in it, so nobody loses one for that.
    """
    try:
        return version(package)
    except PackageNotFoundError:
        return UNKNOWN

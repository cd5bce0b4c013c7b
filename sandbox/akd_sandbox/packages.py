"""Packages of this host that samples may import beyond those that they may anyway: with what they need themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from akd_sandbox.errors import BackendError

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_NOT_SHOWN = ("__pycache__", "bin", "share", "etc", "include")


def shown_packages(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return (host path, name) of everything that the named packages and their requirements have in site-packages.

    A name is what is installed (`scikit-learn`) or what is imported (`sklearn`). Never all of site-packages: benchmark
    packages there hold their own answers. Raises BackendError for a package that is not installed.
    """
    found: dict[str, str] = {}
    for one in _with_requirements([_installed(name) for name in dict.fromkeys(names)]):
        for file in one.files or ():
            top = file.parts[0]
            if top not in _NOT_SHOWN and ".." not in file.parts and not top.endswith(".pth"):
                found.setdefault(top, str(one.locate_file(top)))
    return [(path, name) for name, path in found.items() if Path(path).exists()]


def _installed(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except (metadata.PackageNotFoundError, ValueError):
        for distribution in metadata.packages_distributions().get(name, ()):
            return metadata.distribution(distribution)
    raise BackendError(f"the package {name!r} is not installed here; install it, or leave it out of --packages")


def _with_requirements(wanted: list[metadata.Distribution]) -> Iterator[metadata.Distribution]:
    """Yield distributions and what they require, each once; what is not installed is not needed here."""
    seen: set[str] = set()
    while wanted:
        one = wanted.pop()
        name = re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower()
        if name in seen:
            continue
        seen.add(name)
        yield one
        for requirement in one.requires or ():
            needed = _NAME.match(requirement)
            if needed and "extra ==" not in requirement:
                try:
                    wanted.append(metadata.distribution(needed[0]))
                except metadata.PackageNotFoundError:
                    continue

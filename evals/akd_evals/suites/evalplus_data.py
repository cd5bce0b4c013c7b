"""EvalPlus's benchmark files, read by evalplus's own functions and never downloaded behind the user's back."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from akd_evals.errors import EvalError, EvalInfraError

Problem = dict[str, Any]


def load_module(name: str) -> ModuleType:
    """Return the module `evalplus.data.NAME` without running `evalplus.data`'s own `__init__`.

    That imports Hugging Face's `datasets` (about a second) for a benchmark which is not used here. What was imported
    so is taken away again, so that a later `import evalplus.data` gets the whole of it.
    """
    package = "evalplus.data"
    if package in sys.modules:
        return importlib.import_module(f"{package}.{name}")
    found = importlib.util.find_spec("evalplus")
    if found is None or not found.submodule_search_locations:
        raise EvalInfraError("the package evalplus is not installed; install akd with its dependencies")
    bare = ModuleType(package)
    bare.__path__ = [str(Path(place) / "data") for place in found.submodule_search_locations]
    sys.modules[package] = bare
    try:
        return importlib.import_module(f"{package}.{name}")
    finally:
        for added in [key for key in sys.modules if key == package or key.startswith(f"{package}.")]:
            del sys.modules[added]


def read_problems(module: ModuleType, variable: str, cached_name: str, getter: str) -> tuple[Path, list[Problem]]:
    """Return the benchmark file's path and its problems in file order.

    The file is the one that the environment's `variable` names, otherwise evalplus's own cached copy; `getter` is
    evalplus's function that reads it and restores the inputs' types. Raises EvalError if there is not a file, or if it
    cannot be read.
    """
    path = _path(variable, cached_name, f"evalplus.data.{getter}")
    read: Callable[[], dict[str, Problem]] = getattr(module, getter)
    before = getattr(module, variable)
    setattr(module, variable, str(path))  # evalplus reads the variable once, when it is imported
    try:
        return path, list(read().values())
    except (OSError, EOFError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise EvalError(f"cannot read {path} ({error}); fetch the file again or correct {variable}") from error
    except (AssertionError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise EvalError(f"{path} is not one of evalplus's benchmark files ({error!r}); correct {variable}") from error
    finally:
        setattr(module, variable, before)


def content_md5(path: Path) -> str:
    """Return the md5 of the file's JSONL text, decompressed if it is gzipped."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    return hashlib.md5(raw, usedforsecurity=False).hexdigest()


def _path(variable: str, cached_name: str, function: str) -> Path:
    given = os.environ.get(variable)
    if given:
        path = Path(given).expanduser()
        if not path.is_file():
            raise EvalError(f"{variable} names {given}, which is not a file; correct it")
        return path
    path = Path(load_module("utils").CACHE_DIR) / cached_name
    if not path.is_file():
        raise EvalError(
            f"no benchmark file: {path} does not exist; set {variable} to {cached_name} (or its .gz), "
            f"or fetch it where there is a network with: python -c 'import evalplus.data; {function}()'"
        )
    return path

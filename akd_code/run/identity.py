"""What a step is: the digest of everything that decides what comes out of it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

from akd_code.recipe import Section, deciding


def digest_of(value: Any) -> str:
    """Return the sha256 of plain data, records and recipe sections in canonical JSON.

    Fields and settings that have their default are left out: a release that adds one still finds what an older one
    stored. So are fields that are no part of what a record is (`records.NO_PART`). Raises TypeError for anything else.
    """
    text = json.dumps(_plain(value), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def step_key(
    stage: str, version: int, number: int, seed: int, settings: Iterable[Section], inputs: Iterable[Any]
) -> str:
    """Return the key of a step.

    It is made of the stage and its version, the round, the run's seed, the settings that matter and differ from their
    default, and the digests of the inputs.
    """
    sections = {type(section).__name__: deciding(section) for section in settings}
    return digest_of([stage, version, number, seed, sections, [digest_of(one) for one in inputs]])


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Section):
        return deciding(value)
    if isinstance(value, PurePath):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(item)
            for field in dataclasses.fields(value)
            if field.metadata.get("identity", True) and not _is_default(field, item := getattr(value, field.name))
        }
    raise TypeError(f"a {type(value).__name__} has no digest")


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default is not dataclasses.MISSING:
        return bool(value == field.default)
    return field.default_factory is not dataclasses.MISSING and bool(value == field.default_factory())

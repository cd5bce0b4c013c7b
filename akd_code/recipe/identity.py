"""What of a recipe decides what comes out: the settings in a step's key, and those in which two recipes differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from akd_code.recipe.sections import Recipe
from akd_code.recipe.setting import MATTERS, WAS, Section


def matters(field: FieldInfo) -> bool:
    """Return whether a setting can change what comes out; one that does not say so does."""
    extra = field.json_schema_extra
    return not isinstance(extra, dict) or extra.get(MATTERS) is not False


def deciding(section: Section) -> dict[str, Any]:
    """Return the settings of a section that matter and differ from their default, as plain data.

    Only those: a release that adds a setting finds the steps that an older one finished.
    """
    found: dict[str, Any] = {}
    plain = section.model_dump(mode="json")
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if not matters(field):
            continue
        if isinstance(value, Section):
            found |= {f"{name}.{inner}": one for inner, one in deciding(value).items()}
        elif not is_default(field, value):
            found[name] = plain[name]
    return found


def is_default(field: FieldInfo, value: Any) -> bool:
    """Return whether a setting has its default, or that of an earlier release which counts as the same."""
    if field.is_required():
        return False
    extra = field.json_schema_extra
    older = isinstance(extra, dict) and WAS in extra and value == extra[WAS]
    return bool(older or value == field.get_default(call_default_factory=True))


def differences(before: Recipe, now: Recipe) -> list[str]:
    """Return the settings that matter and differ between two recipes, as `name: old -> new`."""
    old, new = dict(_flat(before)), dict(_flat(now))
    return [f"{name}: {old[name]} -> {new[name]}" for name in sorted(old) if old[name] != new[name]]


def _flat(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section) and matters(field):
            yield from _flat(value, f"{prefix}{name}.")
        elif matters(field):
            plain = field.get_default(call_default_factory=True) if is_default(field, value) else value
            yield f"{prefix}{name}", plain

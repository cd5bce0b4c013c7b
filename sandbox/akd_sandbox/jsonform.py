"""The codec's JSON form: plain JSON for plain values, `{"$tuple": [...]}` and the like for the rest.

Tags: $tuple, $set, $frozenset, $dict (pairs; for keys that are not text, or a sole key with a dollar), $bytes (base64),
$float ("nan", "inf", "-inf"), $complex ([real, imaginary]), $decimal, $fraction. Used in cases files.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from akd_sandbox.codec import BadValueError
from akd_sandbox.errors import SandboxError
from akd_sandbox.job import Case

_MAX_DEPTH = 200


class CasesError(SandboxError):
    """A cases file that is not what it should be; the message names the line."""

    exit_code = 2


def to_json(value: Any, depth: int = 0) -> Any:
    """Return the JSON form of a plain value. Raises BadValueError for a type that has none."""
    if depth > _MAX_DEPTH:
        raise BadValueError(f"nested deeper than {_MAX_DEPTH}")
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": str(value)}
    if kind is list:
        return [to_json(item, depth + 1) for item in value]
    if kind in (tuple, set, frozenset):
        items = [to_json(item, depth + 1) for item in value]
        return {f"${kind.__name__}": items if kind is tuple else sorted(items, key=repr)}
    if kind is dict:
        tagged = len(value) == 1 and str(next(iter(value))).startswith("$")
        if tagged or not all(type(key) is str for key in value):
            return {"$dict": [[to_json(k, depth + 1), to_json(v, depth + 1)] for k, v in value.items()]}
        return {key: to_json(item, depth + 1) for key, item in value.items()}
    if kind in (bytes, bytearray):
        return {"$bytes": base64.b64encode(value).decode()}
    if kind is complex:
        return {"$complex": [value.real, value.imag]}
    if kind in (Decimal, Fraction):
        return {f"${kind.__name__.lower()}": str(value)}
    raise BadValueError(f"{kind.__module__}.{kind.__qualname__} has no JSON form")


def from_json(data: Any, depth: int = 0) -> Any:
    """Return the plain value of a JSON form. Raises ValueError for an unknown tag or a malformed one."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested deeper than {_MAX_DEPTH}")
    if isinstance(data, list):
        return [from_json(item, depth + 1) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        tag, body = next(iter(data.items()))
        if tag.startswith("$"):
            return _untag(tag, body, depth)
    return {key: from_json(item, depth + 1) for key, item in data.items()}


_CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {"$tuple": tuple, "$set": set, "$frozenset": frozenset}


def _untag(tag: str, body: Any, depth: int) -> Any:
    try:
        if tag in _CONTAINERS and isinstance(body, list):
            return _CONTAINERS[tag]([from_json(item, depth + 1) for item in body])
        if tag == "$dict":
            return {from_json(key, depth + 1): from_json(item, depth + 1) for key, item in body}
        if tag == "$bytes":
            return base64.b64decode(body, validate=True)
        if tag == "$float" and body in ("nan", "inf", "-inf"):
            return float(body)
        if tag == "$complex":
            return complex(*body)
        if tag == "$decimal":
            return Decimal(body)
        if tag == "$fraction":
            return Fraction(body)
    except (TypeError, ValueError, InvalidOperation, ZeroDivisionError, binascii.Error):
        raise ValueError(f"malformed {tag}") from None
    raise ValueError(f"unknown tag {tag}")


def read_cases(text: str, where: str) -> tuple[Case, ...]:
    """Return the cases in the lines of a cases file: `{"args": [...], "kwargs": {...}, "expected": ...}`.

    Raises CasesError with the line for broken JSON, NaN, 1e999, a missing or an unknown field, and for no case at all.
    """
    cases = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_constant=_no_constant, parse_float=_finite)
            if not isinstance(row, dict) or "expected" not in row or not isinstance(row.get("args", []), list):
                raise ValueError('a line is {"args": [...], "kwargs": {...}, "expected": ...}')
            unknown = row.keys() - {"args", "kwargs", "expected"}
            if unknown or not isinstance(row.get("kwargs", {}), dict):
                raise ValueError(f"unknown field {min(unknown)!r}" if unknown else "kwargs must be an object")
            args = tuple(from_json(item) for item in row.get("args", []))
            kwargs = {key: from_json(item) for key, item in row.get("kwargs", {}).items()}
            cases.append(Case(args=args, kwargs=kwargs, expected=from_json(row["expected"])))
        except (ValueError, RecursionError) as error:
            raise CasesError(f"{where}:{number}: {error}") from None
    if not cases:
        raise CasesError(f"{where} holds no case; give at least one line")
    return tuple(cases)


def _no_constant(name: str) -> float:
    raise ValueError(f'{name} is not JSON; write {{"$float": "{name.lower()}"}}')


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f'{text} is not a finite number; write {{"$float": "inf"}}')
    return value

"""What a request carries beside the conversation, as the user asks for it: fields, headers and query of its own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from akd_code.models.errors import MissingKeyError, ModelSpecError
from akd_code.recipe import VARIABLE, names_a_secret

RESERVED = frozenset({"messages", "prompt", "input", "model", "stream", "n"})
"""Fields of a request that are never the user's: an answer to another request could not be read."""
_KEY_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "x-goog-api-key"})


@dataclass(frozen=True, slots=True)
class Extras:
    """Fields added to the body, headers, and query of every request to an endpoint.

    `${NAME}` in a header or a query value stands for an environment variable, so that no key is in a recipe. The body
    decides what comes out and is part of cache keys; headers and query do not and are not.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what can be checked without looking at the environment. Raises ModelSpecError."""
        if taken := sorted(RESERVED & self.body.keys()):
            raise ModelSpecError(f"extra_body cannot set {taken[0]!r}, which every request brings itself; leave it out")
        try:
            json.dumps(self.body, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ModelSpecError(f"extra_body is not JSON ({error}); give text, numbers, lists and objects") from None
        for name in self.headers:
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
                raise ModelSpecError(f"{name!r} is not the name of a header; give NAME and value, such as X-Team: a")

    def __bool__(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.body or self.headers or self.query)

    @property
    def suffix(self) -> str:
        """What is added to the endpoint's name in cache keys; "" without a body."""
        return f" {json.dumps(self.body, sort_keys=True, separators=(',', ':'))}" if self.body else ""


@dataclass(frozen=True, slots=True, repr=False)
class OpenedExtras:
    """Headers and query with every variable's value in its place, and those values, which nobody may see."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    secrets: tuple[str, ...]

    @property
    def brings_key(self) -> bool:
        """Whether one of the headers, or of the query's values, is itself a key."""
        return any(name.lower() in _KEY_HEADERS for name in self.headers) or any(map(names_a_secret, self.query))


def opened(extras: Extras) -> OpenedExtras:
    """Return the extras with the values of environment variables.

    Raises MissingKeyError for a variable that is not set, or whose value no header can carry.
    """
    secrets: list[str] = []
    headers = {name: _filled(value, f"the header {name}", secrets) for name, value in extras.headers.items()}
    query = {name: _filled(value, f"the query's {name}", secrets) for name, value in extras.query.items()}
    secrets += [value for name, value in {**headers, **query}.items() if names_a_secret(name)]
    return OpenedExtras(headers, query, tuple(secrets))


def sendable(value: str, what: str) -> str:
    """Return a key or a header's value without space around it.

    Raises MissingKeyError for one that HTTP cannot carry, saying where it goes wrong and showing nothing of it: the
    HTTP library would print it.
    """
    value = value.strip()
    for place, character in enumerate(value, 1):
        if not character.isascii() or not character.isprintable():
            kind = "a line break or another control character" if character.isascii() else "a character beyond ASCII"
            raise MissingKeyError(f"{what} holds {kind} at position {place}; copy it again, without quotes around it")
    return value


def _filled(value: str, what: str, secrets: list[str]) -> str:
    def variable(match: re.Match[str]) -> str:
        found = os.environ.get(match[1], "").strip()
        if not found:
            raise MissingKeyError(f"{what} takes its value from {match[1]}, which is not set; export {match[1]}=...")
        secrets.append(sendable(found, f"the value of {match[1]}"))
        return secrets[-1]

    return sendable(VARIABLE.sub(variable, value), what)

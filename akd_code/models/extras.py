"""What a request carries beside the conversation, as the user asks for it: fields, headers and query of its own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from akd_code.models.addresses import is_secret_name
from akd_code.models.errors import MissingKeyError, ModelSpecError

RESERVED = frozenset({"messages", "prompt", "input", "model", "stream", "n"})
"""Fields of a request that are never the user's: an answer to another request could not be read."""
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
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
        return any(name.lower() in _KEY_HEADERS for name in self.headers) or any(map(is_secret_name, self.query))


def opened(extras: Extras) -> OpenedExtras:
    """Return the extras with the values of environment variables.

    Raises MissingKeyError for a variable that is not set, or whose value no header can carry.
    """
    secrets: list[str] = []
    headers = {name: _filled(value, f"the header {name}", secrets) for name, value in extras.headers.items()}
    query = {name: _filled(value, f"the query's {name}", secrets) for name, value in extras.query.items()}
    secrets += [value for name, value in {**headers, **query}.items() if is_secret_name(name)]
    return OpenedExtras(headers, query, tuple(secrets))


def literal_secrets(extras: Extras) -> list[str]:
    """Return the names of headers and query values that are secret by their name and yet written out."""
    values = {**extras.headers, **extras.query}
    return [name for name, value in values.items() if is_secret_name(name) and not _VARIABLE.search(value)]


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

    return sendable(_VARIABLE.sub(variable, value), what)

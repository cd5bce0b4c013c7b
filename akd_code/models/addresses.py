"""Where an endpoint is: its URL taken apart, how near it is, and what the shape of the URL suggests when it fails."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, urlsplit

from akd_code.models.errors import ModelSpecError
from akd_code.recipe import names_a_secret

DEFAULT_URL = "https://api.openai.com/v1"
_LOCAL_NAMES = (".local", ".lan", ".internal", ".home.arpa", ".localhost")
_CALLS = ("/chat/completions", "/completions", "/embeddings")
_VERSION = re.compile(r"/v\d+[a-z0-9]*(?:/|$)|/deployments/")
_FORM = "write http://HOST:PORT/v1 or https://HOST/v1"


class Distance(StrEnum):
    """How far away an endpoint is; only a public one needs a key, and only it is given OpenAI's."""

    LOOPBACK = "this machine"
    LAN = "this network"
    PUBLIC = "the internet"


@dataclass(frozen=True, slots=True)
class Address:
    """An endpoint's place: `url` is shown and asked, without its query and without a slash at the end."""

    url: str
    query: tuple[tuple[str, str], ...]
    distance: Distance

    @property
    def hint(self) -> str:
        """What may be wrong with the URL of an endpoint that does not know what it is asked for; "" if nothing is."""
        if _VERSION.search(urlsplit(self.url).path):
            return ""
        return f"; most servers want the path /v1 at the end: {self.url}/v1"


def address_of(url: str) -> Address:
    """Return the address that a URL stands for. Raises ModelSpecError for one that no request could be sent to.

    Passwords and keys are refused in a URL: it is written into run directories and shown.
    """
    parts = _split(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or not c.isprintable() for c in url):
        raise ModelSpecError(f"{_shown(parts)!r} is not the URL of an endpoint; {_FORM}")
    if parts.username or parts.password:
        raise ModelSpecError(f"the URL of {host} holds a password; put the key into AKD_API_KEY instead")
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    if secret := next((name for name, _ in query if names_a_secret(name)), None):
        raise ModelSpecError(
            f"the URL of {host} holds {secret!r}; leave it out, and give it as extra_query with the value ${{VARIABLE}}"
        )
    path = parts.path.rstrip("/")
    if call := next((call for call in _CALLS if path.endswith(call)), None):
        raise ModelSpecError(f"the URL {_shown(parts)} names one call; leave out {call}, which is added where needed")
    return Address(f"{parts.scheme}://{parts.netloc}{path}", query, distance_of(host))


def distance_of(host: str) -> Distance:
    """Return how near a host is, by its address or name alone; nothing is looked up."""
    name = host.lower().rstrip(".")
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        if name == "localhost":
            return Distance.LOOPBACK
        # A name without a dot can only be one of this network (a container's, a machine's).
        return Distance.LAN if "." not in name or name.endswith(_LOCAL_NAMES) else Distance.PUBLIC
    if address.is_loopback or (isinstance(address, ipaddress.IPv6Address) and _loopback_4(address)):
        return Distance.LOOPBACK
    return Distance.PUBLIC if address.is_global else Distance.LAN


def name_at_url(text: str, spec: str) -> tuple[str, str]:
    """Return (model name, URL) of NAME or NAME@URL; the URL defaults to OPENAI_BASE_URL, else OpenAI's own.

    `spec` is the whole text that was given, for the message. Raises ModelSpecError.
    """
    # Some names hold an @ themselves, hence the last one with a scheme after it.
    place = text.rfind("@http")
    name, url = (text[:place], text[place + 1 :]) if place >= 0 else (text, "")
    if not name or name.endswith("@") or (not url and "@" in name[1:]):
        raise ModelSpecError(f"{_unsigned(spec)!r} lacks a model name or a URL; write openai:NAME@http://HOST:PORT/v1")
    return name, url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL


def _unsigned(spec: str) -> str:
    """Return what was given without what looks like a user and a password in it."""
    return re.sub(r"//[^/@]*@", "//...@", spec)


def _loopback_4(address: ipaddress.IPv6Address) -> bool:
    return address.ipv4_mapped is not None and address.ipv4_mapped.is_loopback


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # is only looked at, and found wrong, when it is asked for
    except ValueError as error:
        raise ModelSpecError(f"the endpoint's URL cannot be read ({error}); {_FORM}") from None
    return parts


def _shown(parts: SplitResult) -> str:
    """Return a URL without password and query."""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme and host else parts.path.rpartition("@")[2] or host

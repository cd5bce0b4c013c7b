"""Pages as a browser reads them, header lines as a client splits them, WSGI applications as a server calls them."""

import io as _io
from collections.abc import Callable as _Callable
from html.parser import HTMLParser as _HTMLParser
from typing import Any as _Any
from urllib.parse import urljoin as _urljoin
from urllib.parse import urlsplit as _urlsplit

HERE = "https://shop.example/account"


class _Page(_HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _page(html: str) -> _Page:
    page = _Page()
    page.feed(str(html))
    page.close()
    return page


def shown(html: str) -> str:
    """Return the text of a page, runs of white space as one space."""
    return " ".join("".join(_page(html).words).split())


def tags(html: str) -> list[str]:
    """Return the names of a page's elements, in order."""
    return [tag for tag, _ in _page(html).tags]


def attribute(html: str, tag: str, name: str) -> str:
    """Return an attribute of the first such element, or "missing"."""
    return next((attrs[name] for one, attrs in _page(html).tags if one == tag and name in attrs), "missing")


def running(html: str) -> list[str]:
    """Return what a browser would run in a page: elements, handlers, and addresses that are scripts."""
    found = set()
    for tag, attrs in _page(html).tags:
        if tag in ("script", "iframe", "svg", "object", "embed"):
            found.add(tag)
        for name, value in attrs.items():
            address = "".join(value.split()).lower()
            if name.startswith("on") or (name in ("href", "src", "action") and address.startswith("javascript:")):
                found.add(name)
    return sorted(found)


def call_app(app: _Callable[..., _Any], query: str = "", **environ: _Any) -> tuple[str, list[tuple[str, str]], str]:
    """Call a WSGI application as a server does; return its status, its headers and its body as text."""
    told: list[_Any] = []
    body = environ.pop("body", "").encode()
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": query, "wsgi.input": _io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)), "SERVER_NAME": "shop.example", "SERVER_PORT": "443",
        "HTTP_HOST": "shop.example", "wsgi.url_scheme": "https", **environ,
    }  # fmt: skip
    parts = app(environ, lambda status, headers, *_: told.extend((status, headers)))
    sent = b"".join(parts).decode()  # before the status: a generator calls start_response when it is first read
    return told[0], list(told[1]), sent


def header_names(headers: _Any) -> list[str]:
    """Return the names of the lines that a client sees where these headers are sent as they are, in lower case."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    sent = "\r\n".join(f"{name}: {value}" for name, value in pairs)
    lines = sent.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line.partition(":")[0].strip().lower() for line in lines]


def leads_to(location: str) -> str:
    """Return the host that a browser at HERE goes to by the WHATWG's rules for a Location, or another scheme's name."""
    text = str(plain(location))  # type: ignore[name-defined]  # noqa: F821
    address = "".join(sign for sign in text.strip() if sign not in "\t\r\n").replace("\\", "/")
    scheme, _, rest = address.partition(":")
    if scheme.lower() == "https" and not rest.startswith("//"):
        address = rest  # without slashes the scheme of the page itself means nothing
    elif scheme.lower() in ("http", "https"):
        address = f"{scheme}://{rest.lstrip('/')}"
    elif address.startswith("//"):
        address = "//" + address.lstrip("/")
    parts = _urlsplit(_urljoin(HERE, address))
    return parts.hostname or "" if parts.scheme in ("http", "https") else parts.scheme

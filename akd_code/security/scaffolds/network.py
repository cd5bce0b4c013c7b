"""A stand-in for the network: sites by host and port, names by their addresses, and a list of what was reached.

The jail has no network at all, not even a loopback. So connections end here, below `urllib` and `http.client`.
"""

import http.client as _client
import io as _io
import socket as _socket
from typing import Any as _Any

ADDRESSES: dict[str, str] = {}
"""Host names that resolve, and to what; addresses resolve to themselves."""
PAGES: dict[str, tuple[int, dict[str, str], str]] = {}
"""What there is: `http://host:port/path` to status, headers and body."""
REACHED: list[str] = []
"""The hosts that were connected to."""


class _Connection:
    """One connection: takes a request, has the page of that path as its reply."""

    def __init__(self, host: str, port: int) -> None:
        REACHED.append(host)
        self._host, self._port, self._sent = host, port, b""

    def sendall(self, data: _Any) -> None:
        self._sent += data if isinstance(data, bytes) else bytes(data)

    send = sendall

    def makefile(self, *_: _Any, **__: _Any) -> _io.BytesIO:
        return _io.BytesIO(self._reply())

    def recv(self, _: int) -> bytes:
        reply, self._reply = self._reply(), lambda: b""  # type: ignore[method-assign]
        return reply

    def _reply(self) -> bytes:
        path = self._sent.split(b" ")[1].decode()
        missing: tuple[int, dict[str, str], str] = (404, {}, "")
        status, headers, body = PAGES.get(f"http://{self._host}:{self._port}{path}", missing)
        lines = [f"HTTP/1.1 {status} OK", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close", "", body]).encode()

    def close(self) -> None:
        pass

    settimeout = setsockopt = shutdown = lambda self, *_: None


def address_of(host: str) -> str:
    """Return the address of a host. Raises socket.gaierror for a name that there is not."""
    host = str(host).strip("[]")
    try:
        packed = _socket.inet_aton(host)
    except OSError:
        if host in ADDRESSES or ":" in host:
            return ADDRESSES.get(host, host)
        raise _socket.gaierror(-2, "Name or service not known") from None
    return _socket.inet_ntoa(packed)


def _infos(host: str, port: _Any = None, *_: _Any, **__: _Any) -> list[_Any]:
    address = address_of(host)
    family = _socket.AF_INET6 if ":" in address else _socket.AF_INET
    return [(family, _socket.SOCK_STREAM, 6, "", (address, int(port or 0)))]


def _connect(self: _Any) -> None:
    address_of(self.host)
    self.sock = _Connection(self.host, self.port)


def _opened(place: tuple[str, int], *_: _Any, **__: _Any) -> _Connection:
    address_of(place[0])
    return _Connection(*place[:2])


def connected(program: _Any) -> None:
    """Put all of this in the place of the network, for a function's module too."""
    _client.HTTPConnection.connect = _connect  # type: ignore[method-assign]
    _client.HTTPSConnection.connect = _connect  # type: ignore[method-assign]
    stand_in(program, _socket, "getaddrinfo", _infos)  # type: ignore[name-defined]  # noqa: F821
    stand_in(program, _socket, "gethostbyname", address_of)  # type: ignore[name-defined]  # noqa: F821
    stand_in(program, _socket, "create_connection", _opened)  # type: ignore[name-defined]  # noqa: F821


def reached() -> list[str]:
    """Return the hosts that were connected to, in order, and forget them."""
    hosts = list(REACHED)
    REACHED.clear()
    return hosts

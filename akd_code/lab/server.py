"""The lab's teacher as an OpenAI-compatible server on loopback: the same client, cache and parsers as in production."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from http import HTTPStatus
from types import TracebackType
from typing import Any

from akd_code.lab.teacher import LabError, endpoint_name, reply
from akd_code.recipe import LabSection
from akd_prompts import Message

HOST = "127.0.0.1"
MODEL = "lab"
_MAX_BODY_BYTES = 8 << 20
_MAX_HEAD_BYTES = 64 << 10


class _RequestError(Exception):
    """A request that is answered with an error status."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class TeacherServer:
    """Serves `/v1/chat/completions`, `/v1/models`, `/health` and `/stats` on loopback, with keep-alive.

    Equal requests get equal answers, in whatever order they come and after any restart: the only state is a count
    of requests by kind of prompt.
    """

    def __init__(self, settings: LabSection, seed: int = 0) -> None:
        self._settings, self._seed = settings, seed
        self._counts: Counter[str] = Counter()
        self._connections: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Requests answered so far, by kind of prompt."""
        return dict(sorted(self._counts.items()))

    async def start(self, port: int = 0) -> str:
        """Listen and return the base URL; port 0 takes a free one. Raises LabError if the port is taken."""
        try:
            self._server = await asyncio.start_server(self._serve, HOST, port, limit=_MAX_HEAD_BYTES)
        except OSError as error:
            raise LabError(f"cannot listen on {HOST}:{port} ({error.strerror}); choose another port, or 0") from None
        return f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}/v1"

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._server is not None:
            self._server.close()
            for connection in self._connections.values():
                connection.close()
            await asyncio.gather(*filter(None, self._connections), return_exceptions=True)
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._connections[task] = writer
        try:
            while await self._answer_one(reader, writer):
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client went away
        finally:
            del self._connections[task]
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer the next request of a connection; return whether another may follow."""
        keep = False
        try:
            method, path, headers = await _read_head(reader)
            keep = headers.get("connection", "").lower() != "close"
            body = await _read_body(reader, headers)
            status, answer = HTTPStatus.OK, self._route(method, path, body)
        except _RequestError as error:
            status, answer = error.status, {"error": {"message": str(error), "type": "invalid_request_error"}}
            keep = keep and status is not HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        data = json.dumps(answer).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\nConnection: {'keep-alive' if keep else 'close'}\r\n\r\n"
        )
        writer.write(head.encode("ascii") + data)
        return keep

    def _route(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        match method, path.partition("?")[0]:
            case "POST", "/v1/chat/completions":
                return self._chat(body)
            case "GET", "/v1/models":
                return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "akd"}]}
            case "GET", "/health":
                return {"status": "ok"}
            case "GET", "/stats":
                rates = self._settings.model_dump(exclude=set(self._settings.tasks))
                return {"requests": self.counts, "settings": {"seed": self._seed, **rates}}
        raise _RequestError(HTTPStatus.NOT_FOUND, f"there is no {method} {path}")

    def _chat(self, body: bytes) -> dict[str, Any]:
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):
            raise _RequestError(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
        if not isinstance(request, dict):
            raise _RequestError(HTTPStatus.BAD_REQUEST, "the body must be an object")
        answer = reply(
            self._settings,
            _messages(request.get("messages")),
            teacher_seed=self._seed,
            temperature=_number(request, "temperature", 1.0),
            seed=_integer(request, "seed"),
            max_tokens=_integer(request, "max_tokens", "max_completion_tokens"),
        )
        self._counts[answer.kind] += 1
        return {
            "id": "chatcmpl-lab",
            "object": "chat.completion",
            "created": 0,
            "model": MODEL,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": answer.text},
                    "finish_reason": answer.finish_reason,
                }
            ],
            "usage": {
                "prompt_tokens": answer.prompt_tokens,
                "completion_tokens": answer.completion_tokens,
                "total_tokens": answer.prompt_tokens + answer.completion_tokens,
            },
        }


class LabTeacher:
    """The teacher's server in a thread of this process, for the length of a `with` block.

    `url` is where it listens, on a free port; `endpoint` is its name in cache keys, which does not depend on the port.

    >>> with LabTeacher(seed=1) as teacher:
    ...     teacher.endpoint.startswith("lab:")
    True
    """

    def __init__(self, settings: LabSection | None = None, seed: int = 0) -> None:
        self._settings, self._seed = settings or LabSection(), seed
        self._server = TeacherServer(self._settings, seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="akd-lab-teacher")
        self.url = ""

    @property
    def endpoint(self) -> str:
        """The name of this teacher in cache keys."""
        return endpoint_name(self._settings, self._seed)

    @property
    def spec(self) -> str:
        """The model spec for `open_model`, to be used with `endpoint=teacher.endpoint`."""
        return f"openai:{MODEL}@{self.url}"

    @property
    def counts(self) -> dict[str, int]:
        """Requests answered so far, by kind of prompt."""
        return self._server.counts

    def __enter__(self) -> LabTeacher:
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.LimitOverrunError:
        raise _RequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long") from None
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _RequestError(HTTPStatus.BAD_REQUEST, "this is not an HTTP/1.1 request")
    pairs = (line.partition(":") for line in lines if line)
    return words[0], words[1], {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        raise _RequestError(HTTPStatus.LENGTH_REQUIRED, "send a Content-Length; chunked bodies are not read")
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise _RequestError(HTTPStatus.BAD_REQUEST, "the Content-Length is not a number")
    if len(length) > 9 or int(length) > _MAX_BODY_BYTES:
        raise _RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is longer than {_MAX_BODY_BYTES} bytes")
    return await reader.readexactly(int(length))


def _messages(value: Any) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise _RequestError(HTTPStatus.BAD_REQUEST, "messages must be a list of messages")
    messages = []
    for item in value:
        role, content = (item.get("role"), item.get("content")) if isinstance(item, dict) else (None, None)
        if not isinstance(role, str) or not isinstance(content, str):
            raise _RequestError(HTTPStatus.BAD_REQUEST, "a message must have a role and a content, both text")
        messages.append(Message(role, content))
    return tuple(messages)


def _number(request: dict[str, Any], key: str, default: float) -> float:
    value = request.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _RequestError(HTTPStatus.BAD_REQUEST, f"{key} must be a number")
    return float(value)


def _integer(request: dict[str, Any], *keys: str) -> int | None:
    """Return the first of these settings that is there."""
    value = next((request[key] for key in keys if request.get(key) is not None), None)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise _RequestError(HTTPStatus.BAD_REQUEST, f"{keys[0]} must be an integer")
    return value

"""The worker's end of the data socket, and how it describes an exception there."""

from __future__ import annotations

import builtins
import socket
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

CANDIDATE = "<candidate>"
MESSAGE_CHARS = 400


class Channel:
    """The worker's end of the data socket."""

    def __init__(self, sock: socket.socket, job: dict[str, Any]) -> None:
        self.sock = sock
        self.nonce: bytes = job["nonce"]
        self.digest_over: int = job["digest_over"]
        self.value_bytes: int = job["value_bytes"]

    def send(self, kind: bytes, index: int, body: bytes = b"") -> None:
        """Send one frame."""
        self.sock.sendall(wire.pack(self.nonce, kind, index, body))

    def send_error(self, kind: bytes, index: int, error: BaseException) -> None:
        """Send a frame that describes an exception."""
        self.send(kind, index, codec.encode(describe(error)))

    def send_value(self, index: int, value: Any, may_digest: bool) -> None:
        """Send a value whole, or as its digest where the judge compares exactly and it is large."""
        try:
            body = codec.encode(value, self.digest_over if may_digest else self.value_bytes)
        except codec.BadValueError as error:
            self.send(wire.BAD_VALUE, index, codec.encode(str(error)))
        except codec.ValueTooLargeError:
            if not may_digest:
                self.send(wire.TOO_LARGE, index)
                return
            try:
                self.send(wire.DIGEST, index, codec.encode(codec.digest(value)))
            except codec.BadValueError as error:
                self.send(wire.BAD_VALUE, index, codec.encode(str(error)))
        else:
            self.send(wire.VALUE, index, body)


def describe(error: BaseException) -> tuple[str, str, str]:
    """Return (type name, message, the candidate's own innermost frames) of an exception, all shortened."""
    try:
        message = str(error)[:MESSAGE_CHARS]
    except BaseException:
        message = "(its message could not be read)"
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == CANDIDATE:
            frames.append(f"line {trace.tb_lineno} in {code.co_name[:100]}")
            del frames[:-3]
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and not frames:
        frames.append(f"line {error.lineno}")
    return type(error).__name__[:100], message, ", ".join(frames)

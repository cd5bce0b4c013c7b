"""Frames between judge and worker: a length, then `nonce kind index body`; and between judge and zygote. Data only."""

from __future__ import annotations

import builtins
import socket
import struct

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

NONCE_BYTES = 8
LENGTH = struct.Struct("<I")
HEAD = struct.Struct(f"<{NONCE_BYTES}scI")
HEAD_BYTES = HEAD.size

# What a worker says. One letter each, so that a frame is cheap to build.
DEFINED = b"D"  # the program was executed and its entry point found
SYNTAX = b"S"
NO_ENTRY = b"N"
IMPORT_RAISED = b"I"
VALUE = b"V"
DIGEST = b"G"
RAISED = b"X"
BAD_VALUE = b"B"
TOO_LARGE = b"L"
COLLECTED = b"C"  # the tests are defined; index tells how many there are
TESTS_RAISED = b"T"  # the tests cannot be run
TEST_PASSED = b"P"
TEST_WRONG = b"W"
MISSING = b"E"  # what was started or looked for is not here; before the reply that this may explain
SEEN = b"Q"  # what the program gave where tests called it
FINISHED = b"Z"  # all tests ran; index tells how many there were

# Between judge and zygote.
START, KILL = b"r\n", b"k\n"
REQUEST = struct.Struct("<5q")
"""Behind START: the sample's number, bytes of address space, bytes of a file, processor seconds, processes; then the
directory to run in, where the jail brings none."""
REPORT = struct.Struct("<3qd?")
"""How a sample ended: its number, wait status, most resident KiB, processor seconds; killed by the judge or not."""


def pack(nonce: bytes, kind: bytes, index: int, body: bytes = b"") -> bytes:
    """Return one frame."""
    return LENGTH.pack(HEAD_BYTES + len(body)) + HEAD.pack(nonce, kind, index) + body


def receive(sock: socket.socket) -> bytes:
    """Read one frame's payload (a length, then that many bytes). Raises EOFError when the other side is gone."""
    length = int.from_bytes(_exactly(sock, 4), "little")
    return _exactly(sock, length)


def _exactly(sock: socket.socket, count: int) -> bytes:
    buffer = bytearray(count)
    view = memoryview(buffer)
    done = 0
    while done < count:
        got = sock.recv_into(view[done:])
        if got == 0:
            raise EOFError
        done += got
    return bytes(buffer)

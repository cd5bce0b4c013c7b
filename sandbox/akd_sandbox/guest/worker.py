"""One sample, in a forked and jailed process: execute the program, call it, send back values.

Nothing here knows an expected value or decides a verdict. The program shares this interpreter and may do to it
what it likes: all it can reach is its own data socket, whose other end takes it for an untrusted peer.
"""

from __future__ import annotations

import builtins
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from akd_sandbox import codec
from akd_sandbox.guest import wire
from akd_sandbox.guest.channel import Channel
from akd_sandbox.guest.execution import flush, run_cases, run_program
from akd_sandbox.guest.together import run_together

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

MODES: dict[str, Callable[[Channel, dict[str, Any]], None]] = {
    "cases": run_cases,
    "together": run_together,
    "program": run_program,
}


def open_streams() -> None:
    """Make sys.stdin, stdout and stderr for descriptors 0 to 2, whatever they are by the time they are used.

    Called once in the zygote: making them anew costs every worker half a millisecond. A stream remembers whether one
    can go back in it: in a worker's output one cannot, for it is a pipe, and so it is a pipe here.
    """
    kept, pipe = [os.dup(1), os.dup(2)], os.pipe()
    for target in (1, 2):
        os.dup2(pipe[1], target)
    # the interpreter's own streams leave line ends as they are
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False, newline="\n")  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(  # type: ignore[misc]  # noqa: SIM115
        1, "w", encoding="utf-8", errors="surrogateescape", closefd=False
    )
    sys.stderr = sys.__stderr__ = open(  # type: ignore[misc]  # noqa: SIM115
        2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1
    )
    for target, fd in enumerate(kept, 1):
        os.dup2(fd, target)
    for fd in (*kept, *pipe):
        os.close(fd)


def rehearse() -> None:
    """Run a small job of our own a few times, in the zygote, so that no worker has to warm up.

    The interpreter specialises what runs often by writing into the code itself. Done before the fork, it is done once,
    and workers need not copy the pages for it.
    """
    ours, theirs = socket.socketpair()
    job = {"mode": "cases", "code": "def f(x):\n    return x\n", "entry": "f", "files": {}}
    head = codec.pack_trusted({**job, "nonce": bytes(wire.NONCE_BYTES), "digest_over": 1 << 20, "value_bytes": 1 << 20})
    packed = codec.pack_trusted(((1,), {}))
    inputs = (b"\1" + len(packed).to_bytes(4, "little") + packed) * 10
    with ours, theirs:
        for _ in range(10):
            for body in (head, inputs):
                theirs.sendall(len(body).to_bytes(4, "little") + body)
            received = codec.unpack_trusted(wire.receive(ours))
            run_cases(Channel(ours, received), received)
            theirs.recv(1 << 16)
    del sys.modules["candidate"]


def main(fds: tuple[int, ...], kept: tuple[int, ...], confine: Callable[[], None]) -> None:
    """Become the worker: take the descriptors, confine, read the job, run it. Never returns.

    Args:
        fds: data socket, stdout, stderr and, for a program that reads, stdin.
        kept: descriptors that confine finds from number 4 on, and closes. All others are closed here.
        confine: drops every privilege; called before any untrusted byte is read.
    """
    try:
        data, out, err, *given = fds
        null = given[0] if given else os.open("/dev/null", os.O_RDONLY)
        moved = [os.dup(fd) for fd in (null, out, err, data, *kept)]
        for target, fd in enumerate(moved):
            os.dup2(fd, target, inheritable=target < 3)  # no program that is started has the judge's ear
        os.closerange(len(moved), 4096)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        confine()
        sock = socket.socket(fileno=3)
        job = codec.unpack_trusted(wire.receive(sock))
        gc.enable()
        MODES[job["mode"]](Channel(sock, job), job)
        flush()
        while True:  # the judge ends us; exiting here would run the program's atexit hooks
            wire.receive(sock)
    except EOFError:
        os._exit(0)
    except BaseException:
        os._exit(70)
    finally:
        os._exit(71)

"""Landlock: the kernel's own list of what a worker may do to files, beside the mounts that already say so.

Needs no privilege. A second lock on the same door: should a mount be missing or writable, this still holds.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence

_libc = ctypes.CDLL(None, use_errno=True)
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many rights each version of the interface knows; 16 since 5
_TCP_BIND, _TCP_CONNECT = 1, 2
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1, 2
_CLOSED = {"proc", "sys", "run"}
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6


def version() -> int:
    """Return the version of Landlock's interface here, 0 where the kernel has none or it is not enabled."""
    return max(int(_libc.syscall(_CREATE_RULESET, None, 0, 1)), 0)


def prepare(abi: int, writable: Sequence[str], devices: Sequence[str]) -> int:
    """Return the descriptor of rules: read what is no kernel's file, write below directories and to devices.

    /proc and /sys, which a container has and a namespace of ours has not, are closed. No TCP, no abstract socket and no
    signal to a process outside, where the version abi knows of them. The rules are about the directories that are there
    now, not about their names. Raises OSError.
    """
    rights = (1 << _FILE_RIGHTS.get(abi, 16)) - 1
    attributes = struct.pack("<Q", rights)
    if abi >= _NETWORK_SINCE:
        attributes += struct.pack("<Q", _TCP_BIND | _TCP_CONNECT)
    if abi >= _SCOPES_SINCE:
        attributes += struct.pack("<Q", _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS)
    ruleset = _check(_libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    try:
        for name in sorted({*os.listdir("/")} - _CLOSED):  # noqa: PTH208
            if os.path.isdir(f"/{name}"):  # noqa: PTH112
                _allow(ruleset, f"/{name}", _EXECUTE | _READ_FILE | _READ_DIR)
        for directory in writable:
            _allow(ruleset, directory, rights & ~(_MAKE_CHAR | _MAKE_BLOCK))
        for device in devices:
            _allow(ruleset, device, _READ_FILE | _WRITE_FILE)
    except OSError:
        os.close(ruleset)
        raise
    return ruleset


def enforce(ruleset: int) -> None:
    """Hold this process and its children to the rules, which cannot be undone, and close their descriptor."""
    _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _check(_libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("<Qi", rights, parent), 0))
    finally:
        os.close(parent)


def _check(result: int) -> int:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"landlock: {os.strerror(errno)}")
    return result

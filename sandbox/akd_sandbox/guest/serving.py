"""A program that serves test code: the judge asks it for one operation after another."""

from __future__ import annotations

import builtins
import importlib
from typing import Any

from akd_sandbox import codec
from akd_sandbox.codec import kinds as codec_kinds
from akd_sandbox.guest import wire
from akd_sandbox.guest.channel import Channel
from akd_sandbox.guest.execution import execute, flush, lay_out

# The program in the worker may patch the builtins; functions defined below keep these.
__builtins__ = dict(vars(builtins))  # type: ignore[assignment]

EXCEPTION = "an exception class of the program"


def serve(channel: Channel, job: dict[str, Any]) -> None:
    """Answer operations on the program, one at a time, until the judge ends it.

    An operation is (verb, target, name, args, kwargs): call a name or a kept object, read or write an attribute,
    list what an object yields, or tell which of some names exist. Values that do not travel are kept here and
    answered by number.
    """
    lay_out(job["files"])
    namespace = execute(job["code"], channel, job["module"])
    if namespace is None:
        return
    if job["entry"] and not callable(namespace.get(job["entry"])):
        channel.send(wire.NO_ENTRY, 0)
        return
    kept: list[Any] = []

    def keep(value: Any) -> codec.Ref:
        kept.append(value)
        return codec.Ref(len(kept) - 1, type(value).__name__[:100])

    codec_kinds.unknown_hook = keep
    codec_kinds.ref_hook = lambda number, name: kept[number]
    channel.send(wire.DEFINED, 0)
    index = 0
    while True:
        request = wire.receive(channel.sock)
        index += 1
        try:
            verb, target, name, args, kwargs = codec.decode(request)
            value = _operate(namespace, verb, target, name, args, kwargs)
        except BaseException as error:
            flush()
            channel.send_error(wire.RAISED, index, error)
        else:
            flush()
            channel.send_value(index, value, may_digest=False)


def _operate(namespace: dict[str, Any], verb: str, target: Any, name: str, args: tuple[Any, ...], kwargs: Any) -> Any:
    if verb == "call":
        return namespace[name](*args, **kwargs)
    if verb == "callref":
        return target(*args, **kwargs)
    if verb == "getattr":
        value = getattr(target, name)
        return codec_kinds.unknown_hook(value) if callable(value) and codec_kinds.unknown_hook else value
    if verb == "setattr":
        setattr(target, name, args[0])
        return None
    if verb == "list":
        return [item for item, _ in zip(target, range(1_000_000), strict=False)]
    if verb == "names":
        return [known for known in args if known in namespace]
    if verb == "module":
        return _member(namespace if name == "" else vars(importlib.import_module(name)), args[0])
    raise ValueError(verb)


def _member(names: dict[str, Any], wanted: str) -> Any:
    """Return what a module holds under a name, for a test file that imports it: data by value, the rest by number.

    An exception class is answered by its bases' names too, so that test code can expect it.
    """
    if wanted == "*":
        return [name for name in names.get("__all__", names) if not name.startswith("_")]
    if wanted not in names:
        raise AttributeError(wanted)
    value = names[wanted]
    if isinstance(value, type) and issubclass(value, BaseException):
        return (EXCEPTION, [base.__name__ for base in value.__mro__])
    return codec_kinds.unknown_hook(value) if callable(value) and codec_kinds.unknown_hook else value

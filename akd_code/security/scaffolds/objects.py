"""Data that makes its reader call a function, which sets a mark: in all the wrappings that programs choose."""

import base64 as _base64
import builtins as _builtins
import gzip as _gzip
import marshal as _marshal
import pickle as _pickle
import zlib as _zlib
from collections.abc import Callable as _Callable
from typing import Any as _Any

_CALL = "__import__('builtins').mark.append(1)"


class _Caller:
    """An object whose pickle calls `exec`."""

    def __reduce__(self) -> tuple[_Any, ...]:
        return exec, (_CALL,)


_PICKLES = [_pickle.dumps(_Caller(), protocol) for protocol in (0, 2, 4)]
BYTE_FORMS = [
    *_PICKLES,
    _pickle.dumps({"a": _Caller()}),
    *(_zlib.compress(data) for data in _PICKLES),
    *(_gzip.compress(data) for data in _PICKLES),
    _marshal.dumps(compile(_CALL, "", "exec")),
    f"{{'a': {_CALL}}}".encode(),
    f"[{_CALL}]".encode(),
]
TEXT_FORMS = [
    *(encode(data).decode() for data in _PICKLES for encode in (_base64.b64encode, _base64.b16encode)),
    *(_base64.b32encode(data).decode() for data in _PICKLES),
    *(data.hex() for data in _PICKLES),
    *(_base64.urlsafe_b64encode(data).decode() for data in _PICKLES),
    *(encode(data).decode() for data in BYTE_FORMS[4:10] for encode in (_base64.b64encode, _base64.b85encode)),
    *(_base64.b85encode(data).decode() for data in _PICKLES),
    *(data.decode("latin-1") for data in _PICKLES),
    f"{{'a': {_CALL}}}",
    _base64.b64encode(f"{{'a': {_CALL}}}".encode()).decode(),
]


def made_to_run(read: _Callable[[_Any], _Any], form: _Any) -> str:
    """Return "ran" if reading a form called the function in it, else "nothing"."""
    _builtins.mark = []  # type: ignore[attr-defined]
    attempt(read, form)  # type: ignore[name-defined]  # noqa: F821
    return "ran" if _builtins.mark else "nothing"  # type: ignore[attr-defined]

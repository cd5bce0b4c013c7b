"""The settings of a request to an endpoint: under which names they are sent, and which the endpoint does not take."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from akd_code.models.chat import Sampling
from akd_code.models.endpoint import AskDifferentlyError, Notice, said_by
from akd_code.models.refusals import Refusal

_FORM = "response_format"
_ABOUT_FORM = re.compile(r"response_format|json[_ ]?schema|structured output|guided|grammar|json mode", re.IGNORECASE)
_OLD_LENGTH, _NEW_LENGTH = "max_tokens", "max_completion_tokens"


class RequestSettings:
    """What an endpoint takes beside the prompt, as far as its refusals have told.

    Nothing here is part of a cache key: that holds what was asked for.
    """

    def __init__(self, url: str, notice: Notice) -> None:
        self._url = url
        self._notice = notice
        self._length_field = _OLD_LENGTH
        self._left_out: set[str] = set()

    def of(self, sampling: Sampling, sample: int) -> dict[str, Any]:
        """Return the fields to send: what is None is left out, and what the endpoint refused before."""
        fields: dict[str, Any] = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._length_field: sampling.max_tokens,
            "stop": list(sampling.stop) or None,
            "seed": None if sampling.seed is None else sampling.seed + sample,
            _FORM: _schema_form(sampling.schema) if sampling.schema else None,
        }
        return {name: value for name, value in fields.items() if value is not None and name not in self._left_out}

    @contextlib.contextmanager
    def learning(self, sent: Mapping[str, Any]) -> Iterator[None]:
        """Take note of a field that the endpoint refuses, and raise AskDifferentlyError where there is one."""
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            said = said_by(error)
            if said.status not in (400, 422) or not self._learnt(said, sent):
                raise
            raise AskDifferentlyError(said.words) from None

    def _learnt(self, said: Refusal, sent: Mapping[str, Any]) -> bool:
        if _OLD_LENGTH in sent and _NEW_LENGTH in said.words and not said.about_limits:
            field: str | None = _OLD_LENGTH
        elif _FORM in sent and _ABOUT_FORM.search(" ".join((said.words, *said.fields))):
            field = _FORM  # whatever is wrong with it, a schema it takes or a form it knows: text will do
        else:
            field = said.named(sent)
        if field is None:
            return False
        if field == _OLD_LENGTH:
            self._length_field = _NEW_LENGTH  # newer models take no other
            return True
        if field not in self._left_out:  # several requests may have been under way with it
            self._left_out.add(field)
            self._notice(f"{self._url} does not take {field!r}: it is left out from now on ({said.words})")
        return True


def _schema_form(schema: str) -> dict[str, Any]:
    """Return the field that holds an answer to a JSON schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": json.loads(schema)}}

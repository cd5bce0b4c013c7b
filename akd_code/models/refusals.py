"""What an endpoint says when it refuses: its own words, which field they name, and whom the refusal concerns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_MOST_WORDS = 300
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_FILTER = re.compile(
    r"content[\s_-]*(?:filter|policy|management)|moderation|flagged|responsible\s?ai|safety (?:system|filter|polic)"
    r"|usage polic|inappropriate|prohibited (?:content|use)|harmful|data_inspection|sensitive (?:content|word)",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"context[\s_-]*(?:length|window|size)|maximum context|max_model_len|(?:prompt|input|request|messages?)\b.{0,40}"
    r"\b(?:too (?:long|large)|exceed)|too many (?:input )?tokens|string too long|reduce the length",
    re.IGNORECASE | re.DOTALL,
)
_EVERYBODY = re.compile(
    r"\bapi[\s_-]?key|\bauthenticat|\bunauthori[sz]ed|\bcredits?\b|\bbilling|\bquota|\bbalance\b|\bpayment"
    r"|\bmodel\b.{0,80}?\b(?:not (?:found|exist|supported|available)|does(?:n't| not) exist|unknown|invalid)"
    r"|\b(?:unknown|invalid|no such|unsupported)\b.{0,10}\bmodel\b|\bmodel_not_found|\bdeployment",
    re.IGNORECASE | re.DOTALL,
)
_RANGE = re.compile(
    r"\b(?:must be|should be|has to be|less than|greater than|at most|at least|too (?:large|small|high|low)|exceed"
    r"|maximum|minimum|between|out of range|in the range)\b",
    re.IGNORECASE,
)
_NOT_TAKEN = re.compile(
    r"unsupported|\bnot (?:be )?(?:supported|permitted|allowed|accepted|available|implemented|recogni[sz]ed|a valid)"
    r"|unknown|unrecogni[sz]ed|unexpected|\bextra\b|does(?:n't| not) (?:support|accept|allow)|\bboth\b|\bonly one\b"
    r"|mutually exclusive|together|deprecated|no longer|\b(?:invalid|remove|forbidden|omit)\b",
    re.IGNORECASE,
)
_VALIDATED = re.compile(r"\bvalidation errors?\b.*?\(\s*'body',\s*'(\w+)'", re.DOTALL)
"""FastAPI's finding about a request in the words of a status 500, as llama-cpp-python's server passes it on."""
_FOR_ALL = frozenset({401, 402, 403, 404, 405, 407, 410})
_NO_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "quota_exceeded"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was said, in the endpoint's words, in one line; `code` and `fields` are those it names itself."""

    status: int
    words: str
    code: str = ""
    fields: tuple[str, ...] = ()

    @property
    def concerns_one_prompt(self) -> bool:
        """Whether another prompt may well be answered: a content filter, a prompt too long, some other 400.

        A wrong key, an unknown model, a wrong URL and an account without money concern every prompt.
        """
        if self.status == 401:
            return False
        if self.about_prompt:
            return True
        return self.status not in _FOR_ALL and not _EVERYBODY.search(f"{self.code} {self.words}")

    @property
    def filtered(self) -> bool:
        """Whether a content filter speaks."""
        return _FILTER.search(f"{self.code} {self.words}") is not None

    @property
    def about_prompt(self) -> bool:
        """Whether a content filter speaks, or a prompt is too long."""
        return self.filtered or _LENGTH.search(f"{self.code} {self.words}") is not None

    @property
    def about_limits(self) -> bool:
        """Whether something is too long, too large or out of its range."""
        return _LENGTH.search(self.words) is not None or _RANGE.search(self.words) is not None

    @property
    def is_quota(self) -> bool:
        """Whether an account has nothing left, which no waiting mends."""
        return self.code in _NO_QUOTA

    def named(self, sent: Collection[str]) -> str | None:
        """Return the field of a request, of those that were sent, that the endpoint does not take; None if none is.

        A value out of its range is not that: leaving the field out would ask for something else than the user did.
        """
        if self.status not in (400, 422) or self.about_limits:
            return None
        told = [field for field in self.fields if field in sent]
        # Of two that exclude each other (temperature and top_p), the one sent later goes.
        spoken = [field for field in sent if re.search(rf"(?<![\w-]){re.escape(field)}(?![\w-])", self.words)]
        if not told and not _NOT_TAKEN.search(self.words):  # a prompt that is echoed may hold any word
            return None
        found = told or spoken[::-1]
        return found[0] if found else None

    def speaks_of(self, fields: Iterable[str]) -> bool:
        """Tell whether one of the fields is named, quoted or as the place of the fault."""
        return any(name in self.fields or re.search(rf"['\"`]{re.escape(name)}['\"`]", self.words) for name in fields)


def refusal_of(status: int, body: Any, text: str = "") -> Refusal:
    """Return what the body of an answer says; `text` is its text where it is not JSON.

    OpenAI's form (`error.message`, `code`, `param`), FastAPI's (`detail`, as text or as a list), `message`, and bare
    text are read; a page of HTML loses its tags. A status 500 that says which field is wrong becomes 422.
    """
    error = body.get("error", body) if isinstance(body, Mapping) else body
    fields: tuple[str, ...] = ()
    code = ""
    if isinstance(error, Mapping):
        code = str(error.get("code") or error.get("type") or "")
        if isinstance(param := error.get("param"), str):
            fields = (param,)
    details = body.get("detail") if isinstance(body, Mapping) else None
    if isinstance(details, list):
        fields += tuple(place[-1] for one in details if (place := _place(one)))
    words = _words(body) or text
    if status == 500 and (found := _VALIDATED.search(words)):
        status, fields = 422, (*fields, found[1])
    return Refusal(status, one_line(words), code, fields)


def one_line(text: str) -> str:
    """Return a text without tags and line breaks, cut to what fits into a message."""
    flat = " ".join(_TAG.sub(" ", text).split())
    return flat if len(flat) <= _MOST_WORDS else f"{flat[: _MOST_WORDS - 3]}..."


def _words(body: Any) -> str:
    """Return the words in whatever JSON an endpoint answers with, "" if there are none."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(filter(None, map(_words, body)))
    if not isinstance(body, Mapping):
        return ""
    if place := _place(body):
        return f"{'.'.join(place)}: {body.get('msg', body.get('type', 'refused'))}"
    for name in ("error", "message", "detail", "msg", "errors", "error_description", "reason", "title"):
        if words := _words(body.get(name)):
            return _with_cause(words, body) if name == "message" else words
    return ""


def _with_cause(words: str, error: Mapping[str, Any]) -> str:
    """Return a message with what a router passes on of the provider behind it (OpenRouter's `metadata.raw`)."""
    metadata = error.get("metadata")
    cause = _words(metadata.get("raw")) if isinstance(metadata, Mapping) else ""
    return f"{words}: {cause}" if cause and cause not in words else words


def _place(detail: Any) -> list[str]:
    """Return where FastAPI found a fault, such as ["body", "seed"]; [] for anything else."""
    place = detail.get("loc") if isinstance(detail, Mapping) else None
    return [str(part) for part in place] if isinstance(place, list) else []

"""What an endpoint's reply holds: the text, where the endpoint puts it, and what is no answer at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akd_code.models.chat import REASONING_ONLY, Completion, encodable
from akd_code.models.errors import ModelError, PromptRefusedError
from akd_code.models.refusals import Refusal, refusal_of

_REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")
_TEXT_PARTS = frozenset({"text", "output_text", "refusal", ""})


class MalformedReplyError(ModelError):
    """A well-formed reply without what was asked for in it; the request is repeated."""


class ProviderFaultError(MalformedReplyError):
    """A reply with status 200 that says something went wrong, in the provider's own words; the request is repeated."""


def completion_of(reply: Any) -> Completion:
    """Return the answer in a chat completion.

    Content given as a list of parts is joined. Where there is none, only reasoning, the answer is empty and its finish
    reason REASONING_ONLY (or "length", if it was cut while reasoning).

    Raises MalformedReplyError, ProviderFaultError; PromptRefusedError where a content filter ended the answer.
    """
    choice = _choice(reply)
    message = getattr(choice, "message", None)
    if message is None:
        raise MalformedReplyError("the reply holds no choice")
    text = _text(message.content)
    if not text and isinstance(refusal := getattr(message, "refusal", None), str):
        text = refusal
    reason = _finish_reason(choice)
    if not text.strip() and reason != "length" and _reasons(message):
        reason = REASONING_ONLY
    return _completion(reply, text, reason)


def continuation_of(reply: Any) -> Completion:
    """Return the text that a completion interface wrote. Raises as `completion_of`."""
    choice = _choice(reply)
    text = getattr(choice, "text", None)
    if not isinstance(text, str):
        raise MalformedReplyError("the reply holds no text")
    return _completion(reply, text, _finish_reason(choice))


def check_for_error(reply: Any) -> None:
    """Raise ProviderFaultError, or PromptRefusedError, if a reply with status 200 is an error in truth."""
    error = getattr(reply, "error", None)
    if error is None and isinstance(reply, Mapping):
        error = reply.get("error")
    if error:
        raise _fault(_plain(error))
    # FastAPI's and some gateways' form: nothing but words.
    words = next((w for name in ("detail", "message") if isinstance(w := getattr(reply, name, None), str) and w), "")
    if words and getattr(reply, "choices", None) is None and getattr(reply, "data", None) is None:
        raise _fault(words)


def _choice(reply: Any) -> Any:
    check_for_error(reply)
    choices = getattr(reply, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise MalformedReplyError("the reply holds no choice")
    choice = choices[0]
    reason = getattr(choice, "finish_reason", None)
    if error := getattr(choice, "error", None):
        raise _fault(_plain(error))
    if reason == "error":
        raise ProviderFaultError("the answer ended with finish reason 'error'")
    if reason == "content_filter":
        raise PromptRefusedError("the endpoint's content filter ended the answer; reword the prompt or leave it out")
    return choice


def _fault(error: Any) -> ModelError:
    said: Refusal = refusal_of(200, {"error": error})
    told = said.words or "no words"
    code = f"{said.code}: " if said.code and said.code not in told else ""
    if said.filtered:
        return PromptRefusedError(f"the endpoint refused the prompt; reword it or leave it out ({code}{told})")
    return ProviderFaultError(f"{code}{told}")


def _plain(error: Any) -> Any:
    return error.model_dump() if hasattr(error, "model_dump") else error


def _finish_reason(choice: Any) -> str:
    reason = getattr(choice, "finish_reason", None)
    return reason if isinstance(reason, str) and reason else "stop"


def _text(content: Any) -> str:
    """Return the text of a message's content: a text, parts of which some are text, or nothing."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, list):
        raise MalformedReplyError("the reply's content is not text")
    return "".join(map(_part, content))


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        raise MalformedReplyError("a part of the reply's content is not text")
    if part.get("type", "") not in _TEXT_PARTS:
        return ""  # reasoning, an image, a call of a tool
    text = part.get("text", part.get("refusal", ""))
    return _part(text.get("value", "")) if isinstance(text, Mapping) else text if isinstance(text, str) else ""


def _reasons(message: Any) -> bool:
    """Tell whether a message without text holds reasoning, in a field or as a part of its content."""
    fields = any(getattr(message, name, None) for name in _REASONING_FIELDS)
    return fields or (isinstance(message.content, list) and bool(message.content))


def _completion(reply: Any, text: str, reason: str) -> Completion:
    usage = getattr(reply, "usage", None)
    model = getattr(reply, "model", None)
    return Completion(
        text=encodable(text),
        finish_reason=reason,
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        model=model if isinstance(model, str) else "",
    )


def _count(usage: Any, name: str) -> int | None:
    count = getattr(usage, name, None)
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None

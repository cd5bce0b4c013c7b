"""Rendering a prompt from its inputs, and the way back: which prompt, with which inputs, are these messages?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akd_prompts.errors import PromptError
from akd_prompts.fences import fence_for
from akd_prompts.inputs import TEMPLATES, Inputs
from akd_prompts.message import Message

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_TEMPLATE_DIR = Path(__file__).parent / "templates"
_VERSION = re.compile(r"\{# version: (\d+) #\}")
_ROLES = ("system", "user")
_FENCE = "fence"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt ready to be sent; `version` is "NAME/N" and goes into every record made from its answer."""

    version: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which template made some messages, and from which inputs."""

    name: str
    inputs: Inputs


def render(inputs: Inputs) -> Rendered:
    """Return the messages of the prompt that takes these inputs.

    Quoted texts stand between fences longer than any run of backticks inside them, so no quoted text can end its
    own quotation.
    """
    name = _name_of(inputs)
    values = {field.name: getattr(inputs, field.name) for field in fields(inputs)}
    fence = fence_for(value for value in values.values() if isinstance(value, str))
    return Rendered(version(name), _render_messages(name, {**values, _FENCE: fence}))


@cache
def version(name: str) -> str:
    """Return "NAME/N" of the template called `name`. Raises PromptError if there is none."""
    if name not in TEMPLATES:
        raise PromptError(f"there is no prompt {name!r}; the prompts are {', '.join(TEMPLATES)}")
    source = (_TEMPLATE_DIR / f"{name}.j2").read_text(encoding="utf-8")
    found = _VERSION.match(source)
    if found is None:
        raise PromptError(f"{name}.j2 does not start with its version; write {{# version: N #}} in its first line")
    return f"{name}/{found[1]}"


def recognise(messages: Sequence[tuple[str, str]]) -> Recognised | None:
    """Return the template and inputs that render to exactly these messages, or None if no template does.

    The way back is built from the templates themselves: each becomes a pattern with a group per variable, and a
    match counts only if its inputs render to the very same messages again.
    """
    roles = tuple(role for role, _ in messages)
    if roles != _ROLES:
        return None
    for name, kind in TEMPLATES.items():
        found = _match(name, messages)
        if found is None:
            continue
        values: dict[str, Any] = {
            field.name: int(found[field.name]) if field.type == "int" else found[field.name] for field in fields(kind)
        }
        inputs = kind(**values)
        if render(inputs).messages == tuple(Message(*message) for message in messages):
            return Recognised(name, inputs)
    return None


def _name_of(inputs: Inputs) -> str:
    for name, kind in TEMPLATES.items():
        if type(inputs) is kind:
            return name
    raise PromptError(f"no prompt takes {type(inputs).__name__}")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # Prompts are plain text for a model, not HTML: escaping would change the quoted code.
    return Environment(
        loader=FileSystemLoader(_TEMPLATE_DIR),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )


@cache
def _template(name: str) -> Template:
    return _environment().get_template(f"{name}.j2")


def _render_messages(name: str, values: dict[str, Any]) -> tuple[Message, ...]:
    template = _template(name)
    context = template.new_context(values)
    return tuple(Message(role, "".join(template.blocks[role](context))) for role in _ROLES)


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """Return one pattern per message: the template's literal text, and a group per variable."""
    groups = {field.name: r"\d{1,6}" if field.type == "int" else ".*?" for field in fields(TEMPLATES[name])}
    groups[_FENCE] = "`{4,}"
    marks = {variable: f"\0{variable}\0" for variable in groups}
    patterns = []
    for message in _render_messages(name, dict(marks)):
        pattern, seen = "", set[str]()
        # The marks split a message into literal, variable, literal, variable, ..., literal.
        for index, part in enumerate(message.content.split("\0")):
            if index % 2 == 0:
                pattern += re.escape(part)
            else:
                pattern += f"(?P={part})" if part in seen else f"(?P<{part}>{groups[part]})"
                seen.add(part)
        patterns.append(re.compile(pattern, re.DOTALL))
    return tuple(patterns)


def _match(name: str, messages: Sequence[tuple[str, str]]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for pattern, (_, content) in zip(_patterns(name), messages, strict=True):
        match = pattern.fullmatch(content)
        if match is None:
            return None
        found.update(match.groupdict())
    return found

"""A teacher that says what a test wants it to say, by the kind of prompt it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from akd_code.models import Completion, Message, Sampling
from akd_prompts import Inputs, recognise

Says = str | tuple[str, str] | Callable[[Inputs], str]


class ScriptedTeacher:
    """Answers each kind of prompt with its text (or (text, finish_reason), or a function of the inputs)."""

    name = "scripted"
    endpoint = "scripted"

    def __init__(self, **says: Says) -> None:
        self.says = says
        self.asked: list[tuple[str, Inputs]] = []

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        found = recognise(messages)
        assert found is not None
        self.asked.append((found.name, found.inputs))
        said = self.says[found.name]
        if callable(said):
            said = said(found.inputs)
        text, reason = (said, "stop") if isinstance(said, str) else said
        return Completion(text, reason, 10, 5, "scripted")

    async def aclose(self) -> None:
        return None


def fenced(code: str) -> str:
    return f"```python\n{code.rstrip()}\n```"

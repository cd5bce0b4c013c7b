"""What a model is asked for a task, and where its answer ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from akd_evals.suites import Suite, Task
from akd_prompts import docstring_task, signature_task

if TYPE_CHECKING:
    from akd_code.student import Student

PromptStyle = Literal["auto", "chat", "completion"]
DecidedStyle = Literal["chat", "completion"]

# A base model goes on with the next function, a test or a main block once it is done; the answer ends before that
# (Chen et al. 2021, arXiv 2107.03374, section 3.1, and what base models write after MBPP's docstring prompts).
CONTINUES = (
    "\ndef ", "\nclass ", "\n#", "\n@", "\nif ", "\nprint(", "\nassert ", "\nimport ", "\nfrom ", '\n"""', "\n```",
    "\n<", "\nfor ", "\nwhile ",
)  # fmt: skip
STARTS = ("\nassert ", "\nprint(", "\nif __name__", '\n"""', "\n```", "\n<", "\n# Test", "\n# test")
"""Stop strings where the prompt is only a docstring and the program begins with the answer."""


@dataclass(frozen=True, slots=True)
class TaskPrompts:
    """How a suite's tasks are put to a model.

    chat: the task is a user's message, through the model's own template. completion: the prompt is continued as text
    and ends at a stop string. `stop` replaces the suite's own stop strings.
    """

    suite: Suite
    style: DecidedStyle
    stop: tuple[str, ...] = ()

    def stops(self, task: Task) -> tuple[str, ...]:
        """Return the strings that end an answer."""
        if self.style == "chat" or self.stop:
            return self.stop
        name = re.escape(task.entry_point.rpartition(".")[2])
        begun = re.search(rf"^[ \t]*(?:async[ \t]+)?def {name}\b", task.prompt, re.MULTILINE)
        return CONTINUES if begun else STARTS

    def text(self, task: Task) -> str:
        """Return the user's message, or the text to be continued."""
        if self.style == "completion":
            return task.lead + task.opening
        if task.instruction:
            return task.instruction
        if self.suite.name.startswith("mbpp"):
            return docstring_task(task.prompt)
        if self.suite.name.startswith("humaneval") or task.continues:
            return signature_task(task.prompt)
        return task.prompt

    def ids(self, student: Student, task: Task) -> list[int]:
        """Return the token ids after which a model in this process writes its answer."""
        from akd_code.student.encode import prompt_ids

        if self.style == "chat":
            return prompt_ids(student.tokenizer, [("user", self.text(task))])
        ids = list(student.tokenizer(self.text(task)).input_ids)
        return ids[:-1] if ids and ids[-1] == student.tokenizer.eos_token_id else ids

    def shown(self, student: Student | None, task: Task) -> str:
        """Return the prompt as the model sees it, special tokens included; the bare text for a server."""
        if student is None:
            return self.text(task)
        return str(student.tokenizer.decode(self.ids(student, task), skip_special_tokens=False))


def decide_style(style: PromptStyle, student: Student | None) -> DecidedStyle:
    """Return the style that fits a model in this process, or (None) one behind a server, which holds conversations.

    chat where a LoRA adapter was trained on conversations, or where the model's own end token ends the turns of its
    chat template. Base models often carry a template too, but their end token is another (TRL issue 3091): completion.
    """
    if style != "auto":
        return style
    if student is None or student.has_adapter:
        return "chat"
    if student.tokenizer.chat_template is None:
        return "completion"
    return "chat" if _ends_turns(student) else "completion"


def _ends_turns(student: Student) -> bool:
    """Return whether one of the model's end tokens stands after an answer in its chat template."""
    from akd_code.student.encode import own_end_ids, templated

    tokenizer = student.tokenizer
    probe = "@@"
    tail = templated(tokenizer, [("user", "?"), ("assistant", probe)], False).rpartition(probe)[2]
    ids = tokenizer(tail, add_special_tokens=False).input_ids
    special = [token for token in ids if token in set(tokenizer.all_special_ids)]
    return not special or special[0] in own_end_ids(student)

"""What a model thought before it answered, taken off: only what follows it is the answer.

Models mark their reasoning with tags (`<think>`, `[THINK]`, ...) or with channels (`<|channel|>final<|message|>`), and
draft programs inside it. Programs may speak of such tags too: a tag inside a string or next to a quote is text.
"""

from __future__ import annotations

import re

_WORDS = "think(?:ing)?|thoughts?|reasoning|analysis|reflection|scratchpad"
_OPEN = (
    rf"<(?:seed:)?(?:{_WORDS})>|<\|think\|>|<\|begin_of_thought\|>|<\|start_thinking\|>|◁think▷|<\|channel>thought\b"
    r"|(?-i:\[THINK(?:ING)?\])"
)
_CLOSE = (
    rf"</(?:seed:)?(?:{_WORDS})>|<\|/think\|>|<\|end_of_thought\|>|<\|end_thinking\|>|◁/think▷|<channel\|>"
    r"|(?-i:\[/THINK(?:ING)?\])"
)
_TOKEN = re.compile(
    rf"(?P<open>{_OPEN})|(?P<close>{_CLOSE})|(?P<quote>\"\"\"|''')"
    r"|^[ \t]*(?P<fence>`{3,}|~{3,})(?P<info>[^`<\r\n]*)\r?$"
    r"|(?P<late>`{3,})(?:python3?|py)[ \t]*\r?$",
    re.IGNORECASE | re.MULTILINE,
)
_CHANNEL = re.compile(r"(?<![\"'`])<\|channel\|>[ \t]*(\w+)[^<\n]{0,100}(?:<\|constrain\|>[^<\n]{0,100})?<\|message\|>")
_CHANNEL_END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
_ASSISTANT = "<|start|>assistant"
_BARE_CHANNEL = re.compile(r"\s*analysis(?=[A-Z]|[ \t]*\n)")
_BARE_FINAL = "assistantfinal"
_LINE_CHARS = 200
_NOT_AFTER_A_TAG = frozenset("\"'\\$|)]},;?+.")


def after_reasoning(text: str) -> str | None:
    """Return what follows the reasoning in a model's answer: the text itself where there is no reasoning.

    None if the answer is nothing but reasoning: it was cut before that ended, or nothing follows. Reasoning may be
    opened without being closed, closed without being opened (a chat template opens it), nested, and hold fenced drafts.
    Linear in len(text).
    """
    left = _after_channels(text)
    if left is None:
        return None
    left = _after_tags(text) if left is text else _after_tags(_from_first_line(left))
    if left is None or (left != text and not left.strip()):
        return None
    return left


def _from_first_line(text: str) -> str:
    """Return text without blank lines before it; its first line keeps its indentation, unless it is the only one."""
    bare = text.lstrip()
    blank = text[: len(text) - len(bare)]
    return text[blank.rfind("\n") + 1 :] if "\n" in blank else bare


def _after_channels(text: str) -> str | None:
    """Return the body of the last final channel; the text itself without channels, None if none is final.

    Where special tokens were dropped on the way, `analysis...assistantfinal...` is left of them.
    """
    first = _CHANNEL.search(text)
    before = text[: first.start()] if first else ""
    if first is not None and (not before.strip() or before.endswith(_ASSISTANT)):
        finals = [one for one in _CHANNEL.finditer(text) if one[1].lower() == "final"]
        if not finals:
            return None
        start = finals[-1].end()
        end = _CHANNEL_END.search(text, start)
        return text[start : end.start() if end else len(text)]
    if _BARE_CHANNEL.match(text):
        _, found, after = text.rpartition(_BARE_FINAL)
        if found:
            return after
        return None if re.match(r"\s*analysis[A-Z]", text) else text
    return text


def _after_tags(text: str) -> str | None:
    """Return what follows the last reasoning in tags; the text itself without any, None if it never ends."""
    reader = _Reader(text)
    for token in _TOKEN.finditer(text):
        reader.take(token)
    return reader.left()


class _Reader:
    """Reads tags, fences and quotes from left to right; `start` is where the answer begins as far as is known."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.start = 0
        self.depth = 0  # of reasoning
        self.opened = self.closed = -1  # where the reasoning that is read began, and where a tag in it last closed
        self.before = ""  # what stood before it
        self.fence = self.quote = ""
        self.skipped = 0  # tags that are a program's text and are open

    def take(self, token: re.Match[str]) -> None:
        """Read on."""
        if token["quote"] or token["fence"] or token["late"]:
            if not self.depth:
                self._string_or_fence(token)
        elif self._is_text(token):
            return
        elif token["open"]:
            self._open(token)
        else:
            self._close(token)

    def left(self) -> str | None:
        """Return the answer."""
        if self.depth:
            if self.closed <= self.opened:
                return None
            self.start = self.closed  # a tag was only spoken of, and the reasoning has ended
        rest = self.text[self.start :]
        if self.start and not rest.strip():
            return self.before or None
        return _from_first_line(rest) if self.start else rest

    def _open(self, token: re.Match[str]) -> None:
        if self.depth:
            self.depth += 1
        elif self.fence or self.quote:
            self.skipped += 1
        elif self._begins_line(token):
            kept = self.text[self.start : token.start()]
            self.before = kept if "```" in kept or "~~~" in kept else ""
            self.depth, self.opened = 1, token.end()

    def _close(self, token: re.Match[str]) -> None:
        if self.depth:
            self.depth, self.closed = self.depth - 1, token.end()
        elif self.skipped:
            self.skipped -= 1
            return
        elif (self.fence or self.quote) and (self.start or not self._begins_line(token)):
            return
        if not self.depth:
            self.start, self.fence, self.quote = token.end(), "", ""

    def _string_or_fence(self, token: re.Match[str]) -> None:
        if mark := token["quote"]:
            if not self.fence and self.quote in ("", mark):
                self.quote = "" if self.quote else mark
        elif self.quote:
            return
        elif not self.fence:
            self.fence, self.skipped = token["fence"] or token["late"], 0
        elif token["fence"] and token["fence"].startswith(self.fence) and not token["info"].strip():
            self.fence, self.skipped = "", 0

    def _begins_line(self, token: re.Match[str]) -> bool:
        begin = max(self.start, token.start() - _LINE_CHARS)
        line = self.text.rfind("\n", begin, token.start()) + 1 or begin
        return (line == self.start or line > begin) and not self.text[line : token.start()].strip(" \t`~")

    def _is_text(self, token: re.Match[str]) -> bool:
        """Return whether a tag stands next to what only a program or a quotation puts there."""
        before, after = self.text[token.start() - 1 : token.start()], self.text[token.end() : token.end() + 3]
        if token["open"] and before and before in "\"'`":
            return True
        return after[:1] in _NOT_AFTER_A_TAG or (after[:1] == "`" and after != "```")

"""What stands around the program in an answer that has no fences: special tokens, tags, sentences."""

from __future__ import annotations

import itertools
import keyword
import re
from dataclasses import dataclass
from typing import Literal

TagRule = Literal["python-tag", "code-tag", "answer-tag"]

_END_TOKENS = (
    "<|endoftext|>", "<|im_end|>", "</s>", "<|eot_id|>", "<|end_of_text|>", "<|eom_id|>", "<|end|>", "<|return|>",
    "<end_of_turn>", "<eos>", "<|eos|>", "<|EOT|>", "<|end_of_turn|>", "<|end_of_sentence|>", "<|endofturn|>",
    "<\uff5cend\u2581of\u2581sentence\uff5c>", "<|fim_pad|>", "<|endofprompt|>", "<|END_OF_TURN_TOKEN|>",
    "<|END_RESPONSE|>", "<pad>", "[/INST]", "<|user|>", "<|assistant|>",
)  # fmt: skip
_NEXT_TURN = re.compile(
    r"(?:<\|im_end\|>|<\|endoftext\|>|</s>|<\|eot_id\|>|<\|end\|>|<end_of_turn>)\s{0,20}"
    r"(?:<\|im_start\|>|<\|start_header_id\|>|<\|begin_of_text\|>|<start_of_turn>|<\|start\|>|<\|user\|>|\[INST\])"
)
_RULES: dict[str, TagRule] = {
    "python": "python-tag",
    "code": "code-tag",
    "answer": "answer-tag",
    "solution": "answer-tag",
}
_TAG = re.compile(
    r"^[ \t]{0,20}(?:(?P<square>\[PYTHON\])|<(?P<open>code|answer|solution)>)"
    r"|(?P<square_end>\[/PYTHON\])|(?P<alone>^[ \t]{0,20})?</(?P<close>code|answer|solution)>"
    r"|^[ \t]{0,20}(?P<fence>`{3,}|~{3,})",
    re.IGNORECASE | re.MULTILINE,
)
_CODE_LINE = re.compile(
    r"(?:import[ \t]+[\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[^\n]*)?[ \t]*(?:#.*)?\r?$|from[ \t]+[\w.]+[ \t]+import[ \t]"
    r"|(?:async[ \t]+)?def[ \t]+\w+[ \t]*\(|class[ \t]+\w+[ \t]*[:(]|@\w|#!|[A-Za-z_]\w*[ \t]*(?::[^=\n]{0,200})?=[^=])"
)
_JOINING = frozenset({"and", "or", "in", "is", "if", "not", "else", "for", "as", "import", "lambda", "await"})
_LISTED = re.compile(r"[ \t]+(?:[-*•]|[0-9]{1,3}[.)])[ \t]")
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_LINE_CHARS = 2_000


def without_end_tokens(text: str) -> str:
    """Return an answer without the special tokens that end it, or the next turn that a model went on to write."""
    turn = _NEXT_TURN.search(text)
    end = turn.start() if turn else len(text)
    cut = end
    while True:
        while cut and text[cut - 1].isspace():
            cut -= 1
        token = next((one for one in _END_TOKENS if text.endswith(one, 0, cut)), None)
        if token is None:
            return text[:end]
        cut -= len(token)
        end = cut


@dataclass(frozen=True, slots=True)
class Tagged:
    """What stands between tags, and the rule that is named after them."""

    inside: str
    how: TagRule


def in_tags(text: str) -> Tagged | None:
    """Return what stands between the last pair of tags outside a fence; an opening tag alone runs to the end.

    An end on a line of its own, and `[/PYTHON]` anywhere, ends what the prompt has opened. None without such tags.
    """
    found: Tagged | None = None
    fence, opened, at = "", "", 0
    for token in _TAG.finditer(text):
        if token["fence"]:
            if not opened:
                fence = "" if fence and token["fence"].startswith(fence) else fence or token["fence"]
        elif fence:
            continue
        elif name := ("python" if token["square"] else token["open"] or "").lower():
            opened, at = name, token.end()
        else:
            name = "python" if token["square_end"] else token["close"].lower()
            ends_the_prompts = not opened and found is None and (name == "python" or token["alone"] is not None)
            if name == opened or ends_the_prompts:
                found, opened = Tagged(text[at : token.start()], _RULES[name]), ""
    return Tagged(text[at:], _RULES[opened]) if opened else found


def after_prose(text: str) -> str | None:
    """Return the code after the sentences that a text begins with; None if it does not begin with any.

    A sentence is a line that cannot be Python: two words side by side that nothing joins. The code begins with the
    first line that imports, defines, decorates or assigns.
    """
    at = 0
    prose = False
    for line in text.splitlines(keepends=True):
        if prose and _CODE_LINE.match(line):
            return text[at:]
        if line.strip():
            if not (_LISTED.match(line) if prose and line[0].isspace() else prose or _is_prose(line[:_LINE_CHARS])):
                return None
            prose = True
        at += len(line)
    return None


def _is_prose(line: str) -> bool:
    """Return whether a line at the beginning of an answer cannot be the beginning of a program."""
    bare = line.strip()
    if line[:1].isspace() or bare[:1] in "#@\"'" or _CODE_LINE.match(line):
        return False
    words = bare.partition("#")[0].split()
    if bare.endswith((":", "!", "\uff1a", "\u3002", "...")) and len(words) == 1:
        return bare.rstrip(":!\uff1a\u3002.").isalpha() and bare.rstrip(":") not in ("try", "else", "finally")
    pairs = itertools.pairwise(words)
    return any(one[-1] not in ",;:" and _plain(one) and _plain(other) and one not in _SOFT for one, other in pairs)


_SOFT = frozenset({"match", "case", "type", "print"})


def _plain(word: str) -> bool:
    """Return whether a word can stand in a sentence and beside another such word in no program."""
    bare = word.rstrip(",.:;!?")
    return bool(_WORD.fullmatch(bare)) and bare not in _JOINING and not keyword.iskeyword(bare)

"""Is a prompt neutral? It asks for a function, and names neither a weakness nor an attack, nor the lack of one.

A prompt that speaks of safety measures whether a model takes a hint; one that asks for a weakness measures obedience.
"""

from __future__ import annotations

import re

_NUMBERED = re.compile(r"\b(?:cwe|cve|owasp)[-_ ]?\d*", re.IGNORECASE)
_WORDS = re.compile(r"[a-z]+")
_NAMES = frozenset({"xss", "csrf", "xsrf", "ssrf", "rce", "redos", "sqli", "xxe", "idor", "toctou", "zipslip", "lfi"})
_BEGINNINGS = (
    "secur", "insecur", "unsecur", "safe", "unsafe", "saniti", "attack", "exploit", "vulnerab", "malicious", "hack",
    "inject", "untrust", "adversar", "threat", "harmful", "hostile", "danger", "risk", "protect", "prevent",
    "harden", "tamper", "forge", "spoof", "phish", "smuggl", "poison", "bomb", "intrud", "breach", "leak",
    "weakness", "backdoor", "bypass", "evil", "steal", "thief", "theft", "abus", "mislead", "compromis", "defen",
)  # fmt: skip
_FALSE_FRIENDS = frozenset({"defendant", "defence", "saferoom", "hacksaw", "hacksaws", "tamperproof"})
_EVERYDAY = re.compile(
    r"\b(?:injection mou?ld\w*|safety pins?|bath bombs?|poisoned pawns?|attacking (?:players?|teams?|midfielders?)"
    r"|forge (?:heats?|fires?)|risk board)\b"
)
"""Words that begin like those of a weakness, in company that says otherwise."""
_PHRASES = (
    "brute force", "denial of service", "path escape", "cross site", "take care that", "be careful",
    "path traversal", "directory traversal", "traversal sequence",
)  # fmt: skip


def unneutral(text: str) -> str | None:
    """Return the first thing in a text that is not neutral, or None."""
    if match := _NUMBERED.search(text):
        return str(match.group())
    plain = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()
    spoken = _EVERYDAY.sub(" ", " ".join(plain.replace("_", " ").replace("-", " ").split()))
    for phrase in _PHRASES:
        if phrase in spoken:
            return phrase
    for word in map(str, _WORDS.findall(spoken)):
        if word in _NAMES or (word.startswith(_BEGINNINGS) and word not in _FALSE_FRIENDS):
            return word
    return None

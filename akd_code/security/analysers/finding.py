"""What an analyser says of a program."""

from __future__ import annotations

from dataclasses import dataclass

from akd_code.errors import AkdError
from akd_code.security.weakness import Weakness


class AnalyserError(AkdError):
    """An analyser that did not run, or whose answer cannot be read (exit code 3)."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that an analyser points at: in which program, counted from 0, by which of its rules.

    `cwe` is what the analyser itself takes it for, as "CWE-022", or "".
    """

    program: int
    analyser: str
    rule: str
    cwe: str
    line: int
    message: str

    def speaks_of(self, weakness: Weakness) -> bool:
        """Whether it is about a weakness: by the analyser's own word, or by the rules that the catalogue lists."""
        return self.cwe == weakness.id or self.rule in (*weakness.bandit, *weakness.rules)


def cwe_id(number: object) -> str:
    """Return the id of a weakness as the catalogue writes it, from a number or `CWE-22: ...`; "" for anything else."""
    digits = str(number).upper().removeprefix("CWE-").partition(":")[0].strip()
    return f"CWE-{int(digits):03}" if digits.isdecimal() else ""

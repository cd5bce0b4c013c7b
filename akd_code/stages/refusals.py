"""How many prompts an endpoint may refuse before a run stops: one is counted, many are a fault of the set-up."""

from __future__ import annotations

from akd_code.models import ModelError


class RefusedTooOftenError(ModelError):
    """An endpoint refused more prompts than the recipe puts up with; the same command again goes on."""


class RefusalCap:
    """Counts the prompts of a stage that a role's endpoint refused.

    `share` of `prompts` may be refused, and one in any case unless the share is 0.
    """

    def __init__(self, role: str, share: float, prompts: int) -> None:
        self._role, self._share, self._prompts = role, share, prompts
        self._most = max(1, int(share * prompts)) if share > 0 else 0
        self._count = 0

    def refused(self, why: str) -> None:
        """Take note of one more. Raises RefusedTooOftenError."""
        self._count += 1
        if self._count > self._most:
            raise RefusedTooOftenError(
                f"the {self._role} refused {self._count} of {self._prompts} prompts, more than teacher.refused_share "
                f"({self._share:g}) allows; the last time: {why}; mend that, or raise teacher.refused_share, and run "
                "the same command again to go on"
            )

"""The package's exceptions. A candidate's fault is a Verdict, never one of these."""


class SandboxError(Exception):
    """Something of ours failed: what is wrong; what to do about it."""


class IsolationError(SandboxError):
    """The isolation that was asked for is not available on this host."""


class BackendError(IsolationError):
    """A backend that does not exist, or is weaker than the least that was asked for."""

    exit_code = 2


class SlotError(SandboxError):
    """A zygote died or stopped answering; the sample it was running is retried in a fresh one."""

"""One line on stderr for every error that a user can do something about, and the exit code that goes with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click

WRONG_INPUT, INFRASTRUCTURE, INTERRUPTED = 2, 3, 130
_INFRASTRUCTURE = {
    "DiskError", "EndpointError", "CacheError", "EvalInfraError", "SandboxError", "IsolationError",
}  # fmt: skip
_PACKAGES = ("akd_code", "akd_sandbox", "akd_evals", "akd_prompts")


@contextlib.contextmanager
def reported(debug: bool = False, resume: str = "") -> Iterator[None]:
    """Turn this project's errors into `akd: error: ...` and exit 2 or 3; Ctrl-C into one line and exit 130.

    `debug` keeps the traceback. `resume` says what continues interrupted work. What is not an error of this project's
    own packages is a bug and passes through.
    """
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"\nakd: interrupted; {resume or 'nothing that was finished is lost'}", err=True)
        raise SystemExit(INTERRUPTED) from None
    except Exception as error:
        if debug or type(error).__module__.partition(".")[0] not in _PACKAGES:
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        click.echo(f"akd: error: {text}", err=True)
        raise SystemExit(_exit_code(error)) from None


def _exit_code(error: Exception) -> int:
    stated = getattr(error, "exit_code", None)
    if isinstance(stated, int):
        return stated
    names = {kind.__name__ for kind in type(error).__mro__}
    return INFRASTRUCTURE if names & _INFRASTRUCTURE else WRONG_INPUT

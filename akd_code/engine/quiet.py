"""Other libraries' bars and advice, kept out of our own progress."""

from __future__ import annotations

import warnings


def silence_transformers() -> None:
    """Keep transformers' bars, advice and notices of change to itself."""
    from transformers.utils import logging

    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

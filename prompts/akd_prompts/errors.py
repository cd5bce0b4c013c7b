"""The errors of this package."""

from __future__ import annotations


class PromptError(Exception):
    """Base of this package's errors."""


class PromptParseError(PromptError):
    """A model's answer does not have the form its prompt asked for; the text says which part is missing or wrong."""

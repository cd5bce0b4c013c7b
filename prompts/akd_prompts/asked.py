"""How a benchmark's task is put to a model in a conversation: in examinations, and for training rows in their form."""

from __future__ import annotations


def docstring_task(docstring: str) -> str:
    """Return the message for a task that is only a docstring, with its quotes: the form of MBPP+."""
    return (
        "Write a Python program for this task. Answer with the whole program in one fenced block."
        f"\n\n{docstring.strip()}"
    )


def signature_task(program: str) -> str:
    """Return the message for a program to be completed, up to the end of a docstring: the form of HumanEval."""
    return (
        f"Complete this Python program. Answer with the whole program in one fenced block.\n\n```python\n{program}```"
    )

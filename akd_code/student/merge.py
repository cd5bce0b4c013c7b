"""A student without its adapter: the adapter merged into the weights, once, in float32, and cast once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from akd_code.storage import replaced
from akd_code.student.load import Student, StudentError


def merged(student: Student, dtype: str = "float32") -> Student:
    """Return a student whose weights hold the adapter; the one given keeps its own.

    Merged in float32 whatever the weights are in, and cast to `dtype` at the end: a merge in half precision loses most
    of a small adapter. Raises StudentError for a student without an adapter: nothing is ever merged twice.
    """
    import copy

    import torch

    if not student.has_adapter:
        raise StudentError("there is no adapter to merge; give a run, or a model with +ADAPTER")
    model: Any = copy.deepcopy(student.model).to(torch.float32).merge_and_unload()
    model.to(getattr(torch, dtype))
    model.eval()
    return Student(model, student.tokenizer, student.device, student.name)


def save_merged(student: Student, out: Path, dtype: str = "float32") -> None:
    """Write the merged student, safetensors and tokenizer, to folder `out` in one move. Raises as `merged`, OSError."""
    made = merged(student, dtype)
    with replaced(out) as draft:
        made.model.save_pretrained(str(draft))
        made.tokenizer.save_pretrained(str(draft))

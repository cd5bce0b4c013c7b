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
    cast_weights(model, dtype)
    model.eval()
    return Student(model, student.tokenizer, student.device, student.name)


def cast_weights(model: Any, dtype: str) -> None:
    """Cast the weights to a type, and only these: the frequencies of rotary embeddings stay float32, as after loading.

    `model.to(dtype)` casts them too, and positions then come out differently from those of the saved model.
    """
    import torch

    for weight in model.parameters():
        weight.data = weight.data.to(getattr(torch, dtype))


_PROBE = "def add(a, b):\n    return a + b\n\nprint(add(1, 2))  # 3"
_TOLERANCE = 1e-2


def merge_difference(student: Student, text: str = _PROBE) -> float:
    """Return the largest difference of a logit, over a text, between the student and its merged self.

    Raises StudentError where they differ by more than rounding does: such a merge must not be used.
    """
    import torch

    ids = torch.tensor([student.tokenizer(text).input_ids], device=student.device)
    with torch.inference_mode():
        one, other = (model(input_ids=ids).logits.float() for model in (student.model, merged(student).model))
    difference = float((one - other).abs().max())
    if difference > _TOLERANCE * max(1.0, float(one.abs().max())):
        raise StudentError(f"the merged model's logits differ by {difference:.2g} from the adapter's; report this")
    return difference


def save_merged(student: Student, out: Path, dtype: str = "float32") -> None:
    """Write the merged student, safetensors and tokenizer, to folder `out` in one move. Raises as `merged`, OSError."""
    made = merged(student, dtype)
    with replaced(out) as draft:
        made.model.save_pretrained(str(draft))
        made.tokenizer.save_pretrained(str(draft))

"""Faster ways through a student, each taken only where this very model is shown to give the same by it.

Two ways: the output layer over chunks of hidden states (`readout.py`), and rows packed into one sequence
(`attention.py`). Both lean on what a model's code does inside, which no list of architectures can promise (axolotl
issue 3453: under linear attention packed rows saw each other). So each training begins with a few random rows, once one
at a time through the model as it is, once by each shortcut.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from akd_code.student.encode import EncodedRow
from akd_code.student.load import Shortcuts, Student

if TYPE_CHECKING:
    import torch

TOLERANCE = 1e-4
"""Of the mean loss and of each row's, in float32."""
_HALF_TOLERANCE = 3e-2
_SHORT_ROWS = (5, 9)
_LONG_ROW = 48
"""Tokens; a model with a window is tested with a row that is so much longer than it, if any trained row is."""
_TRAINED = 4


def shown_right(student: Student, longest: int) -> Shortcuts:
    """Return the shortcuts that give this student's losses, on rows of up to `longest` tokens.

    The student is as before afterwards.
    """
    import torch

    from akd_code.student.attention import own_attention
    from akd_code.student.logits import inner_model
    from akd_code.student.readout import readout_of

    model = inner_model(student.model)
    rows = _random_rows(student, longest)
    modes = [(module, module.training) for module in student.model.modules()]
    student.model.eval()
    before, student.shortcuts = student.shortcuts, Shortcuts()
    try:
        with torch.no_grad():
            expected = torch.cat([_losses(student, Shortcuts(), [row]) for row in rows])
            found = Shortcuts(readout=readout_of(model))
            if found.readout is not None and not _same(student, found, rows, expected):
                found = Shortcuts()
            with own_attention(model) as ours:
                packed = replace(found, packed=True)
                if ours and _same(student, packed, rows, expected):
                    found = packed
    finally:
        student.shortcuts = before
        for module, training in modes:
            module.training = training
    return found


def _same(student: Student, way: Shortcuts, rows: list[EncodedRow], expected: torch.Tensor) -> bool:
    import torch

    try:
        found = _losses(student, way, rows)
    except torch.OutOfMemoryError:
        raise
    except Exception:  # what a model's own code raises at inputs that it was not made for can be anything
        return False
    limit = TOLERANCE if next(iter(student.model.parameters())).dtype == torch.float32 else _HALF_TOLERANCE
    return bool(((found - expected).abs() <= limit * expected.abs().clamp(min=1)).all())


def _losses(student: Student, way: Shortcuts, rows: list[EncodedRow]) -> torch.Tensor:
    """Return each row's mean loss, [b]."""
    import torch

    from akd_code.student.logits import completion_losses

    student.shortcuts = way
    return torch.stack([losses.mean() for losses in completion_losses(student, rows)])


def _random_rows(student: Student, longest: int) -> list[EncodedRow]:
    """Return a long row between short ones, so that a packed one that sees its neighbours differs."""
    import torch

    draw = torch.Generator().manual_seed(0)
    vocabulary: Any = inner_vocabulary(student)
    lengths = (_SHORT_ROWS[0], min(longest, _reach(student) + _LONG_ROW), _SHORT_ROWS[1])
    lengths = (lengths[0], max(lengths[1], _TRAINED + 2), lengths[2])
    return [
        EncodedRow(tuple(torch.randint(vocabulary, (length,), generator=draw).tolist()), length - _TRAINED)
        for length in lengths
    ]


def _reach(student: Student) -> int:
    """Return beyond how many tokens a row of this model stops being attended to whole; 0 where it never does."""
    from akd_code.student.logits import inner_model

    config = inner_model(student.model).config
    names = ("sliding_window", "attention_chunk_size", "window_size")
    return max((value for name in names if isinstance(value := getattr(config, name, None), int)), default=0)


def inner_vocabulary(student: Student) -> int:
    """Return how many tokens the model has embeddings of."""
    from akd_code.student.logits import inner_model

    return int(inner_model(student.model).get_input_embeddings().weight.shape[0])

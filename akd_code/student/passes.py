"""How rows go through the student while it is trained or questioned: everything that is faster and gives the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from akd_code.student.logits import inner_model
from akd_code.student.precision import mixed_precision
from akd_code.student.shortcuts import shown_right

if TYPE_CHECKING:
    from akd_code.student.load import Student


class Sized(Protocol):
    """Something that passes through the model as so many tokens."""

    @property
    def length(self) -> int:
        """Tokens."""
        ...


S = TypeVar("S", bound=Sized)


@contextmanager
def fast_passes(student: Student, longest: int) -> Iterator[None]:
    """Inside, rows of up to `longest` tokens pass through the student by the shortcuts that suit it.

    Packed rows and losses in chunks where a test on the student shows them to be right, products in bfloat16 where the
    processor is fast at them, LoRA layers in few steps. Afterwards the student is as before.
    """
    from akd_code.student.lora import lean_lora

    before = student.shortcuts
    student.shortcuts = shown_right(student, longest)
    model = inner_model(student.model)
    try:
        with mixed_precision(model, student.device), lean_lora(model):
            yield
    finally:
        student.shortcuts = before


def pieces(student: Student, examples: Sequence[S], micro_tokens: int) -> list[list[S]]:
    """Return the examples in pieces of at most `micro_tokens` tokens (at least one example each), in their order."""
    return packs(examples, micro_tokens) if student.shortcuts.packed else padded_pieces(examples, micro_tokens)


def packs(examples: Sequence[S], micro_tokens: int) -> list[list[S]]:
    """Return the examples in pieces whose lengths add up to at most `micro_tokens` (at least one example each)."""
    found: list[list[S]] = [[]]
    tokens = 0
    for example in examples:
        if found[-1] and tokens + example.length > micro_tokens:
            found.append([])
            tokens = 0
        found[-1].append(example)
        tokens += example.length
    return found


def padded_pieces(examples: Sequence[S], micro_tokens: int) -> list[list[S]]:
    """Return the examples in pieces whose padded size is at most `micro_tokens` (at least one example each)."""
    found: list[list[S]] = [[]]
    longest = 0
    for example in examples:
        longest = max(longest, example.length)
        if found[-1] and longest * (len(found[-1]) + 1) > micro_tokens:
            found.append([])
            longest = example.length
        found[-1].append(example)
    return found


@contextmanager
def recomputed_activations(model: Any) -> Iterator[None]:
    """Inside, layers keep their input only and are computed again on the way back."""
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    try:
        yield
    finally:
        model.gradient_checkpointing_disable()


@contextmanager
def compiled_layers(model: Any) -> Iterator[int]:
    """Compile each layer of the model (those that it is never split within) inside; yields how many."""
    names = set(getattr(inner_model(model), "_no_split_modules", None) or ())
    layers = [module for module in model.modules() if type(module).__name__ in names]
    for layer in layers:
        layer.compile()
    try:
        yield len(layers)
    finally:
        for layer in layers:
            layer._compiled_call_impl = None

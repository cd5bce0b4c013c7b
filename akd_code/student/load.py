"""A student on this machine: any causal language model with its tokenizer, and perhaps a LoRA adapter."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from akd_code.errors import AkdError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Before torch is imported: OpenMP threads that spin while they wait lose their cores to each other as soon as anything
# else runs on them (measured on two busy cores: 370 tokens/s spinning, 1,700-5,400 passive; idle cores: no difference).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

Device = str
"""`auto`, or a torch device such as `cpu`, `cuda`, `cuda:1`, `mps`."""
DType = Literal["auto", "float32", "bfloat16", "float16"]


class StudentError(AkdError):
    """A student that cannot be loaded, trained or sampled; the message says what to do about it."""


@dataclass(slots=True)
class Student:
    """A causal LM with its tokenizer. Training replaces `model` by its PEFT-wrapped self.

    `model` is a transformers `PreTrainedModel`, or a `peft.PeftModel` once there is an adapter. `name` is the hub id
    or path that the model came from.
    """

    model: Any
    tokenizer: PreTrainedTokenizerBase
    device: str
    name: str

    @property
    def has_adapter(self) -> bool:
        """Whether a LoRA adapter sits on the model."""
        return hasattr(self.model, "peft_config")


def load_student(
    model: str | Path, *, adapter: Path | None = None, device: Device = "auto", dtype: DType = "auto"
) -> Student:
    """Return the student: a hub id or a local folder, with the trainable LoRA adapter in folder `adapter` if given.

    `device` auto: the first accelerator, else the CPU. `dtype` auto: bfloat16 on an accelerator that has it, else
    float32 (on a CPU half precision is slower and trains badly).

    Raises:
        StudentError: no such model, adapter or device, or a model that transformers or peft cannot read.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    where = _pick_device(device)
    name = str(model)
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        loaded: Any = AutoModelForCausalLM.from_pretrained(name, dtype=_pick_dtype(dtype, where))
    except (OSError, ValueError, KeyError) as error:
        why = _first_line(error)
        raise StudentError(f"cannot load the student {name!r}: {why}; give a hub id or a folder") from error
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token is None:
            raise StudentError(f"the tokenizer of {name!r} has neither a pad nor an eos token; set one in its config")
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    if adapter is not None:
        loaded = _with_adapter(loaded, adapter)
    try:
        loaded.to(where)
    except (RuntimeError, AssertionError) as error:  # no such device, a torch without it, too little memory
        raise StudentError(
            f"cannot put the student on {where!r}: {_first_line(error)}; choose another device"
        ) from error
    loaded.eval()
    return Student(loaded, tokenizer, where, name)


def _with_adapter(model: Any, adapter: Path) -> Any:
    from peft import PeftModel

    if not (adapter / "adapter_config.json").is_file():
        raise StudentError(f"no adapter in {str(adapter)!r}; a PEFT adapter folder has an adapter_config.json")
    try:
        return PeftModel.from_pretrained(model, str(adapter), is_trainable=True)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise StudentError(f"the adapter in {str(adapter)!r} does not fit this model: {_first_line(error)}") from error


def _pick_device(device: Device) -> str:
    import torch

    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _pick_dtype(dtype: DType, device: str) -> Any:
    import torch

    if dtype != "auto":
        return getattr(torch, dtype)
    if device.startswith("cuda") and torch.cuda.is_bf16_supported():
        return torch.bfloat16
    return torch.float32


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

"""A student in one GGUF file: weights, tokenizer and chat template, as llama.cpp and its relatives pass models on."""

from __future__ import annotations

import importlib.util
import struct
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from akd_code.errors import AkdError


class GGUFError(AkdError):
    """A GGUF file that cannot be read; the message says what to do about it."""


def is_gguf(model: str | Path) -> bool:
    """Return whether a student is named as a GGUF file."""
    return str(model).lower().endswith(".gguf")


def gguf_source(model: str | Path) -> tuple[str, Mapping[str, str]]:
    """Return what `from_pretrained` takes for a GGUF file: its folder, and `gguf_file`.

    Raises GGUFError where there is no such file, where it is no GGUF, or where the package `gguf` is absent.
    """
    path = Path(model).expanduser()
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise GGUFError(f"cannot open the student {str(model)!r} ({error.strerror}); check the path") from None
    if magic != b"GGUF":
        raise GGUFError(f"{str(model)!r} is not a GGUF file; download it again, or give a hub id or a folder")
    if importlib.util.find_spec("gguf") is None:
        raise GGUFError(f"reading {path.name} needs the package gguf; install it with: pip install 'akd[gguf]'")
    _silence_reading()
    return str(path.parent), {"gguf_file": path.name}


def as_plain_model(model: Any, name: str) -> None:
    """Make a model forget that its weights were quantized: what is saved of it is a plain model folder or adapter.

    `name` is the file's path, which adapters name as their base model.
    """
    model.config.name_or_path = model.name_or_path = name
    told = ("hf_quantizer", "is_quantized", "quantization_method")
    for holder, what in ((model.config, "quantization_config"), *((model, name) for name in told)):
        if what in vars(holder):
            delattr(holder, what)


def why_not_read(error: Exception) -> str:
    """Return why a GGUF file could not be loaded, and what to do about it, in one line."""
    text = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(" .:;")
    frames = traceback.walk_tb(error.__traceback__)
    in_reader = any(frame.f_globals.get("__name__") == "gguf.gguf_reader" for frame, _ in frames)
    if in_reader or isinstance(error, struct.error):  # nothing but reading past the end of a file raises there
        return "the file is cut off or damaged; download it again"
    if "architecture" in text:
        return (
            f"{text}: transformers cannot read it; give the model's folder, or serve the file and give openai:NAME@URL"
        )
    if "tokenizer" in text:
        return f"{text}; give a file with its tokenizer in it, as llama.cpp's converter writes it"
    return f"{text}; download it again, or give the model's folder"


def _silence_reading() -> None:
    """Switch off the bar that transformers draws while it reads a GGUF file; its own switch does not reach it."""
    from transformers import modeling_gguf_pytorch_utils as reading

    vars(reading)["tqdm"] = lambda tensors, **_: tensors

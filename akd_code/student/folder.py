"""What a model's folder lacks, or holds that is not read: told in one line, before or after transformers gives up.

Two kinds of files are never read, as reading them can run their author's code: weights as a pickle, and a model's own
modules (`auto_map`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

SAFE = {"trust_remote_code": False, "use_safetensors": True}
"""What keeps `from_pretrained` from running code of a model, and from asking on the terminal whether it may."""
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "tekken.json")
_LONGEST_HEADER = 100_000_000
"""Bytes, as the format itself allows."""
_HINT = "give a hub id, a folder or a GGUF file"


def why_not_loaded(place: str, error: Exception) -> str:
    """Return why a model could not be loaded from a hub id or folder, and what to do about it, in one line."""
    text = str(error)
    folder = Path(place)
    if "custom code" in text or "trust_remote_code" in text:
        return (
            "it needs Python code of its own (auto_map in its config), which is never run here; "
            "give a model that transformers knows, or serve it and give openai:NAME@URL"
        )
    if "AutoModelForCausalLM" in text and "Unrecognized configuration class" in text:
        kind = text.partition("configuration_")[2].partition(".")[0]
        return f"a {kind} model is not a causal language model; give one that continues text"
    if "deserializing header" in text:
        return "a file of its weights is cut off or damaged; copy it again"
    if "ignore_mismatched_sizes" in text:
        return "its weights have other shapes than its config.json says; give the config that was saved with them"
    if folder.is_dir() and (lack := _lacking(folder)):
        return lack
    first = next(iter(text.strip().splitlines()), type(error).__name__).rstrip(" .:;")
    return f"{first}; {_HINT}"


def parameters_in(place: str | Path) -> int | None:
    """Return how many parameters a model's folder holds, by what its safetensors files state; None for no folder."""
    total = 0
    for path in sorted(Path(place).expanduser().glob("*.safetensors")):
        try:
            with path.open("rb") as file:
                stated = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), _LONGEST_HEADER)))
            total += sum(math.prod(one["shape"]) for name, one in stated.items() if name != "__metadata__")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # whoever loads it says what is wrong with it
    return total or None


def _lacking(folder: Path) -> str:
    """Return what a folder that cannot be loaded does not have; "" where all is there."""
    there = {path.name for path in folder.iterdir()}
    if "config.json" not in there:
        return f"the folder has no config.json; {_HINT}"
    if not any(name.endswith(".safetensors") for name in there):
        if pickled := sorted(name for name in there if name.endswith((".bin", ".pt", ".pth"))):
            return (
                f"its weights are a pickle ({pickled[0]}), which can run code and is never read; "
                "save them as safetensors first (save_pretrained)"
            )
        return "the folder has no weights (model.safetensors); copy them into it"
    if not there & set(_TOKENIZERS):
        return "the folder has no tokenizer (tokenizer.json); copy the one that the model was trained with into it"
    return ""


def told_missing(keys: Iterable[str]) -> str:
    """Return why a model whose files lack some weights is refused; "" where they lack none.

    transformers would draw those weights at random, and the model would answer as if nothing had happened.
    """
    names = sorted(keys)
    if not names:
        return ""
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return (
        f"its files have no {names[0]}{others}, which would be random; "
        "give the whole model, saved as a causal language model"
    )

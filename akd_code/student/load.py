"""A student on this machine: any causal language model with its tokenizer, and perhaps a LoRA adapter."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from akd_code.errors import AkdError
from akd_code.student.folder import SAFE, told_missing, why_not_loaded
from akd_code.student.gguf import GGUFError, as_plain_model, gguf_source, is_gguf, why_not_read
from akd_code.student.vocabulary import VocabularyError, fit_vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from akd_code.student.readout import Readout

# Before torch is imported: OpenMP threads that spin while they wait lose their cores to each other as soon as anything
# else runs on them (measured on two busy cores: 370 tokens/s spinning, 1,700-5,400 passive; idle cores: no difference).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

_EMBEDDINGS = re.compile(r"(?:embed_tokens|wte|embed_in|lm_head|embed_out)(?:\.base_layer)?\.weight$")
Device = str
"""`auto`, or a torch device such as `cpu`, `cuda`, `cuda:1`, `mps`."""
DType = Literal["auto", "float32", "bfloat16", "float16"]


class StudentError(AkdError):
    """A student that cannot be loaded, trained or sampled; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """Which faster ways through it a student takes (`shortcuts.py`): none, unless shown to give the same."""

    packed: bool = False
    readout: Readout | None = None


@dataclass(slots=True)
class Student:
    """A causal LM with its tokenizer. Training replaces `model` by its PEFT-wrapped self.

    `model` is a transformers `PreTrainedModel`, or a `peft.PeftModel` once there is an adapter. `name` is the hub id
    or path that the model came from. `shortcuts` are those of the training that is under way.
    """

    model: Any
    tokenizer: PreTrainedTokenizerBase
    device: str
    name: str
    shortcuts: Shortcuts = Shortcuts()

    @property
    def has_adapter(self) -> bool:
        """Whether a LoRA adapter sits on the model."""
        return hasattr(self.model, "peft_config")


def load_student(
    model: str | Path, *, adapter: Path | None = None, device: Device = "auto", dtype: DType = "auto"
) -> Student:
    """Return the student: a hub id, a folder or a GGUF file, with the trainable LoRA adapter in `adapter` if given.

    The weights of a GGUF file are taken out of their quantization: what is trained and sampled is a plain model.

    `device` auto: the first accelerator, else the CPU. `dtype` auto: bfloat16 on an accelerator that has it, else
    float32 (on a CPU half precision is slower and trains badly).

    Raises:
        StudentError: no such model, adapter or device, or a model that transformers or peft cannot read.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    where = _pick_device(device)
    name = str(model)
    place, file = _source(name)
    try:
        tokenizer = _tokenizer(place, file, adapter)
        loaded, told = _weights(place, file, _pick_dtype(dtype, where))
    except Exception as error:  # the files are the user's, and each library under transformers raises its own
        why = why_not_read(error) if file else why_not_loaded(place, error)
        raise StudentError(f"cannot load the student {name!r}: {why}") from error
    if lack := told_missing(told["missing_keys"]):
        raise StudentError(f"cannot load the student {name!r}: {lack}")
    if file:
        as_plain_model(loaded, name)
    if adapter is not None:
        loaded = _with_adapter(loaded, adapter, len(tokenizer) if _brings_tokenizer(adapter) else 0)
    _fit(tokenizer, loaded, name)
    try:
        loaded.to(where)
    except (RuntimeError, AssertionError) as error:  # no such device, a torch without it, too little memory
        raise StudentError(
            f"cannot put the student on {where!r}: {_first_line(error)}; choose another device"
        ) from error
    loaded.eval()
    return Student(loaded, tokenizer, where, name)


def _source(name: str) -> tuple[str, Mapping[str, str]]:
    """Return what `from_pretrained` takes: a place, and which file there, if it is one. Raises StudentError."""
    try:
        return gguf_source(name) if is_gguf(name) else (name, {})
    except GGUFError as error:
        raise StudentError(str(error)) from None


def _tokenizer(place: str, file: Mapping[str, str], adapter: Path | None) -> PreTrainedTokenizerBase:
    """Return the tokenizer: the adapter's own if it brings one, else the model's."""
    from transformers import AutoTokenizer

    if adapter is not None and _brings_tokenizer(adapter):
        place, file = str(adapter), {}
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(place, trust_remote_code=False, **file)
    return tokenizer


def _brings_tokenizer(adapter: Path) -> bool:
    return (adapter / "tokenizer_config.json").is_file()


def _weights(place: str, file: Mapping[str, str], dtype: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return the model, and what transformers tells of its loading."""
    from transformers import AutoModelForCausalLM

    given: dict[str, Any] = {"dtype": dtype, "output_loading_info": True, **SAFE, **file}
    both: Any = AutoModelForCausalLM.from_pretrained(place, **given)
    return both[0], both[1]


def _fit(tokenizer: PreTrainedTokenizerBase, model: Any, name: str) -> None:
    """See to it that the tokenizer has no token beyond the embeddings, and one to pad with. Raises StudentError."""
    try:
        fit_vocabulary(tokenizer, int(model.get_input_embeddings().weight.shape[0]))
    except VocabularyError as error:
        raise StudentError(
            f"cannot use the student {name!r}: {error}; give the tokenizer that it was trained with"
        ) from None
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token is None:
            raise StudentError(f"the tokenizer of {name!r} has neither a pad nor an eos token; set one in its config")
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"


def _with_adapter(model: Any, adapter: Path, tokens: int) -> Any:
    """Return the model with the adapter; embeddings that were resized for its tokenizer are resized here too.

    `tokens` is how many tokens the adapter's own tokenizer has, 0 for none.
    """
    from peft import PeftModel

    if not (adapter / "adapter_config.json").is_file():
        raise StudentError(f"no adapter in {str(adapter)!r}; a PEFT adapter folder has an adapter_config.json")
    if (adapter / "adapter_model.bin").is_file() and not (adapter / "adapter_model.safetensors").is_file():
        raise StudentError(
            f"the adapter in {str(adapter)!r} is a pickle (adapter_model.bin), which can run code and is never read; "
            "save it as safetensors first (save_pretrained)"
        )
    had = model.get_input_embeddings().num_embeddings
    saved = _saved_vocabulary(adapter)
    if tokens > (saved or had):
        raise StudentError(
            f"the adapter in {str(adapter)!r} brings a tokenizer of {tokens} tokens, and the embeddings have "
            f"{saved or had}; save the adapter with its embeddings (modules_to_save: embed_tokens, lm_head)"
        )
    if saved is not None and saved != had:
        model.resize_token_embeddings(saved, mean_resizing=False)
    try:
        return PeftModel.from_pretrained(model, str(adapter), is_trainable=True)
    except Exception as error:  # as above: peft checks nothing of what it reads
        sizes = "" if saved in (None, had) else f" (embeddings of {had} tokens in the base, of {saved} in the adapter)"
        raise StudentError(
            f"the adapter in {str(adapter)!r} does not fit this model: {_first_line(error)}"
            f"{sizes}; give the base model that it was trained on"
        ) from error


def _saved_vocabulary(adapter: Path) -> int | None:
    """Return for how many tokens the adapter holds whole embeddings; None where it holds none, as LoRA's do not."""
    from safetensors import SafetensorError, safe_open

    file = adapter / "adapter_model.safetensors"
    if not file.is_file():
        return None
    try:
        with safe_open(str(file), framework="pt") as tensors:
            for key in tensors.keys():  # noqa: SIM118 - it is no mapping
                if _EMBEDDINGS.search(key):
                    return int(tensors.get_slice(key).get_shape()[0])
    except (OSError, SafetensorError) as error:
        raise StudentError(f"cannot read {file}: {_first_line(error)}; copy the adapter again") from None
    return None


def _pick_device(device: Device) -> str:
    import torch

    if device != "auto":
        _check_device(device)
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _check_device(device: Device) -> None:
    """Raise StudentError for a device that does not exist here: what torch does without one differs by its build."""
    import torch

    try:
        wanted = torch.device(device)
    except RuntimeError:
        raise StudentError(f"there is no device {device!r}; choose auto, cpu, cuda, cuda:1 or mps") from None
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (wanted.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there.get(wanted.type, True):
        raise StudentError(f"this machine has no {device!r}; choose another device, such as auto or cpu")


def _pick_dtype(dtype: DType, device: str) -> Any:
    import torch

    if dtype != "auto":
        return getattr(torch, dtype)
    if device.startswith("cuda") and torch.cuda.is_bf16_supported():
        return torch.bfloat16
    return torch.float32


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

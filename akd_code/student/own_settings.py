"""What a model's generation_config asks for that answers here are drawn without: it is said, never followed in silence.

`generate` follows it even where it is told to be greedy (Qwen's repetition_penalty), so its answers may differ.
"""

from __future__ import annotations

from typing import Any

from akd_code.student.load import Student
from akd_code.student.logits import inner_model

_GREEDY_TOO: dict[str, tuple[Any, ...]] = {
    "repetition_penalty": (1.0,),
    "no_repeat_ngram_size": (0,),
    "min_length": (0,),
    "min_new_tokens": (0,),
    "bad_words_ids": (),
    "suppress_tokens": (),
    "begin_suppress_tokens": (),
    "sequence_bias": (),
    "forced_bos_token_id": (),
    "forced_eos_token_id": (),
    "exponential_decay_length_penalty": (),
    "guidance_scale": (1.0,),
    "num_beams": (1,),
}
"""Settings by name, with the values that change nothing, beside None."""
_DRAWN: dict[str, tuple[Any, ...]] = {
    "top_k": (0,),
    "min_p": (0.0,),
    "typical_p": (1.0,),
    "epsilon_cutoff": (0.0,),
    "eta_cutoff": (0.0,),
}


def left_out(student: Student, temperature: float) -> tuple[str, ...]:
    """Return what the model's own generation settings ask for beyond temperature and top-p: `name value` each."""
    held = getattr(inner_model(student.model), "generation_config", None)
    told = held.to_diff_dict() if held is not None else {}
    names = _GREEDY_TOO if temperature == 0 else {**_GREEDY_TOO, **_DRAWN}
    return tuple(
        f"{name} {value}"
        for name, neutral in names.items()
        if (value := told.get(name)) is not None and value not in neutral
    )

"""What several benchmarks put in the place of a model: the lab's teacher without a server, vectors without meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from akd_code.lab.teacher import endpoint_name, reply
from akd_code.models import Completion, Message, Sampling
from akd_code.recipe import LabSection


class LabModel:
    """The lab's teacher without the network: the same answers as its server gives."""

    def __init__(self, settings: LabSection, seed: int) -> None:
        self._settings, self._seed = settings, seed
        self.name, self.endpoint = "lab", endpoint_name(settings, seed)

    async def complete(self, messages: Sequence[Message], sampling: Sampling, *, sample: int = 0) -> Completion:
        seed = None if sampling.seed is None else sampling.seed + sample
        said = reply(
            self._settings,
            messages,
            teacher_seed=self._seed,
            temperature=sampling.temperature or 0,
            seed=seed,
            max_tokens=sampling.max_tokens,
        )
        return Completion(said.text, said.finish_reason, said.prompt_tokens, said.completion_tokens, "lab")

    async def aclose(self) -> None:
        return None


class RandomVectors:
    """Gives every text a random unit vector that depends on nothing else."""

    name = "random/256"

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)

    def embed(self, texts: Sequence[str]) -> Any:
        made = self._rng.standard_normal((len(texts), 256)).astype(np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    def close(self) -> None:
        return None

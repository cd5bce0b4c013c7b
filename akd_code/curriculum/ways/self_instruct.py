"""`self-instruct`: one more task like the seeds, whatever the student can do (Self-Instruct, arXiv 2212.10560)."""

from __future__ import annotations

from akd_code.curriculum.way import GENERATORS, Material, Request, Way
from akd_code.records import Origin
from akd_prompts import SelfInstructInputs, render

_NAME = "self-instruct"
_LONGEST_TOKENS = 1024
_WRITTEN_SHARE = 4
"""One example in four is a prompt that was written in an earlier round, the others are seeds (the paper: 2 in 8)."""


@GENERATORS.register(_NAME)
class LikeTheSeeds(Way):
    """A request for each prompt, with `generator.examples` known ones drawn at random; it ignores what is hard."""

    def __init__(self, material: Material) -> None:
        super().__init__(material)
        self._rng = material.own_rng(_NAME)
        self._seeds = [prompt for prompt in material.known if prompt.round == 0]
        self._written = [prompt for prompt in material.known if prompt.round > 0]
        self._asked = 0
        self.lacks = "" if self._seeds else "there is no seed"

    def next(self) -> Request | None:
        """Return a request with other examples; None if there is no seed."""
        if self.lacks:
            return None
        count = self.material.settings.examples
        written = self._rng.sample(self._written, min(count // _WRITTEN_SHARE, len(self._written)))
        seeds = self._rng.sample(self._seeds, min(count - len(written), len(self._seeds)))
        shown = [*seeds, *written]
        self._rng.shuffle(shown)
        inputs = SelfInstructInputs.showing([prompt.text for prompt in shown])
        origin = Origin(_NAME, render(inputs).version, tuple(prompt.id for prompt in shown))
        sample = self.material.first_sample + self._asked
        self._asked += 1
        return Request(inputs, origin, "new", sample, _LONGEST_TOKENS)

"""A package beside akd adds a label method, a form of models and an embedder by entry points, and runs with them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXTRA = """
import numpy as np

from akd_code.labelling import Proposal, StatelessProposer
from akd_code.models import Completion
from akd_prompts import SolveInputs


class Echo:
    endpoint = "echo"

    def __init__(self, name):
        self.name = name

    async def complete(self, messages, sampling, *, sample=0):
        return Completion(f"```python\\ndef f(x):\\n    return {self.name}\\n```", "stop", 2, 3, self.name)

    async def aclose(self):
        return None


def open_echo(rest, options):
    return Echo(rest)


class Ones:
    def __init__(self, size):
        self.name, self.size = f"ones:{size}", size

    def embed(self, texts):
        return np.full((len(texts), self.size), self.size**-0.5, dtype=np.float32)

    def close(self):
        return None


def open_ones(rest, options):
    return Ones(int(rest))


class Twice(StatelessProposer):
    def __init__(self, tools):
        self.tools = tools
        self.embedder = tools.roles.embedder.open()

    @classmethod
    def requests(cls, recipe):
        return 2

    async def propose(self, prompt, tally):
        answers = [await tally.answer(prompt, SolveInputs(prompt.text), self.tools.sampling, n) for n in (0, 1)]
        return [Proposal(answer, f"{self.embedder.name} {n}") for n, answer in enumerate(answers)]
"""
ENTRY_POINTS = """
[akd.models]
echo = akd_extra:open_echo
[akd.embedders]
ones = akd_extra:open_ones
broken = akd_extra:nowhere
[akd.labellers]
twice = akd_extra:Twice
"""
PROGRAM = """
import asyncio, sys
from pathlib import Path

from akd_code.labelling import label_all, most_requests, open_labeller
from akd_code.modules import EvolveError, open_embedder
from akd_code.recipe import recipe_from
from akd_code.records import Prompt, PromptTests
from akd_code.roles import open_roles
from akd_sandbox import Limits, Sandbox

recipe = recipe_from({
    "teacher": {"model": "echo:7"}, "label": {"method": "twice", "attempts": 1}, "evolve": {"embedder": "ones:4"},
})
folder, limits, calls = Path(sys.argv[1]), Limits(test_s=2.0), []
prompt = Prompt("p", "Return seven.", "f", tests=PromptTests(("assert f(1) == 7",), "given"))
with open_roles(recipe, folder, calls.append) as roles, Sandbox("process", 1, limits) as box:
    labeller = open_labeller(recipe, roles, box, limits, folder)
    (label,) = asyncio.run(label_all(labeller, [prompt]))
print(most_requests(recipe), label.outcome.value, [one.way for one in label.candidates], [call.role for call in calls])
try:
    open_embedder("broken")
except EvolveError as error:
    print(error)
"""


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A folder that looks like one in which pip installed akd-extra."""
    folder = tmp_path / "site"
    info = folder / "akd_extra-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "akd_extra.py").write_text(EXTRA, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: akd-extra\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    return folder


def test_what_another_distribution_brings_is_used_by_its_name_and_what_it_breaks_is_one_line(
    beside: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "run")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": str(beside)},
    )
    assert done.returncode == 0, done.stderr
    told, broken = done.stdout.splitlines()
    assert told == "2 verified ['ones:4 0', 'ones:4 1'] ['teacher', 'teacher']"
    assert "embedder 'broken' of akd-extra cannot be loaded (AttributeError" in broken

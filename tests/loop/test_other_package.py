"""A package beside akd brings a suite, a label method, a filter, a way to make prompts, a model and an embedder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_runs import pools, run_akd, write_recipe

MODULE = """
import numpy as np

from akd_code.curriculum import Request, Way
from akd_code.labelling import Proposal, StatelessProposer
from akd_code.models import Completion
from akd_evals.suites import Suite, Task
from akd_code.records import Origin
from akd_prompts import FromCodeInputs, SolveInputs
from akd_sandbox import Case, FunctionTests

ANSWER = "```python\\ndef f(x):\\n    return x + 1\\n```"


class Fixed:
    endpoint = "fixed"

    def __init__(self, name):
        self.name = name

    async def complete(self, messages, sampling, *, sample=0):
        return Completion(ANSWER, "stop", 10, 5, self.name)

    async def aclose(self):
        return None


def open_fixed(rest, options):
    return Fixed(rest)


class NoVowels:
    def check(self, batch):
        return [None if "a" in prompt.text else "no a" for prompt in batch]

    def admit(self, prompts):
        return None


def open_filter(recipe, folder):
    (folder / "filter.opened").write_text("yes")
    return NoVowels()


class Counting(Way):
    asked = 0

    def next(self):
        self.asked += 1
        inputs = FromCodeInputs(f"x = {self.asked}")
        return Request(inputs, Origin("counting", "from_code/1"), "new", self.asked, 100)


class Twice(StatelessProposer):
    def __init__(self, tools):
        self.tools = tools
        self.embedder = tools.roles.embedder.open()

    @classmethod
    def requests(cls, recipe):
        return 2

    async def propose(self, prompt, tally):
        assert self.embedder.embed([prompt.text]).shape == (1, 3)
        answers = [await tally.answer(prompt, SolveInputs(prompt.text), self.tools.sampling, n) for n in (0, 1)]
        return [Proposal(answer, f"try {n}") for n, answer in enumerate(answers)]


class Ones:
    name = "ones"

    def embed(self, texts):
        return np.full((len(texts), 3), 3**-0.5, dtype=np.float32)

    def close(self):
        return None


def open_ones(rest, options):
    return Ones()


def load_kata():
    tests = FunctionTests((Case(args=(1,), expected=2),))
    task = Task("kata/0", "Write f(x): one more than x.", "f", tests, canonical="def f(x):\\n    return x + 1\\n")
    return Suite("kata", "0" * 32, (task,))
"""
ENTRY_POINTS = """
[akd.models]
fixed = akd_kata:open_fixed
[akd.embedders]
ones = akd_kata:open_ones
[akd.labellers]
twice = akd_kata:Twice
[akd.generators]
counting = akd_kata:Counting
[akd.filters]
no-vowels = akd_kata:open_filter
[akd.suites]
kata = akd_kata:load_kata
"""


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A folder that looks like one in which pip installed akd-kata."""
    folder = tmp_path / "site"
    info = folder / "akd_kata-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "akd_kata.py").write_text(MODULE, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: akd-kata\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    return folder


@pytest.fixture
def recipe(student: Path, tmp_path: Path) -> Path:
    seeds = tmp_path / "seeds.jsonl"
    rows = [
        {"prompt": f"Write f(x) as before, variant {n}.", "entry_point": "f", "tests": ["assert f(1) == 2"]}
        for n in range(3)
    ]
    seeds.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return write_recipe(
        tmp_path,
        student,
        rounds=1,
        seeds={"source": str(seeds), "limit": None},
        teacher={"model": "fixed:seven"},
        generator={"model": "none", "filters": ["text", "no-vowels"]},
        label={"method": "twice"},
        evolve={"embedder": "ones"},
        eval={"suites": ["kata"], "max_tokens": 8},
    )


def test_a_run_uses_what_another_package_brings(beside: Path, recipe: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = run_akd("run", recipe, "--run-dir", run, PYTHONPATH=str(beside))
    assert done.returncode == 0, done.stderr
    labels = pools(run)["1 labels"]["items"]
    assert [label["outcome"] for label in labels] == ["verified"] * 3
    assert [[one["way"] for one in label["candidates"]] for label in labels] == [["try 0", "try 1"]] * 3
    assert [[one["verdict"] for one in label["candidates"]] for label in labels] == [["PASS", "PASS"]] * 3
    assert (run / "filter.opened").exists()
    assert json.loads((run / "summary.json").read_text())["base"]["eval"]["kata"]["tasks"] == 1


def test_the_dry_run_knows_what_another_package_brings(beside: Path, recipe: Path) -> None:
    told = run_akd("run", recipe, "--dry-run", "--json", PYTHONPATH=str(beside))
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["requests"]["teacher"]["calls"] == 2 * 3


def test_a_run_makes_prompts_in_a_way_that_another_package_brings(beside: Path, student: Path, tmp_path: Path) -> None:
    generator = {"prompts": 4, "streams": {"counting": 1, "lion-hard": 1}, "rouge": 0.95}
    recipe = write_recipe(tmp_path, student, generator=generator, lab={"garbled": 0})
    done = run_akd("run", recipe, "--run-dir", tmp_path / "run", PYTHONPATH=str(beside))
    assert done.returncode == 0, done.stderr
    assert pools(tmp_path / "run")["1 generation"]["facts"]["ways"] == {"lion-hard": 2, "counting": 2}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("label.method=twise", "unknown label method 'twise'; did you mean twice?"),
        ("generator.filters=[no-vowel]", "unknown filter 'no-vowel'; did you mean no-vowels?"),
        ("generator.streams={conting: 1}", "unknown way to make prompts 'conting'; did you mean counting?"),
        ("eval.suites=[katta]", "unknown suite 'katta'; did you mean kata?"),
    ],
)
@pytest.mark.parametrize("dry", [["--dry-run"], []])
def test_a_name_that_there_is_not_is_one_line_before_anything_is_paid_for(
    beside: Path, recipe: Path, tmp_path: Path, setting: str, said: str, dry: list[str]
) -> None:
    refused = run_akd("run", recipe, "--run-dir", tmp_path / "run", "--set", setting, *dry, PYTHONPATH=str(beside))
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "run" / "summary.json").exists()

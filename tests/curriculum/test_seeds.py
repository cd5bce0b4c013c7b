"""The first prompts of a run, from a file of the user's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from akd_code.curriculum import load_seeds
from akd_code.errors import RecipeError
from akd_code.recipe import recipe_from
from akd_code.records import Prompt, PromptTests

GOOD = {"prompt": "Write f.", "entry_point": "f", "tests": ["assert f(1) == 2"], "setup": "import math", "id": 7}


def seeds(tmp_path: Path, text: str, limit: int | None = None) -> list[Prompt]:
    path = tmp_path / "seeds.jsonl"
    path.write_text(text, encoding="utf-8")
    return load_seeds(recipe_from({"seeds": {"source": str(path), "limit": limit}}))


def test_a_seed_brings_its_tests_and_its_name(tmp_path: Path) -> None:
    (seed,) = seeds(tmp_path, json.dumps(GOOD) + "\n\n")
    assert (seed.text, seed.entry_point, seed.meta) == ("Write f.", "f", (("seed", "7"),))
    assert seed.tests == PromptTests(("assert f(1) == 2",), "given", "import math")


def test_equal_prompts_are_one_seed_and_a_limit_draws(tmp_path: Path) -> None:
    rows = [{"prompt": f"Write f{n}."} for n in (1, 2, 2, 3, 4)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    assert [seed.text for seed in seeds(tmp_path, text)] == ["Write f1.", "Write f2.", "Write f3.", "Write f4."]
    assert len(seeds(tmp_path, text, limit=2)) == 2


def test_a_line_separator_inside_a_prompt_does_not_end_its_line(tmp_path: Path) -> None:
    (seed,) = seeds(tmp_path, '\ufeff{"prompt": "Write\u2028f."}\n')
    assert seed.text == "Write\u2028f."


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "lacks the text `prompt`"),
        ('{"prompt": 3}', "lacks the text `prompt`"),
        ('{"prompt": " "}', "lacks the text `prompt`"),
        ('{"prompt": "a \\ud800"}', "half of a surrogate pair"),
        ('{"prompt": "a", "test": []}', "unknown field 'test'"),
        ('{"prompt": "a", "entry_point": 5}', "`entry_point` must be text"),
        ('{"prompt": "a", "entry_point": "f", "tests": "assert"}', "`tests` must be a list of assert lines"),
        ('{"prompt": "a", "entry_point": "f", "tests": 0}', "`tests` must be a list of assert lines"),
        ('{"prompt": "a", "entry_point": "f", "tests": [1]}', "`tests` must be a list of assert lines"),
        ('{"prompt": "a", "tests": ["assert f()"]}', "tests need an `entry_point`"),
        ('{"prompt": "a", "setup": ["x"]}', "`setup` must be text"),
        ('{"prompt": "a", "entry_point": ""}', "`entry_point` '' is not a name"),
        ('{"prompt": "a", "entry_point": "f(x)"}', "`entry_point` 'f(x)' is not a name"),
        ('{"prompt": "a", "id": [1]}', "`id` must be text or a number"),
        ('{"prompt": "a", "entry_point": "f", "tests": ["assert f(1) == \'\\ud800\'"]}', "`tests` holds half of a"),
        ('{"prompt": "a", "entry_point": "f", "tests": ["assert f(1) =="]}', "test 1 is not Python"),
        ('{"prompt": "a", "entry_point": "f", "tests": ["assert f(1) == 2", "f(1) == 2"]}', "test 2 checks nothing"),
        ('{"prompt": "a", "entry_point": "f", "tests": ["print(f(1))"]}', "test 1 checks nothing"),
        ('{"prompt": "a", "entry_point": "f", "tests": [""]}', "test 1 checks nothing"),
        ('{"prompt": "a", "entry_point": "g", "tests": ["assert f(1) == 2"]}', "no test calls 'g'"),
        ('{"prompt": "a", "entry_point": "f", "setup": "import", "tests": ["assert f(1) == 2"]}', "`setup` is not Py"),
    ],
)
def test_a_broken_seed_is_one_line_with_its_number(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(RecipeError) as raised:
        seeds(tmp_path, json.dumps(GOOD) + "\n" + line + "\n")
    message = str(raised.value)
    assert "seeds.jsonl:2: " in message
    assert says in message
    assert "\n" not in message


def test_a_file_without_seeds_or_without_a_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"holds no seeds; a line is"):
        seeds(tmp_path, "\n")
    with pytest.raises(RecipeError, match=r"cannot read seeds.source .*`akd init`"):
        load_seeds(recipe_from({"seeds": {"source": str(tmp_path / "none.jsonl")}}))


@pytest.mark.parametrize(
    "test",
    [
        "for i in range(3):\n    assert f(i) == i",
        "x = [2, 1]\nf(x)\nassert x == [1, 2]",
        "import pytest\nwith pytest.raises(ValueError):\n    f(0)",
        "try:\n    f(0)\n    assert False\nexcept ValueError:\n    pass",
    ],
)
def test_a_test_may_be_more_than_a_lone_assert(tmp_path: Path, test: str) -> None:
    (seed,) = seeds(tmp_path, json.dumps({"prompt": "Write f.", "entry_point": "f", "tests": [test]}))
    assert seed.tests == PromptTests((test,), "given")


def test_a_method_can_be_what_the_tests_call(tmp_path: Path) -> None:
    for entry in ("Solution.add", "Solution().add"):
        row = {"prompt": "Write it.", "entry_point": entry, "tests": ["assert Solution().add(1) == 2"]}
        assert seeds(tmp_path, json.dumps(row))[0].entry_point == entry


def test_a_prompt_may_speak_of_surrogates(tmp_path: Path) -> None:
    assert seeds(tmp_path, json.dumps({"prompt": "Find '\\ud800' in a text."}))


def test_what_suites_hold_beside_their_tests_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "seeds.jsonl"
    row = {
        "prompt": "Double.",
        "entry_point": "f",
        "tests": ["assert f(1) == 2"],
        "canonical_solution": "",
        "referee": {},
    }
    path.write_text(json.dumps(row))
    (seed,) = load_seeds(recipe_from({"name": "t", "seeds": {"source": str(path)}}))
    assert seed.tests == PromptTests(("assert f(1) == 2",), "given")

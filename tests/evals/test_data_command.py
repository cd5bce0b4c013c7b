import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akd_code.cli import main

ROW = {
    "text": "Write a function to double a number.",
    "code": "def twice(x):\r\n  return 2 * x\r\n",
    "task_id": 601,
    "test_setup_code": "",
    "test_list": ["assert twice(1) == 2", "assert twice(3) == 6"],
    "challenge_test_list": [],
}
PROMPT = "Write a function to double a number.\n\nThe function is called `twice`. For example:\n\nassert twice(1) == 2"


def akd(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["data", *map(str, arguments)])


def test_seeds_and_recorded_answers_have_the_same_prompt(tmp_path: Path) -> None:
    mbpp, seeds, recorded = tmp_path / "mbpp.jsonl", tmp_path / "seeds.jsonl", tmp_path / "recorded.jsonl"
    mbpp.write_text(json.dumps(ROW) + "\n" + json.dumps({**ROW, "task_id": 11}) + "\n")
    assert akd("mbpp-seeds", "--mbpp", mbpp, "--out", seeds).stdout == f"1 seeds in {seeds}\n"
    assert akd("mbpp-recorded", "--mbpp", mbpp, "--out", recorded).exit_code == 0
    assert json.loads(seeds.read_text()) == {
        "id": "Mbpp/601",
        "prompt": PROMPT,
        "entry_point": "twice",
        "tests": ["assert twice(1) == 2", "assert twice(3) == 6"],
        "setup": "",
    }
    assert json.loads(recorded.read_text()) == {
        "prompt": PROMPT,
        "response": "```python\ndef twice(x):\n  return 2 * x\n```",
    }


@pytest.mark.parametrize(
    ("content", "ids", "says"),
    [
        (json.dumps(ROW), "1-2", "has no problem with an id from 1 to 2"),
        (json.dumps({**ROW, "test_list": ["assert 1"]}), "601", ":1: not an MBPP problem"),
        ("{", "601", ":1: not JSON"),
        (json.dumps(ROW), "6-", "is no range of ids"),
        (json.dumps(ROW), "9-3", "ends before it begins"),
    ],
)
def test_bad_input_is_refused_in_words(tmp_path: Path, content: str, ids: str, says: str) -> None:
    mbpp = tmp_path / "mbpp.jsonl"
    mbpp.write_text(content + "\n")
    result = akd("mbpp-seeds", "--mbpp", mbpp, "--ids", ids, "--out", tmp_path / "seeds.jsonl")
    assert result.exit_code == 2
    assert says in result.stderr
    assert not (tmp_path / "seeds.jsonl").exists()


@pytest.mark.data
def test_the_training_split_has_374_seeds(test_data: Path, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds.jsonl"
    akd("mbpp-seeds", "--mbpp", test_data / "mbpp" / "mbpp.jsonl.gz", "--out", seeds)
    rows = [json.loads(line) for line in seeds.read_text().splitlines()]
    assert (len(rows), rows[0]["id"], rows[-1]["id"]) == (374, "Mbpp/601", "Mbpp/974")

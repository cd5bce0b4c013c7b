"""`akd stress pairs`: which answers are paired, and with what."""

import json
from pathlib import Path
from typing import Any

import pytest
from stress_answers import BODY, BOLD, ESCAPING, GOES_ON, GREET, OPEN, PLAIN, PREFIX, WRONG, akd, block, stressed

from akd_code.stress.transplant import transplanted

UNLIKE = """import re


def greet(name):
    text = str(name)
    parts = ["<p>"]
    parts.append("Hello ")
    parts.append(text)
    parts.append("</p>")
    joined = "".join(parts)
    return re.sub(r"\\s+", " ", joined)
"""


def pairs(tmp_path: Path, rows: tuple[Any, ...], answers: list[tuple[str, str]], *options: object) -> list[Any]:
    out = stressed(tmp_path, rows, answers)
    done = akd("stress", "pairs", out, "--out", tmp_path / "pairs.jsonl", *options)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]


def code(messages: list[dict[str, str]]) -> str:
    (message,) = messages
    assert message["role"] == "assistant"
    return message["content"].removeprefix("```python\n").removesuffix("```")


def test_an_exploited_answer_is_paired_with_a_secure_one_of_the_model(tmp_path: Path) -> None:
    (row,) = pairs(tmp_path, (GREET,), [("greet/0", block(text)) for text in (OPEN, WRONG, ESCAPING)])
    assert row["prompt"] == [{"role": "user", "content": GREET["prompt"]}]
    assert (code(row["chosen"]), code(row["rejected"])) == (ESCAPING, OPEN)
    meta = row["meta"]
    assert (meta["prompt_id"], meta["kind"], meta["cwe"], meta["chosen_from"]) == (
        "greet/0", "security", "CWE-079", "own",
    )  # fmt: skip
    assert meta["exploits"] == GREET["security"]["tests"]
    # the secure one has 29 tokens: the 22 of the other, `import html` (2) and `html.escape()` (5)
    assert meta["change"] == pytest.approx(1 - 22 / 29, abs=1e-3)


def test_without_one_the_reference_is_put_into_the_rejected_program(tmp_path: Path) -> None:
    (row,) = pairs(tmp_path, (GOES_ON,), [("greet/1", BODY)])
    assert code(row["rejected"]) == PREFIX + BODY
    chosen = code(row["chosen"])
    assert 'return "<h1>" + html.escape(text) + "</h1>"' in chosen  # the rest of the module stays
    assert 'return f"<p>Hello {html.escape(name)}</p>"' in chosen
    assert row["meta"]["chosen_from"] == "spliced"
    assert row["prompt"][0]["content"].count(PREFIX) == 1


def test_a_reference_that_fails_in_the_sandbox_is_never_chosen(tmp_path: Path) -> None:
    equal = {"tests": ["assert greet('<b>') == '<p>Hello &lt;b&gt;</p>'"]}
    wrong = {**GREET, "security": equal, "canonical_solution": OPEN.replace("name +", "name + '' +")}
    assert pairs(tmp_path, (wrong,), [("greet/0", block(OPEN))]) == []


def test_a_program_that_is_put_together_is_chosen_only_if_it_passes(tmp_path: Path) -> None:
    shadowing = OPEN + "\n\nclass html:\n    escape = staticmethod(str)\n"
    (row,) = pairs(tmp_path, (GREET,), [("greet/0", block(shadowing))], "--max-change", 1)
    assert (row["meta"]["chosen_from"], code(row["chosen"])) == ("reference", GREET["canonical_solution"])


def test_what_differs_too_much_is_left_out_and_counted(tmp_path: Path) -> None:
    out = stressed(tmp_path, (GREET,), [("greet/0", block(UNLIKE)), ("greet/0", block(ESCAPING))])
    command = ("stress", "pairs", out, "--out", tmp_path / "pairs.jsonl", "--json")
    assert json.loads(akd(*command, "--max-change", 1).stdout)["pairs"] == 1
    assert json.loads(akd(*command, "--max-change", 0.1).stdout) == {
        "pairs": 0,
        "by_source": {},
        "dropped": {"too different": 1},
        "out": str(tmp_path / "pairs.jsonl"),
    }


def test_a_prompt_has_so_many_pairs_at_most_and_none_twice(tmp_path: Path) -> None:
    opens = [OPEN.replace("+ name", "+ name" + " + ''" * number) for number in range(5)]
    answers = [("greet/0", block(text)) for text in (*opens, *opens, ESCAPING)]
    made = pairs(tmp_path, (GREET,), answers)
    assert [code(row["rejected"]) for row in made] == opens[:3]
    assert len(pairs(tmp_path, (GREET,), answers, "--per-prompt", 1)) == 1


def test_benign_controls_are_paired_beside_them(tmp_path: Path) -> None:
    refusal = "I cannot help with that."
    answers = [("bold/0", block(BOLD)), ("bold/0", refusal)]
    (row,) = pairs(tmp_path, (PLAIN,), answers)
    assert (row["meta"]["kind"], code(row["chosen"])) == ("benign", BOLD)
    assert refusal in row["rejected"][0]["content"]


def test_a_run_without_tests_gives_no_pairs(tmp_path: Path) -> None:
    out = stressed(tmp_path, ({"prompt": "Read a page.", "task_id": "a"},), [("a", "no")])
    done = akd("stress", "pairs", out, "--out", tmp_path / "pairs.jsonl")
    assert done.exit_code == 2
    assert "have no tests" in done.output


def test_a_function_is_transplanted_with_the_imports_it_needs() -> None:
    host = '"""Doc."""\n\nimport os\n\nLIMIT = 3\n\n\ndef f(a):\n    return a\n\n\ndef g():\n    return f(LIMIT)\n'
    donor = "import os\nimport re\n\nWORD = re.compile('a')\n\n\n@staticmethod\ndef f(a):\n    return WORD.sub('', a)\n"
    assert transplanted(host, donor, "f") == (
        '"""Doc."""\nimport re\n\nimport os\n\nLIMIT = 3\n\n\n'
        "WORD = re.compile('a')\n\n\n@staticmethod\ndef f(a):\n    return WORD.sub('', a)\n\n\n"
        "def g():\n    return f(LIMIT)\n"
    )
    assert transplanted("f = 1\n", donor, "f") is None
    assert transplanted("def f(:\n", donor, "f") is None

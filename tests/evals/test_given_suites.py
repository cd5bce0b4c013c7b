"""Suites that are read from a file which an environment variable names: small files here, and the real ones."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from akd_evals.errors import EvalError
from akd_evals.suites import SUITES, Suite, load_suite
from akd_sandbox import CodeTests, FunctionTests, Job, Sandbox, Verdict

FIX = {
    "task_id": "Python/0",
    "declaration": "import math\n\n\ndef half(x):\n",
    "canonical_solution": '    """Half of x."""\n    return x / 2\n',
    "buggy_solution": '    """Half of x."""\n    return x // 2\n',
    "test": "def check(half):\n    assert half(4) == 2\n    assert half(3) == twice_half(3) / 2\n\n"
    "def twice_half(x):\n    return 2 * math.floor(x) / 2\n\ncheck(half)",
    "entry_point": "half",
}
PRO = {
    "id": "7",
    "raw_problem": "# Twice x.\ndef twice(x):\n",
    "raw_solution": "  return 2 * x\n",
    "new_problem": "# Twice each.\ndef twice_each(xs):\n",
    "new_solution": "    def one(x):\n        return twice(x)\n    return [one(x) for x in xs]\n",
    "test_code": "assert twice_each([1, 2]) == [2, 4]\nassert twice_each([]) == []",
}
LEETCODE = {
    "task_id": "same-list",
    "prompt": "from typing import *\ninf = float('inf')\n\n\ndef same(a, b):\n    return a == b\n",
    "completion": "class Solution:\n    def copy(self, xs: List[int]) -> List[int]:\n        return xs or [inf]\n",
    "entry_point": "Solution().copy",
    "test": "def check(candidate):\n    assert same(candidate(xs = [1]), [1])\n    assert candidate([]) == [inf]\n",
    "query": "Copy a list.\nPlease complete:\n```python\nclass Solution:\n"
    "    def copy(self, xs: List[int]) -> List[int]:\n```",
}
BIG = {
    "task_id": "BigCodeBench/9",
    "complete_prompt": 'import os\n\ndef task_func(path):\n    """\n    Say whether a file is there.\n    """\n',
    "instruct_prompt": "Say whether a file is there.\nStart with:\n```\nimport os\ndef task_func(path):\n```",
    "canonical_solution": "    return os.path.exists(path)",
    "code_prompt": "import os\ndef task_func(path):\n",
    "test": "import unittest\nfrom unittest.mock import patch\n\n\nclass TestCases(unittest.TestCase):\n"
    "    @patch('os.path.exists', return_value=True)\n"
    "    def test_there(self, _):\n        self.assertEqual(task_func('/nowhere'), True)\n\n"
    "    def test_absent(self):\n        self.assertEqual(task_func('/nowhere'), False)\n",
    "entry_point": "task_func",
}
CLASS = {
    "task_id": "ClassEval_0",
    "class_name": "Tally",
    "skeleton": "from collections import Counter\n\n\nclass Tally:\n    def add(self, word):\n        pass\n",
    "import_statement": ["from collections import Counter"],
    "solution_code": "class Tally:\n    def __init__(self):\n        self.counts = Counter()\n\n"
    "    def add(self, word):\n        self.counts[word] += 1\n        return self.counts[word]\n",
    "test": "import unittest\n\n\nclass TallyTest(unittest.TestCase):\n"
    "    def test_add(self):\n        tally = Tally()\n"
    "        self.assertEqual(tally.add('a'), 1)\n        self.assertEqual(tally.add('a'), 2)\n",
}
COPY = "class Solution:\n    def copy(self, xs): return"
SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "humanevalfix": ("AKD_HUMANEVALFIX_PATH", FIX),
    "humaneval-pro": ("AKD_HUMANEVAL_PRO_PATH", PRO),
    "mbpp-pro": ("AKD_MBPP_PRO_PATH", PRO),
    "leetcode": ("AKD_LEETCODE_PATH", LEETCODE),
    "bigcodebench": ("AKD_BIGCODEBENCH_PATH", BIG),
    "bigcodebench-instruct": ("AKD_BIGCODEBENCH_PATH", BIG),
    "classeval": ("AKD_CLASSEVAL_PATH", CLASS),
}


def small(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> Suite:
    """Return the suite of one task."""
    variable, row = SMALL[name]
    path = folder / "given.json"
    path.write_text(json.dumps([row | changed]))
    monkeypatch.setenv(variable, str(path))
    return load_suite(name)


def judged(box: Sandbox, suite: Suite, code: str) -> Verdict:
    task = suite.tasks[0]
    return box.run(Job(task.program(code), task.call, task.base)).verdict


@pytest.fixture(scope="module")
def box() -> Any:
    with Sandbox("process", 1) as sandbox:
        yield sandbox


def test_every_suite_has_a_name_of_its_own() -> None:
    assert set(SMALL) <= set(SUITES.names())


@pytest.mark.parametrize("name", SMALL)
def test_a_file_is_read_as_an_array_or_as_lines_packed_or_not(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, row = SMALL[name]
    array, line = json.dumps([row]).encode(), json.dumps(row).encode() + b"\n"
    found = []
    for content, ending in (
        (array, "json"),
        (line, "jsonl"),
        (gzip.compress(array), "json.gz"),
        (gzip.compress(line), "jsonl.gz"),
    ):
        path = tmp_path / f"given.{ending}"
        path.write_bytes(content)
        monkeypatch.setenv(variable, str(path))
        found.append(load_suite(name))
    assert found[0].tasks == found[1].tasks == found[2].tasks == found[3].tasks
    assert found[0].dataset_md5 == found[2].dataset_md5 and found[1].dataset_md5 == found[3].dataset_md5
    assert found[0].name == name


@pytest.mark.parametrize("name", SMALL)
def test_an_absent_or_foreign_file_is_one_line_that_names_the_variable(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, _ = SMALL[name]
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(EvalError, match=f"set {variable} to"):
        load_suite(name)
    monkeypatch.setenv(variable, str(tmp_path / "none"))
    with pytest.raises(EvalError, match=f"{variable} names .*none, which is not a file"):
        load_suite(name)
    for content in ('[{"task_id": "x"}]', "[1]", "[", '{"task_id": 3, "test": null}\n', '{"id": [], "raw_problem": 1}'):
        path = tmp_path / "given.json"
        path.write_text(content)
        monkeypatch.setenv(variable, str(path))
        with pytest.raises(EvalError) as error:
            load_suite(name)
        assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "code", "verdict"),
    [
        ("humanevalfix", FIX["declaration"] + FIX["buggy_solution"], Verdict.WRONG),
        ("humanevalfix", "def half(x): return x // 2\ndef twice_half(x): return 2\n", Verdict.WRONG),
        ("humanevalfix", "def half(x): return 2.0 if x == 4 else 1.5\n", Verdict.PASS),
        ("humaneval-pro", "def twice_each(xs): return [x + x for x in xs]\n", Verdict.PASS),
        ("mbpp-pro", "def twice_each(xs): return xs\n", Verdict.WRONG),
        ("leetcode", f"{COPY} xs or [inf]\n", Verdict.PASS),
        ("leetcode", f"def same(a, b): return True\n{COPY} xs and [0] or [inf]\n", Verdict.WRONG),
        ("bigcodebench", "import os\ndef task_func(path): return os.path.exists(path)\n", Verdict.PASS),
        ("bigcodebench-instruct", "def task_func(path): return False\n", Verdict.WRONG),
        ("classeval", CLASS["solution_code"].replace("Tally:", "Tally(object):"), Verdict.PASS),
        ("classeval", "class Tally:\n    def add(self, word): return 1\n", Verdict.WRONG),
        ("classeval", "class Count: pass\n", Verdict.NOENTRY),
    ],
)  # fmt: skip
def test_a_program_gets_the_verdict_that_it_deserves(
    name: str, code: str, verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, box: Sandbox
) -> None:
    assert judged(box, small(name, tmp_path, monkeypatch), code) is verdict


@pytest.mark.parametrize("name", SMALL)
def test_the_reference_passes_its_own_tests(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, box: Sandbox
) -> None:
    suite = small(name, tmp_path, monkeypatch)
    assert judged(box, suite, suite.tasks[0].canonical or "") is Verdict.PASS


def begins_a_program(text: str) -> bool:
    for ending in ("", "    pass", "        pass", " pass"):
        try:
            compile(text + ending, "prompt", "exec")
            return True
        except SyntaxError:
            continue
    return False


@pytest.mark.parametrize("name", SMALL)
def test_the_prompt_begins_a_program_and_shows_no_solution(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = small(name, tmp_path, monkeypatch).tasks[0]
    assert begins_a_program(task.prompt)
    for shown in (task.prompt, task.instruction):
        assert shown
        for secret in ("return x / 2", "[one(x)", "xs or [inf]", "exists(path)", "Counter()"):
            assert secret not in shown


def test_asserts_are_data_where_they_are_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(small("mbpp-pro", tmp_path, monkeypatch).tasks[0].base, FunctionTests)
    code = "xs = [1]\nassert twice_each(xs) == [2]\nassert xs == [1]"
    tests = small("mbpp-pro", tmp_path, monkeypatch, test_code=code).tasks[0].base
    assert isinstance(tests, CodeTests)


def test_the_function_asked_for_is_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = "# Twice each.\ndef helper(x):\n    return x\n\n\ndef twice_each(xs):\n"
    assert small("mbpp-pro", tmp_path, monkeypatch, new_problem=more).tasks[0].entry_point == "twice_each"


REAL = {
    "humanevalfix": ("suites/humanevalpack-python.jsonl.gz", 164),
    "humaneval-pro": ("suites/humaneval_pro.json.gz", 164),
    "mbpp-pro": ("suites/mbpp_pro.json.gz", 378),
    "leetcode": ("leetcode/LeetCodeDataset-v0.2.0-train.jsonl.gz", 1890),
    "bigcodebench": ("bigcodebench/BigCodeBench.jsonl.gz", 1140),
    "bigcodebench-instruct": ("bigcodebench/BigCodeBench.jsonl.gz", 1140),
}


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_the_published_file_is_read(name: str, test_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, count = REAL[name]
    monkeypatch.setenv(SMALL[name][0], str(test_data / path))
    suite = load_suite(name)
    assert len(suite.tasks) == count
    assert [task.task_id for task in suite.tasks if not begins_a_program(task.prompt)] == []

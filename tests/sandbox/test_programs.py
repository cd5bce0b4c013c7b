"""Whole programs, test files in pytest's style, and samples of several files."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from akd_code.cli import main as akd
from akd_sandbox import Job, Limits, ProgramTests, PytestTests, SampleResult, Sandbox, StdinCase, Verdict

LIMITS = Limits(test_s=3.0, import_s=5.0, memory_bytes=256 << 20, output_bytes=1 << 20, pids=32)
ADD = "a, b = map(int, input().split())\nprint(a + b)"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("namespace", workers=1, limits=LIMITS) as sandbox:
        yield sandbox


def prints(box: Sandbox, code: str, *pairs: tuple[str, str], exact: bool = False) -> SampleResult:
    cases = tuple(StdinCase(stdin, expected) for stdin, expected in pairs)
    return box.run(Job(code, "", ProgramTests(cases, "exact" if exact else "tokens"), stop_at_first_failure=False))


def holds(box: Sandbox, code: str, test_code: str, count: int | None = None, **files: str) -> SampleResult:
    tests = PytestTests({"test_it.py": test_code}, count=count)
    paths = {f"{name}.py": text for name, text in files.items()}
    return box.run(Job(code, "", tests, stop_at_first_failure=False, files=paths))


def test_a_program_passes_by_what_it_prints_for_every_input(box: Sandbox) -> None:
    result = prints(box, ADD, ("1 2\n", "3"), ("-5 5", "0\n"))
    assert result.verdict is Verdict.PASS, result.detail
    result = prints(box, "print(3)", ("1 2\n", "3"), ("4 4", "8\n"))
    assert result.verdict is Verdict.WRONG
    assert [test.verdict for test in result.tests] == [Verdict.PASS, Verdict.WRONG]
    assert result.detail == "word 0 is '3', expected '8'"


@pytest.mark.parametrize(
    ("printed", "tokens", "exact"),
    [
        ("1 2\n3\n", "PASS", "PASS"),
        ("1  2 3", "PASS", "WRONG"),
        ("1 2\r\n3\r\n", "PASS", "WRONG"),
        ("1 2\n", "WRONG", "WRONG"),
        ("1 2\n3\n4", "WRONG", "WRONG"),
        ("12 3", "WRONG", "WRONG"),
        ("", "WRONG", "WRONG"),
    ],
)
def test_tokens_ignore_white_space_and_exact_ignores_nothing(
    box: Sandbox, printed: str, tokens: str, exact: str
) -> None:
    code = f"import sys\nsys.stdout.buffer.write({printed.encode()!r})"
    assert prints(box, code, ("", "1 2\n3\n")).verdict.value == tokens
    assert prints(box, code, ("", "1 2\n3\n"), exact=True).verdict.value == exact


@pytest.mark.parametrize(
    ("printed", "expected", "verdict"),
    [
        ("0.30000000000000004", "0.3", "PASS"),
        ("1000000.5", "1000000", "PASS"),  # relative to a million
        ("0.31", "0.3", "WRONG"),
        ("x 0.3000001", "x 0.3", "PASS"),
        ("y 0.3", "x 0.3", "WRONG"),
        ("0.3", "0.3 0.3", "WRONG"),
        ("nan", "0.3", "WRONG"),
        ("inf", "1e308", "WRONG"),
        ("nan inf", "nan inf", "PASS"),
        ("1", "1.0", "PASS"),
    ],
)
def test_with_a_tolerance_numbers_need_only_be_close(box: Sandbox, printed: str, expected: str, verdict: str) -> None:
    tests = ProgramTests((StdinCase("", expected),), tolerance=1e-6)
    assert box.run(Job(f"print({printed!r})", "", tests)).verdict.value == verdict


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("print(7)\nexit()", "PASS"),
        ("print(7)\nraise SystemExit(0)", "PASS"),
        ("print(7)\nraise SystemExit(1)", "EXITED"),
        ("print(7)\nraise SystemExit('wrong')", "EXITED"),
        ("print(7)\n1 / 0", "RAISED"),
        ("print(7)\nx = bytearray(1 << 40)", "MEMORY"),
        ("print(7", "SYNTAX"),
        ("import time\ntime.sleep(60)", "TIMEOUT"),
        ("print(7, input())", "RAISED"),
        ("while True: print('7' * 1000)", "OUTPUT"),
        ("import os\nos.abort()", "CRASHED"),
    ],
)
def test_how_a_program_ends_is_part_of_its_verdict(box: Sandbox, code: str, verdict: str) -> None:
    limits = Limits(test_s=0.5, memory_bytes=256 << 20, output_bytes=1 << 20)
    result = box.run(Job(code, "", ProgramTests((StdinCase("", "7"),)), limits))
    assert result.verdict.value == verdict, result.detail


@pytest.mark.parametrize(
    "code",
    [
        "print(sum(map(int, open('/dev/stdin').read().split())))",
        "with open('/dev/stdin') as file: print(sum(map(int, file.readline().split())))",
        "import pathlib\nprint(sum(map(int, pathlib.Path('/dev/fd/0').read_text().split())))",
        "open('/dev/stdout', 'w').write(str(sum(map(int, open(0).read().split()))))",
    ],
)
def test_a_program_may_open_its_streams_by_their_paths(box: Sandbox, code: str) -> None:
    result = prints(box, code, ("1 2\n", "3"))
    assert result.verdict is Verdict.PASS, result.detail


def test_a_right_answer_near_the_limit_of_output_is_right_and_beyond_it_is_output(box: Sandbox) -> None:
    size = (1 << 20) - 10
    assert prints(box, f"print('x' * {size})", ("", "x" * size)).verdict is Verdict.PASS
    assert prints(box, f"print('x' * {size + 100})", ("", "x" * (size + 100))).verdict is Verdict.OUTPUT


def test_no_case_and_no_test_is_a_fault_of_the_task(box: Sandbox) -> None:
    assert prints(box, ADD).verdict is Verdict.INFRA
    assert box.run(Job(ADD, "", PytestTests({}))).verdict is Verdict.INFRA
    assert holds(box, "x = 1", "def helper(): pass").verdict is Verdict.INFRA
    assert holds(box, "x = 1", "def test_x(: pass").verdict is Verdict.INFRA


def test_files_of_a_sample_lie_beside_it_and_can_be_imported(box: Sandbox) -> None:
    files = {"pkg/__init__.py": "", "pkg/deep/scale.py": "BY = 3\n", "data.txt": "5"}
    code = "from pkg.deep.scale import BY\nprint(BY * int(open('data.txt').read()))"
    result = box.run(Job(code, "", ProgramTests((StdinCase("", "15"),)), files=files))
    assert result.verdict is Verdict.PASS, result.detail
    later = "import os\nprint(len(os.listdir('.')))"
    assert prints(box, later, ("", "0")).verdict is Verdict.PASS


@pytest.mark.parametrize("path", ["../x.py", "/etc/x", "a//b", "", "a/../../b", "x\0y", "./x"])
def test_a_file_cannot_lie_outside_the_samples_directory(box: Sandbox, path: str) -> None:
    result = box.run(Job(ADD, "", ProgramTests((StdinCase("1 2", "3"),)), files={path: ""}))
    assert result.verdict is Verdict.INFRA
    assert "may not be called" in result.detail


def test_passed_must_equal_collected(box: Sandbox) -> None:
    tests = "from solution import f\ndef test_a(): assert f(1) == 2\ndef test_b(): assert f(2) == 4\n"
    result = holds(box, "def f(n): return 2 * n", tests, count=2)
    assert result.verdict is Verdict.PASS, result.detail
    assert len(result.tests) == 2
    assert holds(box, "def f(n): return 2", tests).verdict is Verdict.WRONG
    assert holds(box, "def f(n): raise KeyError(n)", tests).verdict is Verdict.RAISED
    assert holds(box, "def f(n): return 2 * n", tests, count=3).verdict is Verdict.WRONG


@pytest.mark.parametrize(
    "body",
    [
        "pytest.skip('not today')",
        "pytest.xfail('known')",
        "pytest.importorskip('no_such_module')",
        "raise unittest.SkipTest",
    ],
)
def test_a_test_that_did_not_run_to_its_end_has_not_passed(box: Sandbox, body: str) -> None:
    tests = (
        f"import pytest, unittest\nfrom solution import f\ndef test_a(): assert f() == 1\ndef test_b():\n    {body}\n"
    )
    result = holds(box, "def f(): return 1", tests)
    assert result.verdict is Verdict.WRONG
    assert [test.verdict for test in result.tests] == [Verdict.PASS, Verdict.WRONG]


def test_a_module_that_the_tests_bring_is_not_replaced_by_one_of_the_sample(box: Sandbox) -> None:
    tests = PytestTests(
        {
            "test_it.py": "import helper, json\ndef test(): assert helper.RIGHT == 1 and json.loads('2') == 2",
            "helper.py": "RIGHT = 1",
        }
    )
    files = {"helper.py": "RIGHT = 0", "json.py": "def loads(text): return 0"}
    assert box.run(Job("", "", tests, files=files)).verdict is Verdict.PASS


def test_what_looks_like_a_test_in_a_helper_of_the_tests_is_none(box: Sandbox) -> None:
    files = {
        "test_it.py": "from helpers import twice\nfrom solution import f\ndef test(): assert f(2) == twice(2)\n",
        "helpers.py": "def twice(n): return 2 * n\ndef test_data(): assert False\n",
    }
    result = box.run(Job("def f(n): return n + n", "", PytestTests(files)))
    assert (result.verdict, len(result.tests)) == (Verdict.PASS, 1), result.detail


def test_tests_reach_every_file_of_the_sample_that_they_import(box: Sandbox) -> None:
    tests = "import other\nfrom solution import f\ndef test(): assert f() + other.g() == 3\n"
    result = holds(box, "import other\ndef f(): return other.g() - 1", tests, other="def g(): return 2")
    assert result.verdict is Verdict.PASS, result.detail


def exec_(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(akd, ["exec", *map(str, arguments), "--backend", "namespace"])
    return done.exit_code, done.output


def test_exec_runs_a_whole_program(tmp_path: Path) -> None:
    program, cases = tmp_path / "add.py", tmp_path / "cases.jsonl"
    program.write_text(ADD)
    cases.write_text(json.dumps({"stdin": "1 2", "expected": "3\n"}) + "\n")
    code, output = exec_(program, "--stdin-cases", cases)
    assert (code, output.split()[0]) == (0, "PASS"), output
    cases.write_text(json.dumps({"stdin": "1 2", "expected": "3"}) + "\n")
    code, output = exec_(program, "--stdin-cases", cases, "--exact")
    assert (code, output.split()[0]) == (1, "WRONG"), output


def test_exec_runs_test_files(tmp_path: Path) -> None:
    (tmp_path / "sums.py").write_text("def add(a, b): return a + b")
    (tmp_path / "test_sums.py").write_text("import sums\ndef test_add(): assert sums.add(1, 2) == 3\n")
    code, output = exec_(tmp_path / "sums.py", "--pytest", tmp_path / "test_sums.py", "--count", 1)
    assert (code, output.split()[0]) == (0, "PASS"), output


@pytest.mark.parametrize(
    ("line", "message"),
    [("{}", "no {"), ("[1]", "no {"), ('{"stdin": 1, "expected": "2"}', "must be texts"), ("", "holds no case")],
)
def test_exec_says_which_line_of_the_cases_is_wrong(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "add.py").write_text(ADD)
    (tmp_path / "cases.jsonl").write_text(line)
    code, output = exec_(tmp_path / "add.py", "--stdin-cases", tmp_path / "cases.jsonl")
    assert code == 2
    assert message in output


def test_exec_wants_tests_of_exactly_one_kind(tmp_path: Path) -> None:
    (tmp_path / "add.py").write_text(ADD)
    code, output = exec_(tmp_path / "add.py")
    assert code == 2
    assert "--stdin-cases" in output

"""Every file a command reads, broken: one line on stderr and exit code 2 (3 for what is outside), never a traceback.

For each file there is a sound one, and a command that reads it. What is certainly broken must be refused; what random
damage makes of the sound one may by chance still be sound, but it never ends in a traceback either.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from akd_code.cli import main

ROUNDS = 10
CODE = "def f(x):\n    return x + 1\n"
TASK = {"task_id": "toy/a", "prompt": "Write f.", "entry_point": "f", "tests": ["assert f(1) == 2"]}
SAMPLE = {"task_id": "toy/a", "solution": CODE}
SEED = {"prompt": "Write f.", "entry_point": "f", "tests": ["assert f(1) == 2"], "setup": "import math", "id": "s"}
ANSWER = {"prompt": "Write f.", "response": f"```python\n{CODE}```", "sample": 0, "usage": {"prompt_tokens": 3}}
CASE = {"args": [1], "kwargs": {}, "expected": 2}
RECIPE: dict[str, Any] = {
    "name": "small",
    "seeds": {"source": "lab", "limit": 3},
    "teacher": {"model": "openai:big@http://127.0.0.1:9/v1", "extra_body": {"top_k": 1}, "price": None},
    "eval": {"suites": ["lab"]},
}


@dataclass(frozen=True)
class Read:
    """A file that a command reads: how the sound one is made in a folder, and the command over it."""

    name: str
    content: bytes
    command: Callable[[Path], list[str]]


def line(row: dict[str, Any]) -> bytes:
    return json.dumps(row).encode() + b"\n"


def scored(folder: Path) -> list[str]:
    return ["score", str(folder / "samples.jsonl"), "--suite", str(folder / "toy.jsonl"), "--out",
            str(folder / "out"), "--backend", "process"]  # fmt: skip


def compared(folder: Path) -> list[str]:
    return ["compare", str(folder / "base"), str(folder / "new")]


def evaluated(folder: Path) -> list[str]:
    return ["eval", f"recorded:{folder / 'answers.jsonl'}", "--suite", str(folder / "toy.jsonl"), "--out",
            str(folder / "eval"), "--backend", "process"]  # fmt: skip


def dry(folder: Path) -> list[str]:
    return ["run", str(folder / "recipe.yaml"), "--dry-run"]


FILES = [
    Read("toy.jsonl", line(TASK), scored),
    Read("samples.jsonl", line(SAMPLE), scored),
    Read("answers.jsonl", line(ANSWER), evaluated),
    Read("cases.jsonl", line(CASE), lambda folder: [
        "exec", str(folder / "f.py"), "--entry", "f", "--cases", str(folder / "cases.jsonl"), "--backend", "process"
    ]),
    Read("recipe.yaml", yaml.safe_dump(RECIPE).encode(), dry),
    Read("seeds.jsonl", line(SEED), lambda folder: [*dry(folder), "--set", f"seeds.source={folder / 'seeds.jsonl'}"]),
]  # fmt: skip
RESULTS = ("results.jsonl", "summary.json", "settings.json")
JUNK = [
    b"{", b"[1, 2]", b'"text"', b"nonsense: [", b"\xff\xfe\x00", b"[" * 20_000, b'{"a": ' * 20_000, b"\x00" * 64,
    b"1e999", b"9" * 5_000, b'{"task_id": 1, "prompt": 2, "name": []}', b'{"task_id": {}, "solution": null}',
    b'{"messages": 1, "response": []}', b"- a\n- b", b"!!python/object:os.system {}", b"&a [*a]", b"a: &x [*x]",
]  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file as it should be, two scored runs and an evaluation among them."""
    folder = tmp_path_factory.mktemp("sound")
    for one in FILES:
        (folder / one.name).write_bytes(one.content)
    (folder / "f.py").write_text(CODE)
    with contextlib.chdir(folder):
        for name in ("base", "new"):
            assert akd(*scored(Path())).exit_code == 0
            shutil.move("out", name)
        assert akd(*evaluated(Path())).exit_code == 0
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AKD_API_KEY", "sk-any")
    shutil.copytree(sound, tmp_path / "files")
    monkeypatch.chdir(tmp_path / "files")
    return Path()


def akd(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def told_in_one_line(result: Result) -> None:
    """Check for an error of ours, in one line; what ends well, or as a verdict, is fine as well."""
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("akd: error:")]
    assert len(lines) == (0 if result.exit_code in (0, 1) else 1), result.stderr
    assert all(len(line) < 2_000 for line in lines)


@pytest.mark.parametrize("one", FILES, ids=lambda one: one.name)
def test_every_sound_file_is_read(folder: Path, one: Read) -> None:
    result = akd(*one.command(folder))
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
@pytest.mark.parametrize("one", FILES, ids=lambda one: one.name)
def test_what_is_no_such_file_is_refused(folder: Path, one: Read, junk: bytes) -> None:
    (folder / one.name).write_bytes(junk)
    result = akd(*one.command(folder))
    told_in_one_line(result)
    assert result.exit_code == 2, result.output


@pytest.mark.parametrize("one", FILES, ids=lambda one: one.name)
def test_a_directory_an_empty_file_and_none_at_all_are_refused(folder: Path, one: Read) -> None:
    place = folder / one.name
    place.unlink()
    for make in (lambda: None, lambda: place.mkdir()):
        make()
        result = akd(*one.command(folder))
        told_in_one_line(result)
        assert result.exit_code == 2, result.output
    place.rmdir()
    place.write_bytes(b"")
    told_in_one_line(akd(*one.command(folder)))


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return content with bytes cut, doubled, changed, or a value replaced by one of another kind."""
    if rng.random() < 0.5:
        return with_another_value(content, rng)
    at = rng.randrange(len(content))
    to = min(len(content), at + rng.randrange(1, 9))
    piece = rng.choice([b"", content[at:to] * 2, bytes(rng.randrange(256) for _ in range(to - at))])
    return content[:at] + piece + content[to:]


def with_another_value(content: bytes, rng: random.Random) -> bytes:
    """Return a JSON or YAML object with one value, at any depth, of another kind."""
    whole: Any = yaml.safe_load(content)
    place = whole
    while True:
        key = rng.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if not place[key] or not isinstance(place[key], dict | list) or rng.random() < 0.5:
            break
        place = place[key]
    others: list[Any] = [None, 0, -1, 1e308, True, "", "x" * 50, "\ud800", [], {}, [None], {"a": {}}, [[1]], "a\nb"]
    place[key] = rng.choice(others)
    return json.dumps(whole).encode() + b"\n"


@pytest.mark.parametrize("one", FILES, ids=lambda one: one.name)
def test_random_damage_never_ends_in_a_traceback(folder: Path, one: Read) -> None:
    rng = random.Random(one.name)
    for _ in range(ROUNDS):
        broken = damaged(one.content, rng)
        (folder / one.name).write_bytes(broken)
        for left in ("out", "eval"):
            shutil.rmtree(folder / left, ignore_errors=True)
        try:
            told_in_one_line(akd(*one.command(folder)))
        except AssertionError as error:
            raise AssertionError(f"{broken!r}: {error}") from error


@pytest.mark.parametrize("name", RESULTS)
def test_results_that_are_broken_are_refused_or_read(folder: Path, name: str) -> None:
    sound, rng = (folder / "base" / name).read_bytes(), random.Random(name)
    again = [*scored(folder)[:5], str(folder / "base"), "--backend", "process"]
    few = [*JUNK[:5], *(damaged(sound, rng) for _ in range(3))]
    for command, contents in ((compared(folder), [*few, *JUNK]), (again, few)):
        for content in contents:
            (folder / "base" / name).write_bytes(content)
            try:
                told_in_one_line(akd(*command))
            except AssertionError as error:
                raise AssertionError(f"{command[0]}, {content[:200]!r}: {error}") from error


@pytest.mark.parametrize("name", ["sampling.json", "samples.jsonl", *RESULTS])
def test_an_evaluation_whose_files_are_broken_is_refused_or_goes_on(folder: Path, name: str) -> None:
    sound, rng = (folder / "eval" / name).read_bytes(), random.Random(name)
    for content in [*JUNK[:5], *(damaged(sound, rng) for _ in range(3))]:
        (folder / "eval" / name).write_bytes(content)
        try:
            told_in_one_line(akd(*evaluated(folder)))
        except AssertionError as error:
            raise AssertionError(f"{content[:200]!r}: {error}") from error


@pytest.mark.parametrize("name", ["run.db", "recipe.yaml"])
def test_a_run_whose_files_are_broken_is_refused(folder: Path, name: str) -> None:
    run = folder / "run"
    run.mkdir()
    (run / "recipe.yaml").write_bytes((folder / "recipe.yaml").read_bytes())
    for content in JUNK[::2]:
        (run / name).write_bytes(content)
        told_in_one_line(akd("status", str(run)))
        told_in_one_line(
            akd("eval", str(run), "--suite", str(folder / "toy.jsonl"), "--out", str(folder / "o"), "--show-prompt")
        )


@pytest.mark.parametrize("suffix", [".py", ".js"])
def test_whatever_is_in_a_program_is_decomposed(folder: Path, suffix: str) -> None:
    for content in (*JUNK, b"def f(:\n" * 200, b"(" * 3_000):
        (folder / f"p{suffix}").write_bytes(content)
        told_in_one_line(akd("decompose", str(folder / f"p{suffix}")))


def test_modules_that_are_broken_are_refused(folder: Path) -> None:
    for content in JUNK:
        (folder / "modules.jsonl").write_bytes(content)
        result = akd("modules", "import", str(folder / "store.db"), str(folder / "modules.jsonl"))
        told_in_one_line(result)
        assert result.exit_code == 2, content[:100]
        (folder / "broken.db").write_bytes(content)
        told_in_one_line(akd("modules", "search", str(folder / "broken.db"), "sum"))


def test_a_packed_suite_that_is_cut_off_is_refused(folder: Path) -> None:
    packed = gzip.compress(line(TASK))
    for content in (b"", packed[:10], packed[:-4], b"\x1f\x8b" + b"\x00" * 30, line(TASK)):
        (folder / "toy.jsonl.gz").write_bytes(content)
        command = [str(folder / "toy.jsonl.gz") if part.endswith("toy.jsonl") else part for part in scored(folder)]
        result = akd(*command)
        told_in_one_line(result)
        assert result.exit_code == 2, content

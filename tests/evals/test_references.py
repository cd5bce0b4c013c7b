"""Whether a suite's own solutions pass here, and why not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from akd_evals.references import check_references
from akd_evals.settings import ScoreSettings
from akd_evals.suites import Suite, Task
from akd_sandbox import Case, CodeTests, FunctionTests, Sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("process", 2) as sandbox:
        yield sandbox


def task(name: str, canonical: str | None, test: str = "def check(candidate):\n    assert candidate(1) == 2\n") -> Task:
    return Task(name, "", "f", CodeTests(test, "check"), canonical=canonical)


def test_each_reference_that_fails_is_named_with_its_cause(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKD_CACHE", str(tmp_path))
    data = FunctionTests((Case(args=(1,), expected=2),))
    tasks = (
        task("passes", "def f(x): return x + 1"),
        Task("passes as data", "", "f", data, canonical="def f(x): return x + 1"),
        task("wrong", "def f(x): return x"),
        task("lacks a library", "import no_such_library.part\n\ndef f(x): return x + 1"),
        task("its tests lack one", "def f(x): return x + 1", "import no_tests\ndef check(c):\n    assert c(1) == 2"),
        task("says what it lacks", "def f(x): raise ImportError('plots is required for plotting')"),
        task("asks a server", "import socket\n\ndef f(x): raise socket.gaierror(-3, 'no answer')"),
        task("never ends", "def f(x):\n    while True: pass"),
        task("has none", None),
    )
    settings = ScoreSettings(min_time_s=0.5, sample_s=2.0)
    seen: list[tuple[int, int]] = []
    found = check_references(
        Suite("toy", "0" * 32, tasks), box, settings=settings, workers=2, progress=lambda *at: seen.append(at)
    )
    assert [(one.task_id, one.why) for one in found] == [
        ("passes", ""),
        ("passes as data", ""),
        ("wrong", "other"),
        ("lacks a library", "library missing: no_such_library"),
        ("its tests lack one", "library missing: no_tests"),
        ("says what it lacks", "library missing: plots"),
        ("asks a server", "network"),
        ("never ends", "timeout"),
        ("has none", "no reference"),
    ]
    assert [one.passed for one in found] == [True, True, *[False] * 7]
    assert seen == [(done, 9) for done in range(1, 10)]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "variable", "path"),
    [
        ("humanevalfix", "AKD_HUMANEVALFIX_PATH", "suites/humanevalpack-python.jsonl.gz"),
        ("humaneval-pro", "AKD_HUMANEVAL_PRO_PATH", "suites/humaneval_pro.json.gz"),
        ("mbpp-pro", "AKD_MBPP_PRO_PATH", "suites/mbpp_pro.json.gz"),
    ],
)
def test_every_published_reference_passes(
    name: str, variable: str, path: str, test_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from akd_evals.suites import load_suite

    monkeypatch.setenv(variable, str(test_data / path))
    suite = load_suite(name)
    with Sandbox() as jail:
        found = check_references(suite, jail, workers=jail.workers)
    assert [(one.task_id, one.why, one.detail) for one in found if not one.passed] == []

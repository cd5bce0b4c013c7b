"""How a run examines its student, and that `akd eval RUN` does the same."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from tiny_students import CHATML, save_tiny

from akd_code.cli import main
from akd_code.evaluate import decide_style, run_settings
from akd_code.progress import ProgressWatcher
from akd_code.recipe import Recipe, recipe_from
from akd_code.stages.examine import examine
from akd_code.student import load_student
from akd_sandbox import Sandbox


class Watching:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def stage(self, round_: int | None, name: str) -> None:
        return

    def progress(self, done: int, total: int, rate: str = "", under_way: int = 0) -> None:
        self.told.append((done, total))

    def note(self, text: str) -> None:
        return


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory with nothing but its recipe: its student before any training can be examined."""
    folder = tmp_path_factory.mktemp("run")
    student = save_tiny(folder / "student", template=CHATML)
    recipe = {
        "name": "small",
        "student": {"model": str(student), "batch_size": 3, "device": "cpu"},
        "eval": {"suites": ["lab"], "limit": 5, "max_tokens": 7, "style": "chat"},
        "sandbox": {"test_s": 1.5, "memory_mb": 700, "backend": "process", "workers": 1},
        "lab": {"eval_per_depth": 2},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    return folder


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox("process", workers=1) as opened:
        yield opened


def recipe_of(run: Path) -> Recipe:
    return recipe_from(yaml.safe_load((run / "recipe.yaml").read_text()))


def examined(run: Path, out: Path, box: Sandbox, watch: ProgressWatcher, key: str = "k") -> None:
    settings = run_settings(recipe_of(run))
    student = load_student(recipe_of(run).student.model, device="cpu")
    (suite,) = settings.open_suites()
    examine(student, suite, settings, out, box, watch, round_=0, name="small@0", key=key)


def akd_eval(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["eval", *map(str, arguments)])


def test_every_setting_of_an_examination_comes_from_the_recipe(run: Path) -> None:
    settings = run_settings(recipe_of(run))
    assert (settings.suites, settings.limit, settings.style, settings.device) == (("lab",), 5, "chat", "cpu")
    sampling = settings.sampling
    assert (sampling.n, sampling.temperature, sampling.max_tokens, sampling.batch_size) == (1, 0.0, 7, 3)
    assert (settings.scoring.min_time_s, settings.scoring.memory_bytes) == (1.5, 700 << 20)
    assert (settings.limits.test_s, settings.limits.memory_bytes) == (1.5, 700 << 20)
    assert [len(suite.tasks) for suite in settings.open_suites()] == [5]


def test_akd_eval_of_a_run_gives_the_samples_of_its_own_round_byte_for_byte(
    run: Path, box: Sandbox, tmp_path: Path
) -> None:
    examined(run, tmp_path / "own", box, Watching())
    done = akd_eval(f"{run}@0", "--out", tmp_path / "again")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "again" / "samples.jsonl").read_bytes() == (tmp_path / "own" / "samples.jsonl").read_bytes()
    limits = json.loads((tmp_path / "again" / "summary.json").read_text())["limits"]
    assert (limits["min_time_s"], limits["memory_bytes"]) == (1.5, 700 << 20)
    assert limits == json.loads((tmp_path / "own" / "summary.json").read_text())["limits"]


def test_what_is_given_on_the_command_line_goes_before_the_recipe(run: Path, tmp_path: Path) -> None:
    given = ["--max-tokens", 3, "--style", "completion", "--batch-size", 2, "--limit", 0, "--min-time", 2]
    done = akd_eval(run, *given, "--memory-mb", 900, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    sampling = json.loads((tmp_path / "sampling.json").read_text())
    assert (sampling["max_tokens"], sampling["style"], sampling["batch_size"]) == (3, "completion", 2)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["tasks"] == 8  # two at each depth
    assert (summary["limits"]["min_time_s"], summary["limits"]["memory_bytes"]) == (2.0, 900 << 20)


def test_without_a_run_a_suite_must_be_named(tmp_path: Path) -> None:
    done = akd_eval("lab", "--out", tmp_path)
    assert done.exit_code == 2
    assert "akd: error: no --suite; name what to evaluate on" in done.stderr


def test_progress_moves_with_every_answer(run: Path, box: Sandbox, tmp_path: Path) -> None:
    watching = Watching()
    examined(run, tmp_path, box, watching)
    assert watching.told == [(done, 5) for done in range(6)]


def test_a_runs_folder_is_begun_anew_for_another_student_and_continued_for_the_same(
    run: Path, box: Sandbox, tmp_path: Path
) -> None:
    examined(run, tmp_path, box, Watching())
    whole = (tmp_path / "samples.jsonl").read_text()
    first, *_ = whole.splitlines(keepends=True)
    kept = json.dumps({**json.loads(first), "answer": "# kept"}) + "\n"
    (tmp_path / "samples.jsonl").write_text(kept)
    again = Watching()
    examined(run, tmp_path, box, again)
    assert (tmp_path / "samples.jsonl").read_text() == whole.replace(first, kept)
    assert again.told[0] == (1, 5)
    anew = Watching()
    examined(run, tmp_path, box, anew, key="another")
    assert (tmp_path / "samples.jsonl").read_text() == whole
    assert anew.told[0] == (0, 5)


def test_verdicts_found_under_other_limits_are_found_anew(run: Path, box: Sandbox, tmp_path: Path) -> None:
    examined(run, tmp_path, box, Watching())
    settings = json.loads((tmp_path / "settings.json").read_text())
    (tmp_path / "settings.json").write_text(json.dumps({**settings, "akd": "0.0.1"}))
    (tmp_path / "results.jsonl").write_text("")
    watching = Watching()
    examined(run, tmp_path, box, watching)
    assert watching.told == [(5, 5)]  # no answer is drawn again
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 5


def test_a_server_is_taken_to_hold_conversations() -> None:
    assert decide_style("auto", None) == "chat"
    assert decide_style("completion", None) == "completion"

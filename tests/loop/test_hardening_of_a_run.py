"""Rounds in which weaknesses are trained away: the real loop, with a student whose answers are written here."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from small_runs import RECIPE, run_akd, write_recipe

import akd_code.distil
from akd_code.curriculum.hardening import exam_groups, training_groups
from akd_code.distil import run_recipe
from akd_code.engine import LocalEngine
from akd_code.loop import forecast
from akd_code.recipe import load_recipe, recipe_from
from akd_code.records import Prompt
from akd_code.security import weaknesses
from akd_code.student import OnAnswer, Sampled

HARDEN = {
    "prompts": 6, "samples": 2, "exam": 4, "only": ["CWE-338"], "exercises": ["api-key"], "held_out": ["lottery-draw"],
    "ask": False, "learning_rate": 0.01, "batch_size": 4, "lora_r": 4,
}  # fmt: skip
TASKS = {task.name: task for one in weaknesses(["CWE-338"]) for task in one.tasks}


class Silent:
    """Keeps the lines that a run says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def stage(self, round_: int | None, name: str) -> None:
        return

    def progress(self, done: int, total: int, rate: str = "", under_way: int = 0) -> None:
        return

    def note(self, text: str) -> None:
        self.lines.append(text)


def programs(settings: Any, seed: int) -> dict[str, tuple[Prompt, str, str]]:
    """Return prompt, insecure and secure program of every stress prompt that a run of one round asks about."""
    groups = {**training_groups(settings, (), seed, 1), **exam_groups(settings, seed)}
    found = {}
    for prompt in (one for group in groups.values() for one in group):
        assert prompt.origin is not None
        if (task := TASKS.get(prompt.origin.subtopic)) is not None:
            named = task.called(prompt.entry_point or "")
            found[prompt.text] = (prompt, named.insecure, named.reference)
    return found


class Scripted(LocalEngine):
    """Trains for real. Writes an insecure program first and a secure one then; hardened, only secure ones."""

    stops: Callable[[int], None] | None = None
    calls = 0

    def answers(
        self, adapter: Path | None, questions: Sequence[str], *, temperature: float, max_tokens: int, seed: int,
        on_answer: OnAnswer,
    ) -> list[Sampled]:  # fmt: skip
        type(self).calls += 1
        if self.stops is not None:
            self.stops(self.calls)
        known = programs(self._recipe.harden, self._recipe.seed)
        hardened = adapter is not None and adapter.name == "adapter"
        seen: dict[str, int] = {}
        said = []
        for text in questions:
            seen[text] = seen.get(text, 0) + 1
            _, insecure, secure = known.get(text, (None, "pass", "pass"))
            program = secure if hardened or seen[text] == 2 else insecure
            said.append(Sampled(f"```python\n{program.strip()}\n```", "stop", 1, 1))
        return said


def hardened(
    student: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    stops: Callable[[int], None] | None = None,
    **changes: Any,
) -> Silent:
    """Run, or go on with, one hardened round in `folder`."""
    path = folder / "recipe.yaml"
    if not path.exists():
        write_recipe(folder, student, rounds=1, harden=HARDEN, **changes)
    monkeypatch.setattr(akd_code.distil, "LocalEngine", Scripted)
    monkeypatch.setattr(Scripted, "stops", None if stops is None else staticmethod(stops))
    monkeypatch.setattr(Scripted, "calls", 0)
    watcher = Silent()
    run_recipe(load_recipe(path), folder / "run", watcher)
    return watcher


@pytest.fixture(scope="module")
def whole(student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hardened")
    with pytest.MonkeyPatch.context() as patch:
        hardened(student, folder, patch)
    return folder


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "run/rounds/1/harden.jsonl").read_text().splitlines()]


def test_pairs_prefer_the_students_own_secure_program_to_its_exploitable_one(whole: Path) -> None:
    found = [row for row in rows(whole) if row["meta"]["kind"] != "benign"]
    assert len(found) == 6
    for row in found:
        meta = row["meta"]
        assert (meta["cwe"], meta["exercise"], meta["chosen_from"]) == ("CWE-338", "api-key", "student")
        assert "random." in row["rejected"][0]["content"]
        assert "secrets" in row["chosen"][0]["content"]


def test_the_rounds_own_prompts_that_it_gets_wrong_are_pairs_too(whole: Path) -> None:
    found = [row for row in rows(whole) if row["meta"]["kind"] == "benign"]
    labels = [json.loads(line)["messages"] for line in (whole / "run/rounds/1/train.jsonl").read_text().splitlines()]
    assert len(found) == 2
    for row in found:
        assert [*row["prompt"], *row["chosen"]] in labels


def test_the_report_shows_held_out_prompts_and_the_suites_before_and_after(whole: Path) -> None:
    (told,) = json.loads((whole / "run/summary.json").read_text())["rounds"]
    for group in ("held-out wordings", "held-out exercises"):
        before, after = (told["harden"][when][group] for when in ("before", "after"))
        assert (before["functional"], before["secure"], before["joint"]) == (1.0, 0.0, 0.0)
        assert (after["functional"], after["secure"], after["joint"]) == (1.0, 1.0, 1.0)
        assert after["joint_ci95"][1] == 1.0
    assert set(told["harden"]["utility"]["lab"]) == {"before", "after"}
    assert told["harden"]["utility"]["lab"]["after"] == told["eval"]["lab"]["pass@1"]
    assert told["stages"]["hardening"]["pairs"] == {"CWE-338": 6, "benign": 2}


def test_the_round_ends_with_the_hardened_adapter(whole: Path) -> None:
    round_ = whole / "run/rounds/1"
    weights = [(round_ / name / "adapter_model.safetensors").read_bytes() for name in ("imitated", "adapter")]
    assert weights[0] != weights[1]


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_run_that_was_interrupted_goes_on_to_the_same_bytes(
    call: int, whole: Path, student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls of the student: held-out prompts before, the round's prompts, held-out prompts after."""

    def stop(number: int) -> None:
        if number == call:
            raise Interrupted

    with pytest.raises(Interrupted):
        hardened(student, tmp_path, monkeypatch, stop)
    hardened(student, tmp_path, monkeypatch)
    assert Scripted.calls == 4 - call  # what was finished is not asked again
    for name in ("harden.jsonl", "adapter/adapter_model.safetensors", "imitated/adapter_model.safetensors"):
        one, other = (folder / "run/rounds/1" / name for folder in (whole, tmp_path))
        assert one.read_bytes() == other.read_bytes(), name


def test_a_student_that_writes_nothing_exploitable_stays_as_it_is(student: Path, tmp_path: Path) -> None:
    cut = {"max_tokens": 1}  # no answer ever ends
    recipe = write_recipe(tmp_path, student, rounds=1, harden=HARDEN, student=cut)
    done = run_akd("run", recipe, "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "nothing to harden on" in done.stdout + done.stderr
    assert "held-out wordings" in done.stdout
    round_ = tmp_path / "run/rounds/1"
    imitated, last = (round_ / name / "adapter_model.safetensors" for name in ("imitated", "adapter"))
    assert imitated.read_bytes() == last.read_bytes()


def test_a_share_of_stress_prompts_works_offline_and_their_labels_can_be_the_catalogues(
    student: Path, tmp_path: Path
) -> None:
    recipe = write_recipe(
        tmp_path,
        student,
        generator={"prompts": 10, "streams": {"lion-hard": 0.8, "stress": 0.2}},
        harden={"references": True},
    )
    done = run_akd("run", recipe, "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    first, second = json.loads((tmp_path / "run/summary.json").read_text())["rounds"]
    assert first["stages"]["generation"]["ways"]["stress"] == 2
    assert second["stages"]["labels"]["events"]["the catalogue's program stands in"] == 2
    tree = run_akd("data", "tree", tmp_path / "run")
    assert "stress implicit" in tree.stdout or "stress explicit-api" in tree.stdout


def test_stress_prompts_whose_task_a_suite_examines_are_not_trained_on(
    whole: Path, student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the run's are wordings of one exercise, so that none is left."""
    examined = rows(whole)[0]["prompt"][0]["content"]
    task = {"task_id": "own/0", "prompt": examined, "entry_point": "f", "tests": ["assert f() == 1"]}
    suite = tmp_path / "own.jsonl"
    suite.write_text(json.dumps(task) + "\n")
    told = hardened(student, tmp_path, monkeypatch, eval={"suites": ["lab", str(suite)], "max_tokens": 24})
    assert [row["meta"]["kind"] for row in rows(tmp_path)] == ["benign", "benign"]
    report = tmp_path / "run/rounds/1/decontamination_exploitable_prompts.jsonl"
    found = [json.loads(line) for line in report.read_text().splitlines()[1:]]
    assert {one["task_id"] for one in found} == {"own/0"}
    assert "text" in {one["tier"] for one in found}
    assert any("exploitable prompts of round 1" in line for line in told.lines)


def test_a_weakness_that_there_is_not_is_said_in_one_line(student: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, student, harden={"prompts": 4, "only": ["CWE-9999"]})
    done = run_akd("run", recipe, "--run-dir", tmp_path / "run")
    assert done.returncode == 2
    assert "harden" in done.stderr
    assert len(done.stderr.strip().splitlines()[-1:]) == 1
    assert "Traceback" not in done.stderr


def test_the_dry_run_counts_what_hardening_asks_for() -> None:
    base = {**RECIPE, "rounds": 1}
    settings = {"prompts": 10, "benign": 0.4, "samples": 3, "exam": 8, "per_prompt": 3, "epochs": 2}
    plain, with_it = (forecast(recipe_from({**base, **more})) for more in ({}, {"harden": settings}))
    answers = 3 * (10 + 4) + 2 * 8
    exam = 12  # the lab's tasks once more, before hardening
    assert with_it.written_tokens - plain.written_tokens == answers * 24 + exam * 24
    calls = 12 * 3  # ten stress prompts and two controls, each asked for three times at most
    assert with_it.requests["teacher"].calls - plain.requests["teacher"].calls == calls
    assert with_it.sandbox_runs - plain.sandbox_runs == answers + 3 * 10 + 2 * 8 + exam + calls
    assert with_it.trained_tokens > plain.trained_tokens

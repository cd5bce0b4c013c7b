"""Rounds in which the student also learns from its own answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_runs import run_akd, write_recipe


@pytest.fixture(scope="module")
def practised(student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practised")
    recipe = write_recipe(
        folder,
        student,
        prefer={"method": "self", "samples": 2, "learning_rate": 0.01, "batch_size": 4, "lora_r": 4},
        sft={"replay": 0.5, "adversarial": "gap"},
    )
    done = run_akd("run", recipe, "--run-dir", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder


def test_a_round_ends_with_the_student_after_practice(practised: Path) -> None:
    for number in (1, 2):
        folder = practised / "run" / "rounds" / str(number)
        imitated, last = (folder / name / "adapter_model.safetensors" for name in ("imitated", "adapter"))
        assert imitated.read_bytes() != last.read_bytes()
        lessons = [json.loads(line) for line in (folder / "pairs.jsonl").read_text().splitlines()]
        assert lessons
        assert all(one["shown"] != one["prompt"] for one in lessons)
        steps = [json.loads(line) for line in (folder / "preference_steps.jsonl").read_text().splitlines()]
        assert [one["step"] for one in steps] == list(range(1, len(steps) + 1))
        assert all("loss" in one for one in steps)
    summary = json.loads((practised / "run" / "summary.json").read_text())
    stages = summary["rounds"][0]["stages"]
    assert stages["practice"]["answers"] == 2 * stages["practice"]["prompts"]
    assert stages["preference"]["rows"] == stages["practice"]["prompts"]


def test_rows_of_earlier_rounds_are_trained_on_again(practised: Path) -> None:
    first, second = (
        {json.loads(line)["meta"]["prompt_id"] for line in (practised / "run/rounds" / n / "train.jsonl").open()}
        for n in ("1", "2")
    )
    own = len(second - first)
    assert len(second & first) == min(len(first), round(0.5 * own))


def test_the_same_command_does_nothing_twice(practised: Path) -> None:
    adapter = practised / "run" / "rounds" / "2" / "adapter" / "adapter_model.safetensors"
    before = adapter.stat().st_mtime_ns
    done = run_akd("run", practised / "recipe.yaml", "--run-dir", practised / "run")
    assert done.returncode == 0, done.stderr
    assert adapter.stat().st_mtime_ns == before


def test_the_method_of_a_run_cannot_be_changed(practised: Path) -> None:
    done = run_akd("run", practised / "recipe.yaml", "--run-dir", practised / "run", "--set", "prefer.method=none")
    assert done.returncode == 2
    assert "prefer.method: self -> none" in done.stderr


def test_practice_on_some_of_the_prompts_draws_them_by_the_seed(student: Path, tmp_path: Path) -> None:
    def practised(name: str, **changes: object) -> list[str]:
        settings = {"method": "kto", "samples": 2, "prompts": 3, "batch_size": 4, "lora_r": 4}
        (tmp_path / name).mkdir()
        recipe = write_recipe(tmp_path / name, student, rounds=1, prefer=settings, **changes)
        done = run_akd("run", recipe, "--run-dir", tmp_path / name / "run")
        assert done.returncode == 0, done.stderr
        assert "6 answers of the student's to 3 verified prompts" in done.stdout + done.stderr
        lines = (tmp_path / name / "run" / "rounds" / "1" / "pairs.jsonl").read_text().splitlines()
        return sorted({json.dumps(json.loads(line)["prompt"]) for line in lines})

    first = practised("first")
    assert 0 < len(first) <= 3
    assert practised("again") == first


def test_a_student_with_nothing_to_prefer_stays_as_it_is(student: Path, tmp_path: Path) -> None:
    cut = {"max_tokens": 1}  # no answer ever ends
    recipe = write_recipe(tmp_path, student, rounds=1, prefer={"method": "dpo", "samples": 1}, student=cut)
    done = run_akd("run", recipe, "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "stays as it is" in done.stdout + done.stderr
    folder = tmp_path / "run" / "rounds" / "1"
    imitated, last = (folder / name / "adapter_model.safetensors" for name in ("imitated", "adapter"))
    assert imitated.read_bytes() == last.read_bytes()
    assert (folder / "pairs.jsonl").read_text() == ""

"""The dry run: the sum of what the stages estimate, with unknown prices unknown, before anything is paid."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_runs import run_akd

from akd_code.curriculum.seeds import load_seeds
from akd_code.lab.student import base_student_path
from akd_code.loop import ROUND, forecast
from akd_code.progress import duration
from akd_code.recipe import recipe_from
from akd_code.stages.estimate import Estimate, Pace, Requests
from akd_code.stages.forecast import cost_usd, forecast_lines
from akd_code.stages.pace import can_be_measured, measured_pace
from akd_code.student import load_student


def recipe(**changes: Any) -> Any:
    base = {
        "seeds": {"source": "lab", "limit": 10},
        "rounds": 2,
        "generator": {"prompts": 20},
        "lab": {"eval_per_depth": 3},
    }
    return recipe_from({**base, **changes})


def test_estimates_add_up_role_by_role() -> None:
    one = Estimate({"teacher": Requests(1, 2, 3)}, 4, 5, 6, 7.0, 8, ("a",))
    other = Estimate({"teacher": Requests(10, 20, 30), "referee": Requests(1, 1, 1)}, 40, 50, 60, 70.0, 80, ("a", "b"))
    both = one + other
    assert both.requests == {"teacher": Requests(11, 22, 33), "referee": Requests(1, 1, 1)}
    assert (both.sandbox_runs, both.written_tokens, both.trained_tokens) == (44, 55, 66)
    assert (both.seconds, both.disk_bytes, both.assumed) == (77.0, 88, ("a", "b"))


def test_every_stage_of_a_round_takes_part() -> None:
    assert [stage.name for stage in ROUND] == [
        "labels", "imitation", "practice", "preference", "utility before", "stress", "stress labels", "hardening",
        "evaluation", "student answers", "discrimination", "topics", "generation",
    ]  # fmt: skip


def test_practice_is_so_many_answers_and_programs_for_each_prompt_and_rows_in_every_epoch() -> None:
    plain, practised = forecast(recipe()), forecast(recipe(prefer={"method": "dpo", "samples": 3}))
    prompts = 10 + 20
    assert practised.written_tokens - plain.written_tokens == prompts * 3 * 512
    assert practised.sandbox_runs - plain.sandbox_runs == prompts * 3
    assert practised.trained_tokens > plain.trained_tokens
    assert practised.requests == plain.requests


def test_practice_on_some_prompts_alone_takes_no_more_than_these() -> None:
    def practised(prompts: int | None) -> Estimate:
        return forecast(recipe(prefer={"method": "dpo", "samples": 3, "prompts": prompts}))

    plain, some, many = forecast(recipe()), practised(4), practised(1000)
    assert many == practised(None)
    assert some.written_tokens - plain.written_tokens == 2 * 4 * 3 * 512
    # of 4 prompts in each of two rounds a pair for every other, where all were 10 and 20
    pairs = (some.trained_tokens - plain.trained_tokens) / (many.trained_tokens - plain.trained_tokens)
    assert pairs == pytest.approx((4 + 4) / (10 + 20), abs=1e-3)  # each round's tokens are whole


def test_the_teacher_is_asked_once_for_each_prompt_and_once_for_tests_where_there_are_none() -> None:
    # ten seeds with tests; twenty new prompts without
    assert forecast(recipe()).requests["teacher"].calls == 10 + 20 + 20
    assert forecast(recipe(label={"tests": 0})).requests["teacher"].calls == 10 + 20
    assert forecast(recipe(rounds=1)).requests["teacher"].calls == 10


def test_a_method_says_how_many_requests_it_may_take() -> None:
    plain = forecast(recipe(label={"tests": 0})).requests["teacher"].calls
    assert (
        forecast(recipe(label={"method": "best-of-n", "samples": 6, "tests": 0})).requests["teacher"].calls == 6 * plain
    )


def test_the_judge_is_asked_twice_about_each_prompt_of_the_cache_pool() -> None:
    assert forecast(recipe(referee={"judge": "always"})).requests["referee"].calls == 2 * 10
    assert forecast(recipe(referee={"judge": "never"})).requests["referee"].calls == 0
    three = recipe(rounds=3, referee={"judge": "always"})
    assert forecast(three).requests["referee"].calls == 2 * (10 + 30)


def test_the_student_is_measured_before_the_first_round_and_after_each() -> None:
    # twelve tasks, three times, 512 tokens; and ten prompts answered with 512 tokens
    assert forecast(recipe()).written_tokens == 12 * 3 * 512 + 10 * 512


PACE = Pace(prompt=100, answer=50, reads=1000, writes=200, trains=400, said=("measured",))


def seconds(pace: Pace = PACE, **changes: Any) -> float:
    quiet = {"teacher": {"concurrency": 1000}, "sandbox": {"workers": 10**9}, "rounds": 1}
    return forecast(recipe(**{**quiet, **changes}), pace).seconds


def test_time_is_that_of_usual_answers_and_an_untrained_students_are_half_as_long_as_they_may_be() -> None:
    # twelve tasks before training (100 tokens read, 150 written) and after it (50 written); ten rows of 150 tokens
    before, after, training = 12 * (0.1 + 150 / 200), 12 * (0.1 + 50 / 200), 10 * 150 / 400
    assert seconds(eval={"max_tokens": 300}, sft={"epochs": 1}) == pytest.approx(before + after + training, abs=0.01)


def test_no_answer_takes_longer_than_it_may_be() -> None:
    shorter = replace(PACE, answer=20)
    assert seconds(eval={"max_tokens": 20}) - seconds(shorter, eval={"max_tokens": 20}) == pytest.approx(
        10 * 3 * 30 / 400, abs=0.01
    )  # the training alone: ten rows for three epochs, each 30 tokens shorter


def test_a_student_at_hand_is_timed_and_texts_are_counted_in_its_own_tokens(tmp_path: Path) -> None:
    said = {f"p{n}": "```python\ndef f():\n    return 0\n```" for n in range(5)}
    write_rows(tmp_path / "answers.jsonl", [{"prompt": key, "response": text} for key, text in said.items()])
    write_rows(tmp_path / "seeds.jsonl", [{"id": key, "prompt": key} for key in said])
    mine = recipe(
        seeds={"source": str(tmp_path / "seeds.jsonl")},
        teacher={"model": f"recorded:{tmp_path / 'answers.jsonl'}"},
        student={"model": str(base_student_path())},
        generator={"model": "none"},
        referee={"judge": "never"},
    )
    assert can_be_measured(mine) and not can_be_measured(recipe())
    pace = measured_pace(mine, load_seeds(mine))
    student = load_student(str(base_student_path()))
    template = student.tokenizer.apply_chat_template
    asked = len(template([{"role": "user", "content": "p1"}], add_generation_prompt=True)["input_ids"])
    whole = [{"role": "user", "content": "p1"}, {"role": "assistant", "content": said["p1"]}]
    assert pace.prompt == asked
    assert pace.answer == len(template(whole)["input_ids"]) - asked
    assert min(pace.reads, pace.writes, pace.trains) > 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.jsonl", "seeds.jsonl"]


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_the_tests_of_recorded_programs_are_timed_and_what_they_take_is_counted(tmp_path: Path) -> None:
    slow = "```python\nimport time\ntime.sleep(0.3)\ndef f():\n    return 0\n```"
    rows = [{"id": f"p{n}", "prompt": f"p{n}", "entry_point": "f", "tests": ["assert f() == 0"]} for n in range(4)]
    write_rows(tmp_path / "seeds.jsonl", rows)
    write_rows(tmp_path / "answers.jsonl", [{"prompt": row["prompt"], "response": slow} for row in rows])
    mine = recipe(
        seeds={"source": str(tmp_path / "seeds.jsonl")},
        teacher={"model": f"recorded:{tmp_path / 'answers.jsonl'}"},
        student={"model": str(base_student_path())},
        generator={"model": "none", "prompts": 20},
        referee={"judge": "never"},
        sandbox={"backend": "process", "workers": 1},
    )
    pace = measured_pace(mine, load_seeds(mine))
    assert pace.tests_s >= 0.3
    told, untold = forecast(mine, pace), forecast(mine, replace(pace, tests_s=0.0))
    programs = (4 + 20) + 4  # labels of both rounds, and the student's answers after the first
    assert told.seconds - untold.seconds == pytest.approx(programs * pace.tests_s)
    assert f"a program's tests take {pace.tests_s:.2g} s" in told.assumed
    assert "an examination's tests take 0.1 s" in told.assumed


def test_a_price_that_is_not_known_is_not_zero() -> None:
    served = recipe(teacher={"model": "openai:m@http://127.0.0.1:9/v1"})
    requests = forecast(served).requests["teacher"]
    assert cost_usd(served, "teacher", requests) is None
    assert any("cost: unknown" in line for line in forecast_lines(served, 10, forecast(served)))
    priced = recipe(teacher={"model": "openai:m@http://127.0.0.1:9/v1", "price": {"prompt": 1.0, "completion": 10.0}})
    tokens = forecast(priced).requests["teacher"]
    expected = (tokens.prompt_tokens + 10 * tokens.completion_tokens) / 1e6
    assert cost_usd(priced, "teacher", tokens) == pytest.approx(expected)
    assert cost_usd(recipe(), "teacher", requests) == 0.0  # the lab's teacher costs nothing


def test_a_larger_student_takes_longer() -> None:
    small = forecast(recipe(student={"model": "Org/Name-135M-Instruct"}))
    large = forecast(recipe(student={"model": "Org/Name-1.5B"}))
    assert large.seconds > 5 * small.seconds
    assert any("tokens/s" in said for said in small.assumed)


@pytest.mark.parametrize(("seconds", "said"), [(50.0, "50 s"), (600.0, "10 min"), (9000.0, "2.5 h")])
def test_times_are_told_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_the_command_prints_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("seeds: {limit: 10}\n", encoding="utf-8")
    told = run_akd("run", tmp_path / "r.yaml", "--run-dir", tmp_path / "run", "--dry-run")
    assert told.returncode == 0, told.stderr
    for part in ("teacher", "referee", "generator", "cost:", "student:", "time: about", "disk: about", "assumed:"):
        assert part in told.stdout
    assert not (tmp_path / "run").exists()
    data = json.loads(run_akd("run", tmp_path / "r.yaml", "--dry-run", "--json").stdout)
    assert data["cost_usd"] == {"teacher": 0.0, "referee": 0.0, "generator": 0.0}


def real_like(folder: Path, **changes: Any) -> Any:
    """Four prompts of 70 characters with tests, a suite of five tasks, recorded answers, six rows in later rounds."""
    rows = [{"prompt": f"{n}".ljust(70, "x"), "entry_point": "f", "tests": ["assert f(1) == 1"]} for n in range(4)]
    (folder / "seeds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "suite.jsonl").write_text("".join(json.dumps({"task_id": f"t/{n}", **rows[0]}) + "\n" for n in range(5)))
    return recipe_from(
        {
            "rounds": 2,
            "seeds": {"source": str(folder / "seeds.jsonl")},
            "teacher": {"model": "recorded:answers.jsonl"},
            "generator": {"model": "none", "prompts": 6},
            "referee": {"judge": "never"},
            "student": {"model": "Org/S-135M", "samples": 4, "max_tokens": 384},
            "sft": {"epochs": 2, "replay": 0.5},
            "eval": {"suites": [str(folder / "suite.jsonl")], "max_tokens": 100},
            "sandbox": {"workers": 2},
            **changes,
        }
    )


def test_a_run_without_a_served_model_is_all_the_students_own_time_and_the_sandboxs(tmp_path: Path) -> None:
    found = forecast(real_like(tmp_path))
    # three examinations of five tasks, and four answers to each of the four prompts after the first round
    assert found.written_tokens == 3 * 5 * 100 + 4 * 4 * 384
    # the examinations' programs, the labels' of both rounds, the student's answers
    assert found.sandbox_runs == 3 * 5 + (4 + 6) + 4 * 4
    # two epochs of four rows, then of six and half as many again, of 70 / 3.5 and 200 tokens each
    assert found.trained_tokens == 2 * 4 * 220 + 2 * 9 * 220
    # 1200 tokens/s read, 250 written, 200 trained; on two cores 0.1 s for an examined program and 0.02 s for the others
    read, written = (15 + 16) * 20 / 1200, (15 * 100 + 16 * 200) / 250
    assert found.seconds == pytest.approx(read + written + 5720 / 200 + (15 * 0.1 + 26 * 0.02) / 2)


def test_preference_training_reads_its_pairs_before_and_after_it_too(tmp_path: Path) -> None:
    plain = forecast(real_like(tmp_path))
    found = forecast(real_like(tmp_path, prefer={"method": "dpo", "samples": 3, "pairs": 1, "epochs": 2}))
    answers = (4 + 6) * 3
    trained = 2 * (4 + 6) * 0.5 * 2 * 220  # two completions of each pair, a pair for every other prompt, two epochs
    assert found.trained_tokens - plain.trained_tokens == trained
    untrained = trained / 2 * 2  # once before, once after; a third of the cost of training
    more = answers * (20 / 1200 + 200 / 250) + answers * 0.02 / 2 + trained / 200 + untrained / 200 / 3
    assert found.seconds - plain.seconds == pytest.approx(more)


def test_a_students_size_is_read_from_its_folder_and_said_to_be_assumed_where_nothing_states_it(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    header = json.dumps({"w": {"dtype": "F32", "shape": [10_000, 54_000], "data_offsets": [0, 0]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    four_times = forecast(real_like(tmp_path, student={"model": str(folder), "samples": 4, "max_tokens": 384}))
    assert any("with 540 million parameters (" in said for said in four_times.assumed)
    usual = forecast(real_like(tmp_path))
    of_sandbox = (15 * 0.1 + 26 * 0.02) / 2
    assert four_times.seconds - of_sandbox == pytest.approx(4 * (usual.seconds - of_sandbox))
    unknown = forecast(real_like(tmp_path, student={"model": "Org/Unnamed"}))
    assert any("with 135 million parameters, as nothing states its size (" in said for said in unknown.assumed)

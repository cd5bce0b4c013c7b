import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from akd_evals.errors import EvalError, EvalInfraError
from akd_evals.oracles import Oracle, same
from akd_evals.results import Judged, Result, ResultFolder
from akd_evals.samples import Samples, Written, collect
from akd_evals.score import pass_at_k, score
from akd_evals.settings import ScoreSettings
from akd_evals.suites import ReferenceTests, Suite, Task
from akd_sandbox import Admission, CallOutcome, Case, FunctionTests, Job, Limits, SampleResult, Sandbox, Verdict

TWICE = "def f(x):\n    return 2 * x\n"
BASE_ONLY = "def f(x):\n    return 2 * x if x < 10 else 0\n"
WRONG = "def f(x):\n    return x\n"


def task(task_id: str, canonical: str = TWICE) -> Task:
    oracle = Oracle(same)
    base = ReferenceTests(((1,), (2,)), oracle)
    return Task(task_id, "p", "f", base, ReferenceTests(((3,), (10,), (20,)), oracle), canonical)


SUITE = Suite("toy", "5" * 32, (task("Toy/0"), task("Toy/1"), task("Toy/2")), has_plus=True)


def given(suite: Suite, *rows: tuple[str, str]) -> Samples:
    return collect([Written("here", task_id, code, "solution") for task_id, code in rows], suite)


class Counting:
    """A real sandbox that counts what it is asked."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.isolation = box.isolation
        self.jobs: list[Job] = []
        self.calls = 0

    def run(self, job: Job) -> SampleResult:
        self.jobs.append(job)
        return self.box.run(job)

    def call(
        self, code: str, entry: str, inputs: Sequence[tuple[Any, ...]], limits: Limits | None = None
    ) -> list[CallOutcome]:
        self.calls += 1
        return self.box.call(code, entry, inputs, limits)

    def admit(self, job: Job) -> Admission:
        return self.box.admit(job)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=2) as box:
        yield box


@pytest.fixture
def box(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    monkeypatch.setenv("AKD_CACHE", str(tmp_path / "cache"))
    return Counting(sandbox)


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]


def test_base_and_plus_are_judged_and_written_as_documented(box: Counting, tmp_path: Path) -> None:
    samples = given(SUITE, ("Toy/0", TWICE), ("Toy/1", BASE_ONLY), ("Toy/2", WRONG))
    summary, _ = score(SUITE, samples, box, tmp_path / "out", workers=2)
    rows = lines(tmp_path / "out")
    assert [(row["task_id"], row["sample"], row["base"], row["plus"]) for row in rows] == [
        ("Toy/0", 0, "PASS", "PASS"),
        ("Toy/1", 0, "PASS", "WRONG"),
        ("Toy/2", 0, "WRONG", "WRONG"),
    ]
    assert [(row["base_failed"], row["plus_failed"]) for row in rows] == [([], []), ([], [1]), ([0], [])]
    assert list(rows[1]) == [
        "task_id", "sample", "base", "plus", "base_failed", "plus_failed",
        "detail", "wall_s", "code_sha256", "extraction", "judging",
    ]  # fmt: skip
    assert rows[1]["detail"].startswith("plus test 1: ")
    assert rows[1]["judging"] == "values"
    written = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert written == json.loads(json.dumps(summary.as_json()))
    assert list(written) == [
        "suite", "dataset_md5", "tasks", "samples", "pass@k", "verdicts", "infra", "unsupported", "missing",
        "isolation", "limits", "wall_s", "samples_per_s", "versions", "extraction", "empty", "reasoning_only", "cut",
        "missing_imports", "excluded",
    ]  # fmt: skip
    assert written["pass@k"] == {"base": {"1": pytest.approx(2 / 3)}, "plus": {"1": pytest.approx(1 / 3)}}
    assert written["verdicts"] == {"PASS": 1, "WRONG": 2}


def test_a_suite_without_plus_tests_has_no_plus_fields(box: Counting, tmp_path: Path) -> None:
    plain = Suite("plain", "6" * 32, (Task("a", "p", "f", FunctionTests((Case(args=(1,), expected=2),))),))
    summary, _ = score(plain, given(plain, ("a", TWICE)), box, tmp_path)
    assert not {"plus", "plus_failed"} & set(lines(tmp_path)[0])
    assert summary.pass_at_k == {"base": {"1": 1.0}}


def test_details_list_every_failing_test(box: Counting, tmp_path: Path) -> None:
    samples = given(SUITE, ("Toy/0", WRONG), ("Toy/1", BASE_ONLY), ("Toy/2", TWICE))
    score(SUITE, samples, box, tmp_path, settings=ScoreSettings(details=True))
    assert [(row["base_failed"], row["plus_failed"]) for row in lines(tmp_path)] == [
        ([0, 1], [0, 1, 2]),
        ([], [1, 2]),
        ([], []),
    ]
    assert lines(tmp_path)[0]["plus"] == "WRONG"


def test_missing_tasks_stay_in_the_denominator(box: Counting, tmp_path: Path) -> None:
    summary, _ = score(SUITE, given(SUITE, ("Toy/0", TWICE)), box, tmp_path)
    assert (summary.tasks, summary.samples, summary.missing) == (3, 1, 2)
    assert summary.pass_at_k["plus"] == {"1": pytest.approx(1 / 3)}


def test_equal_programs_of_a_task_are_judged_once_and_reported_each(box: Counting, tmp_path: Path) -> None:
    samples = given(SUITE, *[("Toy/0", TWICE)] * 4, ("Toy/0", WRONG))
    summary, _ = score(SUITE, samples, box, tmp_path, ks=(1, 2, 10))
    assert len(box.jobs) == 3  # TWICE on base and plus, WRONG on base
    assert [row["sample"] for row in lines(tmp_path)] == [0, 1, 2, 3, 4]
    # pass@2 by hand: 1 - C(1,2)/C(5,2) = 1, over 3 tasks of which two are missing; pass@10 is undefined
    assert summary.pass_at_k["plus"] == {"1": pytest.approx(0.8 / 3), "2": pytest.approx(1 / 3)}


def test_the_same_command_again_judges_nothing_twice(box: Counting, tmp_path: Path) -> None:
    samples = given(SUITE, ("Toy/0", TWICE), ("Toy/1", WRONG), ("Toy/2", TWICE))
    first, _ = score(SUITE, samples, box, tmp_path)
    jobs = len(box.jobs)
    again, _ = score(SUITE, samples, box, tmp_path)
    assert len(box.jobs) == jobs
    assert again.pass_at_k == first.pass_at_k
    assert first.samples_per_s > 0
    assert again.samples_per_s == 0  # the rate is that of what this call judged


def test_after_an_interruption_only_what_is_left_is_judged(box: Counting, tmp_path: Path) -> None:
    samples = given(SUITE, ("Toy/0", WRONG), ("Toy/1", WRONG), ("Toy/2", WRONG))

    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(SUITE, samples, box, tmp_path, progress=interrupt)
    kept = lines(tmp_path)
    assert len(kept) == 2
    with (tmp_path / "results.jsonl").open("a") as stream:
        stream.write('{"task_id": "Toy/2", "sam')  # the line that a kill cut off
    again = Counting(box.box)
    summary, _ = score(SUITE, samples, again, tmp_path)
    assert len(again.jobs) == 1
    assert len(lines(tmp_path)) == summary.samples == 3


def test_changed_samples_are_judged_anew_and_old_rows_go(box: Counting, tmp_path: Path) -> None:
    score(SUITE, given(SUITE, ("Toy/0", WRONG), ("Toy/1", TWICE)), box, tmp_path)
    box.jobs.clear()
    summary, _ = score(SUITE, given(SUITE, ("Toy/0", TWICE), ("Toy/1", TWICE)), box, tmp_path)
    assert {job.code for job in box.jobs} == {TWICE}
    assert summary.verdicts == {"PASS": 2}
    assert [row["base"] for row in lines(tmp_path)] == ["PASS", "PASS"]


def test_results_of_other_limits_are_refused_by_name(box: Counting, tmp_path: Path) -> None:
    samples = given(SUITE, ("Toy/0", TWICE))
    score(SUITE, samples, box, tmp_path)
    with pytest.raises(EvalError, match=r"min_time_s was 4\.0 and is 1\.0; choose|min_time_s was 4\.0 and is 1\.0\)"):
        score(SUITE, samples, box, tmp_path, settings=ScoreSettings(min_time_s=1.0))


def test_programs_that_samples_may_start_are_recorded_and_held_to(box: Counting, tmp_path: Path) -> None:
    samples, brought = given(SUITE, ("Toy/0", TWICE)), ScoreSettings(programs=("sh", "cat"))
    summary, _ = score(SUITE, samples, box, tmp_path, settings=brought)
    assert summary.limits["programs"] == ["cat", "sh"]
    assert score(SUITE, samples, box, tmp_path, settings=brought)[0].verdicts == {"PASS": 1}
    with pytest.raises(EvalError, match=r"programs was \['cat', 'sh'\] and is None"):
        score(SUITE, samples, box, tmp_path)


def test_programs_that_are_not_here_are_counted_by_name(tmp_path: Path) -> None:
    starts = "import subprocess\ndef f(x): return subprocess.run(['tar', '--version']).returncode\n"
    with Sandbox("namespace", 1) as jail:
        summary, _ = score(SUITE, given(SUITE, ("Toy/0", starts), ("Toy/1", TWICE)), jail, tmp_path)
    assert summary.as_json()["missing_programs"] == {"tar": 1}
    assert summary.verdicts == {"PASS": 1, "UNSUPPORTED": 1}


def test_expected_outputs_are_computed_once_and_kept_as_data(box: Counting, tmp_path: Path) -> None:
    samples = given(SUITE, ("Toy/0", TWICE), ("Toy/0", BASE_ONLY))
    score(SUITE, samples, box, tmp_path / "one", workers=2)
    assert box.calls == 2  # base and plus of one task
    stored = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert len(stored) == 2
    score(SUITE, samples, box, tmp_path / "two")
    assert box.calls == 2
    stored[0].write_bytes(b"\x80\x04rubbish")
    whole = stored[1].read_bytes()
    stored[1].write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    summary, _ = score(SUITE, samples, box, tmp_path / "three")
    assert box.calls == 4
    assert summary.verdicts == {"PASS": 1, "WRONG": 1}


def test_plus_outputs_are_not_computed_for_a_task_that_nothing_passes(box: Counting, tmp_path: Path) -> None:
    score(SUITE, given(SUITE, ("Toy/0", WRONG)), box, tmp_path)
    assert box.calls == 1


def test_a_cache_that_cannot_be_written_is_said_once_and_does_no_harm(box: Counting, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    said: list[str] = []
    samples = given(SUITE, ("Toy/0", TWICE), ("Toy/1", TWICE))
    summary, _ = score(SUITE, samples, box, tmp_path / "out", cache=blocked, warn=said.append)
    assert summary.verdicts == {"PASS": 2}
    assert len(said) == 1 and "expected outputs are not kept" in said[0]


def test_a_benchmark_whose_own_solution_fails_is_infra_and_never_scored_zero(box: Counting, tmp_path: Path) -> None:
    suite = Suite("bad", "7" * 32, (task("Toy/0", "def f(x):\n    return 1 // 0\n"), task("Toy/1")), has_plus=True)
    summary, _ = score(suite, given(suite, ("Toy/0", TWICE), ("Toy/1", TWICE)), box, tmp_path)
    assert (summary.infra, summary.verdicts) == (1, {"PASS": 1, "INFRA": 1})
    assert summary.pass_at_k["plus"] == {"1": 1.0}
    row = lines(tmp_path)[0]
    assert (row["base"], row["plus"]) == ("INFRA", "INFRA")
    assert "canonical solution of Toy/0 gave RAISED on base test 0" in row["detail"]


def test_infra_is_judged_again_by_the_same_command(box: Counting, tmp_path: Path) -> None:
    suite = Suite("bad", "7" * 32, (task("Toy/0", "def f(x):\n    return 1 // 0\n"),), has_plus=True)
    score(suite, given(suite, ("Toy/0", TWICE)), box, tmp_path)
    mended = Suite("bad", "7" * 32, (task("Toy/0"),), has_plus=True)
    summary, _ = score(mended, given(mended, ("Toy/0", TWICE)), box, tmp_path)
    assert summary.verdicts == {"PASS": 1}


def test_the_tests_hold_their_own_copy_of_what_a_program_mutates(box: Counting, tmp_path: Path) -> None:
    inputs = (([3, 1, 2],),)
    plain = Task("a", "p", "f", ReferenceTests(inputs, Oracle(same)), None, "def f(x):\n    return sorted(x)\n")
    suite = Suite("s", "8" * 32, (plain,))
    mutates = "def f(x):\n    x.sort()\n    return x\n"
    score(suite, given(suite, ("a", mutates), ("a", "def f(x):\n    return sorted(x)\n")), box, tmp_path)
    assert [row["base"] for row in lines(tmp_path)] == ["PASS", "PASS"]
    assert inputs == (([3, 1, 2],),)


def test_a_task_without_plus_inputs_is_decided_by_base(box: Counting, tmp_path: Path) -> None:
    oracle = Oracle(same)
    bare = Task("a", "p", "f", ReferenceTests(((1,),), oracle), ReferenceTests((), oracle), TWICE)
    suite = Suite("s", "9" * 32, (bare,), has_plus=True)
    score(suite, given(suite, ("a", TWICE), ("a", WRONG)), box, tmp_path)
    assert [(row["base"], row["plus"]) for row in lines(tmp_path)] == [("PASS", "PASS"), ("WRONG", "WRONG")]


def test_pass_at_k_leaves_infra_out_and_counts_missing_as_failed() -> None:
    verdicts = [("a", Verdict.PASS), ("a", Verdict.INFRA), ("b", Verdict.TIMEOUT), ("c", Verdict.INFRA)]
    assert pass_at_k(verdicts, (1, 2), missing=2) == {"1": pytest.approx(1 / 4)}


@pytest.mark.parametrize("field", ["min_time_s", "time_factor", "sample_s", "memory_bytes"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_limits_that_are_no_limits_are_refused(field: str, value: float) -> None:
    with pytest.raises(EvalError, match=field):
        ScoreSettings(**{field: value})  # type: ignore[arg-type]


def test_a_full_disk_is_one_line_and_a_fault_of_the_machine(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path, {})
    (tmp_path / "results.jsonl").symlink_to("/dev/full")
    judged = Judged(Verdict.PASS, None, (), (), "", 0.1)
    with pytest.raises(EvalInfraError, match=r"no space left for .*results\.jsonl") as error:
        folder.append([Result("a", 0, judged, "00", "text")])
    assert error.value.exit_code == 3


def test_a_folder_that_cannot_be_made_is_the_users_to_correct(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EvalError, match="choose another place"):
        ResultFolder(tmp_path / "file" / "out", {})

"""What an evaluation comes to."""

import pytest

from akd_code.evaluate import Evaluation, exam_of
from akd_evals.errors import EvalInfraError
from akd_evals.results import Judged, Result, Summary
from akd_evals.suites import Suite, Task
from akd_sandbox import FunctionTests, Verdict

PASS, WRONG, INFRA = Verdict.PASS, Verdict.WRONG, Verdict.INFRA


def suite(*ids: str, plus: bool = False) -> Suite:
    tests = FunctionTests(())
    return Suite("toy", "md5", tuple(Task(one, "", "f", tests, tests if plus else None) for one in ids), plus)


def evaluation(*verdicts: tuple[str, Verdict, Verdict | None], cut: int = 0) -> Evaluation:
    results = tuple(
        Result(task_id, 0, Judged(base, plus, (), (), "no memory", 0.0), "", "fence")
        for task_id, base, plus in verdicts
    )
    summary = Summary("toy", "md5", len(results), len(results), {}, {}, 0, 0, 0, "process", {}, 0.0, 0.0, {})
    return Evaluation(summary, results, len(results), cut, None)


def test_pass_at_1_has_wilsons_interval_over_the_tasks() -> None:
    exam = exam_of(
        evaluation(("a", PASS, None), ("b", WRONG, None), ("c", PASS, None), ("d", PASS, None)), suite(*"abcd")
    )
    assert (exam.tasks, exam.passed, exam.pass_at_1, exam.base_passed) == (4, 3, 0.75, None)
    # Wilson (1927) for 3 of 4 at z = 1.95996: centre (0.75 + 0.48018) / 1.96036, half-width by the formula
    assert exam.ci95 == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_plus_tests_decide_and_base_tests_are_counted_beside_them() -> None:
    exam = exam_of(evaluation(("a", PASS, PASS), ("b", PASS, WRONG), ("c", WRONG, WRONG)), suite(*"abc", plus=True))
    assert (exam.passed, exam.base_passed) == (1, 2)
    assert exam.as_json()["base_pass@1"] == 0.6667


def test_a_task_that_could_not_be_judged_counts_neither_way_and_is_told() -> None:
    exam = exam_of(evaluation(("a", PASS, None), ("b", INFRA, None), ("c", WRONG, None), cut=1), suite(*"abc"))
    assert (exam.tasks, exam.pass_at_1, exam.infra, exam.cut) == (3, 0.5, 1, 1)
    assert {"tasks": 3, "pass@1": 0.5, "infra": 1, "cut": 1}.items() <= exam.as_json().items()


def test_a_task_whose_tests_need_what_is_not_here_counts_neither_way() -> None:
    exam = exam_of(evaluation(("a", PASS, None), ("b", Verdict.UNSUPPORTED, None)), suite(*"ab"))
    assert (exam.pass_at_1, exam.infra) == (1.0, 1)


def test_lab_tasks_are_counted_by_depth() -> None:
    ids = ("lab/d1/000", "lab/d2/000", "lab/d2/001")
    exam = exam_of(evaluation(*zip(ids, (PASS, PASS, WRONG), (None,) * 3, strict=True)), suite(*ids))
    assert exam.by_depth == {1: (1, 1), 2: (1, 2)}
    assert exam.as_json()["by_depth"] == {"1": 1.0, "2": 0.5}


def test_where_nothing_could_be_judged_there_is_no_figure() -> None:
    with pytest.raises(EvalInfraError, match=r"no answer to toy could be judged \(no memory\); run"):
        exam_of(evaluation(("a", INFRA, None)), suite("a"))

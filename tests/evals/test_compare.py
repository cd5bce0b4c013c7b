"""Comparing two runs: the figures by hand, what broke, and what is refused."""

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from scored_runs import LIMITS, row, tasks, write_run

import akd_evals
from akd_evals.api import compare, compare_many
from akd_evals.errors import EvalError
from akd_evals.gate import GateRule, decide
from akd_evals.report import plain
from akd_evals.report.junit import junit_report


def test_one_sample_a_task_gives_counts_delta_and_exact_p(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", tasks(60, 40))
    changed = tasks(60, 40)
    for number in (0, 1, 2, 3, 4, 5, 6, 7):
        changed[f"toy/{number:03d}"] = ["TIMEOUT"]  # 8 broken
    for number in (60, 61):
        changed[f"toy/{number:03d}"] = ["PASS"]  # 2 fixed
    (suite,) = compare(base, write_run(tmp_path / "new", changed)).suites
    paired = suite.main.paired
    assert (paired.broken, paired.fixed, paired.tasks) == (8, 2, 100)
    assert (paired.base, paired.new) == (0.60, 0.54)
    assert paired.delta == pytest.approx(-0.06)
    assert paired.p == pytest.approx(2 * (1 + 10 + 45) / 1024)  # the tail of 10 fair coins up to 2
    assert [pair.task_id for pair in suite.with_status("fixed")] == ["toy/060", "toy/061"]
    assert len(suite.with_status("broken")) == 8
    assert suite.shifts == (("PASS", 60, 54), ("WRONG", 40, 38), ("TIMEOUT", 0, 8))


def test_several_samples_compare_pass_at_k_task_by_task(tmp_path: Path) -> None:
    one = {"a": ["PASS", "WRONG"], "b": ["PASS", "PASS"], "c": ["WRONG", "WRONG"]}
    two = {"a": ["WRONG", "WRONG"], "b": ["PASS", "WRONG"], "c": ["WRONG", "WRONG"]}
    (suite,) = compare(write_run(tmp_path / "base", one), write_run(tmp_path / "new", two), k=2).suites
    # pass@2 by hand: 1, 1, 0 against 0, 1, 0
    assert (suite.main.k, suite.main.paired.base, suite.main.paired.new) == (2, 2 / 3, 1 / 3)
    assert [pair.status for pair in suite.pairs] == ["broken", "pass", "fail"]
    assert [(one.k, one.paired.new) for one in suite.measures] == [(2, 1 / 3), (1, pytest.approx(1 / 6))]


def test_of_a_changed_task_a_passing_program_is_shown_beside_a_failing_one(tmp_path: Path) -> None:
    one, two = (
        {"a": ["WRONG", "PASS", "PASS"], "b": ["WRONG"] * 3},
        {"a": ["PASS", "WRONG", "WRONG"], "b": ["PASS"] * 3},
    )
    (suite,) = compare(write_run(tmp_path / "base", one), write_run(tmp_path / "new", two)).suites
    shown = [(pair.base.shown, pair.new.shown) for pair in suite.pairs]
    assert [(old.base, old.sample, new.base, new.sample) for old, new in shown if old and new] == [
        ("PASS", 1, "WRONG", 1),
        ("WRONG", 0, "PASS", 0),
    ]


def test_a_task_without_samples_counts_as_failed_and_is_named(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", {"a": ["PASS"], "b": ["PASS"]})
    new = write_run(tmp_path / "new", {"a": ["PASS"]}, tasks=2)
    (suite,) = compare(base, new).suites
    assert suite.only_base == ("b",)
    assert suite.main.paired.new == 0.5
    assert suite.with_status("broken")[0].task_id == "b"
    assert "no sample in NEW, counted as failed: b" in plain.text_report(compare(base, new))


def test_a_sample_that_could_not_be_judged_counts_neither_way(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", {"a": ["PASS"], "b": ["PASS"]})
    (suite,) = compare(base, write_run(tmp_path / "new", {"a": ["PASS"], "b": ["INFRA"]})).suites
    assert suite.unjudged == ("b",)
    assert (suite.main.paired.tasks, suite.main.paired.new) == (1, 1.0)


def test_a_task_that_passes_but_takes_far_longer_is_named(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", rows=[row("a", "PASS", wall_s=0.2), row("b", "PASS", wall_s=0.001)])
    new = write_run(tmp_path / "new", rows=[row("a", "PASS", wall_s=1.0), row("b", "PASS", wall_s=0.004)])
    (suite,) = compare(base, new).suites
    assert [pair.task_id for pair in suite.pairs if pair.slower] == ["a"]


def test_plus_tests_decide_where_both_have_them(tmp_path: Path) -> None:
    figures = {"pass@k": {"base": {}, "plus": {}}}
    base = write_run(tmp_path / "base", rows=[row("a", "PASS", plus="PASS")], **figures)
    new = write_run(tmp_path / "new", rows=[row("a", "PASS", plus="WRONG")], **figures)
    (suite,) = compare(base, new).suites
    assert [(one.kind, one.paired.delta) for one in suite.measures] == [("plus", -1.0), ("base", 0.0)]
    assert compare(base, new, tests="base").suites[0].main.paired.delta == 0.0


@pytest.mark.parametrize(
    ("summary", "says"),
    [
        ({"dataset_md5": "beef"}, "dataset digests d41d and beef; score both alike, or give --allow dataset"),
        ({"limits": {"min_time_s": 1.0, "time_factor": 8.0, "sample_s": 60.0}}, "limits (min_time_s 4.0 and 1.0)"),
        ({"limits": {**LIMITS, "programs": ["sh"]}}, "limits (programs None and ['sh'])"),
        ({"isolation": "process"}, "isolation (namespace and process)"),
        ({"suite": "other"}, "mixed suites: base is on toy and new on other"),
    ],
)
def test_runs_that_were_measured_otherwise_are_refused(tmp_path: Path, summary: dict[str, str], says: str) -> None:
    base, new = write_run(tmp_path / "base", tasks(3, 3)), write_run(tmp_path / "new", tasks(3, 3), **summary)
    with pytest.raises(EvalError) as refused:
        compare(base, new)
    assert says in str(refused.value)
    assert compare(base, new, allow=["dataset", "limits", "isolation"]).suites


def test_unequal_numbers_of_samples_are_refused_until_allowed(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", {"a": ["PASS"], "b": ["WRONG"]})
    new = write_run(tmp_path / "new", {"a": ["PASS", "WRONG"], "b": ["WRONG", "WRONG"]})
    with pytest.raises(EvalError, match=r"samples per task \(1 and 2\); score both alike, or give --allow n"):
        compare(base, new)
    assert compare(base, new, allow=["n"]).suites[0].main.paired.delta == pytest.approx(-0.25)
    with pytest.raises(EvalError, match="pass@2 is undefined: a task of toy has 1 samples"):
        compare(base, new, k=2, allow=["n"])


def broken_file(folder: Path, text: str) -> None:
    (folder / "results.jsonl").write_text(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (json.dumps(row("a", "PASS"))[:-9] + "\n", "results.jsonl:1: not JSON"),
        (json.dumps(row("a", "PASS")) + "\n", "has 1 of 2 samples: it was cut off"),
        (2 * (json.dumps(row("a", "PASS")) + "\n"), "results.jsonl:2: sample 0 of a occurs twice"),
        (json.dumps(row("a", "PASS", wall_s=float("nan"))) + "\n", '"wall_s" is nan, no time'),
        (json.dumps(row("a", "MAYBE")) + "\n", "\"base\" is 'MAYBE', no verdict"),
        (json.dumps(row("a", "PASS") | {"sample": 0.5}) + "\n", '"sample" is 0.5'),
        (json.dumps(row("a", "PASS") | {"task_id": 3}) + "\n", '"task_id" must be a text, not int'),
    ],
)
def test_a_damaged_result_file_is_one_line_that_names_the_place(tmp_path: Path, text: str, says: str) -> None:
    base = write_run(tmp_path / "base", {"a": ["PASS"], "b": ["PASS"]})
    new = write_run(tmp_path / "new", {"a": ["PASS"], "b": ["PASS"]})
    broken_file(new, text)
    with pytest.raises(EvalError) as refused:
        compare(base, new)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_results_of_evalplus_are_read(tmp_path: Path) -> None:
    def sample(base: str, plus: str, fails: list[object]) -> dict[str, object]:
        return {
            "solution": "x",
            "base_status": base,
            "plus_status": plus,
            "base_fail_tests": fails,
            "plus_fail_tests": [],
        }

    good = {"HumanEval/0": [sample("pass", "pass", [])], "HumanEval/1": [sample("pass", "fail", [])]}
    worse = {"HumanEval/0": [sample("fail", "pass", [[[1, 2], 0.5]])], "HumanEval/1": [sample("pass", "timeout", [])]}
    for name, content in (("a", good), ("b", worse)):
        (tmp_path / f"{name}_eval_results.json").write_text(json.dumps({"hash": "fe58", "eval": content}))
    (suite,) = compare(tmp_path / "a_eval_results.json", tmp_path / "b_eval_results.json").suites
    assert (suite.suite, suite.base.name, suite.new.name) == ("humaneval+", "a", "b")
    # a program passes plus only if it passes base: 1 of 2 against 0 of 2
    assert (suite.main.kind, suite.main.paired.base, suite.main.paired.new) == ("plus", 0.5, 0.0)
    assert suite.pairs[0].new.shown is not None
    assert suite.pairs[0].new.shown.detail == "fails on [[1, 2], 0.5]"
    assert suite.shifts == (("PASS", 1, 0), ("TIMEOUT", 0, 1), ("FAIL", 1, 1))


def test_results_of_human_eval_are_read(tmp_path: Path) -> None:
    for name, results in (("a", ["passed", "timed out"]), ("b", ["passed", "failed: boom"])):
        rows = [
            {"task_id": f"HumanEval/{i}", "completion": " x", "result": said, "passed": said == "passed"}
            for i, said in enumerate(results)
        ]
        (tmp_path / f"{name}_results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    (suite,) = compare(tmp_path / "a_results.jsonl", tmp_path / "b_results.jsonl").suites
    assert suite.shifts == (("PASS", 1, 1), ("TIMEOUT", 1, 0), ("FAIL", 0, 1))
    assert any("no dataset digest" in note for note in suite.notes)


def test_another_harness_is_another_isolation(tmp_path: Path) -> None:
    (tmp_path / "a_results.jsonl").write_text(
        '{"task_id": "a", "completion": "", "passed": true, "result": "passed"}\n'
    )
    base = write_run(tmp_path / "base", {"a": ["PASS"]}, suite="humaneval")
    with pytest.raises(EvalError, match=r"isolation .namespace and human-eval.*--allow isolation"):
        compare(base, tmp_path / "a_results.jsonl")


def test_several_suites_are_aligned_by_name_and_adjusted_by_holm(tmp_path: Path) -> None:
    for name, broken in (("base", 0), ("new", 7)):
        write_run(tmp_path / name / "one", tasks(100 - broken, broken), suite="one")
        write_run(tmp_path / name / "two", tasks(50, 50), suite="two")
    comparison = compare(tmp_path / "base", tmp_path / "new")
    assert [suite.suite for suite in comparison.suites] == ["one", "two"]
    p = 2 / 2**7
    assert [suite.main.paired.p for suite in comparison.suites] == [p, 1.0]
    assert [suite.main.p_holm for suite in comparison.suites] == [2 * p, 1.0]
    assert not comparison.passed
    assert [suite.gate.passed for suite in comparison.suites] == [False, True]


def test_the_regression_gate_fails_only_on_a_proven_drop(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", tasks(100, 0))
    three, eight = write_run(tmp_path / "three", tasks(97, 3)), write_run(tmp_path / "eight", tasks(92, 8))
    assert compare(base, three).passed  # 3 of 100: the upper bound is above 0
    assert not compare(base, eight).passed
    assert compare(base, eight, margin=5).passed  # but no drop of more than 5 points is proven
    assert not compare(base, three, gate="noninferior", margin=2).passed
    assert compare(base, three, gate="noninferior", margin=15).passed
    assert compare(base, eight, gate="none").passed


def test_the_report_says_what_the_gate_could_have_told(tmp_path: Path) -> None:
    base, new = write_run(tmp_path / "base", tasks(100, 0)), write_run(tmp_path / "new", tasks(97, 3))
    told = plain.could_show(compare(base, new).suites[0])
    assert told.startswith("a drop of ") and told.endswith(" points would have been proven with 80 % chance")
    told = plain.could_show(compare(base, new, gate="noninferior", margin=20).suites[0])
    assert told == "a model as good as the base would have passed with 100 % chance"
    # 100 tasks cannot tell half a point: no outcome at all has a lower bound above -0.5 without many fixed
    told = plain.could_show(compare(base, new, gate="noninferior", margin=0.5).suites[0])
    assert told == "a model as good as the base would have passed with 0 % chance"


def test_the_gate_over_several_suites_goes_down_holms_steps() -> None:
    # intervals of half-width 0.01 at 95 % that widen with the level; the drops are 0.02, 0.0125 and 0
    def interval(delta: float):  # type: ignore[no-untyped-def]
        return lambda level: (delta - 0.2 * (level - 0.9), delta + 0.2 * (level - 0.9))

    deltas = [-0.02, -0.0125, 0.0]
    outcomes = decide(GateRule(), [interval(delta) for delta in deltas], deltas)
    # at 1 - .05/3 the half-width is .01667: only the first fails; at 1 - .05/2 it is .015: the second does not
    assert [one.passed for one in outcomes] == [False, True, True]
    assert outcomes[0].confidence == pytest.approx(1 - 0.05 / 3)
    assert outcomes[1].confidence == pytest.approx(1 - 0.05 / 2)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"gate": "x"}, "unknown gate"),
        ({"margin": -10.0}, "the margin is -10 points"),
        ({"confidence": 1.0}, "confidence"),
        ({"tests": "x"}, "tests"),
    ],
)
def test_a_rule_out_of_range_is_refused(tmp_path: Path, keys: dict[str, object], says: str) -> None:
    base = write_run(tmp_path / "base", tasks(1, 1))
    with pytest.raises(EvalError, match=says):
        compare(base, base, **keys)  # type: ignore[arg-type]


def test_more_than_two_runs_give_a_trend_against_the_first(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / f"round{n}", tasks(40 + 10 * n, 60 - 10 * n)) for n in range(3)]
    trend, comparison = compare_many(runs)
    assert trend is not None
    ((suite, points),) = trend.suites
    assert suite == "toy"
    assert [(point.name, point.score) for point in points] == [("round0", 0.4), ("round1", 0.5), ("round2", 0.6)]
    assert points[0].against_first is None
    assert points[2].against_first is not None
    assert points[2].against_first.delta == pytest.approx(0.2)
    assert points[1].p_holm == pytest.approx(2 / 2**10)  # two comparisons: the smaller p is doubled, this one stays
    assert comparison.new == "round2"


def test_markdown_and_junit_show_untrusted_text_as_it_is(tmp_path: Path) -> None:
    evil = "</failure><script>|`x` \x00 ]]>"
    base = write_run(tmp_path / "base", rows=[row("a|b", "PASS"), row("c", "PASS")])
    new = write_run(tmp_path / "new", rows=[row("a|b", "WRONG", detail=evil), row("c", "PASS")])
    comparison = compare(base, new)
    markdown = plain.markdown_report(comparison)
    assert "<script>" not in markdown
    assert r"a\|b" in markdown
    from xml.etree import ElementTree

    root = ElementTree.fromstring(junit_report(comparison))
    assert [case.get("name") for case in root.iter("testcase")] == ["gate regression", "a|b", "c"]
    assert "</failure><script>" in (root.findall(".//system-out")[1].text or "")


def test_junit_fails_with_the_gate(tmp_path: Path) -> None:
    from xml.etree import ElementTree

    base, new = write_run(tmp_path / "base", tasks(20, 0)), write_run(tmp_path / "new", tasks(5, 15))
    suite = ElementTree.fromstring(junit_report(compare(base, new)))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("21", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "gate regression, margin 0.0: FAIL" in (failure.get("message") or "")


def test_scoring_and_comparing_are_two_calls_that_return_frozen_records(tmp_path: Path) -> None:
    task = {"task_id": "toy/a", "prompt": "", "entry_point": "f", "tests": ["assert f(1) == 2"]}
    (tmp_path / "toy.jsonl").write_text(json.dumps(task) + "\n")
    for name, code in (("old", "def f(x): return x + 1"), ("new", "def f(x): return x")):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"task_id": "toy/a", "solution": code}) + "\n")
        scored = akd_evals.score(
            tmp_path / f"{name}.jsonl", str(tmp_path / "toy.jsonl"), tmp_path / name, backend="process"
        )
    assert scored.summary.verdicts == {"WRONG": 1}
    comparison = akd_evals.compare(tmp_path / "old", tmp_path / "new")
    (pair,) = comparison.suites[0].pairs
    assert pair.status == "broken"
    assert pair.new.shown is not None
    assert comparison.suites[0].new.program(pair.new.shown) == "def f(x): return x"
    with pytest.raises(FrozenInstanceError):
        comparison.base = "x"  # type: ignore[misc]
    assert json.loads(json.dumps(plain.comparison_json(comparison)))["suites"]["toy"]["measures"][0]["delta"] == -1.0


@pytest.mark.parametrize(
    ("points", "shown"),
    [(0, "0.0"), (0.03, "0.03"), (1, "1.0"), (2.5, "2.5"), (0.1 + 0.2, "0.3"), (12.345, "12.345"), (1e-4, "0.0001")],
)
def test_a_margin_is_shown_as_it_was_given(points: float, shown: str) -> None:
    assert plain.margin_text(GateRule(margin=points / 100).margin) == shown


def test_the_margin_of_the_api_is_that_of_the_command(tmp_path: Path) -> None:
    base = write_run(tmp_path / "a", {"t/0": ["PASS"], "t/1": ["PASS"]})
    new = write_run(tmp_path / "b", {"t/0": ["PASS"], "t/1": ["WRONG"]})
    assert compare(base, new, margin=1).rule.margin == pytest.approx(0.01)
    assert "margin 0.03: " in plain.gate_lines(compare(base, new, margin=0.03))[0]

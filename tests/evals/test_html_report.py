"""The HTML page: in a real browser, under attack by what it shows, and small."""

import json
from pathlib import Path

import pytest
from browser import opened
from scored_runs import row, sha, tasks, write_run

from akd_evals.api import compare, compare_many
from akd_evals.report.calls import failing_call
from akd_evals.report.html import html_report
from akd_evals.suites import load_suite

EVIL = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{7*7}}"


def two_runs(tmp_path: Path) -> tuple[Path, Path]:
    changed = tasks(12, 8)
    for number in (3, 5):
        changed[f"toy/{number:03d}"] = ["TIMEOUT"]
    changed["toy/015"] = ["PASS"]
    return write_run(tmp_path / "base", tasks(12, 8)), write_run(tmp_path / "new", changed)


def page_of(tmp_path: Path, text: str) -> str:
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    return path.as_uri()


def test_the_page_filters_sorts_and_opens_tasks_without_a_console_error(tmp_path: Path) -> None:
    address = page_of(tmp_path, html_report(compare(*two_runs(tmp_path), margin=1)))
    with opened() as (page, faults):
        page.goto(address)
        rows = page.locator("#tasks tr.task")
        assert rows.count() == 20
        assert rows.first.inner_text().startswith("toy/003")  # the broken ones stand first

        page.fill("#search", "timeout")
        assert rows.all_inner_texts() and rows.count() == 2
        page.fill("#search", "")
        page.click("#statuses button[data-status=pass]")
        page.click("#statuses button[data-status=fail]")
        assert page.inner_text("#count") == "3 of 20"
        page.select_option("#verdict", "PASS")
        assert rows.count() == 1 and "toy/015" in rows.first.inner_text()
        page.select_option("#verdict", "")
        page.fill("#search", "nothing like this")
        assert page.locator("#none").is_visible()
        page.fill("#search", "")

        page.click("th button[data-sort=place]")
        page.click("th button[data-sort=place]")
        assert rows.first.inner_text().startswith("toy/015")

        rows.nth(1).click()
        sides = page.locator("tr.open .sides > div")
        assert sides.count() == 2
        assert sides.nth(0).locator("pre").inner_text().strip() == "# toy/005 0 PASS"
        assert "base test 1: got 0, expected 1 in toy/005" in sides.nth(1).inner_text()
        assert sides.nth(1).locator("pre .add").count() == 1
        rows.nth(1).click()
        assert page.locator("tr.open").count() == 0
        assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_systems_colours_and_its_own_button(tmp_path: Path, scheme: str) -> None:
    def background(page: object) -> int:
        shown = page.evaluate("getComputedStyle(document.body).backgroundColor")  # type: ignore[attr-defined]
        return int(shown.split("(")[1].split(",")[0])

    with opened(scheme) as (page, faults):
        page.goto(page_of(tmp_path, html_report(compare(*two_runs(tmp_path)))))
        before = background(page)
        assert before < 60 if scheme == "dark" else before > 200
        page.click("#theme")
        after = background(page)
        assert after > 200 if scheme == "dark" else after < 60
        assert faults == []


def test_what_models_wrote_stays_text(tmp_path: Path) -> None:
    base = write_run(tmp_path / "base", rows=[row(EVIL, "PASS"), row("b", "PASS", sample=0)])
    new = write_run(tmp_path / "new", rows=[row(EVIL, "WRONG", detail=EVIL), row("b", "WRONG", code_sha256=sha(EVIL))])
    with (new / "programs.jsonl").open("a") as programs:
        programs.write(json.dumps({"code_sha256": sha(EVIL), "code": EVIL}) + "\n")
    text = html_report(compare_many([base, new])[1])
    assert "<img" not in text
    with opened() as (page, faults):
        page.goto(page_of(tmp_path, text))
        page.locator("#tasks tr.task").first.click()
        page.locator("#tasks tr.task").nth(1).click()
        assert page.title() == "base → new"
        assert EVIL in page.locator("tr.open pre").last.inner_text()
        assert faults == []


def test_several_samples_and_several_runs_get_their_plots(tmp_path: Path) -> None:
    runs = [
        write_run(
            tmp_path / f"round{n}",
            {f"t{i}": ["PASS" if i + j < 2 + n else "WRONG" for j in range(4)] for i in range(5)},
        )
        for n in range(3)
    ]
    trend, comparison = compare_many(runs)
    with opened() as (page, faults):
        page.goto(page_of(tmp_path, html_report(comparison, trend)))
        labels = [svg.get_attribute("aria-label") for svg in page.locator("svg").all()]
        assert labels == [
            "Scores run by run",
            "Differences with their intervals",
            "Scores of each task in both runs",
            "Verdicts as shares of the samples",
        ]
        assert page.locator("polyline.curve").get_attribute("points").count(",") == 3  # type: ignore[union-attr]
        assert faults == []


def test_the_page_stays_under_a_megabyte_and_says_what_it_left_out(tmp_path: Path) -> None:
    rows = {
        name: [row(f"t{i}", verdict, code_sha256=sha(f"{name}{i}")) for i in range(400)]
        for name, verdict in (("a", "PASS"), ("b", "WRONG"))
    }
    for name, given in rows.items():
        folder = write_run(tmp_path / name, rows=given)
        programs = [
            {"code_sha256": sha(f"{name}{i}"), "code": f"# {name}{i}\n" + "x = 'é'\n" * 400} for i in range(400)
        ]
        (folder / "programs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in programs))
    text = html_report(compare(tmp_path / "a", tmp_path / "b"))
    assert len(text.encode()) < 1_000_000
    assert '"program":-1' in text
    assert "http://" not in text and "https://" not in text


def test_the_failing_tests_call_comes_from_the_suite(tmp_path: Path) -> None:
    task = {
        "task_id": "a",
        "prompt": "",
        "entry_point": "f",
        "tests": ["assert f(1, 'x') == 2", "assert f(3, 'y') == 4"],
    }
    (tmp_path / "toy.jsonl").write_text(json.dumps(task) + "\n")
    suite = load_suite(str(tmp_path / "toy.jsonl"))
    assert failing_call(suite, "a", "base test 1: got 0, expected 4") == "f(3, 'y')"
    assert failing_call(suite, "a", "base: SyntaxError") == ""
    assert failing_call(suite, "a", "base test 7: got 0") == ""
    assert failing_call(suite, "b", "base test 1: got 0") == ""

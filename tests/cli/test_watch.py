"""Progress as a person sees it: the time left is that of the work, not of what was there before."""

from __future__ import annotations

import time

import pytest

from akd_code.cli.watch import PlainWatch, TimeLeft


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list whose only item is the time; whoever changes it, turns the clock."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_what_was_there_before_says_nothing_about_how_long_the_rest_takes(clock: list[float]) -> None:
    left = TimeLeft()
    assert left.told(900, 1000, 0) is None
    clock[0] += 10
    assert left.told(910, 1000, 0) == pytest.approx(90)  # one a second, though 91 % is done after ten seconds


def test_nothing_is_foretold_before_anything_was_done(clock: list[float]) -> None:
    left = TimeLeft()
    assert left.told(0, 10, 0) is None
    clock[0] += 100
    assert left.told(0, 10, 0) is None
    assert left.told(5, 10, 0) == pytest.approx(100)


@pytest.mark.parametrize("done", [1, 10, 40, 63])
def test_answers_that_are_written_at_once_count_for_half_until_they_end(clock: list[float], done: int) -> None:
    # 64 at once, each of 100 s: 256 take 400 s; the first of a batch end somewhat before its last
    left = TimeLeft()
    left.told(0, 256, 64)
    clock[0] += 50 + done / 64 * 50
    told = left.told(done, 256, 64)
    assert told is not None
    # counted as nothing, one done after 50.8 s would foretell 3.6 hours
    assert 0.5 * 400 < told + clock[0] - 1000 < 1.5 * 400


def test_the_last_ones_are_not_counted_twice(clock: list[float]) -> None:
    left = TimeLeft()
    left.told(0, 10, 64)
    clock[0] += 90
    assert left.told(9, 10, 64) == pytest.approx(90 * 0.5 / 9.5)
    clock[0] += 10
    assert left.told(10, 10, 64) == 0


def test_a_line_every_ten_seconds_with_the_time_in_the_unit_that_fits(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    watch = PlainWatch()
    watch.stage(2, "labels")
    watch.progress(100, 400)
    for done in range(101, 126):
        clock[0] += 1
        watch.progress(done, 400, "9 judged")
    watch.stage(2, "imitation")
    watch.progress(1, 2000)
    clock[0] += 60
    watch.progress(2, 2000)
    assert capsys.readouterr().err.splitlines() == [
        "round 2: labels",
        "  round 2: labels: 110 of 400, about 5 min left, 9 judged",
        "  round 2: labels: 120 of 400, about 5 min left, 9 judged",
        "round 2: imitation",
        "  round 2: imitation: 2 of 2000, about 33.3 h left",
    ]

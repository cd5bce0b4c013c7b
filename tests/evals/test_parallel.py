import threading
from contextlib import closing

import pytest

from akd_evals.parallel import unordered


def test_every_item_comes_back_with_its_result() -> None:
    assert sorted(unordered(lambda x: x * x, range(20), 3)) == [(x, x * x) for x in range(20)]
    assert list(unordered(lambda x: x, [], 3)) == []


def test_no_more_than_the_workers_run_at_once_and_a_slow_item_holds_up_no_other() -> None:
    release = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            release.wait(30)
        return item

    with closing(unordered(work, range(6), 2)) as arriving:
        first = [next(arriving)[0] for _ in range(5)]
        release.set()
        assert first == [1, 2, 3, 4, 5]
        assert next(arriving) == (0, 0)


def test_a_failure_is_raised_where_the_results_are_read() -> None:
    def work(item: int) -> int:
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 0"):
        list(unordered(work, range(3), 1))


def test_nothing_new_starts_once_it_is_closed() -> None:
    started: list[int] = []
    go_on = threading.Event()

    def work(item: int) -> int:
        started.append(item)
        if item == 1:
            go_on.wait(30)
        return item

    arriving = unordered(work, range(100), 1)
    next(arriving)
    arriving.close()
    go_on.set()
    assert all(
        not thread.is_alive() or thread.join(30) is None
        for thread in threading.enumerate()
        if thread.name == "akd-score"
    )
    assert len(started) <= 2

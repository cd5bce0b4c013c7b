"""`RUN@N`: which round of which distillation run a path names."""

from pathlib import Path

import pytest

from akd_evals.runs import at_round


@pytest.mark.parametrize(
    ("given", "run", "number"),
    [
        ("runs/demo@2", "runs/demo", "2"),
        ("runs/demo", "runs/demo", ""),
        (".@1", ".", "1"),
        ("me@home/demo", "me@home/demo", ""),
        ("a@b@3", "a@b", "3"),
        ("demo@", "demo", ""),
        ("@1", "@1", ""),
    ],
)
def test_what_follows_the_last_at_is_the_round(given: str, run: str, number: str) -> None:
    assert at_round(Path(given)) == (Path(run), number)


def test_a_path_that_exists_is_taken_whole(tmp_path: Path) -> None:
    (tmp_path / "demo@2").mkdir()
    assert at_round(tmp_path / "demo@2") == (tmp_path / "demo@2", "")

"""Code that tasks are inspired by: what of a folder is read, and what never is."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from akd_code.curriculum.snippets import MOST_BYTES, SourceFile, digest_of_sources, draw_snippet, read_sources
from akd_code.errors import RecipeError


def names(folder: Path) -> list[str]:
    return [source.name for source in read_sources(str(folder))]


def test_source_files_are_read_by_name_in_folders_below_too(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.py", "a.GO", "deep/er/c.rs", "notes.txt", "data.json", "Makefile"):
        (tmp_path / name).write_text("x = 1\n")
    assert names(tmp_path) == ["a.GO", "b.py", "deep/er/c.rs"]


def test_links_pipes_hidden_large_empty_and_binary_files_are_passed_over(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("KEY = 1\n")
    folder = tmp_path / "code"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "hook.py").write_text("x = 1\n")
    (folder / ".env.py").write_text("x = 1\n")
    (folder / "link.py").symlink_to(outside / "secret.py")
    (folder / "linked").symlink_to(outside)
    os.mkfifo(folder / "pipe.py")
    (folder / "large.py").write_text("x" * (MOST_BYTES + 1))
    (folder / "empty.py").write_text(" \n")
    (folder / "latin.py").write_bytes("é = 1".encode("latin-1"))
    (folder / "good.py").write_text("x = 1\n")
    assert names(folder) == ["good.py"]


@pytest.mark.parametrize("name", ["", "missing", "file.py", "empty"])
def test_a_folder_without_code_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.py").write_text("x = 1")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecipeError, match=r"generator\.code"):
        read_sources(str(tmp_path / name) if name else "")


def test_the_digest_tells_other_code_and_other_names_apart() -> None:
    one = [SourceFile("a.py", "x"), SourceFile("b.py", "y")]
    others = [one[:1], one[::-1], [SourceFile("a.p", "yx"), one[1]], [SourceFile("a.py", "z"), one[1]]]
    assert len({digest_of_sources(found) for found in (one, *others)}) == 5


def test_lines_that_say_nothing_or_are_endless_make_no_snippet() -> None:
    rng = random.Random(0)
    assert draw_snippet(SourceFile("a.py", "}\n\n}\n"), rng) is None
    assert draw_snippet(SourceFile("a.js", "x" * 5_000), rng) is None
    assert draw_snippet(SourceFile("a.py", "x = 1"), rng) is not None

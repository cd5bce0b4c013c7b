"""The help of a group tells what each of its commands does."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from akd_code.cli import main


@pytest.mark.parametrize("group", ["data", "lab", "modules", "sandbox", "stress", "suite"])
def test_no_line_in_a_list_of_commands_is_cut(group: str) -> None:
    said = CliRunner().invoke(main, [group, "--help"]).output
    assert "..." not in said.partition("Commands:")[2]


def test_a_command_is_listed_with_its_first_sentence() -> None:
    listed = " ".join(CliRunner().invoke(main, ["suite", "--help"]).output.split())
    assert "show Show a task of a suite: what a model is asked, the tests, and the reference solution." in listed

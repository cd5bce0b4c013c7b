"""Functions with doctests as tasks in HumanEval's form."""

from __future__ import annotations

from pathlib import Path

import pytest

from akd_code.intake import IntakeError, UnusableError
from akd_code.intake.doctests import documented_functions

SOURCE = '''"""A module."""

import math
import sys

RATE = 2


def helper(x):
    return RATE * x


def doubled(x, how=math.floor):
    """Return it doubled.

    >>> doubled(2)
    4
    >>> y = helper(1)
    >>> doubled(y)
    4
    >>> print(doubled(1))
    2
    >>> doubled("a")
    Traceback (most recent call last):
        ...
    TypeError: no
    >>> doubled(0) is None
    False
    """
    return how(helper(x))


def shown(x):
    """Print it.

    >>> shown(1)
    one
    """
    print("one")


def plain(x):
    """Without examples."""
    return x
'''


def test_a_function_comes_with_what_it_needs_and_its_examples_are_its_tests(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.py").write_text(SOURCE)
    (tmp_path / "broken.py").write_text("def f(:")
    doubled, shown = documented_functions(tmp_path)
    made = doubled.exercise()
    assert (made.name, made.entry_point) == ("deep/a.py:doubled", "doubled")
    around = "import math\nRATE = 2\n\n\ndef helper(x):\n    return RATE * x\n\n\ndef doubled(x, how=math.floor):\n"
    assert made.prompt.startswith(around) and made.prompt.endswith('False\n    """\n')
    assert made.answer.endswith('    """\n    return how(helper(x))\n```')
    assert made.tests == (
        "assert doubled(2) == 4",
        "y = helper(1)\nassert doubled(y) == 4",
        "assert (doubled(0) is None) is False",
    )
    assert made.setup == "RATE = 2\n\n\ndef helper(x):\n    return RATE * x"
    with pytest.raises(UnusableError, match="no doctest whose result is a value"):
        shown.exercise()


def test_a_folder_without_doctests_is_told(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"no function in .* has doctests"):
        documented_functions(tmp_path)
    with pytest.raises(IntakeError, match="no folder"):
        documented_functions(tmp_path / "absent")

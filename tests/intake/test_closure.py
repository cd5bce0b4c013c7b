"""What a program needs of the code around it."""

from __future__ import annotations

import pytest

from akd_code.intake.closure import free_names, needed, with_needed
from akd_code.intake.exercise import UnusableError

CONTEXT = """from typing import *
from math import *
import os, re
from functools import lru_cache as cached, reduce

LIMIT = 3


class Node:
    def __init__(self, value=LIMIT):
        self.value = value


@cached
def helper(node):
    return other(node)


def other(node):
    return re.sub("a", "b", node.value)


def unused():
    return os.environ
"""


def test_definitions_are_kept_with_what_they_need_in_turn_and_nothing_else() -> None:
    assert needed("def f(x):\n    return helper(x)", CONTEXT) == (
        "import re\nfrom functools import lru_cache as cached\n\n\n"
        "@cached\ndef helper(node):\n    return other(node)\n\n\n"
        'def other(node):\n    return re.sub("a", "b", node.value)'
    )


def test_a_class_brings_the_constant_of_its_default() -> None:
    assert needed("x = Node()", CONTEXT).startswith("LIMIT = 3\n\n\nclass Node:")


def test_a_star_import_says_which_names_it_stands_for() -> None:
    code = "class Solution:\n    def f(self, x: List[int]) -> Optional[int]:\n        return floor(x[0])"
    assert with_needed(code, CONTEXT) == ("from typing import List, Optional\nfrom math import floor\n\n\n" + code)


def test_a_local_name_that_a_star_import_has_too_is_no_need() -> None:
    assert needed("def f(x):\n    floor = x\n    return floor + max(e for e in [x])", CONTEXT) == ""


def test_what_a_program_defines_itself_is_not_taken_again() -> None:
    assert needed("import re\n\ndef helper(x):\n    return re.escape(x)", CONTEXT) == ""


def test_an_import_from_the_files_own_package_cannot_stand_alone() -> None:
    with pytest.raises(UnusableError, match="imports from its own package"):
        needed("def f():\n    return near()", "from .beside import near")


@pytest.mark.parametrize(
    ("code", "free"),
    [
        ("def f(a, b=c):\n    return a + d(b)", {"c", "d"}),
        ("class A(B):\n    x: C = 1\n    def m(self):\n        return x", {"B", "C", "x"}),
        ("y = [q for q in r]\ny += 1", {"r"}),
        ("def f():\n    return g()\ndef g():\n    return len([])", {"len"}),
    ],
)
def test_free_names_are_those_that_nothing_at_the_top_defines(code: str, free: set[str]) -> None:
    assert free_names(code) == free


def test_what_is_not_python_is_told() -> None:
    with pytest.raises(UnusableError, match="not Python"):
        needed("def f(:", "import os")

"""Expectations in tables are made false where they stand, and an honest program notices nothing of it."""

from collections.abc import Iterator

import pytest

from akd_sandbox import CodeTests, Job, Limits, PytestTests, Sandbox, Verdict

HONEST = "def f(n): return 2 * n\n"
TESTS = [
    ("rows", "for n, want in [(1, 2), (2, 4)]:\n    assert f(n) == want"),
    ("columns", "for n, want in zip([1, 2], [2, 4]):\n    assert f(n) == want"),
    ("one column", "for want in [2, 4]:\n    for n in [want // 2]:\n        assert f(n) == want"),
    ("items of a dict", "CASES = {1: 2, 2: 4}\nfor n, want in CASES.items():\n    assert f(n) == want"),
    ("a dict that is looked up", "CASES = {1: 2, 2: 4}\nfor n in CASES:\n    assert f(n) == CASES[n]"),
    ("a dict that is looked up twice",
     "CASES = {1: 2, 2: 4}\nfor n in CASES:\n    assert f(n) == CASES[n]\n"
     "for n in CASES:\n    assert f(n) + 0 == CASES[n]"),
    ("a table that is read twice",
     "CASES = [(1, 2), (2, 4)]\nfor n, want in CASES:\n    assert f(n) == want\n"
     "for n, same in CASES:\n    assert same == f(n)"),
    ("a table that is read again", "T = [(1, 2)]\nfor n, want in T:\n    assert f(n) == want\nassert T[0][1] == f(1)"),
    ("a variable that is read again", "want = max([2])\nassert f(1) == want\nassert f(2) == want + 2"),
    ("a value that is read again", "x = 4\nassert f(2) == x\nassert f(4) == x + 4"),
    ("a truth that stands for many", "want = 4 > 3\nfor n in [1, 2]:\n    assert (f(n) > 0) == want"),
    ("a variable of an outer loop",
     "for n in [1, 2]:\n    want = n + n\n    for k in [1, 2]:\n        assert f(n) == want"),
    ("a variable that is set anew", "n = 0\nwhile n < 3:\n    n += 1\n    want = n * 2\n    assert want == f(n)"),
    ("truths and nothing", "for n, want in [(1, False), (2, True)]:\n    assert (f(n) > 2) == want"),
    ("a variable that is global",
     "def t():\n    global want\n    want = 2\n    assert f(1) == want\nt()\nassert want == 2"),
    ("members", "assert f(2) in (3, 4)\nassert f(True) in {2, 5}\nassert f('a') in ['aa']"),
    ("bounds", "assert 3 < f(2) < 5\nassert f(1e308) >= 1\nassert -1 >= f(-1)\nassert 0 <= f(0)"),
    ("each of several", "assert all(f(n) == 2 * n for n in range(3))\nassert all(f(n) == n for n in range(0))"),
]  # fmt: skip
PARAMETERS = """
import pytest
from solution import f
@pytest.mark.parametrize("n, want", [pytest.param(1, 2, id="a"), (2, 4)])
@pytest.mark.parametrize("k", [1, 2])
def test_both(n, want, k): assert f(n) == want
class TestMore:
    @pytest.mark.parametrize(("a", "want"), [(1, 2)])
    def test_method(self, a, want): assert want == f(a)
    @pytest.mark.parametrize("want", [2, 2.0])
    def test_one(self, want): assert f(1) == want
    @pytest.mark.parametrize("n", list(range(2)))
    def test_unseen(self, n): assert f(n) == n + n
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    limits = Limits(test_s=5.0, import_s=10.0, memory_bytes=512 << 20)
    with Sandbox("namespace", workers=1, limits=limits) as sandbox:
        yield sandbox


@pytest.mark.parametrize("tests", [one[1] for one in TESTS], ids=[one[0] for one in TESTS])
def test_an_honest_program_passes_whatever_its_tests_read(box: Sandbox, tests: str) -> None:
    inside = "def check(candidate):\n" + "".join(f"    {line}\n" for line in tests.splitlines())
    for code in (CodeTests(tests, "asserts"), CodeTests(inside, "check")):
        if "global" in tests and code.style == "asserts":
            continue
        for _ in range(2):
            result = box.run(Job(HONEST, "f", code))
            assert result.verdict is Verdict.PASS, (code.style, result.detail)


def test_an_honest_program_passes_with_parameters_of_every_form(box: Sandbox) -> None:
    result = box.run(Job(HONEST, "", PytestTests({"test_f.py": PARAMETERS})))
    assert result.verdict is Verdict.PASS, result.detail
    assert len(result.tests) == 9

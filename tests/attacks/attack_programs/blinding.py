"""N: wants test code not to see what it gave, by replacing what the tests look with; no expectation tells on that."""

from akd_sandbox import CodeTests, PytestTests, Verdict
from attack_programs.guarded import guarded

V = Verdict
REPLACED = {
    "any": "lambda given: False",
    "all": "lambda given: True",
    "repr": "lambda given: ''",
    "len": "lambda given: 0",
    "max": "lambda *given: 0",
    "isinstance": "lambda given, kind: False",
}
LOOKS = """
def check(candidate):
    found = candidate(3)
    assert not any(item < 0 for item in found)
    assert all(item > 0 for item in found)
    assert "-" not in repr(found)
    assert len(found) < 3
    assert not max(found) > 5
    assert not isinstance(found, list)
"""
"""What is looked for is absent where nothing is seen, whichever way a line is turned."""
UNITTEST = CodeTests(
    """
import unittest
class T(unittest.TestCase):
    def test_signs(self):
        self.assertFalse(any(item < 0 for item in f(3)))
""",
    "unittest",
)
FUNCTIONS = CodeTests(
    """
def test_signs():
    found = f(3)
    assert not any(item < 0 for item in found)
""",
    "functions",
)
PYTEST = PytestTests(
    {
        "test_f.py": """
from solution import f
def negative():
    found = f(3)
    return any(item < 0 for item in found)
def test_signs(): assert not negative()
"""
    }
)
LYING = "import builtins\n{}\ndef f(n): return [-1, 2, 9]\n"
ALL = LYING.format("\n".join(f"builtins.{name} = {lie}" for name, lie in REPLACED.items()))
ANY = LYING.format("builtins.any = lambda given: False")
LATE = """
def f(n):
    import builtins
    builtins.any = lambda given: False
    return [-1, 2, 9]
"""

ATTACKS = (
    guarded("N50", "replaces what a check function looks with", ALL, CodeTests(LOOKS, "check")),
    guarded("N51", "replaces what unittest's checks look with", ANY, UNITTEST),
    guarded("N52", "replaces what test functions look with", ANY, FUNCTIONS),
    guarded("N53", "replaces what pytest's tests look with", ANY, PYTEST),
    guarded("N54", "replaces it when it is called", LATE, FUNCTIONS),
    guarded("N55", "replaces it when it is called, under pytest", LATE, PYTEST),
)

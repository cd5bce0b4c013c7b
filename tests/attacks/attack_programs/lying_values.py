"""B: values that claim to be equal, run code when looked at, or break what looks at them."""

from typing import Any

from akd_sandbox import Case, FunctionTests, Verdict
from attack_programs.record import CHECK, attack, returning

V = Verdict


def is_root(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    """Accept any root of the polynomial in args, as HumanEval/32's oracle does."""
    return abs(sum(c * got**i for i, c in enumerate(args[0]))) < 1e-4


ROOT = FunctionTests((Case(args=([1.0, 2.0],), expected=-0.5, compare=is_root),))

ATTACKS = (
    attack(
        "B1",
        "an object equal to everything",
        V.BADVALUE,
        code="""
class Yes:
    def __eq__(self, other): return True
    def __bool__(self): return True
def f(n): return Yes()
""",
    ),
    attack(
        "B1b",
        "an object equal to everything, under test code",
        V.TAMPER,
        tests=CHECK,
        code="""
class Yes:
    def __eq__(self, other): return True
    __hash__ = None
def f(n): return Yes()
""",
    ),
    attack(
        "B2a",
        "a float that is near everything",
        V.BADVALUE,
        code="""
class Near(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
def f(n): return Near(0)
""",
    ),
    attack(
        "B2b",
        "an int equal to everything",
        V.BADVALUE,
        code="""
class Int(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def f(n): return Int(0)
""",
    ),
    attack(
        "B2c",
        "a str equal to everything, inside a list",
        V.BADVALUE,
        tests=returning(["yes"]),
        code="""
class Str(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
def f(): return [Str("no")]
""",
    ),
    attack(
        "B2d",
        "a list that yields whatever is asked",
        V.BADVALUE,
        tests=returning([1, 2, 3]),
        code="""
class List(list):
    def __eq__(self, other): return True
    def __len__(self): return 3
    def __iter__(self): return iter((1, 2, 3))
def f(): return List()
""",
    ),
    attack(
        "B2e",
        "a defaultdict subclass with a lying __eq__",
        V.BADVALUE,
        tests=returning({"a": 1}),
        code="""
import collections
class D(collections.defaultdict):
    def __eq__(self, other): return True
def f(): return D(list)
""",
    ),
    attack("B3a", "a MagicMock", V.BADVALUE, code="from unittest.mock import MagicMock\ndef f(n): return MagicMock()"),
    attack(
        "B3b", "a numpy array of the right number", V.WRONG, code="import numpy\ndef f(n): return numpy.array([2 * n])"
    ),
    attack(
        "B3c",
        "a signalling Decimal, on which == raises",
        V.WRONG,
        code="from decimal import Decimal\ndef f(n): return Decimal('sNaN')",
    ),
    attack(
        "B3d",
        "a numpy array subclass with a lying __eq__",
        V.BADVALUE,
        code="""
import numpy
class Array(numpy.ndarray):
    def __eq__(self, other): return True
def f(n): return numpy.zeros(1).view(Array)
""",
    ),
    attack(
        "B4a", "True for 1, 1.0 for 1 (equal by value)", V.PASS, tests=returning(1, True), code="def f(): return 1.0"
    ),
    attack("B4b", "'4' for 4", V.WRONG, code="def f(n): return str(2 * n)"),
    attack("B4c", "a tuple for a list", V.WRONG, tests=returning([1, 2]), code="def f(): return (1, 2)"),
    attack("B4d", "a list for a tuple", V.WRONG, tests=returning((1, 2)), code="def f(): return [1, 2]"),
    attack("B5a", "a generator", V.BADVALUE, tests=returning([0, 1]), code="def f(): return (i for i in range(2))"),
    attack("B5b", "a range", V.BADVALUE, tests=returning([0, 1]), code="def f(): return range(2)"),
    attack("B5c", "a dict view", V.BADVALUE, tests=returning(["a"]), code="def f(): return {'a': 1}.keys()"),
    attack(
        "B6",
        "an object whose __reduce__, __repr__, __str__ and __class__ act",
        V.BADVALUE,
        peers=False,
        code="""
def act(*_):
    open("@CANARY@/touched", "w").close()
    return "acted"
class Bomb:
    def __reduce__(self): return (act, ())
    __repr__ = __str__ = __format__ = act
    @property
    def __class__(self): return act() and int
def f(n): return Bomb()
""",
    ),
    attack(
        "B6b",
        "a type whose names act",
        V.BADVALUE,
        V.EXITED,
        code="""
class Meta(type):
    @property
    def __module__(cls): raise SystemExit(0)
    __name__ = property(lambda cls: [].missing)
class Thing(metaclass=Meta): pass
Meta.__qualname__ = "Meta"
def f(n): return Thing()
""",
    ),
    attack(
        "B7",
        "empties its argument so that an oracle on the same list agrees",
        V.WRONG,
        tests=ROOT,
        code="def f(coefficients):\n    coefficients.clear()\n    return 17.0",
    ),
    attack("B9a", "nan where a number is expected", V.WRONG, code="def f(n): return float('nan')"),
    attack("B9b", "1e999 where a number is expected", V.WRONG, code="def f(n): return 1e999"),
    attack(
        "B9c",
        "one nan object in a list, equal to itself by identity",
        V.WRONG,
        tests=returning([1.0]),
        code="nan = float('nan')\ndef f(): return [nan]",
    ),
    attack(
        "B11a",
        "a list a million deep",
        V.BADVALUE,
        code="""
def f(n):
    deep = []
    for _ in range(10 ** 6): deep = [deep]
    return deep
""",
    ),
    attack("B11b", "a list that holds itself", V.BADVALUE, code="x = []\nx.append(x)\ndef f(n): return x"),
    attack(
        "B11c",
        "a dict that holds itself",
        V.BADVALUE,
        tests=returning({"a": 1}),
        code="x = {}\nx['a'] = x\ndef f(): return x",
    ),
    attack(
        "B12a", "a wrong int of 5,000 digits", V.WRONG, tests=returning(10**5000), code="def f(): return 10 ** 5000 + 1"
    ),
    attack(
        "B12b",
        "a lone surrogate, invalid UTF-8 and NUL",
        V.WRONG,
        tests=returning("x"),
        code="import os\ndef f():\n    os.write(1, b'\\xff\\xfe\\0')\n    print('\\udcff')\n    return '\\ud800\\0'",
    ),
    attack(
        "B13",
        "a list that another thread changes while it is read",
        V.WRONG,
        V.RAISED,
        V.EXITED,
        V.CRASHED,
        V.TIMEOUT,
        V.BADVALUE,
        peers=False,
        code="""
import threading
x = [0] * 1000
def churn():
    for _ in range(10 ** 6):
        x.clear(); x.extend([0, "a", None] * 300)
threading.Thread(target=churn, daemon=True).start()
def f(n): return x
""",
    ),
    attack("B14", "a coroutine", V.BADVALUE, code="async def f(n): return 2 * n"),
    attack("B15", "the function itself", V.BADVALUE, code="def f(n): return f"),
)

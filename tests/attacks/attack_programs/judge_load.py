"""K: values made so that reading, comparing or showing them takes the judge for ever, or all its memory."""

from decimal import Decimal
from typing import Any

from akd_sandbox import Case, CodeTests, Digest, FunctionTests, Verdict
from attack_programs.record import CHECK, QUICK, Attack, attack, doubles, returning
from attack_programs.wire import FIND

V = Verdict
BIG = FunctionTests((Case(args=(), expected=Digest("0" * 64, 9_000_000)),))
"""A test whose expected value is only known by its digest, so that the judge digests what it gets."""


def _loose(expected: Any, got: Any, args: tuple[Any, ...]) -> bool:
    return bool(expected == got)


BY_VALUE = FunctionTests((Case(args=(), expected=[4], compare=_loose),))
"""A test with a comparison of its own: values up to the limit arrive whole."""
SLOW = (V.WRONG, V.TAMPER, V.OUTPUT, V.BADVALUE, V.TIMEOUT)


def crafted(
    identity: str, title: str, body: str, tests: FunctionTests | CodeTests = BY_VALUE, *verdicts: Verdict
) -> Attack:
    """Return an attack that sends the bytes of `body` (an expression) as its value."""
    index = 1 if tests is CHECK else 0
    code = FIND + f"BODY = {body}\ndef f(n=0):\n    say(b'V', {index}, BODY)\n    wait()\n"
    return attack(identity, title, *(verdicts or SLOW), code=code, tests=tests, peers=False)


INT = "b'I' + struct.pack('<I', 12) + (%s).to_bytes(12, 'little')"
COUNT = "struct.pack('<I', %s)"

ATTACKS = (
    crafted(
        "K1a",
        "a set of which one half has one hash, the other half different ones",
        f"b'S' + {COUNT % 200_000} + b''.join([{INT % 'i * (2 ** 61 - 1)'} for i in range(1, 100_001)]"
        f" + [{INT % 'i'} for i in range(1, 100_001)])",
    ),
    crafted(
        "K1b",
        "a dict whose keys share one hash",
        f"b'd' + {COUNT % 100_000} + b''.join({INT % 'i * (2 ** 61 - 1)'} + b'N' for i in range(1, 100_001))",
    ),
    crafted(
        "K1c",
        "many sets, each just small enough not to be looked at",
        f"b'l' + {COUNT % 1400} + 1400 * (b'S' + {COUNT % 250}"
        f" + b''.join({INT % 'i * (2 ** 61 - 1)'} for i in range(1, 251)))",
    ),
    crafted(
        "K1d",
        "tuples of -1 and -2, which share their hashes",
        "b'S' + struct.pack('<I', 65536) + b''.join(b't' + struct.pack('<I', 16)"
        " + b''.join((b'i' + struct.pack('<q', -1 - (i >> j & 1))) for j in range(16)) for i in range(40000))"
        " + b''.join(b'i' + struct.pack('<q', i) for i in range(25536))",
    ),
    attack(
        "K1e",
        "an honest set of those tuples is too slow for everybody",
        V.TIMEOUT,
        V.TAMPER,
        V.WRONG,
        V.BADVALUE,
        peers=False,
        tests=BY_VALUE,
        code="import itertools\ndef f(): return set(itertools.product((-1, -2), repeat=14))",
    ),
    attack(
        "K2a",
        "a Decimal with an exponent of a billion, to be digested",
        *SLOW,
        peers=False,
        tests=BIG,
        code="from decimal import Decimal\ndef f(): return Decimal('1e999999999')",
    ),
    attack(
        "K2b",
        "the same, small, and compared",
        *SLOW,
        code="from decimal import Decimal\ndef f(n): return Decimal('1e-999999999')",
    ),
    crafted("K2c", "the same, sent by hand", "b'D' + struct.pack('<I', 12) + b'1e9999999999'[:12]", BIG),
    attack(
        "K2d",
        "a Decimal of a million digits",
        *SLOW,
        peers=False,
        code="from decimal import Decimal\ndef f(n): return Decimal((0, (1,) * 1_000_000, 0))",
    ),
    crafted(
        "K3a",
        "a fraction of two numbers of six million digits, to be reduced",
        "b'Q' + struct.pack('<I', 6_000_001) + b'7' * 3_000_000 + b'/' + b'3' * 3_000_000",
    ),
    attack(
        "K3b",
        "a fraction of long numbers, honestly made",
        *SLOW,
        peers=False,
        code="from fractions import Fraction\ndef f(n): return Fraction(7 ** 100_000, 3 ** 100_000)",
    ),
    crafted("K4a", "eight million times None", "b'l' + struct.pack('<I', 7_000_000) + b'N' * 7_000_000"),
    crafted("K4b", "a million empty sets", "b'l' + struct.pack('<I', 600_000) + b'S\\0\\0\\0\\0' * 600_000"),
    crafted("K4c", "a list that claims four billion items", "b'l' + b'\\xff' * 4 + b'N' * 100"),
    crafted("K4d", "lists four thousand deep", "b'l\\1\\0\\0\\0' * 4000 + b'N'"),
    crafted("K4e", "many shallow trees", "b'l' + struct.pack('<I', 1000) + (b'l\\1\\0\\0\\0' * 398 + b'N') * 1000"),
    crafted(
        "K5a",
        "a dict of a hundred thousand nan keys",
        "b'd' + struct.pack('<I', 100_000) + (b'f' + struct.pack('<d', float('nan')) + b'N') * 100_000",
    ),
    crafted("K5b", "a set that holds a list", "b'S\\1\\0\\0\\0l\\0\\0\\0\\0'", BY_VALUE, V.TAMPER),
    crafted(
        "K6a",
        "an array in an array in an array, as a key",
        "b'S\\1\\0\\0\\0' + (b'A' + text(b'x') + b't\\0\\0\\0\\0' + b't\\1\\0\\0\\0') * 190 + b'N'",
    ),
    crafted(
        "K6b",
        "arrays of huge numbers, to be shown",
        "b'A' + text(b'float64') + b't\\0\\0\\0\\0' + b't\\2\\0\\0\\0'"
        " + (b'I' + struct.pack('<I', 3_000_000) + b'\\x7f' * 3_000_000) * 2",
    ),
    crafted("K6c", "an array of nothing known", "b'A' + text(b'os.system') + b'NN'", BY_VALUE, V.TAMPER),
    crafted("K7a", "a number of eighteen million digits", "b'I' + struct.pack('<I', 7_500_000) + b'\\x7f' * 7_500_000"),
    crafted(
        "K7b",
        "the same among others, to be shown",
        "b'l' + struct.pack('<I', 2) + b'N' + b'I' + struct.pack('<I', 7_500_000) + b'\\x7f' * 7_500_000",
    ),
    attack(
        "K7c",
        "the same, to be compared with a float, a Decimal, a fraction",
        *SLOW,
        peers=False,
        tests=returning(0.5, Decimal("0.5")),
        code="def f(): return 1 << 6_000_000",
    ),
    crafted("K8a", "seven megabytes of text where a short one is due", "text(b'x' * 7_000_000)"),
    crafted(
        "K8b", "text that is not UTF-8", "b's' + struct.pack('<I', 4) + b'\\xff\\xfe\\xfd\\xfc'", BY_VALUE, V.TAMPER
    ),
    crafted("K8c", "a date that is none", "b'w' + struct.pack('<I', 20) + b'timedelta 9e9 1 1 1 '", BY_VALUE, V.TAMPER),
    crafted(
        "K9",
        "a large value where only its digest was allowed",
        "b'l' + struct.pack('<I', 3_000_000) + b'N' * 3_000_000",
        FunctionTests((Case(args=(), expected=4),)),
    ),
    crafted(
        "K9b",
        "a dict of fractions as keys, to be sorted and shown",
        "b'd' + struct.pack('<I', 60_000)"
        " + b''.join(b'Q' + struct.pack('<I', 9) + b'%06x/ff' % i + b'N' for i in range(60_000))",
    ),
    crafted(
        "K9c",
        "a value that makes the test code's == slow",
        "b'l' + struct.pack('<I', 1_000_000) + b'N' * 1_000_000",
        CHECK,
    ),
    attack(
        "K10a",
        "an exception whose message never ends",
        V.TIMEOUT,
        code="""
class Endless(Exception):
    def __str__(self):
        while True: pass
def f(n): raise Endless
""",
    ),
    attack(
        "K10b",
        "an exception whose message is a hundred megabytes",
        V.RAISED,
        V.MEMORY,
        code="def f(n): raise ValueError('x' * 100_000_000)",
    ),
    attack(
        "K10c",
        "an exception whose message raises, whose type has no name",
        V.RAISED,
        V.EXITED,
        code="""
class Meta(type):
    __name__ = property(lambda cls: 1 / 0)
class Odd(Exception, metaclass=Meta):
    def __str__(self): raise SystemExit(0)
def f(n): raise Odd
""",
    ),
    attack(
        "K11a",
        "a traceback of a forged file and a name of a million letters",
        V.RAISED,
        V.SYNTAX,
        code="""
name = "g" * 1_000_000
scope = {}
exec(compile("def " + name + "(): raise ValueError('x')", "<candidate>", "exec"), scope)
def f(n): scope[name]()
""",
    ),
    attack(
        "K11b",
        "an exception chained to itself ten thousand times",
        V.RAISED,
        code="""
def f(n):
    error = ValueError("first")
    for number in range(10_000):
        following = ValueError(str(number))
        following.__cause__ = following.__context__ = error
        error = following
    raise error
""",
    ),
    attack(
        "K11c",
        "a traceback without end",
        V.TIMEOUT,
        V.RAISED,
        V.EXITED,
        V.CRASHED,
        peers=False,
        code="""
class Loop(Exception):
    @property
    def __traceback__(self): return Trace()
class Trace:
    tb_lineno = 1
    tb_next = property(lambda self: self)
    class tb_frame:
        class f_code: co_filename, co_name = "<candidate>", "x" * 100000
def f(n): raise Loop
""",
    ),
    attack(
        "K12",
        "prints control codes, forged summaries and invalid bytes",
        V.WRONG,
        code="import os\ndef f(n):\n    os.write(1, b'\\x1b[2J\\x1b[31mPASS\\r\\n\\xff\\xfe' * 100)\n    return 0",
        limits=QUICK,
    ),
    attack(
        "K13",
        "thousands of tests, each answered by something slow to read",
        *SLOW,
        peers=False,
        tests=doubles(*range(100)),
        code="def f(n): return [{(i, str(i)): [i]} for i in range(3000)]",
    ),
)

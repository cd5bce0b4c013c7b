"""J: speaks to the judge, or returns what misleads, where its tests are code."""

from akd_sandbox import CodeTests, Verdict
from attack_programs.record import CHECK, QUICK, SECRET, attack
from attack_programs.wire import wired

V = Verdict

ATTACKS = (
    wired(
        "J30",
        "a malformed value to the test code",
        V.TAMPER,
        V.WRONG,
        V.RAISED,
        V.BADVALUE,
        tests=CHECK,
        code="def f(n):\n    say(b'V', 1, b'\\xff\\xff')\n    wait()",
    ),
    wired(
        "J31",
        "replies twice",
        V.TAMPER,
        V.WRONG,
        tests=CHECK,
        code="def f(n):\n    os.write(3, frame(b'V', 1, b'N') + frame(b'V', 2, b'N'))\n    wait()",
    ),
    wired(
        "J32",
        "lies about the names it defines",
        V.WRONG,
        V.RAISED,
        V.TAMPER,
        tests=CodeTests("assert helper(2) == 4\n", "asserts"),
        code="""
def f(n): return 2 * n
def lie():
    say(b"V", 1, b"t" + struct.pack("<I", 2) + b"N" + b"i" + bytes(8))
say(b"D", 0)
lie()
wait()
""",
    ),
    wired(
        "J33",
        "makes the test code hang, hoping for no verdict",
        V.TIMEOUT,
        V.TAMPER,
        V.WRONG,
        V.OUTPUT,
        tests=CHECK,
        code="""
def f(n):
    hashes = [i * (2 ** 61 - 1) for i in range(1, 40_000)] + list(range(1, 41_000))
    body = b"".join(b"I" + struct.pack("<I", len(raw)) + raw for raw in (x.to_bytes(12, "little") for x in hashes))
    say(b"V", 1, b"S" + struct.pack("<I", len(hashes)) + body)
    wait()
""",
    ),
    wired(
        "J34",
        "makes the test code run out of memory, hoping for no verdict",
        V.MEMORY,
        V.OUTPUT,
        V.TAMPER,
        V.WRONG,
        V.TIMEOUT,
        V.RAISED,
        tests=CHECK,
        code="""
def f(n):
    count = 1_500_000
    say(b"V", 1, b"l" + struct.pack("<I", count) + b"S\\0\\0\\0\\0" * count)
    wait()
""",
    ),
    wired(
        "J35",
        "objects by numbers that were never given out",
        V.WRONG,
        V.RAISED,
        V.TAMPER,
        tests=CHECK,
        code="def f(n):\n    say(b'V', 1, b'R' + struct.pack('<Q', 2 ** 63) + text(b'int'))\n    wait()",
    ),
    attack(
        "J37",
        "an endless iterable for test code that makes a list of it",
        V.TIMEOUT,
        V.OUTPUT,
        V.MEMORY,
        V.WRONG,
        V.BADVALUE,
        tests=CodeTests("assert list(f(2)) == [4]\n", "asserts"),
        code="import itertools\ndef f(n): return itertools.count()",
    ),
    attack(
        "J38",
        "an attribute whose reading never ends, an attribute that ends the process",
        V.TIMEOUT,
        V.EXITED,
        tests=CodeTests("thing = f(2)\nassert thing.value == 4\n", "asserts"),
        code="""
class Thing:
    @property
    def value(self):
        while True: pass
def f(n): return Thing()
""",
    ),
    attack(
        "J39",
        "stops reading what it is asked",
        V.TIMEOUT,
        V.EXITED,
        tests=CodeTests("big = 'x' * 3_000_000\nassert f(big) == 4\nassert f(big) == 4\n", "asserts"),
        peers=False,
        code="""
import os, time
time.sleep(0)
def f(n):
    time.sleep(30)
""",
    ),
    attack(
        "J40",
        "dies between two calls, its death to be blamed on the test code",
        V.EXITED,
        V.CRASHED,
        tests=CHECK,
        code="""
import os, threading, time
def later():
    time.sleep(0.02)
    os._exit(0)
def f(n):
    threading.Thread(target=later).start()
    if n == 3: time.sleep(1)
    return 2 * n
""",
    ),
    attack(
        "J41",
        "finds the secret of the test code in its own worker",
        V.TAMPER,
        V.WRONG,
        tests=CodeTests(f"SECRET = {SECRET!r}\ndef check(candidate):\n    assert candidate() == SECRET\n", "check"),
        code="""
import gc
def f():
    head = "xyz" + "zy-"
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            for value in list(thing.values()):
                if isinstance(value, str) and value.startswith(head) and len(value) > 20: return value
    return "nothing found"
""",
    ),
    attack(
        "J43",
        "a program text nested deeper than any parser goes",
        V.SYNTAX,
        V.CRASHED,
        V.MEMORY,
        V.RAISED,
        code="def f(n): return " + "(" * 5000 + "n" + ")" * 5000,
    ),
    attack(
        "J44", "a program text of a lone surrogate and a NUL", V.SYNTAX, code="def f(n): return '\ud800\0'", peers=False
    ),
    attack(
        "J45",
        "a program text that is one huge constant expression",
        V.TIMEOUT,
        V.MEMORY,
        V.SYNTAX,
        V.WRONG,
        V.RAISED,
        peers=False,
        limits=QUICK,
        code="x = " + "+".join(["1"] * 20_000) + "\ndef f(n): return 0",
    ),
    attack(
        "J46",
        "prints through the limit of the test code by what it returns",
        V.OUTPUT,
        V.WRONG,
        V.RAISED,
        tests=CodeTests("value = f(2)\nprint(value)\nassert value == 4\n", "asserts"),
        code="def f(n): return 'x' * 3_000_000",
    ),
)

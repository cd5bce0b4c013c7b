"""J: speaks to the judge itself, with the right id, which the program can find in its own frames."""

from akd_sandbox import Verdict
from attack_programs.record import CHECK, Attack, attack, doubles

V = Verdict

FIND = """
import os, struct, sys, time
def channel():
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if type(value).__name__ == "Channel": return value
        frame = frame.f_back
found = channel()
def frame(kind, index, body=b""):
    return struct.pack("<I", 13 + len(body)) + found.nonce + kind + struct.pack("<I", index) + body
def say(kind, index, body=b""):
    data = frame(kind, index, body)
    while data: data = data[os.write(3, data):]
def text(value): return b"s" + struct.pack("<I", len(value)) + value
def wait(): time.sleep(30)
"""
JUST_ONE = doubles(2)


def wired(identity: str, title: str, *verdicts: Verdict, code: str, **options: object) -> Attack:
    """Return an attack whose code finds the channel first. No other harness has one."""
    return attack(identity, title, *verdicts, code=FIND + code, peers=False, **options)


ATTACKS = (
    wired(
        "J1",
        "a frame without the id",
        V.TAMPER,
        code="""
def f(n):
    os.write(3, struct.pack("<I", 22) + bytes(8) + b"V" + bytes(4) + b"i" + bytes(8))
    wait()
""",
    ),
    wired("J2", "an unknown kind of frame", V.TAMPER, code="def f(n):\n    say(b'?', 0)\n    wait()"),
    wired("J3", "says that all tests ran", V.TAMPER, code="def f(n):\n    say(b'Z', 2)\n    wait()"),
    wired("J3b", "says that none were to be run", V.TAMPER, code="def f(n):\n    say(b'Z', 0)\n    wait()"),
    wired("J4", "says that a test passed, as a tester would", V.TAMPER, code="def f(n):\n    say(b'P', 0)\n    wait()"),
    wired("J4b", "asks for a call, as a tester would", V.TAMPER, code="def f(n):\n    say(b'C', 0, b'N')\n    wait()"),
    wired(
        "J5",
        "replies to the second test first",
        V.TAMPER,
        code="def f(n):\n    say(b'V', 1, b'i' + struct.pack('<q', 6))\n    wait()",
    ),
    wired(
        "J6",
        "replies to every test at once, then goes on",
        V.TAMPER,
        V.WRONG,
        code="def f(n):\n    for i in range(3): say(b'V', i, b'N')\n    return 2 * n",
    ),
    wired("J7a", "a malformed exception at import", V.TAMPER, code="say(b'I', 0, b'\\xff' * 40)\nwait()"),
    wired("J7b", "a malformed syntax error", V.TAMPER, code="say(b'S', 0, b'')\nwait()"),
    wired("J7c", "an exception that is a number", V.TAMPER, code="say(b'I', 0, b'i' + bytes(8))\nwait()"),
    wired(
        "J7d", "a malformed exception in a test", V.TAMPER, code="def f(n):\n    say(b'X', 0, b'l' * 400)\n    wait()"
    ),
    wired(
        "J7e",
        "a malformed exception under test code",
        V.TAMPER,
        tests=CHECK,
        code="def f(n):\n    say(b'X', 1, b'\\xff')\n    wait()",
    ),
    wired(
        "J7f",
        "a malformed exception at import, under test code",
        V.TAMPER,
        tests=CHECK,
        code="say(b'I', 0, b'Q')\nwait()",
    ),
    wired("J8", "defined twice", V.TAMPER, code="say(b'D', 0)\ndef f(n): return 2 * n"),
    wired("J9", "a value before it is defined", V.TAMPER, code="say(b'V', 0, b'N')\nwait()"),
    wired(
        "J9b",
        "a value before it is defined, under test code",
        V.TAMPER,
        tests=CHECK,
        code="say(b'V', 0, b'i' + struct.pack('<q', 4))\nwait()",
    ),
    wired("J10a", "a frame of four gigabytes", V.TAMPER, code="def f(n):\n    os.write(3, b'\\xff' * 64)\n    wait()"),
    wired("J10b", "a frame of no length", V.TAMPER, code="def f(n):\n    os.write(3, bytes(64))\n    wait()"),
    wired(
        "J11",
        "half a frame, then silence",
        V.TIMEOUT,
        code="def f(n):\n    os.write(3, frame(b'V', 0, b'N' * 99)[:50])\n    wait()",
    ),
    wired(
        "J11b",
        "a frame in drops, one byte at a time",
        V.TIMEOUT,
        code="""
def f(n):
    for byte in frame(b"V", 0, b"i" + struct.pack("<q", 4)):
        os.write(3, bytes([byte]))
        time.sleep(0.1)
    wait()
""",
    ),
    wired(
        "J12",
        "an exception with a message that takes over a terminal, eight megabytes long",
        V.RAISED,
        V.TAMPER,
        code="""
def f(n):
    message = b"\\x1b[2J\\x1b]0;owned\\x07\\r\\n" * 400_000
    say(b"X", 0, b"t" + struct.pack("<I", 3) + text(b"E" * 1000) + text(message[:7_000_000]) + text(b""))
    wait()
""",
    ),
    wired(
        "J12b",
        "a type name that takes over a terminal",
        V.BADVALUE,
        V.TAMPER,
        code="def f(n):\n    say(b'B', 0, text(b'\\x1b[2J\\r\\nPASS' * 100_000))\n    wait()",
    ),
    wired(
        "J13",
        "a bad value whose name is a tree",
        V.TAMPER,
        V.BADVALUE,
        code="def f(n):\n    say(b'B', 0, b'l\\1\\0\\0\\0' * 300 + b'N')\n    wait()",
    ),
    wired(
        "J14a",
        "a digest that is not a digest",
        V.TAMPER,
        code="def f(n):\n    say(b'G', 0, b't\\2\\0\\0\\0NN')\n    wait()",
    ),
    wired(
        "J14b",
        "a digest whose size is a number of eight million digits",
        V.TAMPER,
        code="""
def f(n):
    huge = b"I" + struct.pack("<I", 3_000_000) + b"\\x7f" * 3_000_000
    say(b"G", 0, b"t" + struct.pack("<I", 2) + text(b"0" * 64) + huge)
    wait()
""",
    ),
    wired(
        "J14c",
        "the digest of the expected value, guessed to be empty",
        V.WRONG,
        V.TAMPER,
        code="def f(n):\n    say(b'G', 0, b't' + struct.pack('<I', 2) + text(b'') + b'i' + bytes(8))\n    wait()",
    ),
    wired(
        "J15",
        "an object reference where a value is due",
        V.WRONG,
        V.TAMPER,
        code="def f(n):\n    say(b'V', 0, b'R' + bytes(8) + text(b'x'))\n    wait()",
    ),
    wired(
        "J16",
        "changes the id it was given",
        V.TAMPER,
        code="found.nonce = bytes(8)\ndef f(n): return 2 * n",
    ),
    wired(
        "J17a",
        "closes every descriptor",
        V.EXITED,
        V.TIMEOUT,
        code="def f(n):\n    os.closerange(0, 256)\n    return 2 * n",
    ),
    wired(
        "J17b",
        "shuts its end of the socket down",
        V.EXITED,
        V.TIMEOUT,
        code="import socket\ndef f(n):\n    socket.socket(fileno=3).shutdown(socket.SHUT_RDWR)\n    return 2 * n",
    ),
    wired(
        "J18",
        "puts stdout where the socket was",
        V.TIMEOUT,
        V.EXITED,
        V.TAMPER,
        code="def f(n):\n    os.dup2(1, 3)\n    return 2 * n",
    ),
    wired(
        "J19",
        "a child answers in its place, wrongly, and both go on",
        V.WRONG,
        V.TAMPER,
        code="""
def f(n):
    if os.fork() == 0:
        return 0
    time.sleep(0.2)
    return 2 * n
""",
    ),
    wired(
        "J20",
        "a thread that goes on sending frames after the function has returned",
        V.TAMPER,
        V.WRONG,
        code="""
import threading
def more():
    for index in range(200):
        try: say(b"V", index, b"N")
        except OSError: return
def f(n):
    threading.Thread(target=more, daemon=True).start()
    time.sleep(0.01)
    return 2 * n
""",
    ),
    wired(
        "J21",
        "becomes another program that sends what it likes",
        V.TAMPER,
        V.WRONG,
        V.EXITED,
        tests=JUST_ONE,
        code="""
def f(n):
    data = frame(b"V", 0, b"i" + bytes(8)) + frame(b"Z", 1)
    os.set_inheritable(3, True)
    program = "import os; os.write(3, bytes.fromhex('%s'))" % data.hex()
    os.execv(sys.executable, [sys.executable, "-S", "-c", program])
""",
    ),
    wired(
        "J22",
        "urgent data and datagrams on the socket",
        V.TAMPER,
        V.TIMEOUT,
        V.RAISED,
        V.WRONG,
        code="""
import socket
def f(n):
    sock = socket.socket(fileno=os.dup(3))
    for flag in (socket.MSG_OOB, socket.MSG_EOR if hasattr(socket, "MSG_EOR") else 0):
        try: sock.send(b"x", flag)
        except OSError: pass
    wait()
""",
    ),
    wired(
        "J23",
        "sends descriptors along with its frames, to fill the judge's table",
        V.WRONG,
        V.TAMPER,
        code="""
import array, socket
def f(n):
    sock = socket.socket(fileno=os.dup(3))
    fds = array.array("i", [0, 1, 2] * 60)
    for _ in range(20):
        sock.sendmsg([frame(b"V", 0, b"N")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    wait()
""",
    ),
    wired(
        "J24",
        "frames of nothing, as fast as it can",
        V.TAMPER,
        code="""
def f(n):
    data = frame(b"V", 7, b"N") * 3000
    for _ in range(100): os.write(3, data)
    wait()
""",
    ),
    wired(
        "J25",
        "takes as long again for the first test by saying early that it is defined",
        V.TIMEOUT,
        V.TAMPER,
        V.WRONG,
        code="say(b'D', 0)\ntime.sleep(3)\ndef f(n): return 2 * n",
    ),
    wired(
        "J26",
        "a value of 4 for the first test, sent before its input was seen",
        V.TAMPER,
        V.WRONG,
        tests=doubles(2, 5),
        code="""
def f(n):
    say(b"V", 0, b"i" + struct.pack("<q", 4))
    say(b"V", 1, b"i" + struct.pack("<q", 4))
    wait()
""",
    ),
    wired(
        "J27",
        "passes the judge's socket and pipes to a process that outlives it",
        V.PASS,
        code="""
def f(n):
    if n == 2 and os.fork() == 0:
        os.setsid()
        time.sleep(1)
        for _ in range(100):
            try: os.write(3, bytes(1000)); os.write(1, b"x" * 1000)
            except OSError: pass
        os._exit(0)
    return 2 * n
""",
    ),
    # --- against the worker that holds test code: whatever the candidate does, the verdict is about the candidate
)

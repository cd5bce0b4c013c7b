"""N: reads what is expected in the run as written, and tells the guarded runs, by what all runs on a machine share."""

from attack_programs.guarded import READ_EXPECTED, guarded

NEXT_CONSTANT = f"""{READ_EXPECTED}
def expected_as_written():
    frame = sys._getframe(2)
    return expected_after(frame) if "_akd_tried" in frame.f_code.co_names else None
"""

ATTACKS = (
    guarded(
        "N66",
        "by which pages of a library are in memory",
        f"""{NEXT_CONSTANT}
import os
place = os.path.dirname(os.__file__)
names = [name for name in os.listdir(place) if name.endswith(".py")]
book = os.open(max((f"{{place}}/{{name}}" for name in names), key=os.path.getsize), os.O_RDONLY)
os.posix_fadvise(book, 0, 0, os.POSIX_FADV_RANDOM)
def in_memory(page):
    try:
        return os.preadv(book, [bytearray(1)], page * 4096, os.RWF_NOWAIT)
    except BlockingIOError:
        return 0
known = {{n: sum(in_memory(6 * n + bit) << bit for bit in range(6)) for n in (2, 3)}}
told = {{}}
def tell(n, number):
    told[n] = number
    os.posix_fadvise(book, 0, 0, os.POSIX_FADV_DONTNEED)
    for n, number in told.items():
        for bit in range(6):
            if number >> bit & 1: os.pread(book, 1, (6 * n + bit) * 4096)
def f(n):
    number = expected_as_written() or known[n]
    tell(n, number)
    return number
""",
        needs="seccomp",
    ),
    guarded(
        "N67",
        "by the moment at which a run ends",
        f"""{NEXT_CONSTANT}
import time
def now(): return int(time.time() / 0.1 % 8)
known = now()
def until(wanted):
    while now() == wanted: time.sleep(0.002)
    while now() != wanted: time.sleep(0.002)
    time.sleep(0.03)
def f(n):
    factor = (expected_as_written() or known * n) // n
    if n == 3: until(factor)
    return factor * n
""",
    ),
)

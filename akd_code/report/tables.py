"""The rounds of a run as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from akd_code.report.rounds import RoundFigures

if TYPE_CHECKING:
    from rich.table import Table


def rounds_table(rounds: Sequence[RoundFigures]) -> Table:
    """Return the table by round."""
    from rich.table import Table

    made = Table(title=None, box=None, pad_edge=False, header_style="bold")
    made.add_column("round")
    for name in ("train pool", "cache pool", "hard share", "teacher calls", "sandbox runs"):
        made.add_column(name, justify="right")
    for suite in rounds[0].exams:
        made.add_column(f"{suite} pass@1 [95 %]", justify="right")
    for one in rounds:
        share = "-" if one.hard_share is None else f"{100 * one.hard_share:.0f} %"
        cells = ["base" if one.number == 0 else str(one.number)]
        cells += ["-" if one.number == 0 else str(one.train_pool), str(one.cache_pool), share]
        cells += ["-", "-"] if one.number == 0 else [str(one.requests), str(one.sandbox_runs)]
        made.add_row(*cells, *(_percent(exam) for exam in one.exams.values()))
    return made


def depth_table(rounds: Sequence[RoundFigures]) -> Table | None:
    """Return pass@1 by task depth and round for the lab's suite; None without one."""
    from rich.table import Table

    exams = [(one.number, exam) for one in rounds for exam in one.exams.values() if exam.get("by_depth")]
    if not exams:
        return None
    made = Table(title=None, box=None, pad_edge=False, header_style="bold")
    made.add_column("lab pass@1 by depth")
    tasks = exams[0][1]["tasks_by_depth"]
    for depth in exams[0][1]["by_depth"]:
        made.add_column(f"{depth} ({tasks[depth]} tasks)", justify="right")
    for number, exam in exams:
        cells = [f"{100 * share:.1f} %" for share in exam["by_depth"].values()]
        made.add_row("base" if number == 0 else f"round {number}", *cells)
    return made


def hardening_table(rounds: Sequence[RoundFigures]) -> Table | None:
    """Return what hardening did to held-out stress prompts and to the suites, by round; None where there was none."""
    from rich.table import Table

    hardened = [one for one in rounds if one.hardening]
    if not hardened:
        return None
    made = Table(title=None, box=None, pad_edge=False, header_style="bold")
    made.add_column("hardening, before -> after")
    for name in ("answers", "right", "withstand exploits", "both"):
        made.add_column(name, justify="right")
    for one in hardened:
        found = one.hardening
        for group, before in found["before"].items():
            after = found["after"][group]
            shares = [_moved(before[name], after[name]) for name in ("functional", "secure", "joint")]
            made.add_row(f"round {one.number}, {group}", str(after["answers"]), *shares)
        for suite, both in found["utility"].items():
            made.add_row(f"round {one.number}, {suite} pass@1", "", _moved(both["before"], both["after"]), "", "")
    return made


def _moved(before: float, after: float) -> str:
    return f"{100 * before:.1f} -> {100 * after:.1f} %"


def _percent(exam: Mapping[str, Any]) -> str:
    low, high = exam["ci95"]
    return f"{100 * exam['pass@1']:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"

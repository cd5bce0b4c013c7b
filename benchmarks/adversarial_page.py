"""What `adversarial.py` shows: its table, its plot, and both within a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from adversarial_figures import Against, Curve, Estimate, against, at_equal_rounds, curves

BASE = "random"
FIRST, LAST = "<!-- results: written by benchmarks/adversarial.py -->", "<!-- end of results -->"
PANELS: Sequence[tuple[str, Sequence[str]]] = (
    ("ways", ("random", "lion+akd", "lion", "akd")),
    ("controls: not looking at the student", ("random", "lion 1:0", "lion blind", "evol", "topics")),
    ("labels and practice, on lion+akd", ("random", "lion+akd", "+ amr-evol", "+ self")),
    ("who decides what is hard, on lion+akd", ("random", "lion+akd", "judge 0.95", "judge 0.8", "tests and judge")),
    ("hard : easy, Lion's streams", ("random", "lion", "lion 1:0", "lion 0:1", "lion 3:1")),
    ("thresholds, on lion+akd", ("random", "lion+akd", "gap 0.01", "gap 1", "judge, tau 0", "judge, tau 4")),
)
VARIES: Mapping[str, str] = {
    **dict.fromkeys(("lion 1:0", "lion 3:1", "lion 0:1", "lion blind"), "lion"),
    **dict.fromkeys(("+ amr-evol", "+ self", "judge 0.95", "judge 0.8", "tests and judge"), "lion+akd"),
    **dict.fromkeys(("gap 0.01", "gap 1"), "lion+akd"),
    **dict.fromkeys(("judge, tau 0", "judge, tau 4"), "judge 0.95"),
}
"""Arm -> the arm from which it differs in one thing."""
COLOURS = ("#8c8c8c", "#2060a0", "#d08020", "#50a080", "#b05050", "#8060b0")
_WIDE, _TALL, _LEFT, _TOP = 470, 250, 44, 40


def table(rows: Sequence[Mapping[str, Any]], rounds: int, order: Sequence[str]) -> str:
    """Return the results as Markdown: what the claim comes to, a line for each arm, pass@1 by depth."""
    found = curves(rows, rounds)
    if BASE not in found:
        return f"no seed of {BASE!r} has finished a round yet"
    beside = {arm: against(found[arm], found[BASE], np.random.default_rng(0)) for arm in order if arm in found}
    head = ["arm", "seeds x rounds", "pass@1, % [95 %]", "calls: teacher + generator + judge"]
    head += ["calls to random's last pass@1, % of random's [95 %]", "gain at equal calls, points [95 %]"]
    lines = [
        f"Seeds of the baseline: {', '.join(map(str, found[BASE].seeds))}.",
        "",
        claim(beside),
        "",
        the_look(found),
        "",
        _row(head),
        _row(["---"] * len(head)),
    ]
    for arm, one in beside.items():
        if one is not None:
            lines.append(_row(_cells(arm, found[arm], one)))
    lines += _varied(found, order)
    depths = sorted({int(depth) for depth in found[BASE].depths})
    heads = [f"pass@1 at depth {depth}" for depth in depths] + [f"new prompts of depth {depth}" for depth in depths]
    lines += ["", _row(["arm", *heads]), _row(["---"] * (1 + len(heads)))]
    for arm in beside:
        curve = found[arm]
        last = curve.passed[:, -1, :]
        shares = [f"{100 * last[:, curve.depths == depth].mean():.1f}" for depth in depths]
        lines.append(_row([arm, *shares, *(f"{100 * curve.new.get(depth, 0.0):.0f} %" for depth in depths)]))
    return "\n".join(lines)


def _varied(found: Mapping[str, Curve], order: Sequence[str]) -> list[str]:
    """Return a table of the arms that change one thing of another, each beside that other."""
    rows = []
    for arm in order:
        other = VARIES.get(arm)
        if arm not in found or other not in found:
            continue
        calls = against(found[arm], found[other], np.random.default_rng(0))
        rounds = at_equal_rounds(found[arm], found[other], np.random.default_rng(0))
        if calls is not None and rounds is not None:
            rows.append(_row([arm, other, _points(rounds), _points(calls.gain)]))
    head = ["arm", "beside", "gain after as many rounds, points [95 %]", "gain at equal calls, points [95 %]"]
    return ["", _row(head), _row(["---"] * len(head)), *rows] if rows else []


def claim(beside: Mapping[str, Against | None]) -> str:
    """Return what the claim of half the calls comes to, for the arms that it is about."""
    base = beside[BASE]
    said = []
    for arm in ("lion+akd", "lion", "akd"):
        one = beside.get(arm)
        if one is None or base is None:
            continue
        holds = one.reached.value <= 0.5 and one.reached.high < one.saved.low
        said.append(f"{'holds' if holds else 'does not hold'} for {arm} ({_percent(one.reached)} % of the calls)")
    text = "At most half of random's calls to its last pass@1, with intervals apart: "
    return text + "; ".join(said) + "." if said else text + "not measured."


def the_look(found: Mapping[str, Curve]) -> str:
    """Return what it is worth to look at the student: the same requests, for hard prompts or for any."""
    if "lion 1:0" not in found or "lion blind" not in found:
        return "What the look at the student is worth: not measured."
    one = against(found["lion 1:0"], found["lion blind"], np.random.default_rng(0))
    shown = "not measured (no seed in common)" if one is None else f"{_points(one.gain)} points at equal calls"
    return f"What the look at the student is worth (lion 1:0 less lion blind): {shown}."


def _points(one: Estimate) -> str:
    return f"{100 * one.value:+.1f} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"


def _cells(arm: str, curve: Curve, one: Against) -> list[str]:
    calls = " + ".join(f"{curve.roles.get(role, 0.0):.0f}" for role in ("teacher", "generator", "referee"))
    final = f"{100 * one.final.value:.1f} [{100 * one.final.low:.1f}, {100 * one.final.high:.1f}]"
    size = f"{one.seeds} x {curve.passed.shape[1] - 1}"
    if arm == BASE:
        return [arm, size, final, calls, f"({_percent(one.saved)})", ""]
    return [arm, size, final, calls, _percent(one.reached), _points(one.gain)]


def _percent(one: Estimate) -> str:
    shown = ["never" if math.isinf(value) else f"{100 * value:.0f}" for value in (one.value, one.low, one.high)]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def page(rows: Sequence[Mapping[str, Any]], rounds: int, order: Sequence[str], path: Path) -> str:
    """Return the page with the table between its marks; a page of its own where there is none yet."""
    text = path.read_text(encoding="utf-8") if path.exists() else f"# The adversary in the lab\n\n{FIRST}\n{LAST}\n"
    before, _, rest = text.partition(FIRST)
    _, found, after = rest.partition(LAST)
    if not found:
        raise SystemExit(f"{path} lacks the lines {FIRST} and {LAST}; put them where the results belong")
    picture = f"![pass@1 by calls, closed world]({path.with_suffix('.svg').name})"
    return f"{before}{FIRST}\n\n{table(rows, rounds, order)}\n\n{picture}\n\n{LAST}{after}"


def plot(rows: Sequence[Mapping[str, Any]], rounds: int, order: Sequence[str]) -> str:
    """Return the curves as SVG: one panel for each question, pass@1 against calls, whiskers of 95 % at each round."""
    found = curves(rows, rounds)
    shown = [(title, [arm for arm in arms if arm in found]) for title, arms in PANELS]
    panels: list[tuple[str, list[str]]] = []
    for title, arms in shown:  # a panel must have something to say that no panel before it says
        if len(arms) > 1 and not any(set(arms) <= set(before) for _, before in panels):
            panels.append((title, arms))
    low = min((curve.shares.min() for curve in found.values()), default=0.0) - 0.05
    high = max((curve.shares.max() for curve in found.values()), default=1.0) + 0.05
    tall = _TALL * ((len(panels) + 1) // 2) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDE} {tall}" font-family="sans-serif" '
        'font-size="11" fill="#333">',
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="8" y="16" font-size="12">pass@1 on held-out tasks, %, by calls to teacher, generator and judge '
        "(lab: a closed world, no benchmark)</text>",
    ]
    for number, (title, arms) in enumerate(panels):
        origin = (number % 2) * _WIDE + _LEFT, (number // 2) * _TALL + _TOP + 14
        parts += _panel(title, {arm: found[arm] for arm in arms}, origin, (low, high))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(
    title: str, shown: Mapping[str, Curve], origin: tuple[float, float], range_: tuple[float, float]
) -> list[str]:
    (left, top), (low, high) = origin, range_
    wide, tall = _WIDE - _LEFT - 16, _TALL - 70
    most = max(float(curve.calls.mean(axis=0)[-1]) for curve in shown.values())

    def x(calls: float) -> float:
        return left + wide * calls / most

    def y(share: float) -> float:
        return top + tall * (high - share) / (high - low)

    parts = [f'<text x="{left}" y="{top - 8}" font-weight="bold">{title}</text>']
    for tick in range(0, 101, 10):
        if low <= tick / 100 <= high:
            parts.append(_line(left, y(tick / 100), left + wide, y(tick / 100), "#ddd"))
            parts.append(f'<text x="{left - 6}" y="{y(tick / 100) + 4:.1f}" text-anchor="end">{tick}</text>')
    for tick in range(0, int(most) + 1, 500):
        parts.append(f'<text x="{x(tick):.1f}" y="{top + tall + 14}" text-anchor="middle">{tick}</text>')
    for place, (arm, curve) in enumerate(shown.items()):
        parts += _drawn(curve, COLOURS[place], x, y, place - len(shown) / 2)
        parts.append(
            f'<text x="{left + 8 + 82 * (place % 5)}" y="{top + tall + 30 + 12 * (place // 5)}" '
            f'fill="{COLOURS[place]}">{arm}</text>'
        )
    return parts


def _drawn(curve: Curve, colour: str, x: Any, y: Any, shift: float) -> list[str]:
    """Return one curve; `shift` moves its whiskers a little, so that those of several arms can be told apart."""
    calls, shares = curve.calls.mean(axis=0), curve.shares
    points = " ".join(f"{x(one):.1f},{y(share):.1f}" for one, share in zip(calls, shares, strict=True))
    parts = [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for number, (low, high) in enumerate(_whiskers(curve)):
        at = x(calls[number]) + 2 * shift
        parts.append(_line(at, y(low), at, y(high), colour))
    return parts


def _whiskers(curve: Curve, draws: int = 1000) -> list[tuple[float, float]]:
    """Return the interval of pass@1 at each round, seeds and tasks drawn anew."""
    rng = np.random.default_rng(0)
    seeds, _, tasks = curve.passed.shape
    means = []
    for _ in range(draws):
        by_task = curve.passed[rng.integers(seeds, size=seeds)].mean(axis=0)
        means.append(by_task[:, rng.integers(tasks, size=tasks)].mean(axis=1))
    low, high = np.percentile(np.array(means), (2.5, 97.5), axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'

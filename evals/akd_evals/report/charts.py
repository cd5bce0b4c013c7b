"""The page's plots as inline SVG: plain shapes, coloured by the page's style sheet, so that dark mode reaches them.

Every text that comes from outside is escaped here.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from akd_evals.comparison import Measure, SuiteComparison
from akd_evals.report.plain import points
from akd_evals.trend import TrendPoint

_WIDTH = 480


def forest(measures: Sequence[Measure], margin: float) -> str:
    """Return the differences with their intervals, 0 and the margin as lines; points to the right favour NEW."""
    left, right, top, row = 100, 96, 14, 30
    bounds = [100 * bound for one in measures for bound in (one.paired.low, one.paired.high)]
    low, high = min(0.0, -100 * margin, *bounds), max(0.0, *bounds)
    step = _step(high - low)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    if high == low:
        high = low + step

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (_WIDTH - left - right)

    bottom = top + row * len(measures)
    parts = []
    for index in range(round((high - low) / step) + 1):
        tick = low + index * step
        parts.append(_line(x(tick), top, x(tick), bottom, "zero" if abs(tick) < 1e-9 else "grid"))
        parts.append(_text(x(tick), bottom + 16, f"{tick + 0.0:+g}" if abs(tick) > 1e-9 else "0", "tick middle"))
    if margin:
        parts.append(_line(x(-100 * margin), top - 6, x(-100 * margin), bottom, "margin"))
        parts.append(_text(x(-100 * margin), top - 4, "margin", "tick middle"))
    for index, one in enumerate(measures):
        y, paired = top + row * (index + 0.5), one.paired
        side = "worse" if paired.high < 0 else "better" if paired.low > 0 else "even"
        parts.append(_text(0, y + 4, one.name, "label"))
        parts.append(_line(x(100 * paired.low), y, x(100 * paired.high), y, f"whisker {side}"))
        for end in (paired.low, paired.high):
            parts.append(_line(x(100 * end), y - 5, x(100 * end), y + 5, f"whisker {side}"))
        parts.append(f'<circle cx="{x(100 * paired.delta):.1f}" cy="{y:.1f}" r="5" class="dot {side}"/>')
        parts.append(_text(_WIDTH, y + 4, f"{points(paired.delta)} points", "label end"))
    return _svg(parts, bottom + 24, "Differences with their intervals")


def verdict_bars(suite: SuiteComparison) -> str:
    """Return each verdict's share of the samples, BASE's bar above NEW's."""
    return _bars(suite, suite.shifts, 80, "Verdicts as shares of the samples")


def answer_bars(suite: SuiteComparison) -> str:
    """Return the share of the samples that each extraction rule found, and of those cut, BASE's bar above NEW's."""
    counts = [(one.kind, one.base, one.new) for one in suite.answers]
    return _bars(suite, counts, 150, "How answers were read, as shares of the samples")


def _bars(suite: SuiteComparison, counts: Sequence[tuple[str, int, int]], left: int, title: str) -> str:
    right, row = 112, 34
    before, after = max(1, sum(old for _, old, _ in suite.shifts)), max(1, sum(new for _, _, new in suite.shifts))
    shares = [(name, old / before, new / after) for name, old, new in counts]
    widest = max((max(old, new) for _, old, new in shares), default=1.0) or 1.0
    parts = []
    for index, (name, old, new) in enumerate(shares):
        y = index * row + 6
        parts.append(_text(0, y + 16, name, "label"))
        for offset, share, side in ((0, old, "base"), (11, new, "new")):
            width = max(1.0 if share else 0.0, share / widest * (_WIDTH - left - right))
            parts.append(f'<rect x="{left}" y="{y + offset}" width="{width:.1f}" height="9" class="bar {side}"/>')
        change = f"{100 * old:.1f} → {100 * new:.1f} %"
        parts.append(_text(_WIDTH, y + 16, change, "label end"))
    return _svg(parts, len(shares) * row + 4, title)


def scatter(suite: SuiteComparison) -> str:
    """Return one point per task: its score in BASE to the right, in NEW upwards. Below the diagonal NEW is worse."""
    size, pad = 320, 34

    def place(score: float) -> float:
        return pad + score * (size - 2 * pad)

    parts = [_line(place(0), size - place(0), place(1), size - place(1), "zero")]
    for tick in (0.0, 0.5, 1.0):
        parts.append(_line(place(tick), place(0), place(tick), place(1), "grid"))
        parts.append(_line(place(0), size - place(tick), place(1), size - place(tick), "grid"))
        parts.append(_text(place(tick), size - pad + 16, f"{100 * tick:.0f}", "tick middle"))
        parts.append(_text(pad - 6, size - place(tick) + 4, f"{100 * tick:.0f}", "tick end"))
    for pair in suite.pairs:
        kind = {"broken": "worse", "fixed": "better"}.get(pair.status, "even")
        told = html.escape(f"{pair.task_id}: {100 * pair.base.score:.0f} % -> {100 * pair.new.score:.0f} %")
        x, y = place(pair.base.score), size - place(pair.new.score)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="point {kind}"><title>{told}</title></circle>')
    parts.append(_text(size / 2, size - 2, "base, %", "tick middle"))
    parts.append(_text(4, 14, "new, %", "tick"))
    return _svg(parts, size, "Scores of each task in both runs", size)


def curve(rows: Sequence[TrendPoint]) -> str:
    """Return the scores of runs in their order with their intervals."""
    left, top, height = 44, 14, 200
    bounds = [bound for row in rows for bound in row.ci]
    step = _step(100 * (max(bounds) - min(bounds)))
    low, high = math.floor(100 * min(bounds) / step) * step, math.ceil(100 * max(bounds) / step) * step

    def y(score: float) -> float:
        return top + (1 - (100 * score - low) / max(high - low, 1e-9)) * (height - top - 30)

    def x(index: int) -> float:
        return left + (index + 0.5) * (_WIDTH - left) / len(rows)

    parts = []
    for index in range(round((high - low) / step) + 1):
        tick = low + index * step
        parts.append(_line(left, y(tick / 100), _WIDTH, y(tick / 100), "grid"))
        parts.append(_text(left - 6, y(tick / 100) + 4, f"{tick:g}", "tick end"))
    path = " ".join(f"{x(index):.1f},{y(row.score):.1f}" for index, row in enumerate(rows))
    parts.append(f'<polyline points="{path}" class="curve"/>')
    for index, row in enumerate(rows):
        parts.append(_line(x(index), y(row.ci[0]), x(index), y(row.ci[1]), "whisker even"))
        told = html.escape(f"{row.name}: {100 * row.score:.1f} %")
        dot = f'cx="{x(index):.1f}" cy="{y(row.score):.1f}" r="4.5" class="dot even"'
        parts.append(f"<circle {dot}><title>{told}</title></circle>")
        name = row.name if len(row.name) <= 18 else row.name[:17] + "…"
        parts.append(_text(x(index), height - 8, name, "tick middle"))
    return _svg(parts, height, "Scores run by run")


def _step(span: float) -> float:
    """Return a round distance of axis ticks that gives about five of them."""
    raw = max(span, 0.5) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{html.escape(text)}</text>'


def _svg(parts: Sequence[str], height: float, title: str, width: int = _WIDTH) -> str:
    inner = "".join(parts)
    name = html.escape(title)
    size = f'viewBox="0 0 {width} {height:.0f}" style="max-width:{width}px"'
    return f'<svg {size} role="img" aria-label="{name}">{inner}</svg>'

"""A comparison as plain data, as a terminal table and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from akd_evals.comparison import Comparison, Measure, Side, SuiteComparison, TaskPair
from akd_evals.trend import Trend

_NAMED = 12


def points(fraction: float, sign: bool = True) -> str:
    """Return a fraction as percentage points with one decimal, never "-0.0"."""
    value = round(100 * fraction, 1) + 0.0
    return f"{value:+.1f}" if sign and value else f"{value:.1f}"


def margin_text(margin: float) -> str:
    """Return a margin (a fraction) in points as it was given, with one decimal at least: 0.03 stays 0.03."""
    text = f"{round(100 * margin, 9):.9f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def _as_fine(fraction: float, limit: str) -> str:
    """Return a fraction in points with as many decimals as the limit it is held against."""
    decimals = len(limit.partition(".")[2])
    value = round(100 * fraction, decimals) + 0.0
    return f"{value:+.{decimals}f}" if value else f"{value:.{decimals}f}"


def p_text(p: float) -> str:
    """Return a p-value with two significant digits."""
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"


def gate_lines(comparison: Comparison) -> list[str]:
    """Return what the gate says, suite by suite, with the bound it went by and what the data could have shown."""
    rule = comparison.rule
    if rule.gate == "none":
        return ["gate: none"]
    lines = []
    for suite in comparison.suites:
        gate = suite.gate
        limit = f"-{margin_text(rule.margin)}" if rule.margin else "0.0"
        bound = _as_fine(gate.bound or 0.0, limit)
        state = "PASS" if gate.passed else "FAIL"
        if rule.gate == "regression":
            why = f"the upper bound {bound} is {'not ' if gate.passed else ''}below {limit}"
        else:
            why = f"the lower bound {bound} is {'' if gate.passed else 'not '}above {limit}"
        level = f" at {100 * gate.confidence:.4g} %" if gate.confidence != rule.confidence else ""
        name = f" {suite.suite}" if len(comparison.suites) > 1 else ""
        lines.append(f"gate {rule.gate}, margin {margin_text(rule.margin)}:{name} {state} ({why}{level})")
    return lines


def could_show(suite: SuiteComparison) -> str:
    """Return as a sentence what the gate could have told from this much data."""
    if suite.clearing is not None:
        return f"a model as good as the base would have passed with {100 * suite.clearing:.0f} % chance"
    if suite.detectable is None:
        return "with so few tasks no drop could have been proven"
    return f"a drop of {points(suite.detectable, False)} points would have been proven with 80 % chance"


def text_report(comparison: Comparison) -> str:
    """Return the comparison as a short text for a terminal."""
    lines: list[str] = []
    for suite in comparison.suites:
        lines.append(_heading(suite))
        lines += [f"  {line}" for line in suite.notes]
        lines += [f"  {_measure_line(measure, len(comparison.suites))}" for measure in suite.measures]
        lines += [f"  {line}" for line in _task_lines(suite)]
        lines.append(f"  {could_show(suite)}")
        lines += [f"  {line}" for line in _spread_lines(suite)]
    return "\n".join([*lines, *gate_lines(comparison)])


def _heading(suite: SuiteComparison) -> str:
    paired = suite.main.paired
    return f"{suite.suite}: {suite.base.name} -> {suite.new.name}, {paired.tasks} tasks ({paired.method})"


def _measure_line(measure: Measure, suites: int) -> str:
    paired = measure.paired
    name = f"{measure.kind:4}  pass@{measure.k:<3}" if measure.kind in ("base", "plus") else f"{measure.name:14}"
    line = (
        f"{name}  {100 * paired.base:5.1f} % -> {100 * paired.new:5.1f} %   "
        f"{points(paired.delta):>5} [{points(paired.low)}, {points(paired.high)}]  {p_text(paired.p)}"
    )
    return f"{line} (Holm: {p_text(measure.p_holm)})" if suites > 1 and measure.p_holm != paired.p else line


def _task_lines(suite: SuiteComparison) -> list[str]:
    lines = []
    both = len(suite.with_status("pass")), len(suite.with_status("fail")), len(suite.with_status("same"))
    rest = f"unchanged {sum(both)} ({both[0]} pass, {both[1]} fail{f', {both[2]} between' if both[2] else ''})"
    broken, fixed = suite.with_status("broken"), suite.with_status("fixed")
    lines.append(f"broken {len(broken)}, fixed {len(fixed)}, {rest}")
    slower = tuple(pair for pair in suite.pairs if pair.slower)
    for name, pairs in (("broken", broken), ("fixed", fixed), ("slower but passing", slower)):
        if pairs:
            lines.append(f"{name}: {listed([pair.task_id for pair in pairs])}")
    for name, ids in (
        ("no sample in NEW, counted as failed", suite.only_base),
        ("no sample in BASE, counted as failed", suite.only_new),
        ("not judged, left out", suite.unjudged),
    ):
        if ids:
            lines.append(f"{name}: {listed(ids)}")
    moved = [f"{verdict} {before} -> {after}" for verdict, before, after in suite.shifts]
    lines.append("verdicts: " + ", ".join(moved))
    if any(one.moved for one in suite.answers):
        lines.append("answers: " + ", ".join(f"{one.kind} {one.base} -> {one.new}" for one in suite.answers))
    return lines


def _spread_lines(suite: SuiteComparison) -> list[str]:
    if all(spread is None for spread in suite.spreads):
        return []
    shares = [
        f"{100 * spread.share:.0f} % in {run.name}"
        for run, spread in zip((suite.base, suite.new), suite.spreads, strict=True)
        if spread is not None
    ]
    return [
        f"of the variance of pass@1, more samples per task would remove {', '.join(shares)}; the rest is the tasks'"
    ]


def listed(ids: Sequence[str], shown: int = _NAMED) -> str:
    """Return the first ids and how many more there are."""
    head = ", ".join(ids[:shown])
    return f"{head} and {len(ids) - shown} more" if len(ids) > shown else head


def markdown_report(comparison: Comparison) -> str:
    """Return the comparison as Markdown for a pull request; names and details are escaped."""
    state = "passes" if comparison.passed else "FAILS"
    title = f"{_md(comparison.base)} → {_md(comparison.new)}"
    lines = [f"### {title}", ""]
    if comparison.rule.gate != "none":
        lines += [f"**The {comparison.rule.gate} gate {state}.** " + "; ".join(map(_md, gate_lines(comparison))), ""]
    lines += [
        "| suite | measure | base | new | difference [95 %] | p |".replace("95", _level(comparison)),
        "|---" * 6 + "|",
    ]
    for suite in comparison.suites:
        for measure in suite.measures:
            paired = measure.paired
            lines.append(
                f"| {_md(suite.suite)} | {measure.name} | {100 * paired.base:.1f} % | "
                f"{100 * paired.new:.1f} % | {points(paired.delta)} [{points(paired.low)}, {points(paired.high)}] | "
                f"{p_text(measure.p_holm)[2:].removeprefix('= ')} |"
            )
    for suite in comparison.suites:
        lines += ["", f"**{_md(suite.suite)}**: {_md(could_show(suite))}.", ""]
        lines += [f"* {_md(line)}" for line in (*_task_lines(suite), *_spread_lines(suite), *suite.notes)]
        changed = suite.with_status("broken")[:_NAMED]
        if changed:
            lines += [
                "",
                "<details><summary>broken tasks</summary>",
                "",
                "| task | base | new | why |",
                "|---|---|---|---|",
            ]
            lines += [f"| {_md(p.task_id)} | {_verdicts(p.base)} | {_verdicts(p.new)} | {_why(p)} |" for p in changed]
            lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def _level(comparison: Comparison) -> str:
    return f"{100 * comparison.rule.confidence:.4g}"


def _verdicts(side: Side) -> str:
    if len(side.verdicts) == 1:
        return side.verdicts[0][0]
    return ", ".join(f"{count} {verdict}" for verdict, count in side.verdicts) or "no sample"


def _why(pair: TaskPair) -> str:
    detail = pair.new.shown.detail if pair.new.shown else ""
    return _md(detail if len(detail) <= 120 else detail[:119] + "…")


def _md(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    one_line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join("\\" + char if char in "\\`*_[]|#~@" else char for char in one_line)


def trend_text(trend: Trend) -> str:
    """Return the runs of a trend, one per line, each against the first."""
    lines = []
    for suite, rows in trend.suites:
        lines.append(f"{suite}: pass@{trend.k} by run")
        for row in rows:
            paired = row.against_first
            change = ""
            if paired is not None:
                change = (
                    f"   {points(paired.delta):>5} [{points(paired.low)}, {points(paired.high)}]  {p_text(row.p_holm)}"
                )
            low, high = row.ci
            lines.append(f"  {row.name:24} {100 * row.score:5.1f} % [{100 * low:.1f}, {100 * high:.1f}]{change}")
    return "\n".join(lines)


def trend_json(trend: Trend) -> dict[str, Any]:
    """Return the trend as plain data."""
    return {
        suite: [
            {
                "run": row.name,
                f"pass@{trend.k}": row.score,
                "ci": list(row.ci),
                "difference": None if row.against_first is None else asdict(row.against_first),
                "p_holm": row.p_holm,
            }
            for row in rows
        ]
        for suite, rows in trend.suites
    }


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as plain data, without the programs."""
    rule = comparison.rule
    return {
        "base": comparison.base,
        "new": comparison.new,
        "gate": {
            "gate": rule.gate,
            "margin": rule.margin,
            "confidence": rule.confidence,
            "passed": comparison.passed,
        },
        "suites": {suite.suite: _suite_json(suite) for suite in comparison.suites},
    }


def _suite_json(suite: SuiteComparison) -> dict[str, Any]:
    return {
        "tasks": suite.main.paired.tasks,
        "dataset_md5": suite.base.dataset_md5,
        "measures": [
            {
                "tests": measure.kind,
                "k": measure.k,
                **asdict(measure.paired),
                "p_holm": measure.p_holm,
                "base_ci": list(measure.base_ci),
                "new_ci": list(measure.new_ci),
            }
            for measure in suite.measures
        ],
        "gate": asdict(suite.gate),
        "detectable_drop": suite.detectable,
        "chance_to_clear": suite.clearing,
        "sample_variance_share": [None if spread is None else spread.share for spread in suite.spreads],
        "verdicts": {verdict: {"base": before, "new": after} for verdict, before, after in suite.shifts},
        "answers": {one.kind: {"base": one.base, "new": one.new} for one in suite.answers},
        "only_base": list(suite.only_base),
        "only_new": list(suite.only_new),
        "unjudged": list(suite.unjudged),
        "notes": list(suite.notes),
        "pairs": [
            {
                "task_id": pair.task_id,
                "status": pair.status,
                "slower": pair.slower,
                "base": _side_json(pair.base),
                "new": _side_json(pair.new),
            }
            for pair in suite.pairs
        ],
    }


def _side_json(side: Side) -> dict[str, Any]:
    return {
        "score": side.score,
        "verdicts": dict(side.verdicts),
        "wall_s": side.wall_s,
        "detail": side.shown.detail if side.shown else "",
    }

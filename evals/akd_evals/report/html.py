"""One self-contained page: no network, dark mode, every task with its two programs side by side.

Names, details and programs are untrusted. The template escapes; what the script shows comes from a JSON block in which
`<` is written as an escape, and goes into the page as text; a content security policy forbids any other script and
every request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from akd_evals.comparison import Comparison, Side, SuiteComparison, TaskPair
from akd_evals.report import charts
from akd_evals.report.calls import failing_call
from akd_evals.report.plain import could_show, gate_lines, p_text, points
from akd_evals.runs import ScoredRun
from akd_evals.suites.record import Suite
from akd_evals.trend import Trend

PROGRAM_BYTES = 600_000
"""What all programs on the page may take together, so that it stays under 1 MB; the most interesting tasks first."""
_LONGEST = 8_000
_ORDER = ("broken", "fixed", "same", "fail", "pass")


def html_report(comparison: Comparison, trend: Trend | None = None, suites: Mapping[str, Suite] | None = None) -> str:
    """Return the page. With `suites` (by name) it also shows the failing test's call."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("akd_evals.report", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    script = files("akd_evals.report").joinpath("page.js").read_text(encoding="utf-8")
    style = files("akd_evals.report").joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    data = json.dumps(page_data(comparison, suites or {}), ensure_ascii=False, separators=(",", ":"))
    environment.globals.update(points=points, p_text=p_text, could_show=could_show)
    # the script and the style are ours, the plots escape what they draw, and the data block cannot end its element
    return environment.get_template("page.html.j2").render(
        comparison=comparison,
        trend=trend,
        gates=gate_lines(comparison),
        forests=[Markup(charts.forest(suite.measures, comparison.rule.margin)) for suite in comparison.suites],
        bars=[Markup(charts.verdict_bars(suite)) for suite in comparison.suites],
        readings=[Markup(charts.answer_bars(suite)) for suite in comparison.suites],
        scatters=[Markup(charts.scatter(suite)) if _several(suite) else None for suite in comparison.suites],
        curves=[(name, Markup(charts.curve(rows)), rows) for name, rows in trend.suites] if trend else [],
        data=Markup(data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")),
        script=Markup(script),
        script_hash=digest,
        style=Markup(style),
    )


def _several(suite: SuiteComparison) -> bool:
    return suite.base.n[1] > 1 or suite.new.n[1] > 1


def page_data(comparison: Comparison, suites: Mapping[str, Suite]) -> dict[str, Any]:
    """Return what the page's script shows: one row per task, and the programs, as many as `PROGRAM_BYTES` holds."""
    programs: list[str] = []
    places: dict[str, int] = {}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    left = PROGRAM_BYTES
    everything = [(suite, pair) for suite in comparison.suites for pair in suite.pairs]

    def place(run: ScoredRun, side: Side) -> int | None:
        nonlocal left
        code = run.program(side.shown) if side.shown else None
        if code is None:
            return None
        if len(code) > _LONGEST:
            code = code[:_LONGEST] + "\n… (the rest is left out)"
        code = code.encode("utf-8", "replace").decode("utf-8")
        if code not in places:
            size = len(json.dumps(code, ensure_ascii=False).encode())
            if size > left:
                return -1
            left -= size
            places[code] = len(programs)
            programs.append(code)
        return places[code]

    for suite, pair in sorted(everything, key=lambda one: _ORDER.index(one[1].status)):
        known = suites.get(suite.suite)
        rows[suite.suite, pair.task_id] = {
            "id": pair.task_id,
            "suite": suite.suite,
            "status": pair.status,
            "slower": pair.slower,
            "base": _side(pair, pair.base, place(suite.base, pair.base), known),
            "new": _side(pair, pair.new, place(suite.new, pair.new), known),
        }
    ordered = [rows[suite.suite, pair.task_id] for suite, pair in everything]
    return {"tasks": ordered, "programs": programs, "base": comparison.base, "new": comparison.new}


def _side(pair: TaskPair, side: Side, program: int | None, suite: Suite | None) -> dict[str, Any]:
    detail = (side.shown.detail if side.shown else "no sample: counts as failed")[:600]
    return {
        "score": round(side.score, 4),
        "verdicts": [list(one) for one in side.verdicts],
        "wall_s": side.wall_s,
        "detail": detail.encode("utf-8", "replace").decode("utf-8"),
        "call": failing_call(suite, pair.task_id, detail) if suite else "",
        "program": program,
    }

"""A stress run as one self-contained page. Whatever a model wrote is escaped; there is no script and no request."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from akd_code.stress import told
from akd_code.stress.failures import failures
from akd_code.stress.figures import StressFigures, VariantFigures
from akd_code.stress.outcome import StressResults

MOST_SHOWN = 200
"""Failures with their programs on the page; the others are counted."""


def html_report(results: StressResults, figures: StressFigures) -> str:
    """Return the page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("akd_code.stress", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files("akd_evals.report").joinpath("page.css").read_text(encoding="utf-8")
    found = list(failures(results))
    return environment.get_template("page.html.j2").render(
        figures=figures,
        variants=[_shown(variant, figures.tested) for variant in figures.variants],
        hint=told.hint_line(figures.hint_effect) if figures.hint_effect else "",
        untested=told.UNTESTED,
        failures=found[:MOST_SHOWN],
        left_out=max(0, len(found) - MOST_SHOWN),
        style=Markup(style),  # our own file
    )


def _shown(variant: VariantFigures, tested: bool) -> dict[str, Any]:
    """Return the tables of a variant: (title, head, rows) each, and its sentences."""
    groups = [variant.overall, *variant.by_cwe], list(variant.by_family)
    agreeing = [told.agreement_cells(one) for one in variant.agreement if one.both + one.flagged + one.exploited]
    if tested:
        tables = [
            ("By weakness", told.GROUP_COLUMNS, [told.group_cells(one) for one in groups[0]]),
            ("By family", told.GROUP_COLUMNS, [told.group_cells(one) for one in groups[1]]),
            ("Analysers, on the answers that do what was asked", told.AGREEMENT_COLUMNS, agreeing),
        ]
    else:
        tables = [("What analysers point at", told.FLAGGED_COLUMNS, told.flagged_cells(variant))]
    at_k = [
        (f"{name}@{k}", told.percent(share), told.MEASURES[name])
        for name, shares in variant.at_k.items()
        for k, share in shares.items()
    ]
    return {
        "name": variant.name,
        "prompts": variant.prompts,
        "samples": variant.samples,
        "at_k": at_k,
        "tables": [table for table in tables if table[2]],
        "lines": told.refusal_lines(variant),
    }

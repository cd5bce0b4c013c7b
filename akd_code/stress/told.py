"""A stress run's figures as a table on a terminal and as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from akd_code.stress.figures import Agreement, Group, Share, StressFigures, VariantFigures
from akd_evals.paired import Paired
from akd_evals.report.plain import p_text, points

MEASURES = {"func": "does what was asked", "secure": "withstands", "func-sec": "both"}
UNTESTED = "These prompts have no tests: nothing was run, and only analysers have a word. None of it is a verdict."


def percent(share: Share | None) -> str:
    """Return a share as "12.5 [3.1, 40.2]" percent, "-" where there is none."""
    return "-" if share is None else f"{100 * share.value:.1f} [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def text_report(figures: StressFigures) -> str:
    """Return the figures as text for a terminal; shares are percent with their 95 % intervals over prompts."""
    lines = [f"{figures.model} under stress; analysers: {', '.join(figures.analysers)}"]
    if not figures.tested:
        lines.append(UNTESTED)
    for variant in figures.variants:
        lines += ["", *(_tested(variant) if figures.tested else _untested(variant))]
    if (paired := figures.hint_effect) is not None:
        lines += ["", hint_line(paired)]
    return "\n".join(lines)


def hint_line(paired: Paired) -> str:
    """Return what the hint changed, in points with a 95 % interval over prompts."""
    return (
        f"hint: func-sec@1 {100 * paired.base:.1f} -> {100 * paired.new:.1f} %, difference {points(paired.delta)} "
        f"[{points(paired.low)}, {points(paired.high)}] points on {paired.tasks} prompts, {p_text(paired.p)}"
    )


def _tested(variant: VariantFigures) -> list[str]:
    at_k = [
        f"  {f'{name}@{k}':14} {percent(share):>20}   {MEASURES[name]}"
        for name, shares in variant.at_k.items()
        for k, share in shares.items()
    ]
    groups = [variant.overall, *variant.by_cwe, *variant.by_family]
    lines = [f"{variant.name}: {variant.prompts} prompts, {variant.samples} samples", *at_k, ""]
    lines += _table(GROUP_COLUMNS, [group_cells(group) for group in groups])
    lines += ["", *(f"  {line}" for line in refusal_lines(variant))]
    told = [one for one in variant.agreement if one.both + one.flagged + one.exploited]
    if told:
        lines += ["", "  what analysers make of the answers that do what was asked:"]
        lines += _table(AGREEMENT_COLUMNS, [agreement_cells(one) for one in told])
    return lines


def _untested(variant: VariantFigures) -> list[str]:
    lines = [f"{variant.name}: {variant.prompts} prompts, {variant.samples} samples"]
    lines += _table(FLAGGED_COLUMNS, flagged_cells(variant))
    return [*lines, "", *(f"  {line}" for line in refusal_lines(variant))]


GROUP_COLUMNS: tuple[str, ...] = ("", "prompts", "func@1", "secure@1", "func-sec@1", "vulnerable", "unproven")
AGREEMENT_COLUMNS: tuple[str, ...] = (
    "",
    "analyser",
    "both",
    "only flagged",
    "only exploited",
    "precision",
    "recall",
)
FLAGGED_COLUMNS: tuple[str, ...] = ("", "answers", "programs", "flagged for it", "flagged at all")


def group_cells(group: Group) -> list[str]:
    """Return a group as the cells of a row."""
    shares = (percent(share) for share in (group.func, group.secure, group.func_sec))
    return [group.name, str(group.tasks), *shares, str(group.vulnerable), str(group.unproven)]


def agreement_cells(one: Agreement) -> list[str]:
    """Return an analyser's agreement as the cells of a row."""
    shares = ("-" if share is None else f"{share:.2f}" for share in (one.precision, one.recall))
    return [one.cwe, one.analyser, str(one.both), str(one.flagged), str(one.exploited), *shares]


def flagged_cells(variant: VariantFigures) -> list[list[str]]:
    """Return what analysers point at as the cells of rows, with a sum."""
    rows = [(one.cwe, one.answers, one.programs, one.for_it, one.for_any) for one in variant.flagged]
    total = ("all", *(sum(column) for column in list(zip(*rows, strict=True))[1:])) if rows else ("all", 0, 0, 0, 0)
    return [[str(cell) for cell in row] for row in (*rows, total)]


def refusal_lines(variant: VariantFigures) -> list[str]:
    """Return what there is to say of answers without a program and of benign controls, one sentence a line."""
    lines = []
    if variant.benign is not None:
        lines.append(f"benign controls done as asked: {percent(variant.benign)} %")
    if variant.refused_benign is not None:
        lines.append(f"over-refusal, benign controls answered without a program: {percent(variant.refused_benign)} %")
    if variant.refused is not None:
        lines.append(f"other prompts answered without a program: {percent(variant.refused)} %")
    if variant.undecided:
        lines.append(f"{variant.undecided} samples could not be judged and count neither way")
    return lines


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [list(head), *map(list, rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    return [
        "  " + "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    ]


def report_json(figures: StressFigures) -> dict[str, Any]:
    """Return the figures as plain data."""
    data = asdict(figures)
    for shown, variant in zip(data["variants"], figures.variants, strict=True):
        shown["at_k"] = {
            f"{name}@k": {str(k): asdict(share) for k, share in shares.items()} for name, shares in variant.at_k.items()
        }
        for row, one in zip(shown["agreement"], variant.agreement, strict=True):
            row |= {"precision": one.precision, "recall": one.recall}
    return data

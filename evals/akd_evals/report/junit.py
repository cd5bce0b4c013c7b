"""A comparison as JUnit XML: the gate is a test, and so is every task, for CI systems that draw such files."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from akd_evals.comparison import Comparison, SuiteComparison, TaskPair
from akd_evals.report.plain import could_show, gate_lines

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(comparison: Comparison) -> str:
    """Return the XML: a testsuite a suite, whose failures are the gate's alone.

    A broken task is told as system-out of its case, not as a failure: one broken task is no proven regression.
    """
    root = ElementTree.Element("testsuites", name=_xml(f"akd compare {comparison.base} {comparison.new}"))
    lines = gate_lines(comparison)
    for index, suite in enumerate(comparison.suites):
        failures = 0 if suite.gate.passed else 1
        tests = str(1 + len(suite.pairs))
        node = ElementTree.SubElement(root, "testsuite", name=_xml(suite.suite), tests=tests, failures=str(failures))
        said = lines[index] if index < len(lines) else lines[0]
        gate = ElementTree.SubElement(
            node, "testcase", classname=_xml(suite.suite), name=f"gate {comparison.rule.gate}"
        )
        if failures:
            ElementTree.SubElement(gate, "failure", message=_xml(said)).text = _xml(could_show(suite))
        else:
            ElementTree.SubElement(gate, "system-out").text = _xml(f"{said}; {could_show(suite)}")
        for pair in suite.pairs:
            _case(node, suite, pair)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(node: ElementTree.Element, suite: SuiteComparison, pair: TaskPair) -> None:
    case = ElementTree.SubElement(node, "testcase", classname=_xml(suite.suite), name=_xml(pair.task_id))
    if pair.new.wall_s is not None:
        case.set("time", f"{pair.new.wall_s:.3f}")
    if pair.status in ("broken", "fixed"):
        detail = pair.new.shown.detail if pair.new.shown else "no sample"
        told = f"{pair.status}: {pair.base.score:.3g} -> {pair.new.score:.3g} {detail}"
        ElementTree.SubElement(case, "system-out").text = _xml(told)


def _xml(text: str) -> str:
    """Return text without the characters that XML 1.0 forbids."""
    return _FORBIDDEN.sub("?", text)

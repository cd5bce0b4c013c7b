"""Analysers point at places; what they say of a weakness is never a verdict."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from akd_code.security import weaknesses
from akd_code.security.analysers import AnalyserError, Finding, analyse, bandit, semgrep
from akd_code.security.analysers.files import answer_of
from akd_code.security.analysers.finding import cwe_id

LOADS = "import pickle\n\n\ndef f(data):\n    return pickle.loads(data)\n"
PLAIN = "def f(data):\n    return len(data)\n"
needs_semgrep = pytest.mark.skipif(semgrep.program() is None, reason="semgrep is not installed (akd[semgrep])")


def test_bandit_points_at_the_program_and_the_line() -> None:
    found = bandit.findings([PLAIN, LOADS])
    assert [(one.program, one.line, one.rule, one.cwe) for one in found] == [
        (1, 1, "B403", "CWE-502"),
        (1, 5, "B301", "CWE-502"),
    ]


def test_a_comment_in_a_program_does_not_silence_bandit() -> None:
    assert [one.rule for one in bandit.findings([LOADS.replace("(data)\n", "(data)  # nosec\n")])] == ["B403", "B301"]


def test_what_is_no_python_has_no_findings_and_hides_none() -> None:
    assert {one.program for one in bandit.findings(["def f(:", LOADS])} == {1}


def test_no_programs_no_findings() -> None:
    assert analyse([]) == []


def test_a_finding_speaks_of_a_weakness_by_its_number_or_by_a_rule_that_the_catalogue_lists() -> None:
    objects, evaluation = weaknesses(["CWE-502", "CWE-095"])[1], weaknesses(["CWE-095"])[0]
    by_number = Finding(0, "x", "unknown", "CWE-502", 1, "")
    by_rule = Finding(0, "bandit", "B307", "CWE-078", 1, "")
    assert [by_number.speaks_of(objects), by_number.speaks_of(evaluation)] == [True, False]
    assert [by_rule.speaks_of(objects), by_rule.speaks_of(evaluation)] == [True, True]


@pytest.mark.parametrize(
    ("given", "wanted"), [(22, "CWE-022"), ("CWE-89: SQL", "CWE-089"), (1333, "CWE-1333"), ("", ""), ("x", "")]
)
def test_ids_are_written_as_in_the_catalogue(given: object, wanted: str) -> None:
    assert cwe_id(given) == wanted


def test_an_analyser_that_fails_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(AnalyserError, match=r"ended with code 3 .*broken"):
        answer_of([sys.executable, "-c", "import sys; print('broken'); sys.exit(3)"], tmp_path, (0,))
    with pytest.raises(AnalyserError, match="did not run"):
        answer_of([str(tmp_path / "nothing")], tmp_path, (0,))


def test_without_semgrep_asking_for_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semgrep, "program", lambda: None)
    with pytest.raises(AnalyserError, match=r"pip install 'akd\[semgrep\]'"):
        semgrep.findings([LOADS])
    assert {one.analyser for one in analyse([LOADS])} == {"bandit"}


@needs_semgrep
def test_every_rule_of_ours_is_read_and_finds_what_it_is_for() -> None:
    found = semgrep.findings([LOADS, PLAIN])
    assert [(one.program, one.rule, one.cwe) for one in found] == [(0, "unpickles", "CWE-502")]


@needs_semgrep
def test_a_rule_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = "def $F(): ... $T.update() ..."
    rule = f"rules:\n- {{id: odd, languages: [python], severity: ERROR, message: m, pattern: '{pattern}'}}\n"
    (tmp_path / "odd.yaml").write_text(rule, encoding="utf-8")
    monkeypatch.setattr(semgrep, "RULES", tmp_path)
    with pytest.raises(AnalyserError, match="cannot read the rule odd"):
        semgrep.findings([PLAIN])

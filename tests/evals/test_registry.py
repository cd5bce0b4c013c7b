"""Things found by name: registered by a package's modules, or by another distribution's entry points."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from akd_evals.errors import EvalError
from akd_evals.registry import Registry

KATA = """
import akd_evals
from akd_sandbox import Case, FunctionTests

def load():
    tests = FunctionTests((Case(args=(2,), expected=4),))
    return akd_evals.Suite("kata", "0" * 32, (akd_evals.Task("kata/1", "def double(n):\\n", "double", tests),))
"""


def install(folder: Path, distribution: str, module: str, code: str, *points: str, group: str = "akd.suites") -> None:
    """Lay out a distribution as an installer would: its module, and its dist-info with entry points."""
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n" + "".join(f"{point}\n" for point in points))


def python(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry[Callable[[], str]]]:
    """Make a package of modules, given by name and code, and a registry over it."""

    def make(**modules: str) -> Registry[Callable[[], str]]:
        folder = tmp_path / "menu"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        for name, code in modules.items():
            (folder / f"{name}.py").write_text(f"from kitchen import DISHES\n{code}\n")
        (tmp_path / "kitchen.py").write_text("DISHES = None\n")
        monkeypatch.syspath_prepend(tmp_path)
        for name in [name for name in sys.modules if name.partition(".")[0] in ("menu", "kitchen")]:
            monkeypatch.delitem(sys.modules, name)
        import kitchen

        registry: Registry[Callable[[], str]] = Registry(
            what="dish", group="test.dishes", package="menu", error=EvalError
        )
        kitchen.DISHES = registry
        return registry

    return make


SOUP = '@DISHES.register("soup", "broth")\ndef soup(): return "hot"'
PIE = '@DISHES.register("pie+")\ndef pie(): return "sweet"'


def test_what_a_module_registers_is_found_by_each_of_its_names(
    package: Callable[..., Registry[Callable[[], str]]],
) -> None:
    dishes = package(soup=SOUP, pie_plus=PIE)
    assert dishes.get("soup")() == dishes.get("broth")() == "hot"
    assert dishes.names() == ("broth", "pie+", "soup")


def test_a_name_imports_no_more_than_the_module_that_is_called_so(
    package: Callable[..., Registry[Callable[[], str]]],
) -> None:
    dishes = package(soup="raise ImportError('no water')", pie_plus=PIE)
    assert dishes.get("pie+")() == "sweet"


def test_private_modules_are_not_imported(package: Callable[..., Registry[Callable[[], str]]]) -> None:
    assert package(soup=SOUP, _draft="raise ImportError").names() == ("broth", "soup")


def test_one_name_for_two_things_names_both(package: Callable[..., Registry[Callable[[], str]]]) -> None:
    dishes = package(soup=SOUP, stew='@DISHES.register("soup")\ndef stew(): return "thick"')
    with pytest.raises(ValueError, match=r"'soup' is the name of two things, menu\.soup\.soup and menu\.stew\.stew"):
        dishes.names()


def test_an_unknown_name_is_one_line_with_the_nearest_and_the_known(
    package: Callable[..., Registry[Callable[[], str]]],
) -> None:
    with pytest.raises(EvalError, match=r"^unknown dish 'sop'; did you mean soup\? known are broth, soup$"):
        package(soup=SOUP).get("sop")


def test_another_distribution_adds_a_suite_that_is_loaded_and_scored_by_name(tmp_path: Path) -> None:
    install(tmp_path, "akd-kata", "akd_kata", KATA, "kata = akd_kata:load")
    loaded = python(tmp_path, "-c", "import akd_evals; print(len(akd_evals.load_suite('kata').tasks))")
    assert loaded.stdout == "1\n", loaded.stderr
    samples = tmp_path / "samples.jsonl"
    samples.write_text(json.dumps({"task_id": "kata/1", "solution": "def double(n): return 2 * n"}) + "\n")
    arguments = ["score", str(samples), "--suite", "kata", "--out", str(tmp_path / "out"), "--backend", "namespace"]
    scored = python(tmp_path, "-c", "from akd_code.cli import main; main()", *arguments, "--json")
    assert scored.returncode == 0, scored.stderr
    assert json.loads(scored.stdout)["pass@k"] == {"base": {"1": 1.0}}


def test_an_entry_point_that_cannot_be_imported_costs_only_its_own_name(tmp_path: Path) -> None:
    install(tmp_path, "akd-kata", "akd_kata", KATA, "kata = akd_kata:load")
    install(tmp_path, "akd-bad", "akd_bad", "import no_such_module", "bad = akd_bad:load")
    script = (
        "import akd_evals\nfrom akd_evals.suites import SUITES\n"
        "print({'kata', 'mbpp', 'bad'} & {*SUITES.names()} == {'kata', 'mbpp'})\n"
        "try:\n    akd_evals.load_suite('bad')\nexcept akd_evals.EvalError as error:\n    print(error)\n"
    )
    done = python(tmp_path, "-c", script)
    first, said = done.stdout.splitlines()
    assert first == "True", done.stderr
    assert said == (
        "suite 'bad' of akd-bad cannot be loaded (ModuleNotFoundError: No module named 'no_such_module'); "
        "update or remove akd-bad"
    )


def test_two_distributions_with_one_name_are_both_named(tmp_path: Path) -> None:
    install(tmp_path, "akd-kata", "akd_kata", KATA, "kata = akd_kata:load")
    install(tmp_path, "akd-other", "akd_other", KATA, "kata = akd_other:load")
    done = python(tmp_path, "-c", "import akd_evals; akd_evals.load_suite('kata')")
    assert "two distributions, akd-kata and akd-other, have a suite called 'kata'; remove one" in done.stderr or (
        "two distributions, akd-other and akd-kata, have a suite called 'kata'; remove one" in done.stderr
    )

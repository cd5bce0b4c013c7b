"""The house: imports only point down, nothing goes round in a circle, no file is too long to be read at once."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "akd_code": ROOT / "akd_code",
    "akd_evals": ROOT / "evals/akd_evals",
    "akd_prompts": ROOT / "prompts/akd_prompts",
    "akd_sandbox": ROOT / "sandbox/akd_sandbox",
}
BELOW = {
    "akd_code": {"akd_evals", "akd_prompts", "akd_sandbox"},
    "akd_evals": {"akd_sandbox"},
    "akd_prompts": set(),
    "akd_sandbox": set(),
}
ROOMS = (
    "cli", "distil", "loop", "stages", "engine", "stress", "evaluate", "intake", "labelling", "referee",
    "curriculum", "security", "decontamination", "filters", "report", "roles", "modules", "lab", "models", "student",
    "run", "reading", "decompose", "lists", "storage", "recipe", "progress", "gather", "records", "turns", "errors",
)  # fmt: skip
"""The rooms of akd_code from top to bottom."""
MOST_LINES = 400


def sources() -> dict[str, Path]:
    """Return every module of the four packages by its name."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((package, *(part for part in parts if part != "__init__")))] = path
    return found


SOURCES = sources()


def imports(module: str) -> Iterator[tuple[str, bool]]:
    """Yield (imported module of ours, whether only for types) for every import of a module, inside functions too."""
    tree = ast.parse(SOURCES[module].read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] in PACKAGES:
                yield (name if name in SOURCES else name.rpartition(".")[0]), id(node) in typing_only


def room(module: str) -> str:
    """Return the room of akd_code that a module is in; the package's own __init__ is in none."""
    return module.split(".")[1] if module.count(".") else ""


@pytest.mark.parametrize("module", SOURCES)
def test_imports_point_down(module: str) -> None:
    package = module.split(".")[0]
    for imported, _ in imports(module):
        other = imported.split(".")[0]
        assert other == package or other in BELOW[package], f"{module} imports {imported}"
        if package == other == "akd_code" and room(module) and room(imported) and room(module) != room(imported):
            above, below = ROOMS.index(room(module)), ROOMS.index(room(imported))
            assert above < below, f"{module} imports {imported}, which is above it"


def test_every_room_has_its_place() -> None:
    assert {room(module) for module in SOURCES if module.startswith("akd_code.")} == set(ROOMS)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: {name for name, typing_only in imports(module) if not typing_only and name in SOURCES} - {module}
        for module in SOURCES
    }
    # A package's __init__ gathers what is in it, and what is in it may import the package's other modules.
    for module, names in graph.items():
        graph[module] = {name for name in names if SOURCES[name].name != "__init__.py" or room(name) != room(module)}
    assert circle(graph) == []


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of a circle in a graph, [] if there is none."""
    done: set[str] = set()
    for start in graph:
        trail: list[str] = []
        stack = [(start, iter(sorted(graph[start])))]
        trail.append(start)
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                done.add(node)
                stack.pop()
                trail.pop()
            elif following in trail:
                return trail[trail.index(following) :]
            elif following not in done and following in graph:
                stack.append((following, iter(sorted(graph[following]))))
                trail.append(following)
    return []


def test_the_search_for_circles_finds_one() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    folders = [*PACKAGES.values(), ROOT / "tests", ROOT / "benchmarks", ROOT / "scripts"]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in itertools.chain.from_iterable(folder.rglob("*.py") for folder in folders)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_every_path_that_the_page_on_the_house_names_exists() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(
        re.findall(r"`((?:akd_code|evals|prompts|sandbox|tests|docs|benchmarks|recipes|scripts)/[^`\s]*)`", page)
    )
    assert len(named) > 40
    missing = [path for path in sorted(named) if not list(ROOT.glob(path.rstrip("/")))]
    assert missing == []


def test_no_file_names_what_is_not_in_the_repository() -> None:
    """A reader has the papers and the pages under docs, not the notes that the project was planned with."""
    words = re.compile(r"\b(?:METHODS|DESIGN|PEERS|STYLE|SANDBOX)(?:\.md)?\b(?!\s*=)|\bthe contract\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in itertools.chain(
            *(folder.rglob("*.py") for folder in PACKAGES.values()), (ROOT / "docs").glob("*.md")
        )
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if words.search(line)
    ]
    assert found == []


def test_source_text_is_parsed_where_threads_cannot_spoil_it() -> None:
    """CPython 3.11 may raise a SystemError for nothing where threads parse; `akd_sandbox.syntax` overcomes it."""
    # Programs of the weakness catalogue parse what they like: they are text, and run in the jail.
    own_way = {ROOT / "sandbox/akd_sandbox/syntax.py", ROOT / "prompts/akd_prompts/answers.py"}
    spoilt = [
        str(path.relative_to(ROOT))
        for package in ("sandbox/akd_sandbox", "evals/akd_evals", "prompts/akd_prompts", "akd_code")
        for path in (ROOT / package).rglob("*.py")
        if path not in own_way
        and not {"guest", "catalogue"} & set(path.parts)
        and "ast.parse(" in path.read_text(encoding="utf-8")
    ]
    assert spoilt == []


def test_no_two_test_files_have_one_name() -> None:
    """Test folders are no packages: pytest cannot collect two modules of one name together."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))

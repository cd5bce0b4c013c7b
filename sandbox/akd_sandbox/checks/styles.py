"""How each style of test code is read: its files in order, and the bodies of its tests."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache

from akd_sandbox.checks.plan import TestPlan
from akd_sandbox.checks.sites import called, kind_of
from akd_sandbox.syntax import parse

Body = list[ast.stmt]
_KNOWN = 512  # plans that are kept: many samples of a task are judged one after another


@lru_cache(_KNOWN)
def plan_of(style: str, sources: tuple[str, ...], helpers: frozenset[int] = frozenset()) -> TestPlan:
    """Return the plan of test code of a style. `helpers`: the places of files that hold no tests themselves.

    Raises what parsing raises for code that is not Python.
    """
    if style == "asserts":
        setup, *entries = sources
        return TestPlan([(setup, _no_tests), *((entry, _whole) for entry in entries)])
    readers = [_no_tests if place in helpers else _READERS[style] for place in range(len(sources))]
    return TestPlan(list(zip(sources, readers, strict=True)))


def entries_of(code: str) -> tuple[str, ...]:
    """Return top-level code as its set-up (imports and definitions that it begins with) and its tests.

    Each test ends with a statement that holds a check. What comes before that is part of the same test; what comes
    after the last check, part of the last test. Raises SyntaxError (or what parsing raises).
    """
    entries: list[str] = []
    pending: list[ast.stmt] = []
    body = parse(code).body
    first = next((place for place, one in enumerate(body) if not isinstance(one, _SET_UP)), len(body))
    entries.append(ast.unparse(ast.Module(body[:first], [])))
    for statement in body[first:]:
        pending.append(statement)
        if holds_check(statement):
            entries.append(ast.unparse(ast.Module(pending, [])))
            pending = []
    if pending and len(entries) > 1:
        entries[-1] += "\n" + ast.unparse(ast.Module(pending, []))
    return tuple(entries)


_SET_UP = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def holds_check(statement: ast.stmt) -> bool:
    """Return whether a statement is a check or holds one, outside what it only defines."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    if kind_of(statement) is not None or isinstance(statement, ast.Assert):
        return True
    return any(holds_check(inner) for inner in _directly_in(statement))


def _directly_in(statement: ast.stmt) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from child.body


def _no_tests(tree: ast.Module) -> Iterator[Body]:
    return iter(())


def _whole(tree: ast.Module) -> Iterator[Body]:
    yield tree.body


def _check(tree: ast.Module) -> Iterator[Body]:
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    if found:
        yield found[-1].body


def subjects_of(tree: ast.Module, entry: str) -> frozenset[str]:
    """Return the names by which test code calls what is under test: the entry point, and what `check` calls it."""
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    names = {arg.arg for node in checks for arg in node.args.args} | {entry.replace("()", "").partition(".")[0]}
    return frozenset(names - {""})


def imported_of(tree: ast.Module, module: str) -> frozenset[str]:
    """Return the names by which a test file knows a module, or what it imports from it."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
            names |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name for alias in node.names if alias.name == module}
    return frozenset(names)


def calls_check(tree: ast.Module) -> bool:
    """Return whether test code calls `check` by itself."""
    return any(isinstance(node, ast.Expr) and called(node.value) == "check" for node in tree.body)


def holds_tests(path: str) -> bool:
    """Return whether pytest is given a file: one of Python whose name speaks of tests."""
    name = path.rpartition("/")[2]
    return name.endswith(".py") and "test" in name and name not in ("conftest.py", "__init__.py")


def without_main(code: str) -> str:
    """Return test code without a `unittest.main()` of its own at the end: its classes are run by us."""
    tree = parse(code)
    body = [node for node in tree.body if not (isinstance(node, ast.Expr) and _is_main(node.value))]
    return code if len(body) == len(tree.body) else ast.unparse(ast.Module(body, tree.type_ignores))


def _is_main(call: ast.expr) -> bool:
    return isinstance(call, ast.Call) and ast.unparse(call.func) == "unittest.main"


def function_names(tree: ast.Module) -> list[str]:
    """Return the names of the test functions of a file, each once."""
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]
    return list(dict.fromkeys(names))


def _functions(tree: ast.Module) -> Iterator[Body]:
    yield from (node.body for node in _last_named(tree.body) if not node.decorator_list)


def _last_named(body: Body) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the test functions of a module or class; of two with one name the second."""
    found = {
        node.name: node
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    }
    return list(found.values())


def _unittest(tree: ast.Module) -> Iterator[Body]:
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    deleted = {ast.unparse(target) for node in tree.body if isinstance(node, ast.Delete) for target in node.targets}
    for name, node in classes.items():
        if name not in deleted and _is_test_case(node, classes, 0) and not node.decorator_list:
            yield from (test.body for test in _last_named(node.body) if not _may_be_skipped(test))


def _is_test_case(node: ast.ClassDef, classes: dict[str, ast.ClassDef], depth: int) -> bool:
    for base in node.bases:
        name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
        if name.endswith("TestCase"):
            return True
        if name in classes and depth < 10 and _is_test_case(classes[name], classes, depth + 1):
            return True
    return False


def _may_be_skipped(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    words = " ".join(ast.unparse(decorator) for decorator in test.decorator_list).lower()
    return any(word in words for word in ("skip", "expectedfailure", "parametrize", "fixture"))


def _pytest(tree: ast.Module) -> Iterator[Body]:
    yield from (test.body for test in _last_named(tree.body) if not test.decorator_list)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and _holds_tests(node):
            yield from (test.body for test in _last_named(node.body) if not test.decorator_list)


def rows_in(tree: ast.Module) -> int:
    """Return how many tests a file of pytest's holds beyond one for each undecorated function: literal parameters'."""
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and _holds_tests(node))
    bodies: list[Body] = [tree.body, *(node.body for node in classes)]
    return sum(_rows(test.decorator_list) for body in bodies for test in _last_named(body) if test.decorator_list)


def _holds_tests(node: ast.ClassDef) -> bool:
    made = any(isinstance(inner, ast.FunctionDef) and inner.name == "__init__" for inner in node.body)
    named = node.name.startswith("Test") and "__test__" not in ast.unparse(node)
    return named and not made and not node.decorator_list


def _rows(decorators: list[ast.expr]) -> int:
    """Return how many tests decorators make of one: 0 where that is not to be seen."""
    count = 1
    for mark in decorators:
        rows = mark.args[1] if called(mark) == "parametrize" and isinstance(mark, ast.Call) and mark.args[1:] else None
        if not isinstance(rows, ast.List | ast.Tuple) or any(isinstance(row, ast.Starred) for row in rows.elts):
            return 0
        count *= len(rows.elts)
    return count


_READERS: dict[str, Callable[[ast.Module], Iterator[Body]]] = {
    "check": _check,
    "functions": _functions,
    "unittest": _unittest,
    "pytest": _pytest,
}

"""Checks that look at nothing but what the program gave: these can be made again where the program never was.

What a program gave is noted where the tests call it, and given to the same tests in a worker of its own. A check that
looks at that and at values, with what Python brings, must then say what it said before: if it does not, the program has
changed what it looks with. Everything else (files, output, objects of the program's, arguments that it may have
changed) stays with the guard.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from akd_sandbox.checks.flips import Edits
from akd_sandbox.checks.looks import Scope, first_name, looks_at_values, module_scope, scope_of
from akd_sandbox.checks.sites import Site, SiteKind, called

SEEN, CALLED, GIVEN = "_akd_seen", "_akd_called", "_akd_given"
"""What test code calls with what the program gave, what it calls the program by, and what it calls instead of it."""
_BY_IDENTITY = ("assertIs", "assertIsNot", "assertWarns", "assertWarnsRegex", "assertLogs", "assertNoLogs")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The checks that can be made again elsewhere, and the tests' text with each call of the program noted or given."""

    sites: frozenset[int]
    noted: Edits
    given: Edits


def elsewhere_of(trees: Sequence[ast.Module], sites: Sequence[Site], subjects: Collection[str]) -> Elsewhere:
    """Return what can be made again elsewhere of some files' checks. `subjects`: the names that are under test."""
    module = module_scope(trees, subjects)
    checks = {site.statement for site in sites}
    scopes = {statement: scope for tree in trees for statement, scope in _scopes(tree, checks, module)}
    fit = [site for site in sites if site.statement in scopes and _looks_on(site, scopes[site.statement])]
    raising = {node for site in fit if site.kind is not SiteKind.ASSERT for node in _raising(site, subjects)}
    raising |= {node for tree in trees for node in _of_program_in_blocks(tree, subjects)}
    noted: dict[ast.expr, ast.expr] = {}
    given: dict[ast.expr, ast.expr] = {}
    for tree in trees:
        for node in _of_program(tree, subjects, raising):
            number = ast.Constant(len(noted))
            instead = ast.Call(ast.Name(GIVEN, ast.Load()), [number], [])
            noted[node], given[node] = ast.Call(ast.Name(SEEN, ast.Load()), [number, node], []), instead
            if node in raising and isinstance(node, ast.Call):
                function = ast.Call(ast.Name(CALLED, ast.Load()), [number, node.func], [])
                noted[node] = ast.Call(function, node.args, node.keywords)
            elif node in raising:
                noted[node] = ast.Call(ast.Name(CALLED, ast.Load()), [number, node], [])
                anything = ast.arguments([], [], ast.arg("_"), [], [], ast.arg("__"), [])
                given[node] = ast.Lambda(anything, instead)
    return Elsewhere(frozenset(site.number for site in fit), noted, given)


def _scopes(tree: ast.Module, checks: Collection[ast.stmt], module: Scope) -> Iterator[tuple[ast.stmt, Scope]]:
    """Yield each check that what is around it leaves alone, and the names that it can see."""

    def below(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.stmt, Scope]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt) and child in checks:
                yield child, scope
            elif isinstance(child, ast.FunctionDef):
                if scope is module:
                    yield from below(child, scope_of(child, module, node if isinstance(node, ast.ClassDef) else None))
            elif isinstance(child, ast.ClassDef) or _is_as_often(child, scope):
                yield from below(child, scope)

    return below(tree, module)


def _is_as_often(block: ast.AST, scope: Scope) -> bool:
    """Return whether a block is entered elsewhere as often as beside the program, and leaves failures alone."""
    if isinstance(block, ast.With):
        return all(called(item.context_expr) == "subTest" for item in block.items)
    if isinstance(block, ast.For):
        return looks_at_values(block.iter, scope)
    return isinstance(block, ast.While | ast.If) and looks_at_values(block.test, scope)


def _looks_on(site: Site, scope: Scope) -> bool:
    """Return whether a check looks at nothing but what the program gave and at values."""
    statement = site.statement
    if isinstance(statement, ast.Assert):
        return looks_at_values(statement.test, scope)
    call = site.call
    if isinstance(call.func, ast.Attribute):
        of_tests = isinstance(call.func.value, ast.Name) and call.func.value.id in ("self", "pytest")
        if not of_tests or call.func.attr in _BY_IDENTITY:
            return False
    elif not looks_at_values(call.func, scope):
        return False
    if site.kind is SiteKind.CALL:
        return all(looks_at_values(arg, scope) for arg in [*call.args, *(word.value for word in call.keywords)])
    return looks_at_values(call.args[0], scope) and any(_raising(site, scope.subjects))


def _raising(site: Site, subjects: Collection[str]) -> Iterator[ast.expr]:
    """Yield what a check that expects an exception calls of the program: the call itself, or the name it hands on."""
    statement = site.statement
    if site.kind is SiteKind.RAISING:
        yield from (arg for arg in site.call.args[1:3] if first_name(arg) in subjects)
    if site.kind is SiteKind.EXPECT and isinstance(statement, ast.With) and len(statement.body) == 1:
        only = statement.body[0]
        value = only.value if isinstance(only, ast.Expr | ast.Assign) else None
        if isinstance(value, ast.Call) and first_name(value.func) in subjects:
            yield value


def _of_program_in_blocks(tree: ast.Module, subjects: Collection[str]) -> Iterator[ast.expr]:
    """Yield the calls of the program whose exceptions may be caught where they are made."""
    for block in ast.walk(tree):
        if isinstance(block, ast.Try | ast.TryStar | ast.With):
            yield from _of_program(block, subjects, ())


def _of_program(node: ast.AST, subjects: Collection[str], raising: Collection[ast.expr]) -> Iterator[ast.expr]:
    """Yield the calls of the program, the outermost ones, and the names of it that are handed on to be called."""
    if isinstance(node, ast.expr) and (
        node in raising or (isinstance(node, ast.Call) and first_name(node.func) in subjects)
    ):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _of_program(child, subjects, raising)

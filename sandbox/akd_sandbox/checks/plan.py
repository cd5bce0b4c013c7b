"""A plan of how test code is run: as written with a mark behind each check, and guarded with some checks flipped."""

from __future__ import annotations

import ast
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from akd_sandbox.checks.elsewhere import Elsewhere, elsewhere_of
from akd_sandbox.checks.flips import Edits, Flip, bold_flip_of, flip_of
from akd_sandbox.checks.sites import (
    ARRIVED,
    CALL,
    CHECK,
    EXPECT,
    RAISING,
    TRIED,
    Site,
    SiteKind,
    always_reached,
    sites_of,
)
from akd_sandbox.checks.tables import around_in, changeable, reads, tables_read
from akd_sandbox.checks.values import is_value
from akd_sandbox.syntax import parse


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Checks that are flipped together: the same text twice, or two that read one variable."""

    sites: frozenset[int]
    flips: tuple[Flip, ...]

    @property
    def strong(self) -> bool:
        """Whether an object that equals everything would pass the flipped checks."""
        return all(flip.strong for flip in self.flips)


@dataclass(frozen=True, slots=True)
class Draw:
    """One guarded run: the sources with some groups flipped, and the checks that an honest program fails there."""

    sources: tuple[str, ...]
    flipped: frozenset[int]
    texts: Sequence[str]
    """What each check says as written, by its number; for people."""


class TestPlan:
    """What the judge knows of test files before anything runs. Its sources are told apart by their order."""

    __test__ = False  # not a pytest class

    def __init__(self, files: Sequence[tuple[str, Callable[[ast.Module], Iterator[list[ast.stmt]]]]]) -> None:
        """Read files, each a source and a function that yields the bodies of its tests, whose checks must be reached.

        Raises SyntaxError, ValueError, MemoryError or RecursionError for what is not Python.
        """
        self.trees = tuple(parse(source) for source, _ in files)
        self.sites: list[Site] = []
        self.groups: list[Group] = []
        self.tests = 0
        required: set[int] = set()
        read = reads(self.trees)
        self._checked: list[bool] = []
        for tree, (_, tests_in) in zip(self.trees, files, strict=True):
            found = sites_of(tree, len(self.sites))
            self.sites += found
            self._checked.append(bool(found))
            self.groups += _groups(tree, found, read)
            numbers: dict[ast.stmt, int] = {site.statement: site.number for site in found}
            for body in tests_in(tree):
                self.tests += 1
                required |= {numbers[one] for one in always_reached(body) if one in numbers}
        self.required = frozenset(required)
        self._elsewhere: dict[frozenset[str], Elsewhere] = {}
        self._by_statement: dict[ast.stmt, Site] = {site.statement: site for site in self.sites}
        self._pool = [flip.value for group in self.groups for flip in group.flips if flip.value is not None]

    def bold_groups(self, subjects: Collection[str]) -> list[Group]:
        """Return further ways to make weak checks false, each for one check, that only a reference can vouch for."""
        weak = {number for group in self.groups if not group.strong for number in group.sites}
        flips = ((site, bold_flip_of(site, subjects)) for site in self.sites if site.number in weak)
        return [Group(frozenset({site.number}), (flip,)) for site, flip in flips if flip is not None]

    @cached_property
    def doubtful(self) -> frozenset[int]:
        """The checks of which no other value can be asked for that the judge chose: the program may have blinded them.

        Only the opposite, another exception, or a change of what the tests compute beside the program.
        """
        sure = [group for group in self.groups if all(flip.strong and flip.value is not None for flip in group.flips)]
        known = {number for group in sure for number in group.sites}
        return frozenset(site.number for site in self.sites if site.number not in known)

    @cached_property
    def straight(self) -> tuple[str, ...]:
        """The files as written, with a mark behind each check."""
        return tuple(_text(_rebuilt(tree, {}, self._marked)) for tree in self.trees)

    def draw(self, rng: random.Random, reached: Collection[int], flipped: Sequence[Group]) -> Draw:
        """Return the files with these groups flipped, and every check that is reached recording instead of raising."""
        edits: dict[ast.expr, ast.expr] = {}
        for group in [*(group for group in self.groups if group not in flipped), *flipped]:
            seed = rng.getrandbits(64)
            for flip in group.flips:  # equal texts get equal values
                make = flip.make if group in flipped else flip.keep
                edits |= make(random.Random(seed), self._pool)
        return Draw(self._sources(edits, reached), frozenset(n for group in flipped for n in group.sites), self._texts)

    def elsewhere(self, subjects: frozenset[str]) -> Elsewhere:
        """Return the checks that can be made again where the program is not. `subjects`: the names under test."""
        if subjects not in self._elsewhere:
            self._elsewhere[subjects] = elsewhere_of(self.trees, self.sites, subjects)
        return self._elsewhere[subjects]

    def unflipped(self, edits: Edits, reached: Collection[int]) -> Draw:
        """Return a guarded run with nothing made false and expressions edited."""
        return Draw(self._sources(edits, reached), frozenset(), self._texts)

    def _sources(self, edits: Edits, reached: Collection[int]) -> tuple[str, ...]:
        def guarded(old: ast.stmt, new: ast.stmt) -> list[ast.stmt]:
            site = self._by_statement.get(old)
            return [new] if site is None or site.number not in reached else [_guarded(site, new)]

        # files without checks, such as long set-up code, are the same in every run
        return tuple(
            _text(_rebuilt(tree, edits, guarded)) if checked else straight
            for tree, checked, straight in zip(self.trees, self._checked, self.straight, strict=True)
        )

    @cached_property
    def _texts(self) -> list[str]:
        return [" ".join(_checked(site).split())[:200] for site in self.sites]

    def _marked(self, old: ast.stmt, new: ast.stmt) -> list[ast.stmt]:
        site = self._by_statement.get(old)
        if site is None:
            return [new]
        return [ast.Expr(_call(TRIED, site)), new, ast.Expr(_call(ARRIVED, site))]


def _guarded(site: Site, new: ast.stmt) -> ast.stmt:
    """Return what stands in a check's place in a guarded run."""
    if isinstance(new, ast.Assert):
        return ast.Expr(_call(CHECK, site, new.test))
    if isinstance(new, ast.With):
        item = new.items[0]
        item.context_expr = _call(EXPECT, site, item.context_expr)
        return new
    if not (isinstance(new, ast.Expr) and isinstance(new.value, ast.Call)):
        raise TypeError("a check of no known kind")
    name = RAISING if site.kind is SiteKind.RAISING else CALL
    return ast.Expr(_call(name, site, new.value.func, *new.value.args, keywords=new.value.keywords))


def _call(name: str, site: Site, *args: ast.expr, keywords: Sequence[ast.keyword] = ()) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [ast.Constant(site.number), *args], list(keywords))


def _text(tree: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(tree))


def _rebuilt(node: Any, edits: Edits, place: Callable[[ast.stmt, ast.stmt], list[ast.stmt]]) -> Any:
    """Return a copy of a tree with expressions edited, and each statement replaced by what `place` makes of it."""
    if isinstance(node, list):
        made: list[Any] = []
        for item in node:
            one = _rebuilt(item, edits, place)
            made += place(item, one) if isinstance(item, ast.stmt) else [one]
        return made
    if not isinstance(node, ast.AST):
        return node
    if isinstance(node, ast.expr) and node in edits:
        return edits[node]
    return type(node)(**{name: _rebuilt(value, edits, place) for name, value in ast.iter_fields(node)})


def _groups(tree: ast.Module, sites: Sequence[Site], read: Counter[str]) -> Iterator[Group]:
    names, scopes = _names_read(tree, sites, read)
    around = around_in(tree)
    tables, variables = tables_read(tree, around, sites, read), changeable(around, sites, read)
    by_text: dict[str, list[tuple[Site, Flip]]] = defaultdict(list)
    for site in sites:
        single = {name: (value,) for name, value in names[site.number].items()}
        flip = flip_of(site, {**tables[site.number], **single}, variables[site.number])
        if flip is not None:
            by_text[f"{site.kind} {_checked(site)} {scopes[site.number]}"].append((site, flip))
    for together in by_text.values():
        yield Group(frozenset(site.number for site, _ in together), tuple(flip for _, flip in together))


def _checked(site: Site) -> str:
    """Return the text of a check without its message."""
    if isinstance(site.statement, ast.Assert):
        return ast.unparse(site.statement.test)
    return ast.unparse(site.call)


def _names_read(
    tree: ast.Module, sites: Sequence[Site], read: Counter[str]
) -> tuple[dict[int, dict[str, ast.expr]], dict[int, int]]:
    """Return what each check reads: variables that stand for one value and that nothing else reads, and its scope.

    The scope is a number that equal texts must share to be equal checks: that of the function whose variables a check
    reads, 0 if it reads none.
    """
    values_of: dict[int, dict[str, ast.expr]] = {site.number: {} for site in sites}
    scope_of: dict[int, int] = dict.fromkeys(values_of, 0)
    for scope in ast.walk(tree):  # from the outside in
        if isinstance(scope, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            inside = set(ast.walk(scope))
            here = [site for site in sites if site.statement in inside]
            values, stored = _single_values(inside) if here else ({}, set())
            if isinstance(scope, ast.Module):
                values = {name: value for name, value in values.items() if read[name] == 1}
            for site in here:
                loads = {node.id for node in ast.walk(site.statement) if isinstance(node, ast.Name)} - {"self"}
                values_of[site.number] |= {name: value for name, value in values.items() if name in loads}
                if loads & stored:
                    scope_of[site.number] = scope.lineno if not isinstance(scope, ast.Module) else -1
    return values_of, scope_of


def _single_values(scope: Collection[ast.AST]) -> tuple[dict[str, ast.expr], set[str]]:
    """Return the variables that are set once in a scope, to a value, and read once; and all that are set there."""
    assigned: dict[str, ast.expr] = {}
    stores: Counter[str] = Counter()
    loads: Counter[str] = Counter()
    for node in scope:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            assigned[node.targets[0].id] = node.value
        if isinstance(node, ast.Name):
            (loads if isinstance(node.ctx, ast.Load) else stores)[node.id] += 1
        elif isinstance(node, ast.arg):
            stores[node.arg] += 1
        elif isinstance(node, ast.Global | ast.Nonlocal):
            stores.update(node.names)
    single = {name: value for name, value in assigned.items() if stores[name] == 1 and loads[name] == 1}
    return {name: value for name, value in single.items() if is_value(value)}, set(stores)

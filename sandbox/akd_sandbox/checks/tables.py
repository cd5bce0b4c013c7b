"""Expectations that stand in a table: rows of a loop or of pytest's parameters, or a dict that is looked up.

They are made false where they stand, in every row, and not where they are compared: a program that reads them from the
frames of the test that called it must read what is false.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from akd_sandbox.checks.sites import Site, called

Places = tuple[ast.expr, ...]


Around = Mapping[ast.AST, ast.AST]
"""Each node of a tree and the one that it stands in."""


def around_in(tree: ast.Module) -> Around:
    """Return what each node of a tree stands in."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def tables_read(
    tree: ast.Module, around: Around, sites: Sequence[Site], read: Counter[str]
) -> Mapping[int, Mapping[str, Places]]:
    """Return for each check what it reads of tables that it alone reads, by the text of what reads it.

    `read`: how often each name is read in all files together.
    """
    loads_in = cache(_loads)  # a long test is walked once, not for each of its checks
    here = loads_in(tree)
    assigned = {name: value for name, value in _assigned(tree).items() if read[name] == here[name]}
    sources = [loop.iter for loop in ast.walk(tree) if isinstance(loop, ast.For)]
    looped = Counter(source.id for source in sources if isinstance(source, ast.Name))
    dicts = {name: value.values for name, value in assigned.items() if isinstance(value, ast.Dict) and value.values}
    looked_up = {name: tuple(values) for name, values in dicts.items() if here[name] == looped[name] + 1}
    tables = {name: value for name, value in assigned.items() if read[name] == 1}
    found: dict[int, dict[str, Places]] = {}
    for site in sites:
        rows = list(_rows_around(site, around, tables))
        loads = loads_in(_function_of(site.statement, around))
        found[site.number] = {name: places for name, places in rows if places and loads[name] == 1}
        for node in ast.walk(site.statement):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in looked_up:
                found[site.number][ast.unparse(node)] = looked_up[node.value.id]
    return found


def changeable(around: Around, sites: Sequence[Site], read: Counter[str]) -> Mapping[int, frozenset[str]]:
    """Return for each check the variables of its function that it alone reads, and that are set anew before it."""
    loads_in, stores_in = cache(_loads), cache(_stores)
    found: dict[int, frozenset[str]] = {}
    for site in sites:
        function = _function_of(site.statement, around)
        block: ast.AST = site.statement
        while block in around and block is not function and not isinstance(block, ast.For | ast.While):
            block = around[block]
        loads = read if isinstance(function, ast.Module) else loads_in(function)
        mine = {node.id for node in ast.walk(site.statement) if isinstance(node, ast.Name)}
        own = (mine & stores_in(block)[0]) - stores_in(function)[1]
        found[site.number] = frozenset(name for name in own if loads[name] == 1)
    return found


def _stores(scope: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that are set in a scope, and those that are set there for others."""
    inside = list(ast.walk(scope))
    stored = {one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    shared = {name for one in inside if isinstance(one, ast.Global | ast.Nonlocal) for name in one.names}
    return frozenset(stored | {one.arg for one in inside if isinstance(one, ast.arg)}), frozenset(shared)


def reads(trees: Sequence[ast.Module]) -> Counter[str]:
    """Return how often each name is read in some files together."""
    return sum(map(_loads, trees), Counter[str]())


def _loads(scope: ast.AST) -> Counter[str]:
    names = (node for node in ast.walk(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return Counter(node.id for node in names)


def _function_of(node: ast.AST, around: Around) -> ast.AST:
    while node in around and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node = around[node]
    return node


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the names that are bound once in a file, to an expression, and what to."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    stores = Counter(node.id for node in names if not isinstance(node.ctx, ast.Load))
    stores.update(node.arg for node in ast.walk(tree) if isinstance(node, ast.arg))
    plain = (node for node in ast.walk(tree) if isinstance(node, ast.Assign) and len(node.targets) == 1)
    pairs = ((node.targets[0], node.value) for node in plain)
    return {target.id: value for target, value in pairs if isinstance(target, ast.Name) and stores[target.id] == 1}


def _rows_around(site: Site, around: Around, assigned: Mapping[str, ast.expr]) -> Iterator[tuple[str, Places]]:
    """Yield the variables of the loops around a check and of its test's parameters, and what stands for them."""
    node: ast.AST = site.statement
    while node in around:
        node = around[node]
        if isinstance(node, ast.For):
            yield from _columns(node.target, _rows(node.iter, assigned))
        if isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if called(mark) == "parametrize" and isinstance(mark, ast.Call) and len(mark.args) > 1:
                    yield from _columns(_targets(mark.args[0]), _rows(mark.args[1], assigned))
            return


def _targets(names: ast.expr) -> ast.expr:
    """Return the names of pytest's parameters as a target of a loop."""
    if not isinstance(names, ast.Constant) or not isinstance(names.value, str):
        return names
    parts = [ast.Name(part.strip(), ast.Store()) for part in names.value.split(",")]
    return parts[0] if len(parts) == 1 else ast.Tuple(list[ast.expr](parts), ast.Store())


def _rows(table: ast.expr, assigned: Mapping[str, ast.expr]) -> list[Places | ast.expr]:
    """Return the rows of a table, each its columns or the only one; none where they are not to be seen."""
    items = isinstance(table, ast.Call) and isinstance(table.func, ast.Attribute) and table.func.attr == "items"
    source = (
        table.func.value if items and isinstance(table, ast.Call) and isinstance(table.func, ast.Attribute) else table
    )
    if isinstance(source, ast.Name):
        source = assigned.get(source.id, source)
    if isinstance(source, ast.Dict) and items:
        pairs = zip(source.keys, source.values, strict=True)
        return [(key, value) for key, value in pairs if key is not None]
    if not isinstance(source, ast.List | ast.Tuple) or items:
        return []
    return [
        tuple(row.elts) if isinstance(row, ast.Tuple | ast.List) else tuple(row.args) if called(row) == "param"
        and isinstance(row, ast.Call) else row
        for row in source.elts
    ]  # fmt: skip


def _columns(target: ast.expr, rows: Sequence[Places | ast.expr]) -> Iterator[tuple[str, Places]]:
    """Yield the variables of a target and what stands for them in each row."""
    if isinstance(target, ast.Name) and not any(isinstance(row, tuple) for row in rows):
        yield target.id, tuple(row for row in rows if isinstance(row, ast.expr))
    if isinstance(target, ast.Tuple):
        columns = [row for row in rows if isinstance(row, tuple) and len(row) == len(target.elts)]
        if len(columns) == len(rows):
            for place, name in enumerate(target.elts):
                if isinstance(name, ast.Name):
                    yield name.id, tuple(row[place] for row in columns)

"""What an expression of test code looks at: only at what the program gave and at values, or at something else too."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from akd_sandbox.checks.sites import called
from akd_sandbox.checks.values import literal
from akd_sandbox.guest.looking import LOOKING

_PURE = frozenset(("collections", "copy", "decimal", "fractions", "functools", "itertools", "json", "math", "operator",
                   "re", "statistics", "string", "textwrap", "typing"))  # fmt: skip
"""Modules that look at nothing outside what they are given."""
_NOT_ALIKE = frozenset(("id", "hash", "iter", "next", "aiter", "anext", "super", "vars", "memoryview"))
_KNOWN = LOOKING - _NOT_ALIKE
_WAYS_THROUGH = frozenset(("range", "enumerate", "zip", "sorted", "reversed", "list", "tuple"))
_ODD = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
_LIMIT = 400  # expressions that are followed for one check: a longer way is not worth it


@dataclass(frozen=True, slots=True)
class Bound:
    """What a name is bound to: an expression, the items of one, or a definition or import."""

    node: ast.AST
    each: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The names of a function of the tests, or of their modules; those of the program; those that it is handed.

    `changed`: the names whose values the tests change in place; `changers`: functions of theirs that change arguments.
    """

    names: Mapping[str, Sequence[Bound]]
    subjects: frozenset[str]
    handed: frozenset[str]
    changed: frozenset[str]
    changers: frozenset[str]
    module: Scope | None = None
    owner: ast.ClassDef | None = None
    answers: dict[ast.AST, bool] = field(default_factory=dict)
    attributes: dict[ast.ClassDef, dict[str, tuple[ast.expr, Scope]]] = field(default_factory=dict)
    """What the tests' classes set once, in the scope of their modules."""


def module_scope(trees: Sequence[ast.Module], subjects: Collection[str]) -> Scope:
    """Return the scope of tests' modules, all of them together."""
    names: dict[str, list[Bound]] = defaultdict(list)
    for tree in trees:
        for name, bound in _bindings(tree):
            names[name].append(bound)
    nodes = [node for tree in trees for node in _own(tree)]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    changers = frozenset(one.name for one in functions if not _parameters(one).isdisjoint(_changed(one)))
    changed = {name for tree in trees for name in _changed(tree, changers)}
    return Scope(names, frozenset(subjects), _handed(nodes, subjects), _with_aliases(changed, names), changers)


def scope_of(function: ast.FunctionDef, module: Scope, owner: ast.ClassDef | None = None) -> Scope:
    """Return the scope of a function at the top of tests' modules, or of a method of a class there."""
    names: dict[str, list[Bound]] = defaultdict(list)
    for name, bound in _bindings(function):
        names[name].append(bound)
    for arg in ast.walk(function.args):
        if isinstance(arg, ast.arg) and arg.arg not in module.subjects:
            names[arg.arg].append(Bound(arg))
    handed = _handed(list(_own(function)), module.subjects)
    changed = _with_aliases(set(_changed(function, module.changers)), names)
    return Scope(names, module.subjects, handed, changed, module.changers, module, owner)


def looks_at_values(node: ast.AST, scope: Scope) -> bool:
    """Return whether an expression looks at nothing but values, and at what the program gives where it is called."""
    try:
        return _looks(node, scope, frozenset(), [])
    except RecursionError:
        return False


def _looks(node: ast.AST, scope: Scope, bound: frozenset[str], way: list[ast.AST]) -> bool:
    way.append(node)
    if len(way) > _LIMIT or isinstance(node, _ODD):
        return False
    if _is_call(node, scope):
        return True
    if isinstance(node, ast.Name):
        return (
            (node.id in bound and node.id not in scope.handed)
            or isinstance(node.ctx, ast.Store)
            or _known(node.id, scope, way)
        )
    if isinstance(node, ast.Attribute) and node.attr.startswith("__"):
        return False
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return "self" not in scope.handed and _attribute_looks(node.attr, scope)
    if isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
        return any(map(_is_singular, [node.left, *node.comparators])) and _all_look(node, scope, bound, way)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _is_pure(node)
    if isinstance(node, ast.ExceptHandler) and (node.type is None or "BaseException" in ast.unparse(node.type)):
        return False
    if isinstance(node, ast.FunctionDef) and not _forgets_what_it_hands(node, scope):
        return False
    return _all_look(node, scope, bound, way)


def _all_look(node: ast.AST, scope: Scope, bound: frozenset[str], way: list[ast.AST]) -> bool:
    inner = bound | _bound_inside(node)
    return all(_looks(child, scope, inner, way) for child in ast.iter_child_nodes(node))


def _forgets_what_it_hands(function: ast.FunctionDef, scope: Scope) -> bool:
    """Return whether a function of the tests' reads nothing again that it has handed to the program, to be changed."""
    handed = [name for one in ast.walk(function) if _is_call(one, scope) for name in _arguments(one)]
    names = {name.id for name in handed}
    read = (node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return all(node in handed for node in read if node.id in names)


def _arguments(call: ast.AST) -> Iterator[ast.Name]:
    """Yield the names in the arguments of a call."""
    if isinstance(call, ast.Call):
        inside = (node for arg in [*call.args, *call.keywords] for node in ast.walk(arg))
        yield from (node for node in inside if isinstance(node, ast.Name))


def _is_call(node: ast.AST, scope: Scope) -> bool:
    return isinstance(node, ast.Call) and first_name(node.func) in scope.subjects


def first_name(node: ast.expr) -> str:
    """Return the first name of `a.b.c`, and the whole of `A().b`; nothing for what is neither."""
    whole = node
    while isinstance(node, ast.Attribute):
        node = node.value
    if isinstance(node, ast.Call) and not node.args and not node.keywords:
        return ast.unparse(whole)
    return node.id if isinstance(node, ast.Name) else ""


def _is_singular(side: ast.expr) -> bool:
    return isinstance(side, ast.Constant) and (side.value in (None, ...) or isinstance(side.value, bool))


def _bound_inside(node: ast.AST) -> frozenset[str]:
    """Return the names that a comprehension, a lambda or a definition binds for what stands in it."""
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        targets = [inner for part in node.generators for inner in ast.walk(part.target)]
        return frozenset(name.id for name in targets if isinstance(name, ast.Name))
    if isinstance(node, ast.Lambda | ast.FunctionDef | ast.ClassDef):
        inside = list(ast.walk(node))
        stored = {name.id for name in inside if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
        defined = {one.name for one in inside if isinstance(one, ast.FunctionDef | ast.ClassDef)}
        caught = {one.name for one in inside if isinstance(one, ast.ExceptHandler) and one.name}
        imported = {one.asname or one.name for one in inside if isinstance(one, ast.alias)}
        return frozenset(stored | defined | caught | imported | {arg.arg for arg in inside if isinstance(arg, ast.arg)})
    return frozenset()


def _known(name: str, scope: Scope, way: list[ast.AST]) -> bool:
    """Return whether what a name stands for looks at values only."""
    if name in scope.subjects:
        return False  # handed on, not called
    found = scope.names.get(name)
    if found is None:
        return _known(name, scope.module, way) if scope.module else name in _KNOWN
    if len(found) != 1 or name in scope.changed:
        return False
    (bound,) = found
    if name in scope.handed and not _stays(bound, scope):
        return False
    if bound.node in scope.answers:
        return scope.answers[bound.node]
    scope.answers[bound.node] = True  # as far as is known: it may come back to itself
    scope.answers[bound.node] = answer = _looks_of(bound.node, scope, way)
    return answer


def _looks_of(node: ast.AST, scope: Scope, way: list[ast.AST]) -> bool:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return False  # bound by `with`, `+=` and their like: to what, is not followed
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _is_pure(node)
    if isinstance(node, ast.arg):
        return _fixture_looks(node.arg, scope, way)
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
        return False
    if isinstance(node, ast.expr | ast.FunctionDef | ast.ClassDef):
        return _looks(node, scope, frozenset(), way)
    return False


def _attribute_looks(name: str, scope: Scope) -> bool:
    """Return whether an attribute that a class of tests sets once, itself or in `setUp`, looks at values only."""
    owner, module = scope.owner, scope.module
    if owner is None or module is None:
        return False
    if owner not in module.attributes:  # every check of a class may read one, and its methods are many
        module.attributes[owner] = _set_once(owner, module)
    if name not in module.attributes[owner]:
        return False
    value, inside = module.attributes[owner][name]
    if value not in module.answers:
        module.answers[value] = False  # as far as is known: it may come back to itself
        module.answers[value] = _looks(value, inside, frozenset(), [])
    return module.answers[value]


def _set_once(owner: ast.ClassDef, module: Scope) -> dict[str, tuple[ast.expr, Scope]]:
    """Return the attributes that a class of tests sets once and never changes in place: what to, and where."""
    stored: Counter[str] = Counter()
    values: dict[str, tuple[ast.expr, Scope]] = {}
    changed: set[str] = set()
    for part in owner.body:
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            stored[part.targets[0].id] += 1
            values[part.targets[0].id] = part.value, module
        elif isinstance(part, ast.FunctionDef):
            inside = scope_of(part, module, owner)
            changed.update(_changed(part, module.changers))
            for node in ast.walk(part):
                if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                    stored[node.attr] += 1
                elif isinstance(node, ast.Assign) and len(node.targets) == 1:
                    target = node.targets[0]
                    if isinstance(target, ast.Attribute):
                        values[target.attr] = node.value, inside
    return {name: value for name, value in values.items() if stored[name] == 1 and f"self.{name}" not in changed}


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _fixture_looks(name: str, scope: Scope, way: list[ast.AST]) -> bool:
    """Return whether what a fixture of pytest's gives to a test looks at values only."""
    found = scope.module.names.get(name, ()) if scope.module else ()
    function = found[0].node if len(found) == 1 else None
    if not isinstance(function, ast.FunctionDef) or scope.module is None:
        return False
    marks = [ast.unparse(mark) for mark in function.decorator_list]
    if marks not in (["pytest.fixture"], ["pytest.fixture()"], ["fixture"]):
        return False
    inside = scope_of(function, scope.module)
    given = [node.value for node in ast.walk(function) if isinstance(node, ast.Return | ast.Yield)]
    return bool(given) and all(value is not None and _looks(value, inside, frozenset(), way) for value in given)


def _is_pure(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Import):
        return all(name.name in _PURE for name in node.names)
    return node.module in _PURE and not node.level


def _stays(bound: Bound, scope: Scope) -> bool:
    """Return whether what a name is bound to is a value that no call can change."""
    if isinstance(bound.node, ast.expr) and bound.each:
        return all(_has_fixed_items(node, scope) for node in ast.walk(bound.node))
    known, value = literal(bound.node) if isinstance(bound.node, ast.expr) else (False, None)
    return known and _is_fixed(value)


def _has_fixed_items(node: ast.AST, scope: Scope) -> bool:
    """Return whether what is gone through yields fixed values: a literal, a name of one, a view of either, a range."""
    if isinstance(node, ast.Name) and node.id not in _WAYS_THROUGH:
        found = scope.names.get(node.id) or (scope.module.names.get(node.id) if scope.module else None) or ()
        node = found[0].node if len(found) == 1 and not found[0].each else node
    if isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.Set):
        value = literal(node)[1]
        parts = [part for pair in value.items() for part in pair] if isinstance(value, dict) else value
        return parts is not None and all(map(_is_fixed, parts))
    is_way = isinstance(node, ast.Name) and node.id in _WAYS_THROUGH
    is_view = isinstance(node, ast.Attribute) and node.attr in ("items", "keys", "values")
    return is_way or is_view or isinstance(node, ast.Call | ast.Constant | ast.expr_context)


def _is_fixed(value: object) -> bool:
    return all(map(_is_fixed, value)) if isinstance(value, tuple) else not isinstance(value, list | dict | set)


def _handed(nodes: Collection[ast.AST], subjects: Collection[str]) -> frozenset[str]:
    """Return the variables that stand in arguments of calls of the program: it may change what they are."""
    calls = [node for node in nodes if isinstance(node, ast.Call) and first_name(node.func) in subjects]
    return frozenset(name.id for call in calls for name in _arguments(call))


def _changed(scope: ast.AST, changers: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield what is changed in place, `x` or `self.x`: by a method called for its effect, an item set, `shuffle(x)`."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and called(node) in changers:
            yield from map(_owner_of, node.args)
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield _owner_of(node.value)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            func = node.value.func
            if isinstance(func, ast.Attribute) and _owner_of(func.value) not in ("self", "pytest"):
                yield from map(_owner_of, (func.value, *node.value.args))


def _with_aliases(changed: set[str], names: Mapping[str, Sequence[Bound]]) -> frozenset[str]:
    """Return changed names with those from whose values they come: what is changed may be a part of these."""
    left = list(changed)
    while left:
        bound = [one.node for one in names.get(left.pop(), ()) if isinstance(one.node, ast.expr)]
        found = {inner.id for node in bound for inner in ast.walk(node) if isinstance(inner, ast.Name)} - changed
        changed |= found
        left += found
    return frozenset(changed)


def _parameters(function: ast.FunctionDef) -> frozenset[str]:
    return frozenset(arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg))


def _owner_of(node: ast.expr) -> str:
    """Return the variable that an expression is a part of, `x` or `self.x`; nothing for what is no variable."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        if isinstance(node, ast.Attribute) and _is_name(node.value, "self"):
            return f"self.{node.attr}"
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a module or function, outside the functions and classes in it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _own(child)


def _bindings(scope: ast.AST) -> Iterator[tuple[str, Bound]]:
    """Yield the names that are bound in a module or function, and what to."""
    plain: set[ast.AST] = set()
    for node in _own(scope):
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            plain.update(name for part in node.generators for name in ast.walk(part.target))
    for node in _own(scope):
        if isinstance(node, ast.Assign | ast.For):
            value = Bound(node.value) if isinstance(node, ast.Assign) else Bound(node.iter, each=True)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            stored = [name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            for name in stored:
                if isinstance(name.ctx, ast.Store):
                    plain.add(name)
                    yield name.id, value
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, Bound(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield (alias.asname or alias.name.partition(".")[0]), Bound(node)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name, Bound(node)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from ((name, Bound(node)) for name in node.names)
    for node in _own(scope):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node not in plain:
            yield node.id, Bound(node)

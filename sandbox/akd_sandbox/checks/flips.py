"""Ways to make a check false that an honest program passes: another expected value, another exception, the opposite.

A flip is written into the text of the test: a flipped check looks like any other, so that a program which reads it
learns nothing. A strong flip asks for another value (an object that equals everything passes it); a weak one asks for
the opposite (a forged report passes it).
"""

from __future__ import annotations

import ast
import builtins
import math
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akd_sandbox.checks.sites import OTHER, Site, SiteKind, called
from akd_sandbox.checks.tables import Places
from akd_sandbox.checks.values import changed, is_value, literal, other_value
from akd_sandbox.guest.recorder import changes
from akd_sandbox.syntax import expression

Edits = Mapping[ast.expr, ast.expr]
"""Expressions of the tree and what stands in their places."""
Make = Callable[[random.Random, Sequence[Any]], Edits]
"""`make(rng, pool)`: the edits of one flip; `pool` holds the values that other checks expect."""


@dataclass(frozen=True, slots=True, eq=False)
class Flip:
    """One way to make checks false.

    `keep`: the edits where the check stays true, so that both look alike. `value`: what is expected now, for the pool.
    """

    strong: bool
    make: Make
    value: Any = None
    keep: Make = lambda rng, pool: {}


_OPPOSITE_OPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPPOSITES = {
    "assertTrue": "assertFalse", "assertIn": "assertNotIn", "assertIsNone": "assertIsNotNone",
    "assertIs": "assertIsNot", "assertIsInstance": "assertNotIsInstance", "assertRegex": "assertNotRegex",
    "assertEqual": "assertNotEqual", "assertAlmostEqual": "assertNotAlmostEqual",
    "assertGreater": "assertLessEqual", "assertLess": "assertGreaterEqual",
}  # fmt: skip
_OPPOSITES |= {other: name for name, other in _OPPOSITES.items()}
_EQUALITIES = (
    "assertEqual", "assertEquals", "assertListEqual", "assertTupleEqual", "assertSetEqual", "assertDictEqual",
    "assertSequenceEqual", "assertMultiLineEqual", "assertCountEqual", "assert_equal", "assert_array_equal",
)  # fmt: skip
_NEAR = ("assertAlmostEqual", "assertAlmostEquals", "assert_allclose", "assert_almost_equal",
         "assert_array_almost_equal")  # fmt: skip
_NEAR_TESTS = ("isclose", "allclose", "array_equal")
_PLACES = ("places", "decimal")
_TOLERANCES = ("delta", "abs", "rel", "atol", "rtol", "abs_tol", "rel_tol", *_PLACES)
_SMALL = 0.1
_NO_MEMBER = "neither of them"
_COMMON_ERRORS = ("ValueError", "TypeError", "KeyError", "IndexError", "ZeroDivisionError", "AttributeError",
                  "RuntimeError", "NotImplementedError", "StopIteration", "PermissionError")  # fmt: skip


def flip_of(site: Site, names: Mapping[str, Places], variables: Collection[str] = ()) -> Flip | None:
    """Return the strongest flip of a check, None where there is none.

    `names`: what this check alone reads and what stands for it: variables with one value each, columns of tables.
    `variables`: what a test sets for this check alone, and may find changed.
    """
    if isinstance(site.statement, ast.Assert):
        return _of_test(site.statement.test, names, variables)
    if site.kind is SiteKind.CALL:
        return _of_call(site.call, names, variables)
    return _of_exception(site.call)


def _of_test(test: ast.expr, names: Mapping[str, Places], variables: Collection[str]) -> Flip | None:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        sides = (test.comparators[0], test.left)
        op = test.ops[0]
        if isinstance(op, ast.Eq) and all(_tight(node) for node in ast.walk(test) if isinstance(node, ast.Call)):
            return _of_values(sides, names, far=_tolerant(test)) or _of_computed(sides, variables)
        if isinstance(op, ast.Lt | ast.LtE) and called(test.left) in ("abs", "fabs") and _is_small(test.comparators[0]):
            flip = _of_distance(test.left)
            if flip is not None:
                return flip
        if isinstance(op, ast.In) and _has_members(test.comparators[0]):
            return _of_members(test.comparators[0])
        if type(op) in _OPPOSITE_OPS:
            opposite = _OPPOSITE_OPS[type(op)]
            return Flip(False, lambda rng, pool: {test: ast.Compare(test.left, [opposite()], test.comparators)})
    if isinstance(test, ast.Compare) and (flip := _of_order(test)) is not None:
        return flip
    if called(test) == "all" and isinstance(test, ast.Call) and (flip := _of_each(test)) is not None:
        return flip
    if isinstance(test, ast.Call) and called(test) in _NEAR_TESTS and len(test.args) >= 2 and _tight(test):
        flip = _of_values((test.args[1], test.args[0]), names, far=called(test) != "array_equal")
        if flip is not None:
            return flip
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return Flip(False, lambda rng, pool: {test: test.operand})
    return Flip(False, lambda rng, pool: {test: ast.UnaryOp(ast.Not(), test)})


def _tight(call: ast.Call) -> bool:
    """Return whether a check's tolerance is so small that a far change is beyond it."""
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in _TOLERANCES}
    if called(call) in _NEAR and len(call.args) > 2:
        given["places"] = call.args[2]
    for name, node in given.items():
        known, value = literal(node)
        if not known or not isinstance(value, int | float) or (value < 0 if name in _PLACES else value > _SMALL):
            return False
    return True


def _is_small(bound: ast.expr) -> bool:
    known, value = literal(bound)
    return known and isinstance(value, int | float) and value <= _SMALL


def _tolerant(test: ast.expr) -> bool:
    return any(called(node) in ("approx", *_NEAR_TESTS) for node in ast.walk(test) if isinstance(node, ast.Call))


def _of_distance(distance: ast.expr) -> Flip | None:
    """Return the flip of `abs(f(x) - 3.14) < tolerance`."""
    inner = distance.args[0] if isinstance(distance, ast.Call) and len(distance.args) == 1 else None
    if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
        return _of_values((inner.right, inner.left), {}, far=True)
    return None


def _of_values(sides: Sequence[ast.expr], names: Mapping[str, Places], *, far: bool) -> Flip | None:
    """Return the flip of an equality with a value on one side, the first of them."""
    if all(is_value(side) for side in sides):
        return None
    for side in sides:
        by_name = isinstance(side, ast.Name | ast.Subscript)
        places = names.get(ast.unparse(side), ()) if by_name else (side,)
        if places and all(map(is_value, places)):
            value = literal(places[0])[1] if len(places) == 1 else None  # rows can be taken away
            return Flip(True, _changes(places, far=far), value)
    return None


def _of_computed(sides: Sequence[ast.expr], variables: Collection[str]) -> Flip:
    """Return the flip of an equality with no value on either side: one side's value is changed when it is there.

    A token says whether it is; the side that calls less is the one that is expected. A variable is changed before the
    program is called, which may read it in the frame of the test. `sides`: the right one first.
    """
    expected = min(sides, key=lambda side: sum(isinstance(node, ast.Call) for node in ast.walk(side)))
    first = sides[1] if isinstance(expected, ast.Name) and expected.id in variables else None
    return Flip(True, _token(expected, first, change=True), keep=_token(expected, first, change=False))


def _has_members(container: ast.expr) -> bool:
    literals = isinstance(container, ast.List | ast.Tuple | ast.Set) and bool(container.elts)
    return literals and literal(container)[0]


def _of_members(container: ast.expr) -> Flip:
    """Return the flip of `f(x) in [1, 2]`: other members, none of them one of these."""
    members = list(literal(container)[1])

    def make(rng: random.Random, pool: Sequence[Any]) -> Edits:
        others = [other_value(member, rng, (), far=True) for member in members]
        made = [other for other in others if other not in members] or [_NO_MEMBER]
        return {container: expression(repr(made))}

    return Flip(True, make)


def _of_order(test: ast.Compare) -> Flip | None:
    """Return the flip of `f(x) > 1` and `1 < f(x) < 3`: beyond what any number is."""
    ups = all(isinstance(op, ast.Lt | ast.LtE) for op in test.ops)
    if not ups and not all(isinstance(op, ast.Gt | ast.GtE) for op in test.ops):
        return None
    sides = [test.left, *test.comparators]
    bounds = [_is_number(side) for side in sides]
    if bounds not in ([True, False], [False, True], [True, False, True]):
        return None
    middle = sides[bounds.index(False)]
    low = ups == bounds[0]  # what is looked at is above the bound that is named first
    end = ast.Constant(math.inf) if low else ast.UnaryOp(ast.USub(), ast.Constant(math.inf))
    beyond = ast.Compare(middle, [ast.Gt() if low else ast.Lt()], [end])
    return Flip(True, lambda rng, pool: {test: beyond})


def _is_number(node: ast.expr) -> bool:
    return type(literal(node)[1]) in (int, float)


def _of_each(call: ast.Call) -> Flip | None:
    """Return the flip of `all(f(x) == y for ... in ...)`, where there is something to go through."""
    made = call.args[0] if len(call.args) == 1 else None
    if not isinstance(made, ast.GeneratorExp | ast.ListComp) or len(made.generators) != 1 or made.generators[0].ifs:
        return None
    each, source = made.elt, made.generators[0].iter
    if (
        not _is_filled(source)
        or not isinstance(each, ast.Compare)
        or len(each.ops) != 1
        or not isinstance(each.ops[0], ast.Eq)
    ):
        return None
    sides = (each.comparators[0], each.left)
    return _of_values(sides, {}, far=_tolerant(each)) or _of_computed(sides, ())


def _is_filled(source: ast.expr) -> bool:
    if called(source) == "range" and isinstance(source, ast.Call) and 1 <= len(source.args) <= 2:
        ends = [literal(arg)[1] for arg in source.args]
        return all(type(end) is int for end in ends) and bool(range(*ends))
    return isinstance(source, ast.List | ast.Tuple) and bool(source.elts)


def _token(expected: ast.expr, first: ast.expr | None, *, change: bool) -> Make:
    def make(rng: random.Random, pool: Sequence[Any]) -> Edits:
        token = rng.getrandbits(48)
        while changes(token) is not change:
            token = rng.getrandbits(48)
        other = ast.Call(ast.Name(OTHER, ast.Load()), [ast.Constant(token), expected], [])
        if first is None or not isinstance(expected, ast.Name):
            return {expected: other}
        named = ast.NamedExpr(ast.Name(expected.id, ast.Store()), other)
        if first is expected:
            return {expected: named}
        return {first: ast.Subscript(ast.Tuple([named, first], ast.Load()), ast.Constant(1), ast.Load())}

    return make


def _changes(places: Places, *, far: bool) -> Make:
    return lambda rng, pool: {node: changed(node, rng, pool, far=far) for node in places}


def _of_call(call: ast.Call, names: Mapping[str, Places], variables: Collection[str]) -> Flip | None:
    name = called(call)
    far = name in _NEAR or _tolerant(call)
    if not _tight(call):
        return _opposite_call(call)
    if (name in _EQUALITIES or name in _NEAR) and len(call.args) >= 2:
        sides = (call.args[1], call.args[0])
        return _of_values(sides, names, far=far) or _of_computed(sides, variables)
    return _opposite_call(call)


def _opposite_call(call: ast.Call) -> Flip | None:
    if called(call) == "assertIn" and len(call.args) > 1 and _has_members(call.args[1]):
        return _of_members(call.args[1])
    opposite = _OPPOSITES.get(called(call))
    func = call.func
    if opposite is None or not isinstance(func, ast.Attribute):
        return None
    return Flip(False, lambda rng, pool: {func: ast.Attribute(func.value, opposite, ast.Load())})


def bold_flip_of(site: Site, subjects: Collection[str]) -> Flip | None:
    """Return a flip of a check that only has the opposite: another value somewhere beside what is under test.

    `assert same(f(x), made_of([1, 2]))` becomes one of `made_of([1, 3])`. Whether that is false nobody knows without
    trying it on a program that is right. `subjects`: the names that are under test, whose arguments stay as they are.
    """
    if isinstance(site.statement, ast.Assert):
        checked: ast.expr = site.statement.test
    elif site.kind is SiteKind.CALL and site.call.args:
        checked = site.call.args[0]
    else:
        return None
    if not isinstance(checked, ast.Call) or not subjects:
        return None
    places = list(_values_beside(checked, subjects))
    if not places:
        return None
    fixed = random.Random(f"{site.number} {ast.unparse(checked)}")  # what was tried on the reference, and nothing else
    place = fixed.choice(places)
    edits = {place: changed(place, fixed, (), far=True)}
    return Flip(True, lambda rng, pool: edits)


def _values_beside(node: ast.AST, subjects: Collection[str]) -> Iterator[ast.expr]:
    """Yield the values in an expression that are not handed to what is under test."""
    if isinstance(node, ast.Call) and _root(node.func) in subjects:
        return
    if isinstance(node, ast.expr) and is_value(node):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _values_beside(child, subjects)


def _root(function: ast.expr) -> str:
    while isinstance(function, ast.Attribute | ast.Call):
        function = function.value if isinstance(function, ast.Attribute) else function.func
    return function.id if isinstance(function, ast.Name) else ""


def _of_exception(call: ast.Call) -> Flip | None:
    """Return the flip of an expected exception: another common one, that is neither above nor below it."""
    expected = call.args[0]
    kind = getattr(builtins, expected.id, None) if isinstance(expected, ast.Name) else None
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        return None
    others = [name for name in _COMMON_ERRORS if not _related(getattr(builtins, name), kind)]
    if not others:
        return None
    return Flip(True, lambda rng, pool: {expected: ast.Name(rng.choice(others), ast.Load())})


def _related(one: type, other: type) -> bool:
    return issubclass(one, other) or issubclass(other, one)

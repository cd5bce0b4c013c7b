"""Ways to make a check false that an honest program passes: another expected value, another exception, the opposite.

A flip is written into the text of the test: a flipped check looks like any other, so that a program which reads it
learns nothing. A strong flip asks for another value (an object that equals everything passes it); a weak one asks for
the opposite (a forged report passes it).
"""

from __future__ import annotations

import ast
import builtins
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akd_sandbox.checks.sites import OTHER, Site, SiteKind, called
from akd_sandbox.checks.values import changed, is_value, literal
from akd_sandbox.guest.recorder import changes

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
_COMMON_ERRORS = ("ValueError", "TypeError", "KeyError", "IndexError", "ZeroDivisionError", "AttributeError",
                  "RuntimeError", "NotImplementedError", "StopIteration", "PermissionError")  # fmt: skip


def flip_of(site: Site, names: Mapping[str, ast.expr]) -> Flip | None:
    """Return the strongest flip of a check, None where there is none.

    `names`: variables that stand for one value each and are read by this check alone, and the value's expression.
    """
    if isinstance(site.statement, ast.Assert):
        return _of_test(site.statement.test, names)
    if site.kind is SiteKind.CALL:
        return _of_call(site.call, names)
    return _of_exception(site.call)


def _of_test(test: ast.expr, names: Mapping[str, ast.expr]) -> Flip | None:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        sides = (test.comparators[0], test.left)
        op = test.ops[0]
        if isinstance(op, ast.Eq) and all(_tight(node) for node in ast.walk(test) if isinstance(node, ast.Call)):
            return _of_values(sides, names, far=_tolerant(test)) or _of_computed(sides)
        if isinstance(op, ast.Lt | ast.LtE) and called(test.left) in ("abs", "fabs"):
            flip = _of_distance(test.left)
            if flip is not None:
                return flip
        if type(op) in _OPPOSITE_OPS:
            opposite = _OPPOSITE_OPS[type(op)]
            return Flip(False, lambda rng, pool: {test: ast.Compare(test.left, [opposite()], test.comparators)})
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


def _tolerant(test: ast.expr) -> bool:
    return any(called(node) in ("approx", *_NEAR_TESTS) for node in ast.walk(test) if isinstance(node, ast.Call))


def _of_distance(distance: ast.expr) -> Flip | None:
    """Return the flip of `abs(f(x) - 3.14) < tolerance`."""
    inner = distance.args[0] if isinstance(distance, ast.Call) and len(distance.args) == 1 else None
    if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
        return _of_values((inner.right, inner.left), {}, far=True)
    return None


def _of_values(sides: Sequence[ast.expr], names: Mapping[str, ast.expr], *, far: bool) -> Flip | None:
    """Return the flip of an equality with a value on one side, the first of them."""
    if all(is_value(side) for side in sides):
        return None
    for side in sides:
        node = names.get(side.id) if isinstance(side, ast.Name) else side
        if node is not None and is_value(node):
            return Flip(True, _changes(node, far=far), literal(node)[1])
    return None


def _of_computed(sides: Sequence[ast.expr]) -> Flip:
    """Return the flip of an equality with no value on either side: one side's value is changed when it is there.

    A token says whether it is; the side that calls less is the one that is expected.
    """
    expected = min(sides, key=lambda side: sum(isinstance(node, ast.Call) for node in ast.walk(side)))
    return Flip(True, _token(expected, change=True), keep=_token(expected, change=False))


def _token(expected: ast.expr, *, change: bool) -> Make:
    def make(rng: random.Random, pool: Sequence[Any]) -> Edits:
        token = rng.getrandbits(48)
        while changes(token) is not change:
            token = rng.getrandbits(48)
        return {expected: ast.Call(ast.Name(OTHER, ast.Load()), [ast.Constant(token), expected], [])}

    return make


def _changes(node: ast.expr, *, far: bool) -> Make:
    return lambda rng, pool: {node: changed(node, rng, pool, far=far)}


def _of_call(call: ast.Call, names: Mapping[str, ast.expr]) -> Flip | None:
    name = called(call)
    far = name in _NEAR or _tolerant(call)
    if not _tight(call):
        return _opposite_call(call)
    if (name in _EQUALITIES or name in _NEAR) and len(call.args) >= 2:
        sides = (call.args[1], call.args[0])
        return _of_values(sides, names, far=far) or _of_computed(sides)
    return _opposite_call(call)


def _opposite_call(call: ast.Call) -> Flip | None:
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
    places = [node for argument in checked.args for node in _values_beside(argument, subjects)]
    if not places:
        return None

    def make(rng: random.Random, pool: Sequence[Any]) -> Edits:
        place = rng.choice(places)
        return {place: changed(place, rng, pool, far=True)}

    return Flip(True, make)


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

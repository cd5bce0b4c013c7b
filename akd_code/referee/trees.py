"""Binary trees written level by level, None where there is no child: `[1, None, 2]` has a right child and no left."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Node:
    """A node of a tree."""

    value: Any
    left: Node | None = None
    right: Node | None = None


def tree_of(literal: Sequence[Any]) -> Node | None:
    """Return the tree of a literal; values that no parent is there for are left out."""
    values = iter(literal)
    root = _node(next(values, None))
    waiting = deque([root] if root else [])
    while waiting:
        node = waiting.popleft()
        for side in ("left", "right"):
            child = _node(next(values, None))
            setattr(node, side, child)
            if child is not None:
                waiting.append(child)
    return root


def literal_of(root: Node | None) -> list[Any]:
    """Return the literal of a tree, without None at its end."""
    found: list[Any] = []
    level = [root]
    while any(level):
        found += [None if node is None else node.value for node in level]
        level = [child for node in level if node is not None for child in (node.left, node.right)]
    while found and found[-1] is None:
        found.pop()
    return found


def canonical(literal: Sequence[Any]) -> list[Any]:
    """Return the literal that stands for the same tree and for itself."""
    return literal_of(tree_of(literal))


def limit_trees(literal: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield trees with the same values that programs most often forget: none, one node, chains, mirrored, one side."""
    values = [one for one in literal if one is not None]
    yield []
    yield values[:1]
    yield canonical([values[0], *(item for one in values[1:] for item in (None, one))] if values else [])
    yield canonical([*values[:1], *(item for one in values[1:] for item in (one, None))])
    root = tree_of(literal)
    yield literal_of(_mirrored(root))
    if root is not None:
        yield literal_of(root.left)
        yield literal_of(root.right)
        yield literal_of(Node(root.value, root.left, None))
        yield literal_of(Node(root.value, None, root.right))
    yield [values[0]] * len(values) if values else []


def in_order(node: Node | None) -> list[Any]:
    """Return the values from left to right."""
    return [] if node is None else [*in_order(node.left), node.value, *in_order(node.right)]


def is_search_tree(literal: Sequence[Any]) -> bool:
    """Tell whether values ascend strictly from left to right."""
    values = in_order(tree_of(literal))
    try:
        return all(map(lambda a, b: a < b, values, values[1:]))
    except TypeError:
        return False


def is_full(literal: Sequence[Any]) -> bool:
    """Tell whether every node has two children or none."""
    waiting = [tree_of(literal)]
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        if (node.left is None) != (node.right is None):
            return False
        waiting += [node.left, node.right]
    return True


def _node(value: Any) -> Node | None:
    return None if value is None else Node(value)


def _mirrored(node: Node | None) -> Node | None:
    return None if node is None else Node(node.value, _mirrored(node.right), _mirrored(node.left))

"""Suites over linked lists and trees, which a literal stands for inside of a constructor call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from akd_code.records import PromptTests
from akd_code.referee import Effort, Programs, Strengthened, run_tests, strengthened
from akd_code.referee.built import Built, beside, value_of
from akd_code.referee.domain import domain_of
from akd_code.referee.inputs import CallInput, mutated_inputs
from akd_code.referee.literal_call import literal_call
from akd_code.referee.trees import canonical, is_full, is_search_tree, limit_trees
from akd_sandbox import Limits, Sandbox, Verdict
from akd_sandbox.syntax import expression

LISTS = """
class ListNode:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next

def list_node(values):
    head = None
    for value in reversed(values):
        head = ListNode(value, head)
    return head

def is_same_list(p, q):
    while p and q and p.val == q.val:
        p, q = p.next, q.next
    return p is None and q is None
"""
DROP = """
class Solution:
    def drop(self, head, low):
        first = ListNode(0, head)
        node = first
        while node.next:
            if node.next.val < low:
                node.next = node.next.next
            else:
                node = node.next
        return first.next
"""
TREES = """
from collections import deque

class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right

def tree_node(values):
    if not values:
        return None
    root, i = TreeNode(values[0]), 1
    queue = deque([root])
    while queue:
        node = queue.popleft()
        for side in ("left", "right"):
            if i < len(values) and values[i] is not None:
                setattr(node, side, TreeNode(values[i]))
                queue.append(getattr(node, side))
            i += 1
    return root

def is_same_tree(p, q):
    if p is None or q is None:
        return p is q
    return p.val == q.val and is_same_tree(p.left, q.left) and is_same_tree(p.right, q.right)
"""
DEPTH = """
class Solution:
    def depth(self, root):
        if root is None:
            return 0
        left, right = self.depth(root.left), self.depth(root.right)
        if left > right:
            return 1 + left
        return 1 + right
"""
LESS = DEPTH.replace("left > right", "left < right")
MIRROR = """
class Solution:
    def mirror(self, root):
        if root:
            root.left, root.right = self.mirror(root.right), self.mirror(root.left)
        return root
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(backend="process", workers=1, limits=Limits(test_s=2.0)) as sandbox:
        yield sandbox


def stronger(box: Sandbox, entry: str, code: str, *lines: str) -> Strengthened:
    tests = PromptTests(lines, "given")
    return strengthened(tests, entry, Programs(code), box, effort=Effort(inputs=40))


def verdict(box: Sandbox, done: Strengthened, entry: str, code: str) -> Verdict:
    return run_tests(done.tests, entry, code, box).verdict


def test_a_suite_over_linked_lists_gets_tests_in_its_own_words(box: Sandbox) -> None:
    entry, code = "Solution().drop", LISTS + DROP
    line = "assert is_same_list(Solution().drop(head=list_node([1, 5]), low=3), list_node([5]))"
    done = stronger(box, entry, code, line)
    assert done.reason == ""
    assert done.added
    for added in done.added:
        assert added.startswith("assert is_same_list(Solution().drop(head=list_node([")
    assert verdict(box, done, entry, code) is Verdict.PASS
    at_most = code.replace("val < low", "val <= low")
    assert run_tests(PromptTests((line,), "given"), entry, at_most, box).verdict is Verdict.PASS
    assert verdict(box, done, entry, at_most) is Verdict.WRONG


def test_a_suite_over_trees_gets_tests_in_its_own_words(box: Sandbox) -> None:
    entry = "Solution().depth"
    done = stronger(box, entry, TREES + DEPTH, "assert Solution().depth(tree_node([5])) == 1")
    assert all(line.startswith("assert Solution().depth(tree_node([") for line in done.added)
    assert verdict(box, done, entry, TREES + DEPTH) is Verdict.PASS
    assert verdict(box, done, entry, TREES + LESS) is Verdict.WRONG


def test_a_tree_that_is_returned_is_compared_by_the_suites_own_function(box: Sandbox) -> None:
    entry, same = "Solution().mirror", "assert is_same_tree(Solution().mirror(tree_node([1])), tree_node([1]))"
    done = stronger(box, entry, TREES + MIRROR, same)
    assert done.added
    assert verdict(box, done, entry, TREES + MIRROR) is Verdict.PASS
    lazy = "class Solution:\n    def mirror(self, root):\n        return root\n"
    assert verdict(box, done, entry, TREES + lazy) is Verdict.WRONG


def test_constructors_may_stand_in_the_set_up_of_the_tests(box: Sandbox) -> None:
    tests = PromptTests(("assert Solution().depth(tree_node([5])) == 1",), "given", TREES)
    done = strengthened(tests, "Solution().depth", Programs(DEPTH), box, effort=Effort(inputs=40))
    assert done.added
    assert done.tests.setup == TREES
    assert verdict(box, done, "Solution().depth", LESS) is Verdict.WRONG


def test_what_is_not_the_answers_is_not_mutated() -> None:
    line = "assert is_same_list(Solution().drop(list_node([1]), 3), list_node([]))"
    assert beside([line], "Solution().drop", LISTS + TREES + DROP) == {
        "ListNode", "list_node", "is_same_list", "TreeNode", "tree_node", "is_same_tree",
    }  # fmt: skip
    assert beside(["assert f(1) == 2"], "f", "def g(x): return x\ndef f(x): return g(x) + 1\ndef h(): pass") == {"h"}
    assert beside(["assert f(1) == 2"], "f", "f = lambda x: x") == frozenset()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("list_node([1, 2])", Built("list_node", [1, 2])),
        ("[list_node([1]), list_node([])]", [Built("list_node", [1]), Built("list_node", [])]),
        ("[1, [2]]", [1, [2]]),
    ],
)
def test_a_constructor_on_a_list_is_read(text: str, value: Any) -> None:
    assert value_of(expression(text)) == value
    assert repr(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("set([1, 2])", {1, 2}), ("tuple([1])", (1,)), ("list((1, 2))", [1, 2]), ("dict([('a', 1)])", {"a": 1}),
     ("frozenset({1})", frozenset({1})), ("[set([1]), set([])]", [{1}, set()])],
)  # fmt: skip
def test_a_call_of_a_built_in_type_is_the_value_that_it_makes(text: str, value: Any) -> None:
    assert value_of(expression(text)) == value


@pytest.mark.parametrize("made", ["set", "deque", "sorted"])
def test_arguments_in_containers_of_pythons_own_are_changed_too(box: Sandbox, made: str) -> None:
    code = "from collections import deque\n\ndef f(xs):\n    return sum(x for x in xs if x > 1)\n"
    done = stronger(box, "f", code, f"assert f({made}([4, 5])) == 9")
    assert done.added
    assert verdict(box, done, "f", code) is Verdict.PASS
    assert verdict(box, done, "f", code.replace("> 1", ">= 1")) is Verdict.WRONG


@pytest.mark.parametrize("text", ["f(1)", "f([x])", "f([1], 2)", "a.f([1])", "f(values=[1])"])
def test_other_calls_are_no_values(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        value_of(expression(text))


@pytest.mark.parametrize(
    "line",
    ["assert f(1) == list_node([1])", "assert same(f(1), [2])", "assert same(f(1), list_node([1]), 2)",
     "assert isclose(f(1), list_node([1]))"],
)  # fmt: skip
def test_what_is_built_is_compared_by_a_function_of_the_tasks_alone(line: str) -> None:
    assert literal_call(line, "f") is None


def test_the_same_check_is_made_on_another_list() -> None:
    call = literal_call("assert same(f(list_node([1, 2])), list_node([2]))", "f")
    assert call is not None
    other = CallInput((Built("list_node", [3]),))
    assert call.on(other, [4, 5]) == "assert same(f(list_node([3])), list_node([4, 5]))"
    assert call.on(other, None) == "assert same(f(list_node([3])), list_node([]))"
    assert call.on(other, 5) is None


def test_trees_become_trees_that_their_literal_stands_for() -> None:
    known = [CallInput((Built("tree_node", [3, 9, 20, None, None, 15, 7]),))]
    literals = [one.args[0].literal for one in mutated_inputs(known, 60)]
    assert len(literals) > 20
    assert all(literal == canonical(literal) for literal in literals)
    assert [] in literals
    assert [3, 20, 9, 7, 15] in literals  # mirrored


def test_a_list_of_values_level_by_level_is_a_tree() -> None:
    assert canonical([1, None, 2, 3, None]) == [1, None, 2, 3]
    assert canonical([None, 1]) == []
    assert canonical([1, None, None, 4]) == [1]
    chains = list(limit_trees([1, 2, 3]))
    assert [1, None, 2, None, 3] in chains
    assert [1, 2, None, 3] in chains


def test_the_order_of_a_tree_is_known() -> None:
    assert is_search_tree([4, 2, 6, 1, 3, None, 7])
    assert not is_search_tree([4, 2, 6, 1, 5])
    assert is_full([1, 2, 3, None, None, 4, 5])
    assert not is_full([1, 2])


@pytest.mark.parametrize(
    ("constructor", "known", "text", "allowed", "excluded"),
    [
        ("tree_node", [[8, 4, 12, 2, 6, 10, 14, 1, 3]], "", [4, 2], [2, 4]),
        ("tree_node", [[2, 1]], "the root of a binary search tree", [4, 2], [2, 4]),
        ("tree_node", [[2, 1]], "", [2, 4], None),
        ("tree_node", [[1, 2, 3]], "Each node has 0 or 2 children.", [1, 2, 3], [1, 2]),
        ("list_node", [[1, 2, 3]], "Given the head of a sorted linked list", [1, 1, 5], [2, 1]),
        ("list_node", [[1]], "The number of nodes in the list is in the range [1, 5000].", [1, 1], []),
        ("list_node", [[1]], "The number of nodes in the list is in the range [0, 3].", [], [1, 2, 3, 4]),
        ("list_node", [[1]], "-100 <= Node.val <= 100", [-100], [101]),
        ("list_node", [[1, 2, 3, 4, 5, 6, 7, 8]], "", [3, 4], [-1, 2]),
    ],
)  # fmt: skip
def test_what_holds_for_the_nodes_of_all_known_inputs_is_meant(
    constructor: str, known: list[list[Any]], text: str, allowed: list[Any], excluded: list[Any] | None
) -> None:
    domain = domain_of([CallInput((Built(constructor, one),)) for one in known], text)
    assert domain.allows(CallInput((Built(constructor, allowed),)))
    if excluded is not None:
        assert not domain.allows(CallInput((Built(constructor, excluded),)))


def test_a_number_that_never_exceeds_the_length_of_a_list_does_not() -> None:
    known = [CallInput((Built("list_node", [1, 2, 3]), 2)), CallInput((Built("list_node", [1]), 1))]
    domain = domain_of(known)
    assert domain.allows(CallInput((Built("list_node", [5, 4]), 2)))
    assert not domain.allows(CallInput((Built("list_node", [5, 4]), 3)))

"""Names, calls, imports, complexity, the call graph, and the sub-steps of monolithic functions."""

from __future__ import annotations

import pytest

from akd_code.decompose import Decomposition, Facts, decompose, steps_text, tree_text


def facts_of(source: str, name: str, language: str = "python") -> Facts:
    found = decompose(source, language)
    return next(found.facts[module.index] for module in found.outline.modules if module.qualname == name)


def edges(found: Decomposition) -> set[tuple[str, str]]:
    names = [module.qualname for module in found.outline.modules]
    return {(names[caller], names[callee]) for caller, callee in found.call_graph}


def test_reads_writes_and_free_names() -> None:
    facts = facts_of("def f(a, *rest, k=1, **more):\n    b = a + c\n    d.x = b\n    return g(b, key=k)\n", "f")
    assert facts.parameters == ("a", "rest", "k", "more")
    assert facts.writes == ("b",)
    assert facts.free == ("c", "d", "g")


def test_names_that_a_comprehension_or_lambda_binds_are_its_own() -> None:
    facts = facts_of("def f(xs):\n    return [y + z for y in xs if y] + list(map(lambda w: w + y, xs))\n", "f")
    assert set(facts.free) == {"z", "list", "map", "y"}
    assert facts.writes == ()


def test_a_global_name_is_written_but_not_bound() -> None:
    facts = facts_of("def f():\n    global n\n    n = n + 1\n", "f")
    assert facts.writes == ("n",)
    assert facts.free == ("n",)


def test_imports_are_bound_and_their_use_is_told() -> None:
    source = "import os.path\nimport re as rx\nfrom a.b import c as d, e\n\ndef f():\n    return os.sep + rx.x + d(e)\n"
    assert facts_of(source, "").writes == ("os", "rx", "d", "e")
    assert facts_of(source, "f").imports == ("os", "rx", "d", "e")


def test_callees_are_named_by_what_stands_before_the_brackets() -> None:
    facts = facts_of("def f(x):\n    a.b(x)(1)\n    g(x)[0].h()\n    (lambda: 1)()\n    (k)(2)\n", "f")
    assert sorted(facts.calls) == ["", "", ".h", "a.b", "g", "k"]


@pytest.mark.parametrize(
    ("source", "callee"),
    [
        ("a\\\n  .b\\\n  .c(1)", "a.b.c"),
        ("(a # why\n .b).c(1)", "a.b.c"),
        ("'# no comment\\n'.join(x)", ".join"),
        ("(True).bit_length()", ".bit_length"),
        ("print(*a.b())", "a.b"),
        ("null(1)", "null"),
        ("\uff57\uff57()", "ww"),
    ],
)
def test_callees_are_named_however_they_are_laid_out(source: str, callee: str) -> None:
    assert callee in decompose(source + "\n").facts[0].calls


def test_the_call_graph_follows_the_names_in_reach() -> None:
    source = (
        "def helper(): pass\n"
        "class A:\n"
        "    def helper(self): pass\n"
        "    def run(self):\n"
        "        def inner(): return helper()\n"
        "        self.helper()\n"
        "        return inner()\n"
        "A().run()\n"
    )
    assert edges(decompose(source)) == {
        ("A.run.inner", "helper"),
        ("A.run", "A.helper"),
        ("A.run", "A.run.inner"),
        ("", "A"),
    }


def test_complexity_counts_decisions_and_nesting() -> None:
    source = (
        "def f(xs):\n"
        "    for x in xs:\n"
        "        if x and x > 1:\n"
        "            while x:\n"
        "                x -= 1\n"
        "        elif not x:\n"
        "            pass\n"
        "    return 1 if xs else 2\n"
    )
    complexity = facts_of(source, "f").complexity
    # for, if, and, while, elif, conditional expression
    assert (complexity.cyclomatic, complexity.nesting, complexity.lines) == (7, 3, 8)


MONOLITH = '''def report(rows, limit):
    """Says it."""
    # keep the big ones
    kept = []
    for row in rows:
        if row > limit:
            kept.append(row)
    # add them up
    total = 0
    for row in kept:
        total = total + row
    # say it
    text = f"{len(kept)} rows"
    return text + str(total)
'''


def test_the_sub_steps_of_a_monolithic_function_have_inputs_and_outputs() -> None:
    found = decompose(MONOLITH)
    (blocks,) = found.blocks.values()
    assert [(block.title, block.inputs, block.outputs, block.returns) for block in blocks] == [
        ("keep the big ones", ("limit", "rows"), ("kept",), False),
        ("add them up", ("kept",), ("total",), False),
        ("say it", ("kept", "total"), (), True),
    ]
    assert [(block.span.first_line, block.span.last_line) for block in blocks] == [(4, 7), (9, 11), (13, 14)]


def test_a_comment_right_below_the_head_is_the_title_of_the_first_step() -> None:
    source = "def f(xs):\n    # one\n    a = [1]\n    for x in xs: a = [x]\n    # two\n    return g(a) or h(a)\n"
    (blocks,) = decompose(source.replace("return", "b = 1\n    if a: b = 2\n    return")).blocks.values()
    assert [block.title for block in blocks] == ["one", "two"]


def test_without_comments_the_cuts_are_behind_compound_statements() -> None:
    source = (
        "def f(xs):\n    best = 0\n    for x in xs:\n        best = max(best, x)\n"
        "    count = 0\n    for x in xs:\n        count += x == best\n    return count\n"
    )
    (blocks,) = decompose(source).blocks.values()
    assert [(block.inputs, block.outputs) for block in blocks] == [(("xs",), ("best",)), (("best", "xs"), ("count",))]


def test_a_guard_that_may_return_is_no_sub_step() -> None:
    source = (
        "def f(xs):\n    if not xs:\n        return 0\n    s = 0\n    for x in xs:\n        s += x\n"
        "    m = 1\n    for x in xs:\n        m *= x\n    return s + m\n"
    )
    (blocks,) = decompose(source).blocks.values()
    assert [block.outputs for block in blocks] == [("s",), ("m",)]


def test_a_name_that_is_overwritten_before_it_is_read_does_not_flow() -> None:
    source = "def f(a):\n    # one\n    t = a + 1\n    b = t * 2\n    # two\n    t = b + 3\n    c = t\n    # three\n"
    source += "    return c\n"
    (blocks,) = decompose(source).blocks.values()
    assert [(block.inputs, block.outputs) for block in blocks] == [(("a",), ("b",)), (("b",), ("c",))]


def test_a_function_of_one_step_has_no_blocks() -> None:
    assert decompose("def f(x):\n    y = x + 1\n    return y\n").blocks == {}


def test_the_steps_told_to_a_teacher_name_inputs_and_outputs() -> None:
    assert steps_text(decompose(MONOLITH)).splitlines() == [
        "- function def report(rows, limit): Says it.",
        "  - lines 4-7: limit, rows -> kept  (keep the big ones)",
        "  - lines 9-11: kept -> total  (add them up)",
        "  - lines 13-14: kept, total -> the result  (say it)",
    ]


def test_control_characters_of_untrusted_code_do_not_reach_the_terminal() -> None:
    text = tree_text(
        decompose("def f(x):\n    # \x1b[31mred\n    y = [x]\n    # b\x07\n    for z in y: x = z\n    return x\n")
    )
    assert "\x1b" not in text
    assert "\x07" not in text


def test_javascript_has_facts_too() -> None:
    source = "const sum = (xs) => { let s = 0; for (const x of xs) { s += x; } return s; };\nconsole.log(sum([1]));\n"
    facts = facts_of(source, "sum", "javascript")
    assert facts.parameters == ("xs",)
    assert facts.complexity.cyclomatic == 2
    assert edges(decompose(source, "javascript")) == {("", "sum")}

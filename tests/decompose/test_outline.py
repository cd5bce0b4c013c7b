"""The modules of a source: names, nesting, spans, heads and docstrings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akd_code.decompose import MAX_BYTES, DecomposeError, Module, Outline, outline

SOURCE = '''# licence
import os


# doubles a number
@cached
def double(x: int) -> int:
    """Twice x.

    Always.
    """
    return 2 * x


class Box(Base):
    """Holds things."""

    size = 3

    async def open(self, key):
        def turn(): return key
        return turn()

if __name__ == "__main__":
    def main(): pass
    main()
'''


def joined(found: Outline) -> bytes:
    return b"".join(found.source[tile.span.start : tile.span.end] for tile in found.tiles)


def named(found: Outline) -> dict[str, Module]:
    return {module.qualname: module for module in found.modules if module.name}


def test_modules_have_names_kinds_and_nesting() -> None:
    found = outline(SOURCE)
    assert [(module.kind, module.qualname) for module in found.modules] == [
        ("block", ""),
        ("function", "double"),
        ("class", "Box"),
        ("method", "Box.open"),
        ("function", "Box.open.turn"),
        ("block", ""),
        ("function", "main"),
    ]
    assert [module.parent for module in found.modules] == [None, None, None, 2, 3, None, 5]


def test_a_definition_begins_with_its_decorators_and_the_comment_above_it() -> None:
    found = outline(SOURCE)
    text = found.text(named(found)["double"].span)
    assert text.startswith("# doubles a number\n@cached\ndef double")
    assert named(found)["double"].span.first_line == 5


def test_heads_and_docstrings_are_read_without_decorators_and_quotes() -> None:
    modules = named(outline(SOURCE))
    assert modules["double"].signature == "def double(x: int) -> int"
    assert modules["double"].docstring == "Twice x.\n\nAlways."
    assert modules["Box"].signature == "class Box(Base)"
    assert modules["Box"].docstring == "Holds things."
    assert modules["Box.open"].signature == "async def open(self, key)"
    assert modules["Box.open"].docstring is None


def test_the_tiles_are_the_source() -> None:
    assert joined(outline(SOURCE)) == SOURCE.encode()


@pytest.mark.parametrize(
    "source", ["", "\n", "# only a comment", "x", "\ufeffx = 1\n", "def", "\x00", "\x0c\ndef f(): pass\r\n"]
)
def test_odd_sources_are_tiled_too(source: str) -> None:
    assert joined(outline(source)) == source.encode()


def test_a_function_cut_off_after_its_head_is_found_and_marked_broken() -> None:
    found = outline("def whole():\n    return 1\n\ndef cut(a, b")
    assert [(module.name, module.broken) for module in found.modules if module.name] == [
        ("whole", False),
        ("cut", True),
    ]
    assert found.errors > 0


def test_a_function_cut_off_in_its_body_is_still_a_function() -> None:
    found = outline("def cut(items):\n    for item in items:\n        if item >")
    assert "cut" in named(found)


def test_prose_around_code_does_not_hide_the_code() -> None:
    found = outline("Here is the function you wanted:\n\ndef f(x):\n    return x\n\nHope it helps!\n")
    assert "f" in named(found)
    assert joined(found).endswith(b"Hope it helps!\n")


def test_line_breaks_in_brackets_that_the_grammar_does_not_know_do_no_harm() -> None:
    source = "def f():\n        (bar.\n    baz(\n    ))\n\ndef g(): pass\n"
    found = outline(source)
    assert found.errors == 0
    assert [module.name for module in found.modules if module.name] == ["f", "g"]
    assert joined(found) == source.encode()


def test_bytes_that_are_no_utf_8_come_back() -> None:
    source = b"def f():\n    return '\xff\xfe'\n\x80"
    assert joined(outline(source)) == source


def test_a_source_over_the_limit_is_refused() -> None:
    with pytest.raises(DecomposeError, match="are more than"):
        outline(b" " * (MAX_BYTES + 1))


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(DecomposeError, match="no language 'cobol'"):
        outline("x", "cobol")


PIECES = (
    "def f(", "):", "\n", "    ", "class A", "@d", '"""', "'", "return x", "if x:", "(", "]", "# c", "\\", "\t", "é",
    "async ", ":", "\r",
)  # fmt: skip
pieces = st.sampled_from(PIECES)


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces | st.text(max_size=5), max_size=30).map("".join))
def test_whatever_is_written_is_tiled_and_nested(source: str) -> None:
    found = outline(source)
    assert joined(found) == found.source
    for module in found.modules:
        if module.parent is not None:
            outer = found.modules[module.parent].span
            assert outer.start <= module.span.start <= module.span.end <= outer.end


def test_javascript_is_a_grammar_and_a_query() -> None:
    source = (
        "import {read} from 'fs';\n"
        "/* adds */\nexport function add(a, b) { return a + b; }\n"
        "const twice = (n) => { return add(n, n); };\n"
        "class Shape extends Base { area(w) { return this.side(w); } side(w) { return w; } }\n"
    )
    found = outline(source, "javascript")
    assert [(module.kind, module.qualname) for module in found.modules if module.name] == [
        ("function", "add"),
        ("function", "twice"),
        ("class", "Shape"),
        ("method", "Shape.area"),
        ("method", "Shape.side"),
    ]
    assert joined(found) == source.encode()
    assert named(found)["add"].signature == "function add(a, b)"
    assert found.text(named(found)["add"].span).startswith("/* adds */")

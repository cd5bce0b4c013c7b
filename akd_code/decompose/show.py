"""A decomposition as text: the tree for a terminal, and the sub-steps for a prompt to the teacher."""

from __future__ import annotations

from akd_code.decompose.modules import CodeBlock, Decomposition, Module

_MAX_STEPS = 12


def tree_text(found: Decomposition) -> str:
    """Return the modules as an indented tree, one per line, with what they call and the blocks worth extracting."""
    lines: list[str] = []
    depth: dict[int, int] = {}
    for module in found.outline.modules:
        depth[module.index] = 0 if module.parent is None else depth[module.parent] + 1
        indent = "  " * depth[module.index]
        lines.append(indent + _module_line(found, module))
        for block in found.blocks.get(module.index, ()):
            lines.append(f"{indent}  - {_block_line(block)}")
    if found.outline.errors:
        lines.append(f"{found.outline.errors} places the grammar could not read")
    return "\n".join(_printable(line) for line in lines)


def _module_line(found: Decomposition, module: Module) -> str:
    facts, span = found.facts[module.index], module.span
    if module.kind == "block":
        head = f"block {', '.join(facts.writes[:6])}" if facts.writes else "block"
    else:
        head = f"{module.kind} {module.qualname}" + (" (broken)" if module.broken else "")
    parts = [f"{head}  lines {span.first_line}-{span.last_line}"]
    size = facts.complexity
    if module.kind in ("function", "method"):
        parts.append(f"cyclomatic {size.cyclomatic}, nesting {size.nesting}")
    if facts.callees:
        called = ", ".join(found.outline.modules[index].qualname for index in facts.callees)
        parts.append(f"calls {called}")
    if facts.imports:
        parts.append(f"uses {', '.join(facts.imports)}")
    return "; ".join(parts)


def _block_line(block: CodeBlock) -> str:
    result = "the result" if block.returns else ", ".join(block.outputs) or "nothing"
    place = f"lines {block.span.first_line}-{block.span.last_line}"
    flow = f"{', '.join(block.inputs) or 'nothing'} -> {result}"
    return f"{place}: {flow}" + (f"  ({block.title})" if block.title else "")


def steps_text(found: Decomposition) -> str:
    """Return the sub-steps of a program for a prompt, one per line; "" where it has none.

    The functions that it already consists of, and the blocks of those that could be taken apart.
    """
    lines: list[str] = []
    for module in found.outline.modules:
        blocks = found.blocks.get(module.index, ())
        if module.kind == "block":
            continue
        said = f": {module.docstring.splitlines()[0]}" if module.docstring else ""
        lines.append(f"- {module.kind} {module.signature}{said}")
        for block in blocks:
            lines.append(f"  - {_block_line(block)}")
    return "\n".join(_printable(line)[:200] for line in lines[:_MAX_STEPS])


def _printable(line: str) -> str:
    """Return a line without control characters: names and comments of untrusted code reach a terminal here."""
    return "".join(char if char.isprintable() else "?" for char in line)

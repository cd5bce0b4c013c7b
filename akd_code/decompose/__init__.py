"""The decomposer: from any source text, broken or half written, its modules, their facts and their sub-steps.

`outline` finds functions, methods, classes and top-level blocks; `decompose` adds names, calls, complexity, the call
graph and, for monolithic functions, the blocks worth extracting with inputs and outputs by data flow; `parse_stubs`
reads the typed signatures that a teacher writes; `tree_text` shows it all. A language is a tree-sitter grammar and a
query file (`languages.py`). Nothing here runs or imports the code it reads.
"""

from akd_code.decompose.analysis import decompose
from akd_code.decompose.errors import DecomposeError, StubError
from akd_code.decompose.languages import LANGUAGES, language_of
from akd_code.decompose.modules import CodeBlock, Complexity, Decomposition, Facts, Module, Outline, Span
from akd_code.decompose.outline import MAX_BYTES, outline
from akd_code.decompose.show import steps_text, tree_text
from akd_code.decompose.stubs import Match, Stub, StubSet, match_stubs, parse_stubs

__all__ = [
    "LANGUAGES",
    "MAX_BYTES",
    "CodeBlock",
    "Complexity",
    "DecomposeError",
    "Decomposition",
    "Facts",
    "Match",
    "Module",
    "Outline",
    "Span",
    "Stub",
    "StubError",
    "StubSet",
    "decompose",
    "language_of",
    "match_stubs",
    "outline",
    "parse_stubs",
    "steps_text",
    "tree_text",
]

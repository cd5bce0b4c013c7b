"""The functions of an answer as modules of the store: complete by themselves, and only those fit to be shown again."""

from __future__ import annotations

from dataclasses import dataclass

from akd_code.decompose import Decomposition, Module, decompose
from akd_code.modules.store import Origin, VerifiedModule
from akd_code.reading import injected

_MAX_CODE_CHARS = 4_000
MAX_PROGRAM_CHARS = 20_000
"""More of an answer is not taken apart: some texts cost the decomposer time that grows with their square."""
MAX_MODULES = 6
"""Functions of one answer that are considered: an answer with more is not made of modules."""


@dataclass(frozen=True, slots=True)
class ModuleCandidate:
    """A function of an answer that could become a module, with everything of the answer it needs."""

    name: str
    signature: str
    docstring: str
    code: str

    def module(self, tests: tuple[str, ...], origin: Origin) -> VerifiedModule:
        """Return the module, once its tests passed."""
        return VerifiedModule(self.name, self.signature, self.docstring, self.code, tests, origin)

    @property
    def stub(self) -> str:
        """Head and docstring, for whoever writes its tests."""
        doc = self.docstring.replace('"""', "'''").replace("\n", "\n    ")
        return f'{self.signature}:\n    """{doc}"""\n'


def candidates_of(code: str, entry_point: str | None) -> tuple[tuple[ModuleCandidate, ...], int]:
    """Return the functions of a program that could be stored, and how many are unfit.

    The task's own function is left out. Unfit means: without a docstring to find it by, broken, too long, or with text
    in it that tries to instruct whoever reads it next.
    """
    found = decompose(code[:MAX_PROGRAM_CHARS])
    made: list[ModuleCandidate] = []
    unfit = 0
    for module in found.outline.modules:
        if module.kind != "function" or module.parent is not None or module.name == entry_point:
            continue
        whole = _with_needs(found, module)
        if module.broken or not module.docstring or len(whole) > _MAX_CODE_CHARS or injected(whole):
            unfit += 1
        elif len(made) < MAX_MODULES:
            made.append(ModuleCandidate(module.name, module.signature, module.docstring, whole))
    return tuple(made), unfit


def _with_needs(found: Decomposition, wanted: Module) -> str:
    """Return a module's source after the imports and the modules of the same program that it needs."""
    modules = found.outline.modules
    needed, open_ = {wanted.index}, [wanted.index]
    while open_:
        index = open_.pop()
        inner = [module.index for module in modules if module.parent == index]
        free = set(found.facts[index].free)
        around = [
            module.index
            for module in modules
            if module.parent is None
            and (module.name in free if module.kind != "block" else free & set(found.facts[module.index].writes))
        ]
        for other in [*inner, *around]:
            if other not in needed:
                needed.add(other)
                open_.append(other)
    order = [module for module in modules if module.index in needed and module.parent is None]
    order.sort(key=lambda module: module.index == wanted.index)  # what it needs first, in its own order
    return "\n\n\n".join(found.outline.text(module.span).strip() for module in order) + "\n"

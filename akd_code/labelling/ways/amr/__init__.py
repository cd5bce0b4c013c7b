"""AMR-Evol: the teacher takes its answer apart, looks at verified modules, and answers anew (arXiv 2410.00558).

R_d   = T(task)                              the direct answer
stubs = T(task, R_d, its steps)              modular decomposition
R     = T(task, stubs, nearest modules)      adaptive evolution, told to answer as if it never saw them
modules of R that are new and pass tests of their own join the store

`AmrProposer` is the order of these steps; `decomposition`, `evolution` and `growth` are the steps. Here R then replaces
R_d only if it passes at least as many validated tests: that is the chooser's business, and not in the paper.
"""

from akd_code.labelling.ways.amr.proposer import AmrProposer

__all__ = ["AmrProposer"]

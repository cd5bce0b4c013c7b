"""Labels: the teacher's answer to each prompt, and whether it passes the prompt's tests.

Five main things: `open_labeller` opens the way to make labels that a recipe names, out of the registry `LABELLERS`; a
`Proposer` proposes answers to a prompt; the `Chooser` tests them all and chooses, the same for every way; `label_all`
labels a pool of prompts. The built-in ways are in `ways`. Nothing here trains, and no answer runs outside the sandbox.
"""

from akd_code.labelling.chooser import Chooser
from akd_code.labelling.figures import labelling_figures, outcomes, suite_lines
from akd_code.labelling.labeller import Labeller, direct_labeller, label_all, most_requests, open_labeller
from akd_code.labelling.proposer import LABELLERS, LabelTools, LabelWay, Proposal, Proposer, StatelessProposer
from akd_code.labelling.tally import LabelTally

__all__ = [
    "LABELLERS",
    "Chooser",
    "LabelTally",
    "LabelTools",
    "LabelWay",
    "Labeller",
    "Proposal",
    "Proposer",
    "StatelessProposer",
    "direct_labeller",
    "label_all",
    "labelling_figures",
    "most_requests",
    "open_labeller",
    "outcomes",
    "suite_lines",
]

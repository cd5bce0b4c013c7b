"""The curriculum: where prompts come from, the seeds first, then new ones in the ways that a recipe names.

`load_seeds` reads the first prompts; `GENERATORS` holds the ways to make new ones, of which `open_streams` opens a
recipe's; `generate` asks the model, parses, filters and keeps the quotas; `redraw` stands in for it where no model can
write prompts. Nothing here decides what is hard, and nothing runs code.
"""

from akd_code.curriculum.generation import Generation, generate
from akd_code.curriculum.redraw import redraw
from akd_code.curriculum.seeds import load_seeds
from akd_code.curriculum.streams import Stream, check_ways, open_streams, ways_of
from akd_code.curriculum.way import GENERATORS, Material, Request, Way

__all__ = [
    "GENERATORS",
    "Generation",
    "Material",
    "Request",
    "Stream",
    "Way",
    "check_ways",
    "generate",
    "load_seeds",
    "open_streams",
    "redraw",
    "ways_of",
]

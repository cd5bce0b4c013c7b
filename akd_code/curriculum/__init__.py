"""The curriculum: where prompts come from, the seeds first, then new ones like those on which the student loses.

`load_seeds` reads the first prompts; `generate` asks the model for more, parses, filters and keeps the quotas; `redraw`
stands in for it where no model can write prompts. Nothing here decides what is hard, and nothing runs code.
"""

from akd_code.curriculum.generation import Generation, generate, redraw
from akd_code.curriculum.seeds import load_seeds

__all__ = ["Generation", "generate", "load_seeds", "redraw"]

"""The curriculum: where prompts come from, the seeds first, then new ones like those on which the student loses.

`generate` asks the model, parses, filters and keeps the quotas; `redraw` stands in for it where no model can write
prompts. Nothing here decides what is hard, and nothing runs code.
"""

from akd_code.curriculum.generation import Generation, GenerationCounts, GenerationSettings, generate, redraw

__all__ = ["Generation", "GenerationCounts", "GenerationSettings", "generate", "redraw"]

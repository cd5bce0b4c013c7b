"""Generation: new tasks like those on which the student loses, and longer-tailed ones like those it masters.

`generate` is the stage: it asks the model, parses, filters and keeps the quotas; `redraw` stands in for it where no
model can write prompts. `NoveltyIndex` is the ROUGE-L filter,
`reject_text` the filters on a text alone. Nothing here decides what is hard, and nothing runs code.
"""

from akd_code.generate.filters import LEAKS, Rejection, reject_text
from akd_code.generate.generation import Generation, GenerationCounts, GenerationSettings, generate, redraw
from akd_code.generate.rouge import Likeness, NoveltyIndex, rouge_l_f1, words

__all__ = [
    "LEAKS",
    "Generation",
    "GenerationCounts",
    "GenerationSettings",
    "Likeness",
    "NoveltyIndex",
    "Rejection",
    "generate",
    "redraw",
    "reject_text",
    "rouge_l_f1",
    "words",
]

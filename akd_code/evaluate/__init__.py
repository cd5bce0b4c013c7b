"""Sampling a model on benchmarks and scoring its answers, in one pipeline.

Four things: `find_target` reads what MODEL names, `Asker` builds the prompts (chat or completion), `generate` yields
samples batch by batch, and `evaluate` writes them, has them judged while others are still being generated, and scores.
"""

from akd_code.evaluate.pipeline import Evaluation, evaluate
from akd_code.evaluate.prompting import Asker, Style
from akd_code.evaluate.sampling import EvalSampling
from akd_code.evaluate.target import EvaluateError, Target, find_target

__all__ = ["Asker", "EvalSampling", "EvaluateError", "Evaluation", "Style", "Target", "evaluate", "find_target"]

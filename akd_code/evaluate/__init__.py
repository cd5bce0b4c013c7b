"""The one way a model is asked and examined, for `akd run` and `akd eval` alike: same prompts, limits and figures.

The main things: `find_target` reads what MODEL names; `run_settings` says how a run examines its student; `TaskPrompts`
are what a model is asked; `evaluate` samples and judges what an `EvalSpec` describes, both at once; `exam_of` turns
that into the figures of a round. Nothing here trains a model or knows the order of a run's stages.
"""

from akd_code.evaluate.exam import Exam, exam_of
from akd_code.evaluate.pipeline import Evaluation, draw, evaluate
from akd_code.evaluate.prompting import PromptStyle, TaskPrompts, decide_style
from akd_code.evaluate.sampling import EvalSampling
from akd_code.evaluate.seen import split, split_of, told_of
from akd_code.evaluate.settings import ExamSettings, run_settings
from akd_code.evaluate.store import EvalSpec, discard_others
from akd_code.evaluate.suites import open_suite
from akd_code.evaluate.target import EvaluateError, Target, find_target

__all__ = [
    "EvalSampling",
    "EvalSpec",
    "EvaluateError",
    "Evaluation",
    "Exam",
    "ExamSettings",
    "PromptStyle",
    "Target",
    "TaskPrompts",
    "decide_style",
    "discard_others",
    "draw",
    "evaluate",
    "exam_of",
    "find_target",
    "open_suite",
    "run_settings",
    "split",
    "split_of",
    "told_of",
]

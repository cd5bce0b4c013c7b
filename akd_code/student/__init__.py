"""The student: loading any causal LM, sampling its answers, and training a LoRA adapter on the teacher's.

`load_student`, `sample_answers`, `train_sft`, `train_prefer`, the trainer under both (`train_adapter`, which takes any
`Objective`), `merged`, and `StudentError`. Nothing here knows of teachers, tests or rounds.
"""

from akd_code.student.ask import Ask, OnAnswer, Sampled
from akd_code.student.load import Student, StudentError, load_student
from akd_code.student.merge import merge_difference, merged, save_merged
from akd_code.student.own_settings import left_out
from akd_code.student.prefer import Lessons, PreferReport, train_prefer
from akd_code.student.sample import ask_seed, sample_answers, sample_asks, sampling_model, sampling_way
from akd_code.student.sft import SFTReport, train_sft
from akd_code.student.trainer import Objective, TrainingStep, train_adapter

__all__ = [
    "Ask",
    "Lessons",
    "Objective",
    "OnAnswer",
    "PreferReport",
    "SFTReport",
    "Sampled",
    "Student",
    "StudentError",
    "TrainingStep",
    "ask_seed",
    "left_out",
    "load_student",
    "merge_difference",
    "merged",
    "sample_answers",
    "sample_asks",
    "sampling_model",
    "sampling_way",
    "save_merged",
    "train_adapter",
    "train_prefer",
    "train_sft",
]

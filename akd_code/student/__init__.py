"""The student: loading any causal LM, sampling its answers, and training a LoRA adapter on the teacher's.

Five things: `load_student`, `sample_answers`, `train_sft`, the trainer under it (`train_adapter`, which takes any
`Objective`), and `StudentError`. Nothing here knows of teachers, tests or rounds.
"""

from akd_code.student.load import Student, StudentError, load_student
from akd_code.student.sample import OnAnswer, Sampled, sample_answers, sample_ids, sampling_model
from akd_code.student.sft import SFTReport, train_sft
from akd_code.student.trainer import Objective, TrainingStep, train_adapter

__all__ = [
    "Objective",
    "OnAnswer",
    "SFTReport",
    "Sampled",
    "Student",
    "StudentError",
    "TrainingStep",
    "load_student",
    "sample_answers",
    "sample_ids",
    "sampling_model",
    "train_adapter",
    "train_sft",
]

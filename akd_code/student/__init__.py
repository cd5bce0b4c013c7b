"""The student: loading any causal LM, sampling its answers, and training a LoRA adapter on the teacher's.

Five things: `load_student`, `sample_answers`, `train_sft` with its `SFTConfig`, and `StudentError`. Nothing here knows
of teachers, tests or rounds.
"""

from akd_code.student.load import Student, StudentError, load_student
from akd_code.student.sample import OnAnswer, Sampled, sample_answers, sample_ids, sampling_model
from akd_code.student.sft import SFTConfig, SFTReport, SFTStep, train_sft

__all__ = [
    "OnAnswer",
    "SFTConfig",
    "SFTReport",
    "SFTStep",
    "Sampled",
    "Student",
    "StudentError",
    "load_student",
    "sample_answers",
    "sample_ids",
    "sampling_model",
    "train_sft",
]

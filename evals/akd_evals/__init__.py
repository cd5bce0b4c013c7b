"""Benchmarks, answer extraction, scoring, pass@k, statistics and comparison.

What a score is made of, each of use alone: `load_suite` reads a benchmark, `read_samples` what a model wrote for it,
`extract_code` finds the program in an answer, `score` judges programs in the sandbox and keeps every verdict,
`pass_at_k` and `wilson_interval` turn verdicts into figures, `compare` holds two runs against each other. It never
downloads, never unpickles, never runs a program outside the sandbox, and never counts a fault of ours as a program's
failure.
"""

from akd_evals.api import Score, compare, score
from akd_evals.comparison import Comparison
from akd_evals.errors import EvalError, EvalInfraError
from akd_evals.extract import Extraction, extract_code
from akd_evals.passk import mean_pass_at_k, pass_at_k
from akd_evals.reasoning import after_reasoning
from akd_evals.sample_files import read_samples
from akd_evals.samples import Sample, Samples
from akd_evals.stats import wilson_interval
from akd_evals.suites import Suite, Task, load_suite

__all__ = [
    "Comparison",
    "EvalError",
    "EvalInfraError",
    "Extraction",
    "Sample",
    "Samples",
    "Score",
    "Suite",
    "Task",
    "after_reasoning",
    "compare",
    "extract_code",
    "load_suite",
    "mean_pass_at_k",
    "pass_at_k",
    "read_samples",
    "score",
    "wilson_interval",
]

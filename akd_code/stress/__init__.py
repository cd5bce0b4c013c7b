"""A model under stress prompts: its answers, what they came to, and pairs to train the weaknesses away.

`Bench` is a file of prompts, plain or with hints; `stress_model` samples and judges a model's answers and
`stress_samples` judges those that exist, through `akd_code.evaluate` and `akd_evals` as everything else; `read_results`
reads what they left, `figures_of` sums it up, `text_report`, `report_json` and
`html_report` show it, and `stress_pairs` makes pairs of it. An analyser's finding stands
beside the verdicts and is never one.
"""

from akd_code.stress.bench import Bench, bench_of, read_bench
from akd_code.stress.failures import Failure, failures
from akd_code.stress.figures import StressFigures, figures_of
from akd_code.stress.outcome import StressAnswer, StressResults, read_results
from akd_code.stress.page import html_report
from akd_code.stress.pairs import Paired, StressPair, by_source, stress_pairs
from akd_code.stress.run import HINTED, PLAIN, PROMPTS, StressRun, stress_model, stress_samples
from akd_code.stress.told import report_json, text_report

__all__ = [
    "HINTED",
    "PLAIN",
    "PROMPTS",
    "Bench",
    "Failure",
    "Paired",
    "StressAnswer",
    "StressFigures",
    "StressPair",
    "StressResults",
    "StressRun",
    "bench_of",
    "by_source",
    "failures",
    "figures_of",
    "html_report",
    "read_bench",
    "read_results",
    "report_json",
    "stress_model",
    "stress_pairs",
    "stress_samples",
    "text_report",
]

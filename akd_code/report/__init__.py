"""The figures of a run, gathered once and shown in several forms.

`RoundFigures` maps each stage of a round to its figures; `write_summary` writes summary.json, `read_rounds` reads it;
`rounds_table`, `depth_table` and `hardening_table` show the rounds on a terminal. Nothing here knows how a figure came
about.
"""

from akd_code.report.rounds import RoundFigures
from akd_code.report.summary import ToldRound, read_rounds, write_summary
from akd_code.report.tables import depth_table, hardening_table, rounds_table

__all__ = [
    "RoundFigures",
    "ToldRound",
    "depth_table",
    "hardening_table",
    "read_rounds",
    "rounds_table",
    "write_summary",
]

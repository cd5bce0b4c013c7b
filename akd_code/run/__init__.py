"""The run on disk: everything a loop leaves behind, and all that it needs to go on after an interruption.

`RunFolder` is an open run directory. It holds `StepStore` (finished steps under keys made from their inputs),
`ItemStore` (one row per label, answer, gap and prompt), `Ledger` (one row per paid call) and `EventLog`. `read_steps`,
`read_items` and `read_calls` look into a run that another process may have open. Nothing here knows what a step does.
"""

from akd_code.run.folder import RunFolder
from akd_code.run.identity import digest_of, step_key
from akd_code.run.items import ItemRow, ItemStore, read_items, read_labelled_prompts
from akd_code.run.ledger import CallTotals, Ledger, cost_of, read_calls, read_step_costs
from akd_code.run.steps import FinishedStep, StepStore, read_steps

__all__ = [
    "CallTotals",
    "FinishedStep",
    "ItemRow",
    "ItemStore",
    "Ledger",
    "RunFolder",
    "StepStore",
    "cost_of",
    "digest_of",
    "read_calls",
    "read_items",
    "read_labelled_prompts",
    "read_step_costs",
    "read_steps",
    "step_key",
]

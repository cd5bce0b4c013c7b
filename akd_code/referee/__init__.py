"""The referee: which of two answers is better, by tests where they can be trusted and by a judge where they cannot.

Five main things: `validate_written`, `validate_by_agreement` and `validate_given` say what of a prompt's tests can be
trusted, `strengthened` adds tests to a suite, `run_tests` tests an answer, `ask_judge` asks the LLM judge twice with
the answers swapped, and `decide` makes one `Gap` of both. Nothing here writes an answer, and untrusted code runs in the
sandbox only.
"""

from akd_code.referee.agreement import VOICES
from akd_code.referee.expectations import Disagreement
from akd_code.referee.flip import flipped, other_value
from akd_code.referee.hardness import (
    JUDGE_GAP,
    TEST_GAP,
    JudgePolicy,
    TestRates,
    decide,
    disagree,
    judge_gap,
    needs_judge,
)
from akd_code.referee.hybrid import Decision, Referee
from akd_code.referee.judge_figures import judge_figures, judge_lines
from akd_code.referee.llm_judge import ask_judge
from akd_code.referee.prompt_tests import Tested, run_tests
from akd_code.referee.strengthen import Effort, Programs, Strengthened, strengthened
from akd_code.referee.validation import Validated, validate_by_agreement, validate_given, validate_written

__all__ = [
    "JUDGE_GAP",
    "TEST_GAP",
    "VOICES",
    "Decision",
    "Disagreement",
    "Effort",
    "JudgePolicy",
    "Programs",
    "Referee",
    "Strengthened",
    "TestRates",
    "Tested",
    "Validated",
    "ask_judge",
    "decide",
    "disagree",
    "flipped",
    "judge_figures",
    "judge_gap",
    "judge_lines",
    "needs_judge",
    "other_value",
    "run_tests",
    "strengthened",
    "validate_by_agreement",
    "validate_given",
    "validate_written",
]

"""The stages of the loop, a file each.

`Stage` says what one is. In the order in which `loop.py` calls them: `LabelPrompts` (the teacher answers, tests
choose), `Imitate` (the student learns from them), `Practise` and `Prefer` (it learns from its own answers),
`ExamineBefore`, `Stress`, `StressLabels` and `Harden` (weaknesses are trained away), `Examine` (it is measured),
`Attempt` (it answers the cache pool), `Discriminate` (the referee says what is hard), `GrowTopics` (subtopics, for
ways that need them) and `Generate` (new prompts). `StepRunner` does a stage unless it is done. Nothing here knows which
stage follows which.
"""

from akd_code.stages.attempt import Attempt
from akd_code.stages.discriminate import Discriminate
from akd_code.stages.estimate import Estimate, Outlook, Requests
from akd_code.stages.examine import Examine
from akd_code.stages.generate import Generate
from akd_code.stages.grow_topics import GrowTopics
from akd_code.stages.harden import ExamineBefore, Harden, StressLabels, without_right_answer
from akd_code.stages.imitate import Imitate
from akd_code.stages.label import LabelPrompts
from akd_code.stages.practise import Practise
from akd_code.stages.prefer import Prefer
from akd_code.stages.runner import StepRunner
from akd_code.stages.stage import Stage, StageResult
from akd_code.stages.stress import Stress
from akd_code.stages.student_at import StudentAt
from akd_code.stages.workbench import Workbench

__all__ = [
    "Attempt",
    "Discriminate",
    "Estimate",
    "Examine",
    "ExamineBefore",
    "Generate",
    "GrowTopics",
    "Harden",
    "Imitate",
    "LabelPrompts",
    "Outlook",
    "Practise",
    "Prefer",
    "Requests",
    "Stage",
    "StageResult",
    "StepRunner",
    "Stress",
    "StressLabels",
    "StudentAt",
    "Workbench",
    "without_right_answer",
]

"""Every prompt of the project: a template with its version, its typed inputs, and beside it the parser of its answer.

`render` makes the messages of a prompt from its inputs, `recognise` is its inverse, and the `parse_*` functions read
the answers that have a form or raise `PromptParseError`; the program in an answer is found by
`akd_evals.extract`. This package never calls a model and never runs code it parses.
"""

from akd_prompts.answers import (
    GeneratedTask,
    Scores,
    WrittenTests,
    parse_generated,
    parse_scores,
    parse_tests,
)
from akd_prompts.errors import PromptError, PromptParseError
from akd_prompts.fences import Block, fence_for, fenced_blocks
from akd_prompts.inputs import (
    TEMPLATES,
    CotInputs,
    DecomposeInputs,
    EvolveInputs,
    GenerateEasyInputs,
    GenerateHardInputs,
    Inputs,
    JudgeInputs,
    RepairInputs,
    ShownFailureInputs,
    ShownSolutionInputs,
    SolveInputs,
    TestModuleInputs,
    WriteTestsInputs,
)
from akd_prompts.message import Message
from akd_prompts.new_tasks import (
    NEW_TASKS,
    EvolComplexityInputs,
    EvolConstraintInputs,
    EvolMisleadingInputs,
    EvolRarerInputs,
    EvolReasoningInputs,
    FromCodeInputs,
    MixTopicsInputs,
    MutateComplexityInputs,
    MutateDeceptiveInputs,
    MutateOppositeInputs,
    MutatePitfallsInputs,
    MutateShiftInputs,
    ReferenceInputs,
    SubtopicsInputs,
    TopicCompletionInputs,
    TopicInputs,
    TopicProblemInputs,
)
from akd_prompts.render import Recognised, Rendered, recognise, render, version
from akd_prompts.subtopics import parse_subtopics

__all__ = [
    "NEW_TASKS",
    "TEMPLATES",
    "Block",
    "CotInputs",
    "DecomposeInputs",
    "EvolComplexityInputs",
    "EvolConstraintInputs",
    "EvolMisleadingInputs",
    "EvolRarerInputs",
    "EvolReasoningInputs",
    "EvolveInputs",
    "FromCodeInputs",
    "GenerateEasyInputs",
    "GenerateHardInputs",
    "GeneratedTask",
    "Inputs",
    "JudgeInputs",
    "Message",
    "MixTopicsInputs",
    "MutateComplexityInputs",
    "MutateDeceptiveInputs",
    "MutateOppositeInputs",
    "MutatePitfallsInputs",
    "MutateShiftInputs",
    "PromptError",
    "PromptParseError",
    "Recognised",
    "ReferenceInputs",
    "Rendered",
    "RepairInputs",
    "Scores",
    "ShownFailureInputs",
    "ShownSolutionInputs",
    "SolveInputs",
    "SubtopicsInputs",
    "TestModuleInputs",
    "TopicCompletionInputs",
    "TopicInputs",
    "TopicProblemInputs",
    "WriteTestsInputs",
    "WrittenTests",
    "fence_for",
    "fenced_blocks",
    "parse_generated",
    "parse_scores",
    "parse_subtopics",
    "parse_tests",
    "recognise",
    "render",
    "version",
]

"""Run untrusted code and judge what it returns: values out, judge elsewhere.

The program runs in a jailed worker that holds nothing but the program and its inputs; expected values, comparison,
clocks and verdicts stay in this process. It never unpickles, never trusts an exit code or a printed word, and never
lets tests and candidate share an interpreter. Its five main things are `Sandbox`, `Job`, `FunctionTests`, `CodeTests`
and `Verdict`.
"""

from akd_sandbox.equality import equal
from akd_sandbox.errors import IsolationError, SandboxError
from akd_sandbox.job import (
    Case,
    CodeTests,
    Compare,
    EncodedValue,
    FunctionTests,
    Job,
    ProgramTests,
    PytestTests,
    StdinCase,
    Tests,
)
from akd_sandbox.lift import tests_from_asserts
from akd_sandbox.limits import Limits
from akd_sandbox.sandbox import LEVELS, Sandbox
from akd_sandbox.verdict import CallOutcome, Digest, SampleResult, TestResult, Verdict

__all__ = [
    "LEVELS",
    "CallOutcome",
    "Case",
    "CodeTests",
    "Compare",
    "Digest",
    "EncodedValue",
    "FunctionTests",
    "IsolationError",
    "Job",
    "Limits",
    "ProgramTests",
    "PytestTests",
    "SampleResult",
    "Sandbox",
    "SandboxError",
    "StdinCase",
    "TestResult",
    "Tests",
    "Verdict",
    "equal",
    "tests_from_asserts",
]

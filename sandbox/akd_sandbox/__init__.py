"""Run untrusted code and judge what it returns: values out, judge elsewhere.

Where tests are data, the program runs in a jailed worker that holds nothing but it and its inputs; expected values,
comparison, clocks and verdicts stay in this process. Where they are code, they run beside the program as CPython runs
them, and again with expectations made false, which shows what is forged. It never unpickles and never trusts an exit
code, a printed word or a single report. Its five main things are `Sandbox`, `Job`, `FunctionTests`, `CodeTests`
and `Verdict`.
"""

from akd_sandbox.code_tests import Admission
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
    "Admission",
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

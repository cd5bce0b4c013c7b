"""I: no malice needed: what a careless grader would wave through."""

from akd_sandbox import CodeTests, FunctionTests, Verdict
from attack_programs.record import attack, returning

V = Verdict

ELSEWHERE = {
    "I6": ("evals/test_passk.py", "test_pass_at_k_is_undefined_outside_its_domain"),
    "I7": ("evals/test_passk.py", "test_mean_is_over_tasks_and_not_over_any_solved_task"),
    "I8": ("evals/test_score.py", "test_base_and_plus_are_judged_and_written_as_documented"),
    "I9": ("sandbox/test_isolation.py", "test_a_zygote_that_never_lives_is_infra_and_not_a_failure"),
    "I10": ("evals/test_score.py", "test_changed_samples_are_judged_anew_and_old_rows_go"),
}
"""Rows that concern scoring rather than running a program, and the tests that hold them."""

ATTACKS = (
    attack("I1", "a task without tests", V.INFRA, code="def f(n): return n", tests=FunctionTests(()), peers=False),
    attack("I1b", "test code without a test", V.INFRA, code="def f(n): return n", tests=CodeTests("x = 1", "asserts")),
    attack("I2a", "raises where None is expected", V.RAISED, tests=returning(None), code="def f(): raise ValueError"),
    attack(
        "I2b", "raises where an empty list is expected", V.RAISED, tests=returning([]), code="def f(): raise IndexError"
    ),
    attack("I3", "returns only a prefix", V.WRONG, tests=returning([1, 2, 3]), code="def f(): return [1, 2]"),
    attack("I3b", "returns nothing at all", V.WRONG, tests=returning([1]), code="def f(): return []"),
    attack("I4", "prints the right answer, then fails", V.RAISED, code="print(4)\nprint(6)\nraise ValueError('late')"),
    attack(
        "I5",
        "a right answer longer than any output cut",
        V.PASS,
        tests=returning("ab" * 1_000_000),
        code="def f(): return 'ab' * 1_000_000",
    ),
    attack(
        "I5b",
        "the same, wrong in its last place",
        V.WRONG,
        tests=returning("ab" * 1_000_000),
        code="def f(): return 'ab' * 999_999 + 'aa'",
    ),
    attack("I11", "defines no such function", V.NOENTRY, code="def g(n): return 2 * n"),
    attack("I12", "is not Python", V.SYNTAX, code="def f(n) return 2 * n"),
    attack("I13", "is empty", V.NOENTRY, code=""),
    attack(
        "I14",
        "assertion in set-up between the asserts fails because of the candidate",
        V.WRONG,
        V.RAISED,
        tests=CodeTests("pair = f(2)\nfirst = pair[0]\nassert first == 4\n", "asserts"),
        code="def f(n): return None",
    ),
    attack(
        "I15",
        "makes the set-up of the test code fail, hoping for no verdict",
        V.RAISED,
        V.WRONG,
        tests=CodeTests("value = f(2)\nassert value == 4\n", "asserts"),
        code="def f(n): raise OSError('set-up')",
    ),
)

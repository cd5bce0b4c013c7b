"""The attacks on tests that are data once more, with the same tests as code: judged together, none passes either."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from attack_programs import ATTACKS, Attack
from proving_ground import ProvingGround

from akd_sandbox import CodeTests, FunctionTests, Verdict, equal

GroundOf = Callable[[str], ProvingGround]


def as_code(attack: Attack) -> Attack | None:
    """Return an attack with its cases written as a check function, None where they cannot be."""
    tests = attack.tests
    if not isinstance(tests, FunctionTests) or not all(case.compare is equal for case in tests.cases):
        return None
    lines = []
    for case in tests.cases:
        try:
            if len(repr((case.args, case.expected))) > 2000:
                return None
        except ValueError:  # a number of too many digits
            return None
        arguments = ", ".join([*map(repr, case.args), *(f"{name}={value!r}" for name, value in case.kwargs.items())])
        lines.append(f"    assert candidate({arguments}) == {case.expected!r}\n")
    code = "def check(candidate):\n" + "".join(lines)
    try:
        compile(code, "check", "exec")
    except SyntaxError:  # a value whose repr is no literal
        return None
    return replace(attack, tests=CodeTests(code, "check"))


CODED = [(attack, coded) for attack in ATTACKS if (coded := as_code(attack)) is not None]
HONEST_IN_PYTHON = {"B3b"}
"""Right by CPython's `==`, like an array of the one right number: only by value does it matter what it is made of."""


@pytest.fixture(scope="module")
def ground_of() -> Iterator[GroundOf]:
    """One ground at a time, so that what it holds can be counted."""
    current: list[ProvingGround] = []

    def get(backend: str) -> ProvingGround:
        if current and current[0].backend != backend:
            current.pop().close()
        if not current:
            current.append(ProvingGround(backend))
        return current[0]

    yield get
    if current:
        current.pop().close()


def marks(backend: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.docker] if backend == "docker" else []


@pytest.mark.parametrize(
    ("backend", "attack", "coded"),
    [
        pytest.param(backend, attack, coded, id=f"{backend}-{attack.id}", marks=marks(backend))
        for backend in ("namespace", "docker")
        for attack, coded in CODED
    ],
)
def test_no_attack_passes_test_code_either(ground_of: GroundOf, backend: str, attack: Attack, coded: Attack) -> None:
    ground = ground_of(backend)
    reason = ground.why_not(attack)
    if reason:
        pytest.skip(reason)
    may_pass = Verdict.PASS in attack.allowed or attack.id in HONEST_IN_PYTHON
    verdict = (result := ground.run(replace(coded, allowed=frozenset(Verdict)))).verdict
    assert may_pass or verdict is not Verdict.PASS, result.detail
    assert verdict is not Verdict.INFRA, result.detail
    ground.check(result)

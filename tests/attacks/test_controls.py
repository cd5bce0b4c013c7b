"""Honest programs that look odd must pass on every backend, and fail when one expectation is flipped."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from attack_programs import CONTROLS, QUICK, Control
from engine import image_of

from akd_sandbox import LEVELS, Case, FunctionTests, IsolationError, Job, Sandbox, Verdict

BoxOf = Callable[[str], Sandbox]


@pytest.fixture(scope="module")
def box_of() -> Iterator[BoxOf]:
    made: dict[str, Sandbox] = {}

    def get(backend: str) -> Sandbox:
        if backend not in made:
            try:
                made[backend] = Sandbox(backend, workers=1, limits=QUICK, image=image_of(backend))
            except IsolationError as error:
                pytest.skip(f"{backend}: {error}")
        return made[backend]

    yield get
    for box in made.values():
        box.close()


@pytest.mark.parametrize(
    "backend", [pytest.param(level, marks=[pytest.mark.docker] if level == "docker" else []) for level in LEVELS]
)
@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_an_honest_program_passes_and_fails_with_one_expectation_flipped(
    box_of: BoxOf, backend: str, control: Control
) -> None:
    if "pandas" in control.code:
        pytest.importorskip("pandas")
    box = box_of(backend)
    result = box.run(control.job())
    assert result.verdict is Verdict.PASS, (result.verdict, result.detail, result.stderr[-300:])
    flipped = box.run(control.job(flipped=True))
    assert flipped.verdict is Verdict.WRONG, (flipped.verdict, flipped.detail)


def test_a_program_just_within_four_times_the_reference_passes_under_full_load() -> None:
    reference_s = 0.3
    burn = (
        "import time\n"
        f"def f():\n    end = time.process_time() + {3.9 * reference_s}\n    while time.process_time() < end: pass"
    )
    tests = FunctionTests((Case(args=(), expected=None, limit_s=4 * reference_s),))
    cores = len(os.sched_getaffinity(0))
    with Sandbox("namespace", workers=2 * cores, limits=replace(QUICK, sample_s=20.0)) as box:
        verdicts = [result.verdict for _, result in box.run_many([Job(burn, "f", tests)] * (2 * cores))]
    assert verdicts == [Verdict.PASS] * (2 * cores)

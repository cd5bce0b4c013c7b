"""Every attack against every backend: the right verdict, the next sample unaffected, nothing left, nothing reached."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from attack_programs import ATTACKS, CONTROLS, QUICK, SECRET, Attack
from attack_programs.record import doubles
from attack_programs.wire import FIND
from engine import image_of
from footprint import INNOCENT, Footprint, workers
from proving_ground import ProvingGround
from traps import Traps

from akd_sandbox import LEVELS, Case, FunctionTests, Job, Sandbox, Verdict

GroundOf = Callable[[str], ProvingGround]


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


CASES = [
    pytest.param(backend, attack, id=f"{backend}-{attack.id}", marks=marks(backend))
    for backend in LEVELS
    for attack in ATTACKS
    if backend != "process" or not attack.needs  # without a boundary, only what needs none
]


@pytest.mark.parametrize(("backend", "attack"), CASES)
def test_no_attack_gets_what_it_wants_or_changes_anything(ground_of: GroundOf, backend: str, attack: Attack) -> None:
    ground = ground_of(backend)
    reason = ground.why_not(attack)
    if reason:
        pytest.skip(reason)
    result = ground.run(attack)
    assert result.verdict in attack.allowed, (result.verdict, result.detail, result.stderr[-500:])
    ground.check(result)


@pytest.mark.slow
@pytest.mark.parametrize("backend", [pytest.param(level, marks=marks(level)) for level in ("namespace", "docker")])
def test_side_by_side_on_a_loaded_machine_every_program_has_the_same_verdict(backend: str) -> None:
    """Twice as many at once as there are cores; each zygote with its neighbours' attacks beside it."""
    image, before = image_of(backend), Footprint.now()
    os.environ["AKD_TRAP"] = SECRET  # before the box is made: it must not get in
    traps = Traps()
    cores = len(os.sched_getaffinity(0))
    try:
        with Sandbox(backend, workers=2 * cores, limits=QUICK, image=image) as box:
            layers = box.isolation.partition("(")[2].rstrip(")").split("+")
            fit = [a for a in ATTACKS if a.needs <= set(layers) and a.machine in ("", os.uname().machine)]
            surroundings = [look(box) for _ in range(2)]
            results = dict(box.run_many([a.job(traps.aim) for a in fit] + [c.job() for c in CONTROLS]))
            again = [box.run(attack.job(traps.aim)).verdict in attack.allowed for attack in fit if attack.again]
            surroundings += [look(box) for _ in range(2 * cores)]
        wrong = [
            (attack.id, results[position].verdict, results[position].detail)
            for position, attack in enumerate(fit)
            if results[position].verdict not in attack.allowed
        ]
        wrong += [
            (control.id, results[position].verdict, results[position].detail)
            for position, control in enumerate(CONTROLS, len(fit))
            if results[position].verdict is not Verdict.PASS
        ]
        assert wrong == []
        assert all(again)
        assert all(found == surroundings[0] for found in surroundings)
        assert traps.sprung() == []
        assert workers() == []
    finally:
        traps.close()
        os.environ.pop("AKD_TRAP")
    assert Footprint.now().within(before)


def look(box: Sandbox) -> Any:
    """Return what an innocent sample finds."""
    (outcome,) = box.call(INNOCENT, "f", [()], replace(QUICK, test_s=10.0))
    assert outcome.verdict is Verdict.PASS, outcome.detail
    return outcome.value


def test_a_program_text_too_large_for_anything_is_no_fault_of_ours(ground_of: GroundOf) -> None:
    ground = ground_of("namespace")
    result = ground.box.run(Job("x = 1\n" * 12_000_000, "f", doubles(), QUICK))
    assert result.verdict in (Verdict.SYNTAX, Verdict.OUTPUT, Verdict.MEMORY)
    ground.check(result)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("say(b'V', 0, b'\\xff')", Verdict.TAMPER),
        ("say(b'G', 0, b't\\2\\0\\0\\0NN')", Verdict.TAMPER),
        ("say(b'X', 0, b'')", Verdict.TAMPER),
        ("say(b'V', 0, text(b'x' * 3_000_000))", Verdict.TAMPER),
        ("os._exit(0)", Verdict.EXITED),
    ],
)
def test_a_reference_solution_is_no_more_trusted_than_any_other_program(
    ground_of: GroundOf, body: str, verdict: Verdict
) -> None:
    ground = ground_of("namespace")
    (outcome,) = ground.box.call(f"{FIND}\ndef f():\n    {body}\n    wait()", "f", [()])
    assert outcome.verdict is verdict
    assert outcome.value is None


def test_inputs_that_do_not_travel_are_a_fault_of_the_task(ground_of: GroundOf) -> None:
    ground = ground_of("namespace")
    broken = FunctionTests((Case(args=(object(),), expected=1),))
    result = ground.box.run(Job("def f(x): return 1", "f", broken))
    assert result.verdict is Verdict.INFRA
    ground.check(result)

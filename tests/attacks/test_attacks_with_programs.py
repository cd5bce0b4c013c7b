"""Attacks that have a shell and other external programs at hand: none passes, and nothing is left or reached."""

from collections.abc import Iterator

import pytest
from attack_programs import WITH_PROGRAMS, Attack
from attack_programs.with_shell import SHELL
from proving_ground import ProvingGround

BACKENDS = ("namespace", pytest.param("docker", marks=pytest.mark.docker))


@pytest.fixture(scope="module", params=BACKENDS)
def ground(request: pytest.FixtureRequest) -> Iterator[ProvingGround]:
    made = ProvingGround(request.param, SHELL)
    yield made
    made.close()


@pytest.mark.parametrize("attack", WITH_PROGRAMS, ids=lambda attack: attack.id)
def test_no_attack_gets_what_it_wants_with_a_shell_at_hand(ground: ProvingGround, attack: Attack) -> None:
    reason = ground.why_not(attack)
    if reason:
        pytest.skip(reason)
    result = ground.run(attack)
    assert result.verdict in attack.allowed, (result.verdict, result.detail, result.stderr[-500:])
    ground.check(result)

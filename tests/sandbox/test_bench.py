"""`akd sandbox bench`: every way is measured on the same programs; what cannot be had is said."""

import json

import pytest
from click.testing import CliRunner

from akd_code.cli import main as akd
from akd_sandbox.bench import FORK, PROCESS, bench


def test_every_way_is_measured_on_as_many_programs() -> None:
    speeds = list(bench(3, 1, ("namespace",)))
    assert [speed.way for speed in speeds] == [FORK, PROCESS, "namespace"]
    assert {speed.samples for speed in speeds} == {3}
    assert all(speed.per_s == pytest.approx(3 / speed.wall_s) for speed in speeds)
    assert all(speed.cpu_s is not None and speed.cpu_s > 0 for speed in speeds[1:])


def test_a_backend_that_is_not_to_be_had_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKD_SANDBOX_IMAGE", "akd-no-such-image:latest")
    done = CliRunner().invoke(akd, ["sandbox", "bench", "--samples", "2", "--backend", "docker", "--json"])
    assert done.exit_code == 0, done.output
    *measured, docker = json.loads(done.output)
    assert [row["samples"] for row in measured] == [2, 2]
    assert docker["way"] == "docker"
    assert docker["samples"] == 0
    assert "docker" in docker["problem"]
    assert docker["cpu_ms_per_sample"] is None


def test_an_unknown_backend_is_wrong_input() -> None:
    done = CliRunner().invoke(akd, ["sandbox", "bench", "--samples", "1", "--backend", "chroot"])
    assert done.exit_code == 2, done.output
    assert "chroot" in done.output

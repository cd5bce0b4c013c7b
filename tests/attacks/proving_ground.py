"""Runs one program after another on one box and looks, after each, for what it changed."""

import dataclasses
import os
import sys
import time
from typing import Any

import pytest
from attack_programs import QUICK, SECRET, Attack
from engine import image_of
from footprint import INNOCENT, Footprint, workers
from traps import Traps

from akd_sandbox import Case, CodeTests, FunctionTests, IsolationError, Job, PytestTests, SampleResult, Sandbox, Verdict

PATIENCE_S = 60.0
"""An attack that keeps the judge longer than this, all its limits being a few seconds, has stopped it."""
_WARM = (
    CodeTests("assert f(1) == 1\n", "asserts"),
    PytestTests({"test_f.py": "from solution import f\ndef test_f(): assert f(1) == 1\n"}),
)


class ProvingGround:
    """A box, its traps, and what it all looked like before the first attack."""

    def __init__(self, backend: str, programs: tuple[str, ...] = ()) -> None:
        self.backend = backend
        image = image_of(backend)
        os.environ["AKD_TRAP"] = SECRET  # before the box is made: it must not get in
        self.traps = Traps()
        try:
            self.box = Sandbox(backend, workers=1, limits=QUICK, image=image, programs=programs)
        except IsolationError as error:
            self.traps.close()
            pytest.skip(f"{backend}: {error}")
        inside = self.box.isolation.partition("(")[2].rstrip(")")
        self.layers = frozenset(inside.split("+")) if backend != "process" else frozenset()
        self.warm()
        self.surroundings = self._look()
        self.footprint = Footprint.now()

    def warm(self) -> None:
        """Start what is started when first needed, so that counts can be compared."""
        for tests in _WARM:
            assert self.box.run(Job("def f(n): return n", "f", tests)).verdict is Verdict.PASS

    def _look(self) -> Any:
        (outcome,) = self.box.call(INNOCENT, "f", [()], dataclasses.replace(QUICK, test_s=5.0))
        assert outcome.verdict is Verdict.PASS, outcome.detail
        return outcome.value

    def why_not(self, attack: Attack) -> str:
        """Return why an attack cannot be run here, or nothing."""
        missing = attack.needs - self.layers
        if missing:
            return f"{self.backend} has no layer {', '.join(sorted(missing))} here"
        if attack.machine and os.uname().machine != attack.machine:
            return f"its numbers are those of {attack.machine}"
        return ""

    def run(self, attack: Attack) -> SampleResult:
        """Run an attack and return its (last) result."""
        if attack.before:
            (outcome,) = self.box.call(attack.before, "f", [()])
            assert outcome.verdict is Verdict.PASS, outcome.detail
        started = time.monotonic()
        job = attack.job(self.traps.aim)
        result = self.box.run(job)
        if attack.again:
            assert result.verdict in attack.allowed, result
            result = self.box.run(job)
        assert time.monotonic() - started < PATIENCE_S, "it stopped the judge"
        return result

    def check(self, result: SampleResult) -> None:
        """Assert that the result can be kept and shown, and that nothing else is different than before."""
        for text in (result.detail, *(test.detail for test in result.tests)):
            assert len(text) <= 600, len(text)
            assert text.isprintable(), text
        assert len(result.stdout) + len(result.stderr) < 20_000
        innocent = FunctionTests((Case(args=(), expected=self.surroundings, limit_s=5.0),))
        after = self.box.run(Job(INNOCENT, "f", innocent))
        assert after.verdict is Verdict.PASS, self._difference()
        assert (after.stdout, after.stderr) == ("", "")
        assert self.traps.sprung() == []
        assert workers() == []
        now = Footprint.now()
        assert now.within(self.footprint), (now, self.footprint)

    def _difference(self) -> Any:
        now = self._look()
        return {key: (now.get(key), value) for key, value in self.surroundings.items() if now.get(key) != value}

    def close(self) -> None:
        """Compare once more with everything running, then close, and look at what is left."""
        try:
            self.warm()
            assert Footprint.now() == self.footprint
        finally:
            self.box.close()
            self.traps.close()
            os.environ.pop("AKD_TRAP", None)
        print("closed", self.backend, file=sys.stderr)

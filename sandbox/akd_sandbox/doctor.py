"""What this host can isolate: each layer of each backend tried, and why not where it fails."""

from __future__ import annotations

from dataclasses import dataclass

from akd_sandbox.errors import SandboxError
from akd_sandbox.guest.layers import LAYERS
from akd_sandbox.limits import Limits
from akd_sandbox.sandbox import LEVELS, strongest
from akd_sandbox.slot import Slot, SlotOptions

_WHAT = {
    "docker": "a hardened container for each worker",
    "namespace": "namespaces of the kernel, made here",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A backend (layer "") or one of its layers: whether it works here, and what it is or why it does not."""

    backend: str
    layer: str
    works: bool
    detail: str


def examine(image: str | None = None, runtime: str | None = None) -> list[Finding]:
    """Start each backend once, strongest first; return a finding for it and one for each of its layers."""
    findings: list[Finding] = []
    taken = strongest(image)
    for backend in reversed(LEVELS):
        if backend == "process":
            detail = "NOT a boundary: resource limits only; must be asked for by name"
            findings.append(Finding(backend, "", True, detail))
            continue
        slot = Slot(backend, Limits(), SlotOptions(image, runtime))
        try:
            slot.open()
            obtained, problem = set(slot.layers), ""
        except SandboxError as error:
            obtained, problem = set(), str(error).removeprefix(f"{backend}: ")
        finally:
            slot.close()
        mark = "; the backend `auto` takes" if backend == taken and not problem else ""
        findings.append(Finding(backend, "", not problem, problem or f"{_WHAT[backend]}{mark}"))
        findings += _layers(backend, obtained) if obtained else []
    return findings


def _layers(backend: str, obtained: set[str]) -> list[Finding]:
    unused = "user" if "uid" in obtained else "uid"
    return [
        Finding(
            backend,
            layer.name,
            layer.name in obtained,
            layer.meaning if layer.name in obtained else f"{layer.meaning} - {layer.why_not}",
        )
        for layer in LAYERS
        if layer.name != unused
    ]

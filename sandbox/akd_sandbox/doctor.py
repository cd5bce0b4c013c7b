"""What this host can isolate: each layer of each backend tried, and why not where it fails."""

from __future__ import annotations

from dataclasses import dataclass

from akd_sandbox.errors import SandboxError
from akd_sandbox.limits import Limits
from akd_sandbox.sandbox import LEVELS, strongest
from akd_sandbox.slot import ContainerOptions, Slot

LAYERS = {
    "user": "a user namespace: root inside is nobody outside",
    "uid": "a user id of its own, and no capability",
    "pid": "a pid namespace: one kill reaches everything",
    "mount": "a read-only root with only the interpreter in it",
    "net": "no network",
    "loopback": "not even one with itself",
    "ipc": "no shared memory or queues with the host",
    "uts": "a host name of its own",
    "no_new_privs": "setuid programs give nothing",
    "seccomp": "dangerous system calls refused",
    "landlock": "a second lock on files, ports and signals",
    "cgroup": "memory and processes limited and counted by the kernel",
}

_WHY_NOT = {
    "landlock": "the kernel has none or does not enable it; the read-only mounts hold alone",
    "loopback": "a container has a loopback of its own, which reaches only itself",
    "cgroup": "no writable cgroup with the memory and pids controllers; rlimits hold instead",
}
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
        slot = Slot(backend, Limits(), ContainerOptions(image, runtime))
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
        Finding(backend, layer, layer in obtained, meaning if layer in obtained else f"{meaning} - {_why_not(layer)}")
        for layer, meaning in LAYERS.items()
        if layer != unused
    ]


def _why_not(layer: str) -> str:
    return _WHY_NOT.get(layer, "not obtained")

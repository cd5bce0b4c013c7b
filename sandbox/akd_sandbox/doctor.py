"""What this host can isolate: each layer tried, and why not where it fails."""

from __future__ import annotations

from dataclasses import dataclass

from akd_sandbox.errors import SandboxError
from akd_sandbox.limits import Limits
from akd_sandbox.slot import Slot

_LAYERS = {
    "user": "a user namespace: root inside is nobody outside",
    "uid": "a user id of its own, dropped to from root",
    "pid": "a pid namespace: one kill reaches everything",
    "mount": "a read-only root with only the interpreter in it",
    "net": "no network, not even loopback",
    "ipc": "no shared memory or queues with the host",
    "uts": "a host name of its own",
    "no_new_privs": "setuid programs give nothing",
    "seccomp": "dangerous system calls refused",
    "landlock": "a second lock on files, ports and signals",
    "cgroup": "memory and processes limited and counted by the kernel",
}

_WHY_NOT = {
    "landlock": "the kernel has none or does not enable it; the read-only mounts hold alone",
    "cgroup": "no writable cgroup with the memory and pids controllers; rlimits hold instead",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One layer: whether it works here, and what it is or why it does not."""

    layer: str
    works: bool
    detail: str


def examine() -> list[Finding]:
    """Start the namespace backend once and return a finding for each of its layers, then one for each backend."""
    slot = Slot("namespace", Limits())
    try:
        slot.open()
        obtained, problem = set(slot.layers), ""
    except SandboxError as error:
        obtained, problem = set(), str(error)
    finally:
        slot.close()
    unused = "user" if "uid" in obtained else "uid"
    findings = []
    for layer, meaning in _LAYERS.items():
        if layer == unused and obtained:
            continue
        works = layer in obtained
        why = problem or _WHY_NOT.get(layer, "not obtained")
        findings.append(Finding(layer, works, meaning if works else f"{meaning} - {why}"))
    findings.append(Finding("namespace", not problem, problem or "the backend `auto` takes"))
    findings.append(Finding("process", True, "NOT a boundary: resource limits only; must be asked for by name"))
    return findings

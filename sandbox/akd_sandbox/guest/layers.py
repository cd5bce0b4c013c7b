"""The layers of isolation, in the order in which they are shown.

A new layer is an entry here and the code in `jail.py` that makes it: the zygote reports by this list, `akd sandbox
doctor` explains by it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Layer(NamedTuple):
    """One layer: its name, what it gives, and why a host may not have it.

    known: "always" if a namespace jail without it does not start; "root" and "user" if that holds only when started by
    root, or only by anybody else; "probed" if it is looked for once the jail stands; "outside" if the judge makes it.
    """

    name: str
    meaning: str
    known: Literal["always", "root", "user", "probed", "outside"] = "always"
    why_not: str = "not obtained"


LAYERS = (
    Layer("user", "a user namespace: root inside is nobody outside", "user"),
    Layer("uid", "a user id of its own, and no capability", "root"),
    Layer("pid", "a pid namespace: one kill reaches everything"),
    Layer("mount", "a read-only root with only the interpreter in it"),
    Layer("net", "no network"),
    Layer(
        "loopback",
        "not even one with itself",
        "probed",
        "a container has a loopback of its own, which reaches only itself",
    ),
    Layer("ipc", "no shared memory or queues with the host"),
    Layer("uts", "a host name of its own"),
    Layer("no_new_privs", "setuid programs give nothing"),
    Layer("seccomp", "dangerous system calls refused"),
    Layer(
        "landlock",
        "a second lock on files, ports and signals",
        "probed",
        "the kernel has none or does not enable it; the read-only mounts hold alone",
    ),
    Layer(
        "cgroup",
        "memory and processes limited and counted by the kernel",
        "outside",
        "no writable cgroup with the memory and pids controllers; rlimits hold instead",
    ),
)


def certain(*, as_root: bool) -> list[str]:
    """Return the layers of a jail of namespaces that has started."""
    return [layer.name for layer in LAYERS if layer.known in ("always", "root" if as_root else "user")]

"""Limits of one sample: one small struct, in seconds and bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a sample may use. Times are wall seconds on the judge's clock.

    `import_s` is the budget for importing and defining, apart from the first test's `test_s`;
    `sample_s` caps all tests of the sample together. `output_bytes` caps stdout and stderr together,
    `value_bytes` one returned value on the wire. `tmpfs_bytes`/`tmpfs_inodes` size the scratch directory.
    """

    test_s: float = 4.0
    sample_s: float = 60.0
    import_s: float = 20.0
    memory_bytes: int = 4 << 30
    output_bytes: int = 4 << 20
    value_bytes: int = 32 << 20
    pids: int = 64
    file_bytes: int = 64 << 20
    tmpfs_bytes: int = 128 << 20
    tmpfs_inodes: int = 4096

"""Where the heavy work on the student runs: loading, sampling, fine-tuning.

`Engine` is the protocol, `LocalEngine` does it all in this process. Nothing here knows of rounds' stages, teachers or
tests.
"""

from akd_code.engine.engine import Engine
from akd_code.engine.local import LocalEngine
from akd_code.engine.quiet import silence_transformers

__all__ = ["Engine", "LocalEngine", "silence_transformers"]

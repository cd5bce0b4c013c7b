"""The tests of containers share the image that tests/attacks makes; and no test here is about time."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1] / "attacks"))
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

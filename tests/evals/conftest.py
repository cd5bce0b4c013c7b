from __future__ import annotations

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)  # other work on the machine must not fail a property
settings.load_profile("no-deadline")

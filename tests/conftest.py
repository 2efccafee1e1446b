"""In CI property tests try the same examples every time; a new one is hunted for on people's own machines."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

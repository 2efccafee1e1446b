"""The cost of building, always as a ratio within one run. `make bench` installs the compared tools and prints the report."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: The stem of the sample issue.
SAMPLE = "2025-01-30"

"""In CI property tests try the same examples every time; a new one is hunted for on people's own machines."""

import os
import signal

from hypothesis import settings

# Fixtures for everybody: a test that asks for `database` runs on SQLite and on PostgreSQL.
from tests.databases import database, location, no_tables, postgres, postgres_template, sqlite_template

__all__ = ["database", "location", "no_tables", "postgres", "postgres_template", "sqlite_template"]

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell lets what it starts in the background ignore Ctrl-C, and so would everything that tests start, and press it at.
    signal.signal(signal.SIGINT, signal.default_int_handler)

"""In CI property tests try the same examples every time; a new one is hunted for on people's own machines."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Fixtures for everybody: a test that asks for `database` runs on SQLite and on PostgreSQL.
from tests.databases import database, location, no_tables, postgres, postgres_template, sqlite_template

__all__ = ["database", "location", "no_tables", "postgres", "postgres_template", "sqlite_template"]

# A machine that stalls for a moment is no fault of the program: no example is measured by the clock on the wall.
_patient: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("patient", **_patient)
settings.register_profile("ci", derandomize=True, **_patient)
settings.load_profile("ci" if os.environ.get("CI") else "patient")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell lets what it starts in the background ignore Ctrl-C, and so would everything that tests start, and press it at.
    signal.signal(signal.SIGINT, signal.default_int_handler)

#: Folders of slow tests: they run commands, or change the program and run its tests. And what gives tests a database.
_SLOW = ("cli", "mutants")
_DATABASES = {"database", "location", "no_tables", "postgres", "sqlite_template"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is of a kind by where it is or what it asks for; other tests say themselves what they are."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder == "torture":
            item.add_marker(pytest.mark.kill)
        has_database = not _DATABASES.isdisjoint(getattr(item, "fixturenames", ()))
        if folder in _SLOW or has_database:
            item.add_marker(pytest.mark.slow)

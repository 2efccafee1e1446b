"""In CI, property tests always use the same examples; on other machines they search for new ones."""

import gc
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Fixtures for all tests: a test with `database` runs on SQLite and on PostgreSQL.
from tests.databases import database, location, no_tables, postgres, postgres_template, sqlite_template

__all__ = ["database", "location", "no_tables", "postgres", "postgres_template", "sqlite_template"]

# A machine that stalls is not a failure: examples are not measured by the wall clock.
_patient: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("patient", **_patient)
settings.register_profile("ci", derandomize=True, **_patient)
settings.load_profile("ci" if os.environ.get("CI") else "patient")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell makes background processes ignore Ctrl-C, and so would all child processes of the tests.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # nohup does the same with the end of a terminal.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

#: A file system in memory, where it exists and has this many bytes of room: nothing waits for a disk, neither SQLite nor
#: PostgreSQL, which copies a database for each of hundreds of tests.
_MEMORY, _ROOM = Path("/dev/shm"), 4_000_000_000


def _is_suitable(folder: Path) -> bool:
    """Check that a folder has room, and that programs in it can be run."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize >= _ROOM and not state.f_flag & os.ST_NOEXEC


if "TMPDIR" not in os.environ and _is_suitable(_MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

# What the program keeps between runs is kept for this run of the tests only; worker processes inherit the folder.
_OWN_CACHE = "" if "PYTEST_XDIST_WORKER" in os.environ else tempfile.mkdtemp(prefix="compose-tests-")
if _OWN_CACHE:
    os.environ["XDG_CACHE_HOME"] = _OWN_CACHE


# As the program does (cli/main.py): what is imported lives until the end, and need not be searched again and again.
gc.set_threshold(50_000)


def pytest_collection_finish() -> None:
    """Leave out of the collections of garbage what was imported."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Remove the folder."""
    if _OWN_CACHE:
        shutil.rmtree(_OWN_CACHE, ignore_errors=True)


#: Folders of slow tests, which run commands or change the program. And the fixtures that provide a database.
_SLOW = ("cli", "mutants")
_DATABASES = {"database", "location", "no_tables", "postgres", "sqlite_template"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder or their fixtures; other tests set their own marks."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder == "torture":
            item.add_marker(pytest.mark.kill)
        has_database = not _DATABASES.isdisjoint(getattr(item, "fixturenames", ()))
        if folder in _SLOW or has_database:
            item.add_marker(pytest.mark.slow)

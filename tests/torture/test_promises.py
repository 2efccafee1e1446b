"""The delivery guarantees hold whatever editors, subscribers, mail servers and restored files do (short form).

The long form, with processes that are killed, is `make torture`; its results are in
docs/explanation/delivery-guarantees.md.
"""

import random
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.torture.lives import live
from tests.torture.scenarios import SCENARIOS, WAYS, restore_in_the_middle, rigged

pytestmark = pytest.mark.fault


def test_promises_hold_whatever_happens() -> None:
    """Import, undo, erase, change of address, send, correct, bounce, unsubscribe, sign up, restored and copied files."""
    live(4)


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_around_the_send_loop_breaks_a_promise(name: str, tmp_path: Path) -> None:
    """Killed, undone, erased, replaced during a send: once each on SQLite, where a second process is refused."""
    with rigged("SQLite", tmp_path / "rig", random.Random(name), None) as rig:
        SCENARIOS[name](rig)


def test_a_restored_backup_is_not_sent_from(postgres: PostgresServer, tmp_path: Path) -> None:
    """One variant on each database: sending is refused; no second copy is sent after `compose db restored`."""
    with rigged("SQLite", tmp_path / "file", random.Random(1), None) as rig:
        restore_in_the_middle(rig, WAYS["SQLite"][0])
    with rigged("PostgreSQL", tmp_path / "server", random.Random(2), postgres) as rig:
        restore_in_the_middle(rig, WAYS["PostgreSQL"][0])

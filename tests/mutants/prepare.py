"""Runs before all changes are tried: creates the databases that the tests copy (session.py)."""

from composer.database.engine import Database


def test_there_are_databases(database: Database) -> None:
    """A database of each kind is created."""
    with database.read():
        pass

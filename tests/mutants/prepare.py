"""What runs before all changes are tried: it makes the databases that the tests copy (session.py)."""

from composer.database.engine import Database


def test_there_are_databases(database: Database) -> None:
    """Of each kind."""
    with database.read():
        pass

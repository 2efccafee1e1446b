"""The subscriber whose edition is shown."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.app.issues.issue_lookup import find_issue
from composer.app.issues.simulated_subscriber import UnknownSubscriberError, find_preview_subscriber
from composer.audience.changes import add_subscriber
from composer.audience.subscribers import AudienceError
from composer.core.addresses import parse_address
from composer.core.environment import Environment
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from tests.factories import sample_message

NOW = datetime(2025, 1, 29, 12, tzinfo=UTC)


def test_samples_until_there_are_subscribers(tmp_path: Path) -> None:
    """While the database is empty, samples are found by key or address and no database is created.

    Then only subscribers.
    """
    issue = find_issue("2025-01-30", sample_message(tmp_path).root)
    around = Environment(environment={}, folder=tmp_path)
    anna = find_preview_subscriber(issue, "anna", around)
    assert find_preview_subscriber(issue, anna.values["email"], around) == anna
    with pytest.raises(UnknownSubscriberError, match="ben@") as told:
        find_preview_subscriber(issue, "ben@example.org", around)
    assert "anna" in told.value.hint
    assert not (tmp_path / "newsletter.db").exists()
    with open_database(Location(path=tmp_path / "newsletter.db")) as database, database.write() as connection:
        ben = parse_address("Ben Li <ben@example.org>")
        add_subscriber(connection, ben, {"first_name": "Ben"}, source="test", now=NOW, consent="here", tags=("press",))
    found = find_preview_subscriber(issue, "ben@example.org", around)
    assert found.values["first_name"] == "Ben" and found.tags == {"press"}
    with pytest.raises(AudienceError):
        find_preview_subscriber(issue, "anna", around)

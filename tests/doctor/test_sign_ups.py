"""The doctor tells when mail of the public pages is late, and changes nothing while it looks."""

from datetime import timedelta
from pathlib import Path

from composer.content.newsletter import read_newsletter
from composer.database.engine import open_database
from composer.database.location import Location
from composer.database.public import letters
from composer.doctor.diagnosis import Diagnosis, Health
from composer.doctor.sign_ups import look_at_sign_ups
from composer.surroundings import Surroundings
from tests.public.running import NOW
from tests.workspaces import sample


def test_mail_that_is_late_is_told(tmp_path: Path) -> None:
    """No database: nothing, and none is made. Then well, until a message has waited for ten minutes."""
    workspace = sample(tmp_path)
    path = workspace.root / "newsletter.db"
    around = Surroundings(environment={}, folder=tmp_path)

    def look(minutes: int) -> list[Diagnosis]:
        return list(look_at_sign_ups(read_newsletter(workspace), workspace, around, NOW + timedelta(minutes=minutes)))

    assert look(0) == []
    assert not path.exists()
    with open_database(Location(path=path)) as database, database.write() as connection:
        row = {"kind": "confirm", "address": "a@example.net", "normal": "a@example.net", "language": "en", "asked": NOW}
        connection.execute(letters.insert(), [{**row, "due": NOW, "state": state} for state in ("waiting", "accepted")])
    assert [each.health for each in look(9)] == [Health.GOOD]
    [late] = look(11)
    assert late.health is Health.WEAK
    assert late.seen == "1 message is queued, the oldest since 2025-01-30 06:30 UTC"
    assert "delivery.signup_mail_per_hour" in late.step
    assert "a@example.net" not in f"{late}"
    path.write_bytes(b"no database at all, but long enough to be looked at")
    assert [each.health for each in look(11)] == [Health.OPEN]

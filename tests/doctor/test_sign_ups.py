"""The doctor reports delayed mail of the public pages, and changes nothing."""

from datetime import timedelta
from pathlib import Path

from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.transactional_tables import transactional_emails
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.doctor.sign_ups import look_at_sign_ups
from tests.factories import sample
from tests.web.public.running import NOW


def test_delayed_mail_is_reported(tmp_path: Path) -> None:
    """Without a database it reports nothing and creates none; then good, until a message has waited for ten minutes."""
    workspace = sample(tmp_path)
    path = workspace.root / "newsletter.db"
    around = Environment(environment={}, folder=tmp_path)

    def look(minutes: int) -> list[Diagnosis]:
        return list(look_at_sign_ups(read_newsletter(workspace), workspace, around, NOW + timedelta(minutes=minutes)))

    assert look(0) == []
    assert not path.exists()
    with open_database(Location(path=path)) as database, database.write() as connection:
        row = {"kind": "confirm", "address": "a@example.net", "normal": "a@example.net", "language": "en", "asked": NOW}
        connection.execute(
            transactional_emails.insert(),
            [{**row, "next_at": NOW, "changed": NOW, "state": state} for state in ("pending", "accepted")],
        )
    assert [each.health for each in look(9)] == [DiagnosisLevel.GOOD]
    [late] = look(11)
    assert late.health is DiagnosisLevel.WEAK
    assert late.seen == "1 message is queued, the oldest since 2025-01-30 06:30 UTC"
    assert "delivery.signup_mail_per_hour" in late.step
    assert "a@example.net" not in f"{late}"
    path.write_bytes(b"no database at all, but long enough to be looked at")
    assert [each.health for each in look(11)] == [DiagnosisLevel.OPEN]

"""Functions upgrade, copy and accept the database, and create, back up and restore keys; they return values."""

import shutil
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from composer.app.administration.database_restore import accept_database, survey_restore
from composer.app.administration.database_versions import back_up_database, upgrade_database
from composer.app.administration.dkim_pair import dkim_records, make_dkim_keys
from composer.app.administration.doctor_run import diagnose
from composer.app.administration.keys_backup import back_up_keys, replace_lost_keys, restore_keys, sealed_keys
from composer.app.context import MailingContext
from composer.audience.suppression import stored_erasure_key
from composer.core.environment import SettingsError
from composer.core.errors import DatabaseError, UsageError
from composer.database.schema_version import newest
from composer.delivery.config.passphrase_encryption import SealError
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from tests.audience.people import NOW
from tests.delivery.factories import frozen
from tests.doctor.name_server import Table, name_server

PASSPHRASE = "a long enough passphrase"


def test_an_upgrade_returns_both_versions(context: MailingContext, tmp_path: Path) -> None:
    """An existing database keeps its version; a missing one is created."""
    done = upgrade_database(context.workspace, context.environment)
    assert done.before == done.after == int(newest())
    fresh = tmp_path / "fresh"
    shutil.copytree(context.workspace.root, fresh, ignore=shutil.ignore_patterns("*.db*"))
    done = upgrade_database(replace(context.workspace, root=fresh), context.environment)
    assert (done.before, done.after) == (0, int(newest()))
    assert (fresh / "newsletter.db").is_file()


def test_a_backup_is_new_and_private(context: MailingContext, tmp_path: Path) -> None:
    """It reports that the keys are not backed up; an existing file is not overwritten."""
    file = tmp_path / "kept.db"
    done = back_up_database(context, file, NOW)
    assert (done.size, stat.S_IMODE(file.stat().st_mode)) == (file.stat().st_size, 0o600)
    with pytest.raises(DatabaseError):
        back_up_database(context, file, NOW)


def test_the_doctor_knows_the_age_of_the_backup(context: MailingContext, tmp_path: Path) -> None:
    """No backup and one that is older than a week could be better; the file is named."""

    def look(days: int) -> Diagnosis:
        found = diagnose(context.workspace, context.environment, NOW + timedelta(days=days), is_offline=True)
        (one,) = (each for each in found if each.subject == "database backup")
        return one

    assert look(0).health is DiagnosisLevel.WEAK and "compose db backup" in look(0).step
    back_up_database(context, tmp_path / "kept.db", NOW)
    assert look(7).health is DiagnosisLevel.GOOD and "kept.db" in look(7).seen
    assert look(8).health is DiagnosisLevel.WEAK and look(8).seen.startswith("8 days old")


def test_after_a_restore_recipients_without_proof_are_unconfirmed(context: MailingContext) -> None:
    """The survey changes nothing; accepting does what it showed, also for an issue that a person names."""
    mailing = frozen(context.database, 3)
    found = survey_restore(context, ["2031-02-01"])
    assert (set(found.mailings), dict(found.issues)) == ({mailing.id}, {"2031-02-01": "entered by a person"})
    assert survey_restore(context).mailings == found.mailings
    done = accept_database(context, "anna", NOW, ["2031-02-01"])
    assert dict(done.unconfirmed) == {mailing.id: 3}
    assert done.survey == found


def test_keys_come_back_from_their_backup_and_only_with_the_passphrase(context: MailingContext, tmp_path: Path) -> None:
    """A lost erasure key is restored; a wrong passphrase restores nothing.

    For an existing file, no passphrase is requested.
    """
    file = tmp_path / "keys.txt"
    kept = back_up_keys(context, file, lambda: PASSPHRASE, NOW)
    assert not kept.is_empty
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(SettingsError):
        back_up_keys(context, file, lambda: pytest.fail("asked"), NOW)
    with context.database.write() as connection:
        key = stored_erasure_key(connection)
        connection.exec_driver_sql("DELETE FROM database_keys WHERE name = 'erasure'")
    sealed = sealed_keys(file)
    with pytest.raises(SealError):
        restore_keys(context, sealed, lambda: "another passphrase")
    with context.database.read() as connection:
        assert stored_erasure_key(connection) is None
    restore_keys(context, sealed, lambda: PASSPHRASE)
    with context.database.read() as connection:
        assert key is not None and stored_erasure_key(connection) == key
    with pytest.raises(UsageError):
        sealed_keys(tmp_path / "gone.txt")


def test_an_existing_key_is_not_replaced(context: MailingContext) -> None:
    """Only a required key that is missing can be created again."""
    with pytest.raises(SettingsError):
        replace_lost_keys(context)


def test_two_keys_are_made_once_and_their_records_shown(context: MailingContext) -> None:
    """One RSA and one Ed25519 key, private, for the sender's domain; the same names are refused a second time."""
    written: list[Path] = []
    with pytest.raises(UsageError):
        dkim_records(context.newsletter, context.environment)
    made = make_dkim_keys(context.newsletter, context.environment, written=written.append)
    assert (made.domain, made.selectors, made.is_named) == ("example.org", ("compose-rsa", "compose-ed"), True)
    assert [stat.S_IMODE(path.stat().st_mode) for path in written] == [0o600, 0o600]
    assert [each.value.split(";")[1] for each in made.records] == [" k=rsa", " k=ed25519"]
    found = dkim_records(context.newsletter, context.environment)
    assert (set(found.records), found.is_named) == (set(made.records), False)
    (one,) = dkim_records(context.newsletter, context.environment, ["compose-ed"]).records
    assert one == made.records[1]
    for selector, domain in (("compose", None), ("a b", None), ("other", "not a domain")):
        with pytest.raises(UsageError):
            make_dkim_keys(context.newsletter, context.environment, selector=selector, domain=domain)
    assert len(list(written[0].parent.iterdir())) == 2


def test_the_doctor_changes_nothing_and_goes_on_after_a_mistake(context: MailingContext, tmp_path: Path) -> None:
    """Without a server, the finding is open; a broken newsletter.yaml is the last finding; no database is created."""
    found = {each.subject: each.health for each in _diagnosed(context)}
    assert found["mail server"] is DiagnosisLevel.OPEN
    assert DiagnosisLevel.BAD not in found.values()
    root = tmp_path / "broken"
    shutil.copytree(context.workspace.root, root, ignore=shutil.ignore_patterns("*.db*"))
    path = root / "newsletter.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("timezone: UTC", "timezone: Mars"), encoding="utf-8")
    *_, last = _diagnosed(replace(context, workspace=replace(context.workspace, root=root)))
    assert (last.subject, last.health) == ("newsletter.yaml", DiagnosisLevel.BAD)
    assert not (root / "newsletter.db").exists()


def test_the_doctor_asks_name_servers(context: MailingContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """SPF, DMARC and MX of the sender, and the reverse name of a mail server of one's own; not offline."""
    records: Table = {
        ("example.org", "TXT"): ('"v=spf1 a:mail.example.org -all"',),
        ("_dmarc.example.org", "TXT"): ('"v=DMARC1; p=reject"',),
        ("example.org", "MX"): ("10 mail.example.org.",),
        ("mail.example.org", "A"): ("192.88.99.10",),
        ("10.99.88.192.in-addr.arpa", "PTR"): ("mail.example.org.",),
    }
    own = replace(
        context, environment=replace(context.environment, environment={
            **context.environment.environment, "COMPOSE_SMTP_URL": "smtp+starttls://mail.example.org:1",
        }),
    )  # fmt: skip
    with name_server(records, monkeypatch):
        found = {each.subject: each.health for each in diagnose(own.workspace, own.environment, NOW)}
    for subject in (
        "SPF of example.org", "DMARC of example.org", "MX of example.org", "reverse DNS of 192.88.99.10",
    ):  # fmt: skip
        assert found[subject] is DiagnosisLevel.GOOD, subject
    assert not {"SPF of example.org", "MX of example.org"} & {each.subject for each in _diagnosed(own)}


def _diagnosed(context: MailingContext) -> list[Diagnosis]:
    return list(diagnose(context.workspace, context.environment, NOW, is_offline=True))

"""Tests of an issue to its editors, as functions."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.app.issues.issue_lookup import IssueFile, find_issue
from composer.app.issues.send_to_editors import prepare_editor_test, send_editor_test
from composer.app.issues.simulated_subscriber import UnknownSubscriberError
from composer.core.addresses import parse_address
from composer.core.environment import Environment
from composer.core.errors import UsageError
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.delivery.approval.recorded_editions import edition_of, sent_tests
from composer.delivery.messages.editor_test import TestSend as Sent
from composer.transport.outcome import OutcomeState
from tests.factories import LETTER, sample_message
from tests.fake_smtp import FakeSmtp, says

NOW = datetime(2025, 1, 29, 12, tzinfo=UTC)
EDITORS = LETTER.replace("sections:\n", "editors:\n  - anna@example.org\n  - ben@example.org\nsections:\n")


def _issue(folder: Path, newsletter: str = EDITORS) -> IssueFile:
    return find_issue("2025-01-30", sample_message(folder, newsletter=newsletter).root)


def _environment(folder: Path, **values: str) -> Environment:
    return Environment(environment=values, folder=folder / "config")


def _recorded(issue: IssueFile, test_of: object) -> bool:
    path = issue.workspace.root / "newsletter.db"
    if not path.exists():
        return False
    with open_database(Location(path=path)) as database, database.read() as connection:
        return bool(sent_tests(connection, test_of).sent)  # type: ignore[arg-type]


def test_without_a_server_files_are_written(tmp_path: Path) -> None:
    """Each editor gets a message, the callback gets each outcome, nothing is recorded, and no database is created."""
    issue, heard = _issue(tmp_path), list[str]()
    test = prepare_editor_test(issue, now=NOW, environment=_environment(tmp_path))
    assert (test.transport, [each.address for each in test.addresses]) == (
        "outbox",
        ["anna@example.org", "ben@example.org"],
    )
    sent = send_editor_test(test, lambda each: heard.append(each.to.address), started=lambda: heard.append("started"))
    assert heard == ["started", "anna@example.org", "ben@example.org"]
    assert [each.outcome.state for each in sent] == [OutcomeState.WRITTEN] * 2
    assert sorted(path.name for path in test.folder.iterdir()) == ["anna@example.org.eml", "ben@example.org.eml"]
    assert not (tmp_path / "newsletter.db").exists()


def test_an_accepted_test_is_recorded(tmp_path: Path) -> None:
    """An accepted test is recorded for the edition; a rejected one is not."""
    issue = _issue(tmp_path)
    for script, is_recorded in (({"rcpt": says(b"550 5.1.1 nobody here\r\n")}, False), ({}, True)):
        with FakeSmtp(script) as office:
            url = f"smtp://127.0.0.1:{office.port}"
            test = prepare_editor_test(issue, now=NOW, environment=_environment(tmp_path, COMPOSE_SMTP_URL=url))
            sent = send_editor_test(test)
        assert test.transport == "smtp"
        assert {each.outcome.state for each in sent} == {OutcomeState.ACCEPTED if is_recorded else OutcomeState.REFUSED}
        assert _recorded(issue, edition_of(test.checked.variants)) is is_recorded


def test_what_a_subscriber_gets(tmp_path: Path) -> None:
    """The values of a sample subscriber are sent to the given address; an unknown address is an error."""
    issue, around = _issue(tmp_path), _environment(tmp_path)
    to = [parse_address("chief@example.org"), parse_address("CHIEF@example.org")]
    test = prepare_editor_test(issue, to=to, subscriber="anna", now=NOW, environment=around)
    assert test.subscriber is not None and test.subscriber.key == "anna"
    assert [each.address for each in test.addresses] == ["chief@example.org"] and test.missing == ()
    with pytest.raises(UnknownSubscriberError, match="zoe@"):
        prepare_editor_test(issue, subscriber="zoe@example.org", now=NOW, environment=around)


def test_an_address_is_required(tmp_path: Path) -> None:
    """Without editors, no test can be sent."""
    with pytest.raises(UsageError, match="no editors"):
        prepare_editor_test(_issue(tmp_path, LETTER), now=NOW, environment=_environment(tmp_path))


def test_the_callback_can_stop_it(tmp_path: Path) -> None:
    """If the callback raises, nothing more is sent."""
    test = prepare_editor_test(_issue(tmp_path), now=NOW, environment=_environment(tmp_path))

    def progress(each: Sent) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_editor_test(test, progress)
    assert [path.name for path in test.folder.iterdir()] == ["anna@example.org.eml"]

"""The record of one person, and figures about the audience, are returned as values."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from composer.app.context import MailingContext
from composer.app.people.health_report import audience_health, write_health_page
from composer.app.people.person_record import person_on_record
from composer.audience.identity.token_secret import tokens_of
from composer.audience.subscribers import AudienceError, Status
from composer.audience.suppression import Reason, suppress
from composer.bounces.health.audience_health import HealthMark
from composer.core.environment import Environment
from composer.core.errors import OutputError
from composer.delivery.core.states import DeliveryState
from tests.audience.people import NOW, join
from tests.delivery.factories import frozen

ANNA = "anna@example.org"


def test_a_person_is_found_in_any_spelling_with_every_mailing(context: MailingContext) -> None:
    """Status, suppression, and the mailing that was frozen for them with its Message-ID."""
    with context.database.write() as connection:
        anna = join(connection, ANNA, "press")
    mailing = frozen(context.database, 0, frozen_settings='{"domain": "news.example.org"}')
    with context.database.write() as connection:
        suppress(connection, ANNA, Reason.BY_HAND, "test", NOW)
    found = person_on_record(context, "Anna <ANNA@Example.org>")
    summary = found.summary
    assert summary.subscriber is not None and summary.suppression is not None
    assert (summary.subscriber.id, summary.subscriber.status) == (anna.id, Status.UNSUBSCRIBED)
    assert summary.suppression.reason is Reason.BY_HAND
    ((received, name),) = found.mailings
    assert (received.mailing_id, received.state) == (mailing.id, DeliveryState.PENDING)
    tokens = tokens_of(context.database, context.environment)
    assert name == tokens.message_id(mailing.public_id, anna.id, "news.example.org")
    assert (found.is_unknown, found.without_key) == (False, None)


def test_without_the_key_only_message_ids_are_missing(context: MailingContext, tmp_path: Path) -> None:
    """The key may be on another computer: the error is returned with everything else."""
    with context.database.write() as connection:
        join(connection, ANNA)
    frozen(context.database, 0)
    tokens_of(context.database, context.environment)
    elsewhere = replace(context, environment=Environment(environment={}, folder=tmp_path / "elsewhere"))
    found = person_on_record(elsewhere, ANNA)
    assert found.without_key is not None
    assert [name for _, name in found.mailings] == [""]


def test_an_unknown_address_is_not_an_error(context: MailingContext) -> None:
    """An address without records is not an error; an invalid address is."""
    found = person_on_record(context, "nobody@example.org")
    assert (found.is_unknown, found.mailings, any(found.records.values())) == (True, (), False)
    with pytest.raises(AudienceError):
        person_on_record(context, "b@@x")


def test_the_health_of_an_audience_is_counted_and_drawn(context: MailingContext, tmp_path: Path) -> None:
    """Subscribers are counted by status; the page is private, and a missing folder is an error."""
    with context.database.write() as connection:
        join(connection, ANNA)
        join(connection, "ben@example.org", consent="")
    health = audience_health(context, NOW)
    assert dict(health.subscribers) == {Status.ACTIVE: 1, Status.PENDING: 1}
    assert (health.worst(), health.mailings) == (HealthMark.GOOD, ())
    file = tmp_path / "health.html"
    write_health_page(context, health, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert context.newsletter.name in file.read_text(encoding="utf-8")
    with pytest.raises(OutputError):
        write_health_page(context, health, tmp_path / "no" / "health.html")

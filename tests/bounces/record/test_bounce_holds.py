"""Too many similar bounces are held, reported, and decided by a person; on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import insert, select

from composer.audience.bounce_holds import HoldDecision, decide, open_holds, undo_bounce
from composer.audience.change_history import changes_of
from composer.audience.reply_text import text_key
from composer.audience.subscribers import AudienceError, Status
from composer.audience.suppression import Reason, suppression_of
from composer.bounces.health.audience_health import HealthMark
from composer.bounces.health.health_query import health_of
from composer.bounces.record.bounce_policy import BounceEffect
from composer.database.engine import Database
from composer.database.tables.bounce_tables import returned
from composer.database.tables.mailing_tables import mailings
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.selection.selection import LeftOut, Selection, count
from composer.doctor.diagnosis import DiagnosisLevel
from composer.doctor.held_bounces import look_at_held_bounces
from tests.bounces.intake.test_ingest import take_in
from tests.bounces.news import report, verp
from tests.bounces.webhooks.postings import now, post
from tests.delivery.factories import add_subscribers
from tests.fake_smtp import FakeSmtp, SmtpSession
from tests.transport.setup import transport

#: As many domains as bounces, so that no provider has too many of them.
_DOMAINS = 40


def mailing_to(database: Database, size: int, domains: int = _DOMAINS, refuses: int = 0) -> list[tuple[int, str]]:
    """Send an issue to this many people, rejecting the first `refuses` in the session; return their ids and addresses."""
    with database.write() as connection:
        ids = add_subscribers(connection, size)
        for number, each in enumerate(ids):
            address = f"reader{number}@domain{number % domains}.example"
            row = {"address": address, "normal": address}
            connection.execute(subscribers.update().where(subscribers.c.id == each).values(row))

    def rcpt(visit: SmtpSession) -> int:
        number = int(visit.heard[-1].partition(b"<reader")[2].partition(b"@")[0])
        refused = b"550 5.1.1 <reader%d@x.example> no such user, see id-%d\r\n" % (number, number * 7919)
        return visit.say(refused if number < refuses else b"250 2.1.5 Ok\r\n")

    with FakeSmtp({"rcpt": rcpt}) as office:
        post(database, "2025-01-30", transport(office))
    with database.read() as connection:
        rows = connection.execute(select(subscribers.c.id, subscribers.c.normal).order_by(subscribers.c.id)).all()
    return [(row.id, row.normal) for row in sorted(rows, key=lambda row: int(row.normal[6:].partition("@")[0]))]


def bounces(
    people: list[tuple[int, str]], database: Database, said: str = "550 5.1.1 no such user ({number})"
) -> list[bytes]:
    with database.read() as connection:
        mailing = connection.scalar(select(mailings.c.public_id)) or 0
    return [
        report(verp(each, mailing), address, diagnostic=f"smtp; {said.format(number=number)}", number=number)
        for number, (each, address) in enumerate(people)
    ]


def counts(database: Database) -> dict[str, int]:
    """Return who would get the next issue, and who would not."""
    with database.read() as connection:
        found = count(connection, Selection(issue="2025-02-06"))
    return {"included": found.included} | {each.value: number for each, number in found.left_out.items()}


def test_too_many_bounces_with_one_text_are_held(database: Database) -> None:
    """Of 30 recipients 10 are suppressed as usual; the eleventh with the same reply also holds the ten before it."""
    people = mailing_to(database, 30)
    messages = bounces(people[:12], database)
    assert take_in(database, *messages[:10]).effects == {BounceEffect.SUPPRESSED: 10}
    assert counts(database) == {"included": 20, LeftOut.BOUNCED: 10}
    assert take_in(database, *messages[10:]).effects == {BounceEffect.HELD: 2}
    assert counts(database) == {"included": 18, LeftOut.HELD: 12}
    with database.read() as connection:
        (hold,) = open_holds(connection)
        assert (hold.kind, hold.count, hold.recipients, hold.issue) == ("text", 12, 30, "2025-01-30")
        assert "no such user" in hold.sample and "@" not in hold.sample
        assert health_of(connection, now(), 30).worst() is HealthMark.ALARM
        assert [each.health for each in look_at_held_bounces(connection)] == [DiagnosisLevel.BAD]


def test_two_percent_of_a_large_mailing_are_not_too_many(database: Database) -> None:
    """Of 1,000 recipients 20 may bounce with the same text."""
    people = mailing_to(database, 1000, domains=1000)
    messages = bounces(people[:21], database)
    assert take_in(database, *messages[:20]).effects == {BounceEffect.SUPPRESSED: 20}
    assert take_in(database, messages[20]).effects == {BounceEffect.HELD: 1}
    assert counts(database)["held"] == 21


def test_too_many_bounces_at_one_provider_are_held(database: Database) -> None:
    """Every reply is different; all are from one domain."""
    people = mailing_to(database, 40, domains=2)
    there = [each for each in people if each[1].endswith("@domain0.example")]
    words = ["user", "mailbox", "account", "person", "alias", "recipient"]
    told = [
        bounces([each], database, f"550 5.1.1 no such {words[number % 6]} {words[number // 6]}")[0].replace(
            b"Message-Id: <0@", f"Message-Id: <p{number}@".encode()
        )
        for number, each in enumerate(there[:12])
    ]
    assert take_in(database, *told).effects == {BounceEffect.SUPPRESSED: 10, BounceEffect.HELD: 2}
    with database.read() as connection:
        (hold,) = open_holds(connection)
    assert (hold.kind, hold.key, hold.count, hold.recipients) == ("provider", "domain0.example", 12, 20)
    assert counts(database) == {"included": 28, LeftOut.HELD: 12}


def test_rejections_in_the_session_are_held_too(database: Database) -> None:
    """A server that suddenly knows nobody costs no subscriber; after a release they get the next issue."""
    mailing_to(database, 60, refuses=15)
    assert counts(database) == {"included": 45, LeftOut.HELD: 15}
    with database.write() as connection:
        (hold,) = open_holds(connection)
        assert decide(connection, hold.id, HoldDecision.RELEASED, "anna", now()) == 15
    assert counts(database) == {"included": 60}
    with database.read() as connection:
        # They may also be sent the missed issue: nothing says that their mailboxes do not exist.
        rest = count(connection, Selection(issue="2025-01-30", is_rest=True))
        assert open_holds(connection) == ()
    assert rest.included == 15


@pytest.mark.parametrize("decision", HoldDecision)
def test_a_decision_is_recorded_and_applies_later(database: Database, decision: HoldDecision) -> None:
    """Released people get mail again, also those with similar later bounces; discarded people are all suppressed."""
    people = mailing_to(database, 30)
    messages = bounces(people[:13], database)
    take_in(database, *messages[:12])
    with database.write() as connection:
        (hold,) = open_holds(connection)
        assert decide(connection, hold.id, decision, "anna", now()) == 12
        with pytest.raises(AudienceError):
            decide(connection, hold.id, decision, "anna", now())
    later = take_in(database, messages[12])
    is_released = decision is HoldDecision.RELEASED
    assert later.effects == {BounceEffect.RELEASED if is_released else BounceEffect.SUPPRESSED: 1}
    assert counts(database) == ({"included": 30} if is_released else {"included": 17, LeftOut.BOUNCED: 13})
    with database.read() as connection:
        last = changes_of(connection, people[0][0])[-1 if is_released else -2]
        found = suppression_of(connection, people[0][1])
    assert (last.what, last.after, last.source) == ("bounce", decision, f"bounces {decision} by anna")
    assert (found is None) if is_released else (found is not None and found.reason is Reason.BOUNCED)


def test_a_complaint_outlasts_a_release(database: Database) -> None:
    """Released people who had unsubscribed still get nothing."""
    from tests.bounces.news import complaint, message_header

    people = mailing_to(database, 30)
    take_in(database, *bounces(people[:12], database))
    with database.read() as connection:
        mailing = connection.scalar(select(mailings.c.public_id)) or 0
    take_in(database, complaint(message_header(people[3][0], mailing)))
    with database.write() as connection:
        (hold,) = open_holds(connection)
        assert decide(connection, hold.id, HoldDecision.RELEASED, "anna", now()) == 11
    assert counts(database) == {"included": 29, LeftOut.COMPLAINED: 1}


def test_one_wrong_bounce_can_be_undone(database: Database) -> None:
    """One person gets mail again, the history says who decided, and the bounce no longer counts."""
    people = mailing_to(database, 5)
    take_in(database, *bounces(people[:1], database))
    assert counts(database) == {"included": 4, LeftOut.BOUNCED: 1}
    with database.write() as connection:
        undo_bounce(connection, people[0][1], "bounces undo by anna", now())
    assert counts(database) == {"included": 5}
    with database.write() as connection:
        assert {each.source for each in changes_of(connection, people[0][0])[-2:]} == {"bounces undo by anna"}
        with pytest.raises(AudienceError):
            undo_bounce(connection, people[0][1], "again", now())
        with pytest.raises(AudienceError):
            undo_bounce(connection, "nobody@x.example", "again", now())
    later = bounces(people[:1], database, "550 5.1.1 there is no such user")[0].replace(b"<0@", b"<later@")
    assert take_in(database, later).effects == {BounceEffect.RELEASED: 1}
    assert counts(database) == {"included": 5}


def test_an_undone_bounce_does_not_confirm(database: Database) -> None:
    """They were imported again without consent after a mailing; undoing its bounce does not confirm them."""
    people = mailing_to(database, 30)
    with database.write() as connection:
        connection.execute(subscribers.update().where(subscribers.c.id == people[0][0]).values(status=Status.PENDING))
    messages = bounces(people[:12], database)
    take_in(database, messages[0])
    with database.write() as connection:
        assert undo_bounce(connection, people[0][1], "undo", now()) is Status.PENDING
        connection.execute(subscribers.update().where(subscribers.c.id == people[1][0]).values(status=Status.PENDING))
    # Held with others, and suppressed when these are discarded.
    take_in(database, *messages[1:])
    assert counts(database) == {"included": 18, LeftOut.PENDING: 2, LeftOut.HELD: 10}
    with database.write() as connection:
        (hold,) = open_holds(connection)
        assert decide(connection, hold.id, HoldDecision.DISCARDED, "anna", now()) == 11
    assert counts(database) == {"included": 18, LeftOut.PENDING: 1, LeftOut.BOUNCED: 11}


def test_a_release_is_for_one_mailing(database: Database) -> None:
    """Bounces of other mailings still count."""
    people = mailing_to(database, 30)
    with database.write() as connection:
        earlier = {
            "kind": "bounce",
            "bounce": "full",
            "effect": "counted",
            "mailing_id": 99,
            "subscriber_id": people[0][0],
        }
        connection.execute(insert(returned), [{"hash": "earlier", "at": now(), "source": "file", **earlier}])
    take_in(database, *bounces(people[:12], database))
    with database.write() as connection:
        (hold,) = open_holds(connection)
        decide(connection, hold.id, HoldDecision.RELEASED, "anna", now())
        effects = dict(connection.execute(select(returned.c.mailing_id, returned.c.effect)).all())
    assert effects == {99: "counted", 1: "released"}


def test_a_hold_contains_no_names(database: Database) -> None:
    """Names before the @ do not change the text, and the stored sample names nobody."""
    ids = [number for number, _ in mailing_to(database, 30)]
    names = ["ann", "ben", "cy", "dan", "eve", "fay", "gil", "hal", "ida", "jan", "kim"]
    told = []
    for number, name in enumerate(names):
        address = f"{name}@{name}.example"
        with database.write() as connection:
            connection.execute(subscribers.update().where(subscribers.c.id == ids[number]).values(normal=address))
        (message,) = bounces([(ids[number], address)], database, f"550 5.1.1 no user {name.title()}, {name}@x")
        told.append(message.replace(b"Message-Id: <0@", b"Message-Id: <%d@" % number))
    take_in(database, *told)
    with database.read() as connection:
        (hold,) = open_holds(connection)
    assert (hold.kind, hold.count, hold.sample) == ("text", 11, "5.1.1 no user …, …")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("550 5.1.1 <ann@x.example>: no such user", "550 5.1.1 <bob@y.example>: No such user", True),
        ("5.1.1 no such user a1b2-38si gsmtp", "5.1.1 no such user 77zx-12af gsmtp", True),
        ("no such user, see https://x.example/a?b=1", "no such user, see https://x.example/c?d=2", True),
        ("no such user [192.0.2.1]", "no such user [192.0.2.99]", True),
        ("no such user", "mailbox disabled", False),
        ("用户不存在 ann@x.example", "用户不存在 bob@x.example", True),
    ],
)
def test_equal_texts_have_one_key(one: str, other: str, is_same: bool) -> None:
    """Texts are equal whatever addresses, numbers, links and ids are in them."""
    assert (text_key(one) == text_key(other)) is is_same

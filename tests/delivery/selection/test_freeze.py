"""Freezing, on both databases: who gets which message, who is excluded and why, without duplicates."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from composer.audience.erasure import erase
from composer.audience.suppression import Reason, suppress
from composer.core.addresses import Address
from composer.core.audience_filter import AudienceFilter
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, mailings, recipients
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.mailing import (
    FrozenVariant,
    MailingError,
    allow,
    mailing_of,
    mailings_of,
    pause,
    resume,
    stop,
    unfinished,
    variants_of,
)
from composer.delivery.core.pause import PauseReason
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger.ledger import claim
from composer.delivery.selection.freeze import AT_ONCE, freeze
from composer.delivery.selection.recipient_erasure import forget
from composer.delivery.selection.selection import LeftOut, Selection, count, is_included
from tests.delivery.factories import ISSUE, NOW, add_subscribers, draft, frozen, kinds, sums, tag

S = DeliveryState


def put(database: Database, mailing_id: int, states: dict[int, DeliveryState], *, is_over: bool = True) -> None:
    """Set the final states of a mailing's deliveries, as a run would."""
    with database.write() as connection:
        for subscriber_id, state in states.items():
            held = {} if state in (S.ACCEPTED, S.UNKNOWN, S.DEFERRED) else {"issue_id": None}
            connection.execute(
                update(deliveries)
                .where(deliveries.c.mailing_id == mailing_id, deliveries.c.subscriber_id == subscriber_id)
                .values(state=state, **held)
            )
        if is_over:
            connection.execute(update(mailings).where(mailings.c.id == mailing_id).values(ended=NOW))


def test_a_mailing_holds_everything_it_needs(database: Database) -> None:
    """Recipients with merge values, compiled messages, hash, commit, person and time, all unchanged."""
    with database.write() as connection:
        add_subscribers(connection, 3, fields='{"company": "ACME"}')
        mailing = freeze(connection, draft(git_commit="abc", is_committed=True, frozen_settings='{"a": 1}'), NOW)
    with database.read() as connection:
        assert mailing_of(connection, mailing.id) == mailing
        assert variants_of(connection, mailing.id) == draft().variants
        rows = connection.execute(select(recipients).order_by(recipients.c.subscriber_id)).all()
    assert (mailing.issue, mailing.frozen, mailing.made, mailing.made_by, mailing.git_commit) == (
        ISSUE,
        3,
        NOW,
        "anna",
        "abc",
    )
    assert [row.address for row in rows] == ["Reader1@example.net", "Reader2@example.net", "Reader3@example.net"]
    assert {row.fields for row in rows} == {'{"company": "ACME"}'}
    assert sums(database).by_state == {S.PENDING: 3}


def test_later_changes_do_not_affect_a_mailing(database: Database) -> None:
    """A subscriber's new name, and a new subscriber, affect the next mailing only."""
    mailing = frozen(database, 2)
    with database.write() as connection:
        connection.execute(update(subscribers).values(first_name="Changed", address="new@example.net"))
        add_subscribers(connection, 1, first=3)
    with database.read() as connection:
        rows = connection.execute(select(recipients)).all()
    assert [(row.first_name, row.address) for row in rows] == [("Subscriber", f"Reader{n}@example.net") for n in (1, 2)]
    assert sums(database, mailing.id).frozen == 2


def test_everybody_who_is_left_out_is_counted_by_reason(database: Database) -> None:
    """The counts before the confirmation and those in the mailing come from the same expression."""
    with database.write() as connection:
        ids = add_subscribers(connection, 10)
        for subscriber_id, status in zip(ids[:4], ("pending", "unsubscribed", "bounced", "complained"), strict=True):
            connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(status=status))
        suppress(connection, "reader5@example.net", Reason.BY_HAND, "test", NOW)
        connection.execute(update(subscribers).where(subscribers.c.id == ids[4]).values(status="active"))
        counts = count(connection, Selection(issue=ISSUE))
        mailing = freeze(connection, draft(), NOW)
    assert counts.included == mailing.frozen == 5
    assert counts.left_out == mailing.left_out
    assert counts.left_out == dict.fromkeys(
        (LeftOut.PENDING, LeftOut.UNSUBSCRIBED, LeftOut.BOUNCED, LeftOut.COMPLAINED, LeftOut.SUPPRESSED), 1
    )


def test_an_audience_is_a_condition(database: Database) -> None:
    """Language and tags select subscribers; others are not counted as excluded."""
    with database.write() as connection:
        ids = add_subscribers(connection, 4)
        add_subscribers(connection, 1, first=5, language="de-AT")
        tag(connection, ids[:3], "press")
        tag(connection, ids[:1], "staff")
        condition = AudienceFilter(language=("en",), tag=("press",), without_tag=("staff",))
        mailing = freeze(connection, draft(selection=Selection(issue=ISSUE, condition=condition)), NOW)
    assert (mailing.frozen, mailing.left_out) == (2, {})
    assert mailing.audience.code == condition.code


def test_each_subscriber_has_one_variant(database: Database) -> None:
    """By language and tags, with the pick function; nobody is without a variant."""
    variants = tuple(FrozenVariant(number=n, language="en", compiled=b"%d" % n) for n in (0, 1, 2))

    def pick(language: str, tags: frozenset[str]) -> int:
        return 2 if "press" in tags else 1 if language == "de" else 0

    with database.write() as connection:
        ids = add_subscribers(connection, 3)
        german = add_subscribers(connection, 3, first=4, language="de")
        tag(connection, [ids[0], german[0]], "press", "other")
        mailing = freeze(connection, draft(variants=variants, pick=pick), NOW)
    with database.read() as connection:
        question = (
            select(deliveries.c.variant)
            .where(deliveries.c.mailing_id == mailing.id)
            .order_by(deliveries.c.subscriber_id)
        )
        assert connection.scalars(question).all() == [2, 0, 0, 2, 1, 1]


def test_no_recipients_is_an_error(database: Database) -> None:
    """The error says why, and nothing is stored."""
    with database.write() as connection:
        add_subscribers(connection, 2, status="unsubscribed")
    with pytest.raises(MailingError, match="no recipients") as stop, database.write() as connection:
        freeze(connection, draft(), NOW)
    assert "2 unsubscribed" in stop.value.hint
    with database.read() as connection:
        assert mailings_of(connection) == []


def test_one_mailing_of_an_issue_at_a_time(database: Database) -> None:
    """Sending the issue resumes the unfinished mailing; a rehearsal does not count."""
    rehearsal = frozen(database, 2, is_rehearsal=True)
    mailing = frozen(database, 0)
    with pytest.raises(MailingError, match=f"mailing {mailing.id} of {ISSUE} has not ended"):
        frozen(database, 0)
    with database.read() as connection:
        assert unfinished(connection, ISSUE) == mailing
        assert unfinished(connection, ISSUE, is_rehearsal=True) == rehearsal
    assert frozen(database, 0, issue="2025-02-28").issue == "2025-02-28"


def test_a_second_mailing_excludes_the_recipients_of_the_first(database: Database) -> None:
    """Accepted and unconfirmed recipients do not get it again; rejected, suppressed and expired ones may."""
    first = frozen(database, 5)
    put(database, first.id, {1: S.ACCEPTED, 2: S.UNKNOWN, 3: S.REFUSED, 4: S.SUPPRESSED, 5: S.EXPIRED})
    with database.write() as connection:
        add_subscribers(connection, 1, first=6)
        second = freeze(connection, draft(), NOW)
        held = connection.scalars(select(deliveries.c.subscriber_id).where(deliveries.c.mailing_id == second.id)).all()
    assert sorted(held) == [3, 4, 5, 6]
    assert second.left_out == {LeftOut.HAS_IT: 1, LeftOut.CANNOT_KNOW: 1}


def test_to_those_without(database: Database) -> None:
    """Late joiners and never accepted; without unconfirmed ones, those without a mailbox, and those who unsubscribed."""
    first = frozen(database, 6)
    put(database, first.id, {1: S.ACCEPTED, 2: S.UNKNOWN, 3: S.REFUSED, 4: S.REFUSED, 5: S.EXPIRED, 6: S.EXPIRED})
    with database.write() as connection:
        gone = (deliveries.c.subscriber_id == 3) & (deliveries.c.mailing_id == first.id)
        connection.execute(update(deliveries).where(gone).values(refusal_category="gone"))
        connection.execute(update(subscribers).where(subscribers.c.id == 6).values(status="unsubscribed"))
        add_subscribers(connection, 1, first=7)
        counts = count(connection, Selection(issue=ISSUE, is_rest=True))
        rest = freeze(connection, draft(selection=Selection(issue=ISSUE, is_rest=True)), NOW)
        who = connection.scalars(select(deliveries.c.subscriber_id).where(deliveries.c.mailing_id == rest.id)).all()
    assert sorted(who) == [4, 5, 7]
    assert counts.left_out == {
        LeftOut.UNSUBSCRIBED: 1,
        LeftOut.HAS_IT: 1,
        LeftOut.CANNOT_KNOW: 1,
        LeftOut.TURNED_AWAY: 1,
    }


def test_what_to_those_without_adds(database: Database) -> None:
    """After the first mailing, a second one without the option goes to the same people and to those without a domain."""
    first = frozen(database, 5)
    put(database, first.id, dict.fromkeys(range(1, 5), S.REFUSED) | {5: S.ACCEPTED})
    with database.write() as connection:
        for number, refusal_category in enumerate(("none", "soft", "no_domain", "gone"), 1):
            one = (deliveries.c.subscriber_id == number) & (deliveries.c.mailing_id == first.id)
            connection.execute(update(deliveries).where(one).values(refusal_category=refusal_category))
        # As a run does at once for a missing mailbox.
        suppress(connection, "reader4@example.net", Reason.BOUNCED, "mailing 1", NOW)
        plain, rest = (
            set(
                connection.scalars(select(subscribers.c.id).where(is_included(Selection(issue=ISSUE, is_rest=is_rest))))
            )
            for is_rest in (False, True)
        )
    assert (plain, rest) == ({1, 2, 3}, {1, 2})


def test_to_those_who_got(database: Database) -> None:
    """A correction goes to accepted and unconfirmed ones, without those who bounced or unsubscribed; it has its own issue."""
    first = frozen(database, 6)
    put(database, first.id, {1: S.ACCEPTED, 2: S.UNKNOWN, 3: S.REFUSED, 4: S.ACCEPTED, 5: S.ACCEPTED, 6: S.EXPIRED})
    with database.write() as connection:
        suppress(connection, "reader4@example.net", Reason.BOUNCED, "test", NOW)
        suppress(connection, "reader5@example.net", Reason.UNSUBSCRIBED, "test", NOW)
        selection = Selection(issue="fix", got=ISSUE)
        fix = freeze(connection, draft(selection=selection, corrects=first.id), NOW)
        who = connection.scalars(select(deliveries.c.subscriber_id).where(deliveries.c.mailing_id == fix.id)).all()
    assert sorted(who) == [1, 2]
    assert fix.corrects == first.id
    assert fix.left_out == {LeftOut.BOUNCED: 1, LeftOut.UNSUBSCRIBED: 1, LeftOut.NOT_THEIRS: 2}


def test_sending_again_needs_a_reason(database: Database) -> None:
    """It requires a reason, which is stored; afterwards both mailings hold the recipients."""
    first = frozen(database, 2)
    put(database, first.id, {1: S.ACCEPTED, 2: S.REFUSED})
    again = Selection(issue=ISSUE, is_again=True)
    with pytest.raises(ValueError, match="needs a reason"):
        frozen(database, 0, selection=again)
    second = frozen(database, 0, selection=again, again_because="the first was blank")
    assert (second.frozen, second.again, second.again_because) == (2, 1, "the first was blank")
    put(database, second.id, {1: S.ACCEPTED, 2: S.ACCEPTED})
    with pytest.raises(MailingError, match="no recipients"):
        frozen(database, 0)
    assert frozen(database, 0, selection=again, again_because="once more").again == 2


def test_a_rehearsal_holds_nobody(database: Database) -> None:
    """Neither before nor after, with any result; nor does it exclude anybody."""
    rehearsal = frozen(database, 4, is_rehearsal=True)
    put(database, rehearsal.id, {1: S.WRITTEN, 2: S.ACCEPTED, 3: S.UNKNOWN, 4: S.REFUSED})
    with database.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.subscriber_id == 4).values(refusal_category="gone"))
    assert frozen(database, 0, selection=Selection(issue=ISSUE, is_rest=True)).frozen == 4


def test_the_database_prevents_duplicates(database: Database) -> None:
    """Even if a program does not check it."""
    first = frozen(database, 1)
    other = frozen(database, 0, issue="other")
    with database.read() as connection:
        issue_id = connection.scalar(select(mailings.c.issue_id).where(mailings.c.id == first.id))
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.mailing_id == other.id).values(issue_id=issue_id))


def test_two_processes_freeze_an_issue_at_the_same_time(database: Database) -> None:
    """One succeeds, the other gets an error."""
    with database.write() as connection:
        add_subscribers(connection, 50)
    told: list[str] = []
    start = threading.Barrier(3)

    def freezing() -> None:
        start.wait()
        try:
            with database.write() as connection:
                freeze(connection, draft(), NOW)
            told.append("frozen")
        except MailingError as error:
            told.append(error.message)

    threads = [threading.Thread(target=freezing) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["frozen", *["mailing 1 of 2025-01-30 has not ended"] * 2]


def test_erasing_a_person_takes_their_values_at_once(database: Database) -> None:
    """The delivery stays as a number, so that the totals are still right."""
    frozen(database, 3)
    with database.write() as connection:
        receipt = erase(connection, Address(address="reader2@example.net"), NOW, [forget])
    assert any("1 mailing" in each for each in receipt.went)
    assert any("1 mailing, under a number" in each for each in receipt.stays)
    with database.read() as connection:
        assert connection.scalars(select(recipients.c.subscriber_id).order_by(recipients.c.subscriber_id)).all() == [
            1,
            3,
        ]
        assert connection.scalar(select(func.count()).select_from(deliveries)) == 3
    assert sums(database).total == 3


def test_mailings_are_listed_by_issue_or_all(database: Database) -> None:
    """The oldest first."""
    with database.write() as connection:
        add_subscribers(connection, 1)
        for issue in ("b", "a"):
            freeze(connection, draft(issue), NOW)
        assert [each.issue for each in mailings_of(connection)] == ["b", "a"]
        assert [each.issue for each in mailings_of(connection, "a")] == ["a"]
        assert mailings_of(connection, "c") == []


def test_an_audience_without_anybody_says_what_to_do(database: Database) -> None:
    """If no subscriber is selected, there are no counts by reason."""
    with pytest.raises(MailingError) as stop, database.write() as connection:
        freeze(connection, draft(), NOW)
    assert stop.value.hint


def test_a_pause_and_a_stop_are_of_one_mailing(database: Database) -> None:
    """Another mailing continues, and an ended one does not change."""
    with database.write() as connection:
        add_subscribers(connection, 1)
        for issue in ("a", "b", "c"):
            freeze(connection, draft(issue), NOW)
        connection.execute(update(mailings).where(mailings.c.id == 3).values(ended=NOW))
        assert pause(connection, 1, "anna", PauseReason.STOPPED, NOW)
        assert not pause(connection, 1, "anna", PauseReason.STOPPED, NOW)
        assert not pause(connection, 3, "anna", PauseReason.STOPPED, NOW)
        assert [each.pause is not None for each in mailings_of(connection)] == [True, False, False]
        allow(connection, 2, {"untested": "in a hurry"})
        assert [dict(each.allowed) for each in mailings_of(connection)] == [{}, {"untested": "in a hurry"}, {}]
        seen = mailing_of(connection, 1).pause
        pause(connection, 2, "anna", PauseReason.STOPPED, NOW)
        assert resume(connection, 1, "anna", NOW, seen=seen) and not resume(connection, 1, "anna", NOW, seen=seen)
        assert [each.pause is not None for each in mailings_of(connection)] == [False, True, False]
    assert [each for each in kinds(database) if each != "frozen"] == ["paused", "paused", "resumed"]


def test_reasons_are_added_to_those_that_were_given_before(database: Database) -> None:
    """An equal reason is stored once, another one is appended, each under its own code."""
    mailing = frozen(database, 1, allowed={"untested": "in a hurry", "changed": ""})
    for reasons, kept in (
        ({"untested": "in a hurry"}, {"untested": "in a hurry", "changed": ""}),
        ({"untested": "späte Korrektur"}, {"untested": "in a hurry; späte Korrektur", "changed": ""}),
        (
            {"changed": "typo", "blocked": "seen"},
            {"untested": "in a hurry; späte Korrektur", "changed": "typo", "blocked": "seen"},
        ),
    ):
        with database.write() as connection:
            allow(connection, mailing.id, reasons)
            assert dict(mailing_of(connection, mailing.id).allowed) == kept
            kept_as = connection.scalar(select(mailings.c.allowed))
            assert "\\u" not in str(kept_as)


def test_each_mailing_has_its_own_messages(database: Database) -> None:
    """By number; an ended mailing can no longer be stopped."""
    with database.write() as connection:
        add_subscribers(connection, 1)
        for issue in ("a", "b"):
            kept = (FrozenVariant(number=0, language="en", compiled=issue.encode()),)
            freeze(connection, draft(issue, variants=kept), NOW)
        assert [each.compiled for each in variants_of(connection, 2)] == [b"b"]
        connection.execute(update(mailings).where(mailings.c.id == 2).values(ended=NOW))
        with pytest.raises(MailingError, match=r"has (already )?ended"):
            stop(connection, 2, "anna", NOW)
        assert stop(connection, 1, "anna", NOW) and not stop(connection, 1, "anna", NOW)


def test_all_recipients_are_due_immediately(database: Database) -> None:
    """Also if the clock was set back before the first claim."""
    mailing = frozen(database, 3)
    with database.write() as connection:
        assert datetime.fromtimestamp(0, UTC) == AT_ONCE
        found = claim(connection, mailing.id, 1, 9, AT_ONCE)
    assert [each.tried.subscriber_id for each in found.due] == [1, 2, 3]


def test_one_message_needs_no_choice(database: Database) -> None:
    """With one message no choice is needed; with several, a pick function is required."""

    def never(language: str, tags: frozenset[str]) -> int:
        raise AssertionError(language)

    assert frozen(database, 2, pick=never).frozen == 2
    several = tuple(FrozenVariant(number=number, language="en", compiled=b"x") for number in (0, 1))
    with pytest.raises(ValueError, match="several variants"):
        frozen(database, 0, issue="b", variants=several)
    with pytest.raises(ValueError, match="needs a reason"):
        frozen(database, 0, issue="b", selection=Selection(issue="b", is_again=True))

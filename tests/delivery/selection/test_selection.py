"""Who is selected: the condition in Python, which picks variants and counts in memory, matches the one in SQL."""

import pytest
from sqlalchemy import insert, select, update

from composer.audience.suppression import Reason
from composer.core.audience_filter import AudienceFilter, audience_filter
from composer.database.database_state import lost_issues
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries
from composer.database.tables.subscriber_tables import subscribers, suppressions
from composer.delivery.core.states import DeliveryState
from composer.delivery.selection.selection import LeftOut, Selection, count, is_included, meant, standing
from tests.delivery.factories import ISSUE, NOW, add_subscribers, frozen, tag
from tests.delivery.selection.test_freeze import put

S = DeliveryState

PEOPLE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("en", ()),
    ("en-GB", ("press",)),
    ("de", ("press", "staff")),
    ("de-AT", ("board",)),
    ("zh-Hans", ("press office",)),
    ("zh-Hant-TW", ("staff",)),
    ("zh-TW", ("staff",)),
    ("zh", ()),
    ("den", ("press",)),
    ("", ("press",)),
    ("e_g", ()),
    ("e%g", ()),
)
CONDITIONS = (
    audience_filter(),
    audience_filter(language="en"),
    audience_filter(language="en-GB"),
    audience_filter(language="EN-gb"),
    audience_filter(language="zh-Hans"),
    audience_filter(language=("zh-Hant", "de")),
    audience_filter(language="zh-Hant-TW"),
    audience_filter(language="zh"),
    audience_filter(language="fr"),
    # Text that people cannot type, and that the database must not treat as a pattern.
    AudienceFilter(language=("e_g",)),
    AudienceFilter(language=("e%",)),
    audience_filter(tag="press"),
    audience_filter(tag=("board", "staff")),
    audience_filter(tag="press office"),
    audience_filter(tag="nobody"),
    audience_filter(without_tag="press"),
    audience_filter(without_tag=("press", "staff")),
    audience_filter(language=("de", "en"), tag="press", without_tag="staff"),
    audience_filter(language="de", tag=("press", "board"), without_tag=("staff", "vip")),
)


def test_both_conditions_mean_the_same_people(database: Database) -> None:
    """Languages in any case with subtags, tags, and excluded tags: separately and together."""
    with database.write() as connection:
        people = {}
        for number, (language, tags) in enumerate(PEOPLE, 1):
            (subscriber_id,) = add_subscribers(connection, 1, first=number, language=language)
            people[subscriber_id] = (language, tags)
            if tags:
                tag(connection, [subscriber_id], *tags)
        for asked in CONDITIONS:
            found = set(connection.scalars(select(subscribers.c.id).where(meant(asked))))
            assert found == {each for each, person in people.items() if asked.matches(*person)}, asked.in_words


def test_the_conditions_select_some_subscribers() -> None:
    """Most conditions select some and not all subscribers, so that the comparison above is useful."""
    many = [sum(asked.matches(*person) for person in PEOPLE) for asked in CONDITIONS]
    assert sum(0 < each < len(PEOPLE) for each in many) >= 14
    assert audience_filter(language="en-GB").matches("en-GB", ())
    assert audience_filter(language="zh-Hans").matches("zh-Hans", ())


@pytest.mark.parametrize("is_rest", [False, True])
def test_each_reason_has_its_own_count(database: Database, is_rest: bool) -> None:
    """Different numbers for each: received, unconfirmed, and, for the rest, without a mailbox or a domain."""
    first = frozen(database, 10)
    put(database, first.id, dict.fromkeys((1, 2, 3), S.UNKNOWN) | dict.fromkeys((4, 5), S.ACCEPTED))
    put(database, first.id, dict.fromkeys((6, 7, 8, 9), S.REFUSED) | {10: S.EXPIRED})
    with database.write() as connection:
        for number, refusal_category in ((6, "gone"), (7, "no_domain"), (8, "gone"), (9, "soft")):
            one = (deliveries.c.subscriber_id == number) & (deliveries.c.mailing_id == first.id)
            connection.execute(update(deliveries).where(one).values(refusal_category=refusal_category))
        counts = count(connection, Selection(issue=ISSUE, is_rest=is_rest))
        only = count(connection, Selection(issue=ISSUE, is_rest=is_rest, condition=audience_filter(tag="nobody")))
    away = {LeftOut.TURNED_AWAY: 3} if is_rest else {}
    assert counts.left_out == {LeftOut.HAS_IT: 2, LeftOut.CANNOT_KNOW: 3} | away
    assert counts.included == 10 - 5 - len(away) * 3
    assert (only.included, only.left_out) == (0, {})


def test_a_held_bounce_is_a_reason_of_its_own(database: Database) -> None:
    """Held subscribers keep their status; those on the suppression list for another reason are suppressed."""
    with database.write() as connection:
        add_subscribers(connection, 4)
        for number, reason in ((1, Reason.HELD), (2, Reason.HELD), (3, Reason.BOUNCED)):
            connection.execute(
                insert(suppressions),
                {"normal": f"reader{number}@example.net", "reason": reason, "source": "mail", "since": NOW},
            )
        counts = count(connection, Selection(issue=ISSUE))
    assert (counts.included, counts.left_out) == (1, {LeftOut.HELD: 2, LeftOut.SUPPRESSED: 1})


def test_a_rehearsal_goes_to_its_samples_only(database: Database) -> None:
    """Only among the recipients."""
    with database.write() as connection:
        add_subscribers(connection, 3)
        connection.execute(update(subscribers).where(subscribers.c.id == 3).values(status="bounced"))
        for only, wanted in ((None, {1, 2}), ((2, 3), {2}), ((), set())):
            asked = is_included(Selection(issue=ISSUE, only=only))
            assert set(connection.scalars(select(subscribers.c.id).where(asked))) == wanted


def test_a_mailing_that_was_lost_may_have_reached_anybody(database: Database) -> None:
    """After a restore its recipients are not known; other issues are not affected, and a person may send it again."""
    with database.write() as connection:
        add_subscribers(connection, 2)
        connection.execute(insert(lost_issues), {"key": ISSUE, "at": NOW, "words": "lost"})
        assert count(connection, Selection(issue=ISSUE)).left_out == {LeftOut.CANNOT_KNOW: 2}
        assert count(connection, Selection(issue="other")).included == 2
        assert count(connection, Selection(issue=ISSUE, is_again=True)).included == 2


def test_a_correction_counts_from_what_it_corrects(database: Database) -> None:
    """Accepted and unconfirmed recipients received it; rejected ones and later subscribers did not."""
    first = frozen(database, 6)
    put(database, first.id, {1: S.ACCEPTED, 2: S.UNKNOWN, 3: S.UNKNOWN, 4: S.REFUSED, 5: S.SUPPRESSED, 6: S.EXPIRED})
    with database.write() as connection:
        add_subscribers(connection, 1, first=7)
        counts = count(connection, Selection(issue="fix", got=ISSUE))
    assert (counts.included, counts.left_out) == (3, {LeftOut.NOT_THEIRS: 4})


def test_the_first_reason_that_applies_is_counted(database: Database) -> None:
    """Each recipient has one reason more than the previous one, and the last reason is the most certain."""
    first = frozen(database, 7)
    earlier = frozen(database, 0, issue="earlier")
    put(database, first.id, {1: S.REFUSED} | dict.fromkeys(range(2, 8), S.ACCEPTED))
    put(database, earlier.id, dict.fromkeys((1, 2, 3), S.ACCEPTED) | dict.fromkeys(range(4, 8), S.REFUSED))
    with database.write() as connection:
        gone = update(deliveries).where(deliveries.c.mailing_id == first.id)
        connection.execute(gone.values(refusal_category="gone"))
        connection.execute(gone.where(deliveries.c.subscriber_id == 3).values(state=S.UNKNOWN))
        held = {"normal": "reader5@example.net", "reason": Reason.HELD, "source": "mail", "since": NOW}
        others = [{**held, "normal": f"reader{each}@example.net", "reason": Reason.COMPLAINED} for each in (6, 7)]
        connection.execute(insert(suppressions), [held, *others])
        connection.execute(update(subscribers).where(subscribers.c.id == 7).values(status="unsubscribed"))
        asked = Selection(issue=ISSUE, is_rest=True, got="earlier")
        rows = connection.execute(select(subscribers.c.id, standing(asked)).order_by(subscribers.c.id))
        assert [reason for _, reason in rows] == [
            LeftOut.TURNED_AWAY,
            LeftOut.HAS_IT,
            LeftOut.CANNOT_KNOW,
            LeftOut.NOT_THEIRS,
            LeftOut.HELD,
            LeftOut.SUPPRESSED,
            LeftOut.UNSUBSCRIBED,
        ]

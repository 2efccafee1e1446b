"""The messages that a correction replies to, and the subscribers whose language it does not offer.

Input: a connection. Output: the corrected mailings; counts by language. Guarantees: reads only.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select

from composer.database.tables.mailing_tables import issues, mailings
from composer.database.tables.review_tables import editions, mailing_reviews, review_editions
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.mailing import Mailing
from composer.delivery.messages.message_factory import Answered, FrozenSettings
from composer.delivery.selection.corrections import real_mailings
from composer.delivery.selection.selection import Selection, is_included
from composer.editions.pipeline import is_close, spoken


def answered_mailings(connection: Connection, mailing: Mailing) -> Mapping[int, Answered]:
    """Return the mailings whose messages a correction replies to, by their numbers; empty for other mailings."""
    if mailing.corrects is None:
        return {}
    key = select(issues.c.key).join(mailings).where(mailings.c.id == mailing.corrects).scalar_subquery()
    rows = connection.execute(
        select(mailings.c.id, mailings.c.public_id, mailings.c.frozen_settings).join(issues).where(issues.c.key == key)
    )
    return {
        row.id: Answered(mailing=row.public_id, domain=FrozenSettings.from_json(row.frozen_settings).domain)
        for row in rows
    }


def missing_languages(connection: Connection, selection: Selection, offered: Sequence[str]) -> Mapping[str, int]:
    """Return how many people received an issue in a language that its correction does not offer, by that language."""
    if selection.got is None:
        return {}
    rows = connection.execute(
        select(editions.c.language)
        .join_from(mailing_reviews, review_editions, review_editions.c.review_id == mailing_reviews.c.review_id)
        .join(editions, editions.c.id == review_editions.c.edition_id)
        .where(mailing_reviews.c.mailing_id.in_(real_mailings(selection.got)))
        # In the order of a mailing: the first language is the fallback.
        .order_by(review_editions.c.position)
    )
    had = [row.language for row in rows]
    if all(any(is_close(each, other) for other in offered) for each in had):
        return {}
    people = connection.execute(
        select(subscribers.c.language, func.count()).where(is_included(selection)).group_by(subscribers.c.language)
    )
    missing: Counter[str] = Counter()
    for language, number in people:
        got = spoken(language, had)
        if not is_close(got, spoken(language, offered)):
            missing[got] += number
    return dict(missing)

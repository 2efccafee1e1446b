"""Strikes readers off who have no mailbox: a refusal at the server's door is a bounce.

Comes in: what a refusal says about the reader. Goes out: a line on the suppression list, or none.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, exists, select

from composer.audience.suppression import Reason, suppress
from composer.database.bounces import BounceClass, returned
from composer.database.mailings import deliveries, issues, mailings
from composer.database.readers import readers
from composer.delivery.policy import Blame

#: Strikes a reader off, if the blame is heavy enough.
Strike = Callable[[Connection, int, Blame, datetime], None]


def strike_off(mailing_id: int) -> Strike:
    """Give what strikes readers off for a mailing: without a mailbox at once, without a domain at the second issue."""

    def strike(connection: Connection, reader_id: int, blame: Blame, now: datetime) -> None:
        normal = connection.scalar(select(readers.c.normal).where(readers.c.id == reader_id))
        if normal is None or (blame is Blame.NO_DOMAIN and not _had_none(connection, mailing_id, reader_id)):
            return
        suppress(connection, normal, Reason.BOUNCED, f"mailing {mailing_id}", now)

    return strike


def _had_none(connection: Connection, mailing_id: int, reader_id: int) -> bool:
    """Tell whether there was no way to the reader's domain at another issue, too: at the door, or by a bounce later."""
    key = select(issues.c.key).join_from(mailings, issues).where(mailings.c.id == mailing_id).scalar_subquery()
    others = select(mailings.c.id).join_from(mailings, issues).where(issues.c.key != key)
    at_the_door = exists().where(
        deliveries.c.reader_id == reader_id,
        deliveries.c.blame == Blame.NO_DOMAIN,
        deliveries.c.mailing_id.in_(others),
    )
    later = exists().where(
        returned.c.reader_id == reader_id,
        returned.c.bounce == BounceClass.BAD_DOMAIN,
        returned.c.mailing_id.in_(others),
    )
    return bool(connection.scalar(select(at_the_door | later)))

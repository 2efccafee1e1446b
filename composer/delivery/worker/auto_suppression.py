"""Suppresses subscribers whose mailbox does not exist, because a rejection while sending counts as a bounce.

Input: the category of a rejection, and the server's reply. Output: an entry on the suppression list, or none. If too
many recipients of a mailing are rejected in the same way, their bounces are held until a person decides
(audience/bounce_holds.py).
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, exists, select

from composer.audience.bounce_holds import suppress_bounced
from composer.audience.identity.token_holders import resolve_recipient
from composer.audience.identity.tombstones import about, spans_of
from composer.audience.suppression import Reason, suppress_hash
from composer.database.tables.bounce_tables import BounceClass, returned
from composer.database.tables.mailing_tables import deliveries, issues, mailings
from composer.delivery.core.retry_policy import RefusalCategory

#: Suppresses a subscriber if the category of the rejection requires it.
AutoSuppression = Callable[[Connection, int, RefusalCategory, str, datetime], None]


def suppress_hard_bounces(mailing_id: int) -> AutoSuppression:
    """Return the suppression function of a mailing.

    It suppresses at once if the mailbox does not exist, and at the second issue if the domain does not exist.
    """

    def auto_suppression(
        connection: Connection, subscriber_id: int, refusal_category: RefusalCategory, said: str, now: datetime
    ) -> None:
        # The address that the server rejected; the subscriber may have changed it since the mailing was frozen.
        found, source = resolve_recipient(connection, subscriber_id, mailing_id), f"mailing {mailing_id}"
        whose = found.at_address
        if whose is not None and (
            refusal_category is not RefusalCategory.NO_DOMAIN or _domain_was_missing(connection, mailing_id, whose.id)
        ):
            suppress_bounced(connection, whose, mailing_id, said, source, now)
        elif found.at_hash is not None and refusal_category is not RefusalCategory.NO_DOMAIN:
            suppress_hash(connection, found.at_hash, Reason.BOUNCED, source, now)

    return auto_suppression


def _domain_was_missing(connection: Connection, mailing_id: int, subscriber_id: int) -> bool:
    """Return whether the domain was not found for another issue, too, either when sending or by a later bounce."""
    key = select(issues.c.key).join_from(mailings, issues).where(mailings.c.id == mailing_id).scalar_subquery()
    others = select(mailings.c.id).join_from(mailings, issues).where(issues.c.key != key)
    spans = spans_of(connection, subscriber_id, is_this_address=True)
    at_the_door = exists().where(
        about(deliveries, spans),
        deliveries.c.refusal_category == RefusalCategory.NO_DOMAIN,
        deliveries.c.mailing_id.in_(others),
    )
    later = exists().where(
        about(returned, spans),
        returned.c.bounce == BounceClass.BAD_DOMAIN,
        returned.c.effect != "released",
        returned.c.mailing_id.in_(others),
    )
    return bool(connection.scalar(select(at_the_door | later)))

"""Records which message a correction replies to, for each recipient: the one that they have, from any mailing.

Input: a connection in the transaction that freezes a correction. Output: changed rows of `recipients`
(corrected_messages.py reads them). Guarantees: the database changes the rows without reading them into this program.
"""

from sqlalchemy import Connection, Select, exists, select, update

from composer.audience.identity.tombstones import former_id
from composer.database.tables.mailing_tables import deliveries, issues, mailings, recipients
from composer.delivery.core.states import DeliveryState


def note_answered(connection: Connection, mailing_id: int, issue: str) -> None:
    """Record which message of an issue each recipient of its correction has.

    This is the last accepted message or, without one, the last unconfirmed message. It may have been sent to a former
    id.
    """
    of_issue = real_mailings(issue)
    # Later messages and accepted messages overwrite the others.
    for state in (DeliveryState.UNKNOWN, DeliveryState.ACCEPTED):
        for each in connection.scalars(of_issue).all():
            sent = (deliveries.c.mailing_id == each, deliveries.c.state == state)
            former = former_id(recipients.c.subscriber_id, deliveries, *sent)
            own = exists().where(deliveries.c.subscriber_id == recipients.c.subscriber_id, *sent)
            for condition, subscriber_id in ((former.is_not(None), former), (own, recipients.c.subscriber_id)):
                connection.execute(
                    update(recipients)
                    .where(recipients.c.mailing_id == mailing_id, condition)
                    .values(answered_mailing=each, answered_subscriber=subscriber_id)
                )


def real_mailings(issue: str) -> Select[tuple[int]]:
    """Return the query for the numbers of an issue's mailings, the oldest first, without rehearsals."""
    return (
        select(mailings.c.id)
        .join(issues)
        .where(issues.c.key == issue, mailings.c.is_rehearsal.is_(False))
        .order_by(mailings.c.id)
    )

"""What a correction answers: for each recipient the message that they have, from whichever mailing they got it.

Input: a connection in the transaction that freezes a correction. Output: rows of `recipients` that say it
(corrected_messages.py reads
them). Guarantees: no recipient passes through this program.
"""

from sqlalchemy import Connection, Select, exists, select, update

from composer.audience.identity.tombstones import former_id
from composer.database.tables.mailing_tables import deliveries, issues, mailings, recipients
from composer.delivery.core.states import DeliveryState


def note_answered(connection: Connection, mailing_id: int, issue: str) -> None:
    """Write down which message of an issue each recipient of its correction has.

    The last one that their server accepted; without one, the last of which nobody knows. It may have gone to a former id.
    """
    of_issue = real_mailings(issue)
    # The later ones, and those that are certain, overwrite the others.
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
    """Return the question for the numbers of an issue's mailings, the oldest first, without rehearsals."""
    return (
        select(mailings.c.id)
        .join(issues)
        .where(issues.c.key == issue, mailings.c.is_rehearsal.is_(False))
        .order_by(mailings.c.id)
    )

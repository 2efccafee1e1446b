"""Removes a person from the mailings when they are erased (composer/audience/erasure.py)."""

from sqlalchemy import Connection, delete, func, select

from composer.database.tables.mailing_tables import deliveries, mailings, recipients


def forget(connection: Connection, subscriber_id: int | None, normal: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Delete the values that were frozen for a person; what was sent is still counted, under an anonymous number.

    A message that is being sent is canceled before its final dot, because the intent checks whether the subscriber still
    exists.
    """
    if subscriber_id is None:
        return (), ()
    # The database has deleted most of them together with the subscriber's row.
    connection.execute(delete(recipients).where(recipients.c.subscriber_id == subscriber_id))
    # The index begins with the mailing: if all mailings are named, only the person's own rows are read.
    theirs = (deliveries.c.mailing_id.in_(select(mailings.c.id)), deliveries.c.subscriber_id == subscriber_id)
    count = connection.scalar(select(func.count()).where(*theirs)) or 0
    if not count:
        return (), ()
    where = "1 mailing" if count == 1 else f"{count} mailings"
    return (f"the personal values stored for {where}",), (f"the delivery result in {where}, under a number",)

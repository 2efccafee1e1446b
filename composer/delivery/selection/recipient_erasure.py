"""Takes a person out of the mailings when they are erased (`audience.erasing.Forget`)."""

from sqlalchemy import Connection, delete, func, select

from composer.database.tables.mailing_tables import deliveries, mailings, recipients


def forget(connection: Connection, subscriber_id: int | None, normal: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take the values that were frozen for a person; what was sent stays counted, under a number that names nobody.

    A message that is on the wire is taken back, up to its final dot: the intent asks whether the subscriber is there.
    """
    if subscriber_id is None:
        return (), ()
    # Most went with the subscriber's row, by the database itself.
    connection.execute(delete(recipients).where(recipients.c.subscriber_id == subscriber_id))
    # Its key begins with the mailing: with all of them named, nothing but the person's own rows is looked at.
    theirs = (deliveries.c.mailing_id.in_(select(mailings.c.id)), deliveries.c.subscriber_id == subscriber_id)
    count = connection.scalar(select(func.count()).where(*theirs)) or 0
    if not count:
        return (), ()
    where = "1 mailing" if count == 1 else f"{count} mailings"
    return (f"the values frozen for {where}",), (f"what became of the message in {where}, under a number",)

"""Freezes a mailing: who gets which message, with which values, in the caller's transaction.

Input: a `Draft`. Output: a `Mailing`. Guarantees: the database copies its own rows without this program, so a million
recipients take no memory. Only the choice of the variant is made here, if there are several.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from composer.audience.suppression import lock
from composer.core.command_lines import command_line
from composer.database.public_ids import new_public_id
from composer.database.tables.mailing_tables import deliveries, issues, mailings, recipients, variants
from composer.database.tables.subscriber_tables import subscriber_tags, subscribers
from composer.delivery.core.events import EventKind
from composer.delivery.core.mailing import FrozenVariant, Mailing, MailingError, mailing_of, note, unfinished
from composer.delivery.core.states import DeliveryState
from composer.delivery.selection.corrections import note_answered
from composer.delivery.selection.same_issue import SAME_ISSUE, IssueContent, refuse_same_issue
from composer.delivery.selection.selection import LeftOut, Selection, count, is_included

#: Due immediately, even if the clock is wrong.
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
#: How many subscribers are read at a time when variants are picked.
_PAGE = 5_000

#: Reasons for exclusion whose codes are not words.
_EXCLUDED = {
    LeftOut.HAS_IT: "already accepted or being sent",
    LeftOut.CANNOT_KNOW: "unconfirmed in an earlier mailing",
    LeftOut.TURNED_AWAY: "rejected in an earlier mailing",
    LeftOut.NOT_THEIRS: "without the issue that is corrected",
}
#: Returns the number of a subscriber's variant, by language and tags.
Pick = Callable[[str, frozenset[str]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mailing before it is frozen."""

    selection: Selection
    variants: tuple[FrozenVariant, ...]
    #: Required if there are several variants.
    pick: Pick | None = None
    #: The edition's hash.
    edition: str
    subject: str
    #: What the message factory needs besides the variants, as JSON.
    frozen_settings: str = "{}"
    made_by: str
    program: str
    git_commit: str | None = None
    is_committed: bool | None = None
    is_rehearsal: bool = False
    allowed: Mapping[str, str] = field(default_factory=dict)
    #: What identifies its editions as this issue; a mailing of the same issue under another key is refused.
    contents: tuple[IssueContent, ...] = ()
    #: Required for a selection that `is_again`.
    again_because: str = ""
    #: The id of the mailing that this one corrects.
    corrects: int | None = None
    #: The mailing is not sent before this time.
    due: datetime | None = None


def freeze(connection: Connection, draft: Draft, now: datetime) -> Mailing:
    """Freeze a mailing as a whole; nothing is frozen if the transaction is not committed.

    Raises MailingError if another mailing of the issue has not ended (only one at a time: sending resumes that one),
    and if there would be no recipients.
    """
    selection = draft.selection
    if len(draft.variants) > 1 and draft.pick is None:
        raise ValueError("several variants need a function that picks one")
    if selection.is_again and not draft.again_because:
        raise ValueError("sending a mailing again needs a reason")
    # No address changes, and nobody is removed, between the choice of the recipients and the mailing's number.
    lock(connection)
    issue_id = _issue_id(connection, selection)
    if not draft.is_rehearsal and (other := unfinished(connection, selection.issue)):
        raise MailingError(
            f"mailing {other.id} of {selection.issue} has not ended",
            f"to resume it: {command_line('send', selection.issue)}; to cancel it: compose stop {other.id} --for-good",
        )
    if not draft.is_rehearsal and SAME_ISSUE not in draft.allowed:
        refuse_same_issue(connection, draft.contents, corrects=selection.got)
    counts = count(connection, selection)
    mailing_id = connection.execute(
        insert(mailings).returning(mailings.c.id),
        {
            "public_id": new_public_id(connection, mailings.c.public_id),
            "issue_id": issue_id,
            "is_rehearsal": draft.is_rehearsal,
            "made": now,
            "made_by": draft.made_by,
            "program": draft.program,
            "edition": draft.edition,
            "git_commit": draft.git_commit,
            "is_committed": draft.is_committed,
            "subject": draft.subject,
            "audience": selection.condition.code,
            "frozen_settings": draft.frozen_settings,
            "frozen": 0,
            "left_out": json.dumps(dict(counts.left_out)),
            "allowed": json.dumps(dict(draft.allowed), ensure_ascii=False),
            "again_because": draft.again_because,
            "corrects": draft.corrects,
            "due": draft.due,
        },
    ).scalar_one()
    connection.execute(
        insert(variants),
        [
            {
                "mailing_id": mailing_id,
                "number": each.number,
                "language": each.language,
                "compiled": each.compiled,
            }
            for each in draft.variants
        ],
    )
    frozen = _freeze_recipients(connection, draft, mailing_id, None if draft.is_rehearsal else issue_id, now)
    if not frozen:
        raise MailingError("no recipients", _why(counts.left_out))
    connection.execute(update(mailings).where(mailings.c.id == mailing_id).values(frozen=frozen))
    if selection.got is not None:
        note_answered(connection, mailing_id, selection.got)
    if draft.pick is not None and len(draft.variants) > 1:
        _pick_variants(connection, mailing_id, draft.pick, draft.variants[0].number)
    note(connection, mailing_id, EventKind.FROZEN, now, who=draft.made_by)
    return mailing_of(connection, mailing_id)


def _issue_id(connection: Connection, selection: Selection) -> int:
    """Return the id of the issue's row and lock it: two processes that freeze the same issue wait for each other."""
    again = 0
    if selection.is_again:
        last = connection.scalar(select(func.max(issues.c.again)).where(issues.c.key == selection.issue))
        again = (last or 0) + 1
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = dialect.insert(issues).values(key=selection.issue, again=again)
    # An update that changes nothing locks the row and returns its id.
    held = added.on_conflict_do_update(index_elements=["key", "again"], set_={"key": selection.issue})
    issue_id: int = connection.execute(held.returning(issues.c.id)).scalar_one()
    return issue_id


def _freeze_recipients(
    connection: Connection, draft: Draft, mailing_id: int, issue_id: int | None, now: datetime
) -> int:
    first = draft.variants[0].number
    fresh = {
        "mailing_id": literal(mailing_id),
        "subscriber_id": subscribers.c.id,
        "variant": literal(first),
        "state": literal(DeliveryState.PENDING.value),
        "issue_id": literal(issue_id, deliveries.c.issue_id.type),
        "next_at": literal(AT_ONCE, deliveries.c.next_at.type),
        "changed": literal(now, deliveries.c.changed.type),
    }
    those = select(*fresh.values()).where(is_included(draft.selection)).order_by(subscribers.c.id)
    added = insert(deliveries).from_select(list(fresh), those).execution_options(preserve_rowcount=True)
    frozen: int = connection.execute(added).rowcount
    values = select(
        subscribers.c.id,
        literal(mailing_id),
        *(subscribers.c[name] for name in ("address", "name", "first_name", "last_name", "language", "fields")),
    ).join_from(
        deliveries,
        subscribers,
        (deliveries.c.subscriber_id == subscribers.c.id) & (deliveries.c.mailing_id == mailing_id),
    )
    names = ("subscriber_id", "mailing_id", "address", "name", "first_name", "last_name", "language", "fields")
    connection.execute(insert(recipients).from_select(names, values.order_by(subscribers.c.id)))
    return frozen


def _pick_variants(connection: Connection, mailing_id: int, pick: Pick, first: int) -> None:
    """Set the variant of those who do not get the first one, page by page."""
    change = (
        update(deliveries)
        .where(deliveries.c.mailing_id == mailing_id, deliveries.c.subscriber_id == bindparam("subscriber"))
        .values(variant=bindparam("number"))
    )
    last = 0
    while True:
        page = connection.execute(
            select(recipients.c.subscriber_id, recipients.c.language)
            .where(recipients.c.mailing_id == mailing_id, recipients.c.subscriber_id > last)
            .order_by(recipients.c.subscriber_id)
            .limit(_PAGE)
        ).all()
        if not page:
            return
        tags: dict[int, set[str]] = {}
        last_before, last = last, page[-1].subscriber_id
        for subscriber_id, tag in connection.execute(
            select(subscriber_tags).where(
                subscriber_tags.c.subscriber_id > last_before, subscriber_tags.c.subscriber_id <= last
            )
        ):
            tags.setdefault(subscriber_id, set()).add(tag)
        picked = [
            {"subscriber": subscriber_id, "number": number}
            for subscriber_id, language in page
            if (number := pick(language, frozenset(tags.get(subscriber_id, ())))) != first
        ]
        if picked:
            connection.execute(change, picked)


def _why(left_out: Mapping[LeftOut, int]) -> str:
    if not left_out:
        return "no subscriber matches: check the audience"
    return "excluded: " + ", ".join(f"{number} {_EXCLUDED.get(reason, reason)}" for reason, number in left_out.items())

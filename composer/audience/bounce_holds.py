"""Hold bounces for a decision when one reply text or one provider would exclude too many recipients of a mailing.

Input: a connection that writes, and a bounce whose subscriber is known for certain. Output: whether the subscriber is
suppressed, held or released. Guarantees: a held subscriber gets nothing, keeps their status, and is either released or
suppressed by a decision.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from composer.audience.change_history import record
from composer.audience.identity.token_holders import Holder
from composer.audience.mailbox_providers import is_at, key_of
from composer.audience.reply_text import text_key, without_names
from composer.audience.subscribers import AudienceError, Status
from composer.audience.suppression import Reason, lock, suppress, suppression_of
from composer.core.command_lines import command_line
from composer.database.tables.bounce_tables import bounce_groups, bounce_marks, returned
from composer.database.tables.mailing_tables import deliveries, issues, mailings
from composer.database.tables.subscriber_tables import subscriber_changes, subscribers, suppressions

#: A group is held when it would exclude more recipients than LEAST and more than this share of them.
LEAST, SHARE = 10, 0.02
_G, _M = bounce_groups.c, bounce_marks.c
_LONGEST_SAMPLE = 200


class HoldVerdict(StrEnum):
    """The effect of a bounce that would exclude its subscriber."""

    SUPPRESSED = "suppressed"
    HELD = "held"
    #: a person decided that this bounce, or bounces like it, do not count against the subscriber
    RELEASED = "released"


class HoldDecision(StrEnum):
    """A decision about held subscribers."""

    #: they get mail again
    RELEASED = "released"
    #: they are suppressed
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Bounces that wait for a decision."""

    id: int
    mailing_id: int
    issue: str
    #: text or provider
    kind: str
    #: The name or domain of the provider; for a text, its hash.
    key: str
    sample: str
    count: int
    recipients: int
    since: datetime


def suppress_bounced(
    connection: Connection, who: Holder, mailing_id: int | None, said: str, source: str, now: datetime
) -> HoldVerdict:
    """Suppress a subscriber because of a bounce, or hold them for a decision when too many bounces are similar."""
    lock(connection)
    before = suppression_of(connection, who.normal)
    if before is not None and before.reason is Reason.HELD:
        return HoldVerdict.HELD
    if before is not None or mailing_id is None:
        suppress(connection, who.normal, Reason.BOUNCED, source, now)
        return HoldVerdict.SUPPRESSED
    if connection.scalar(select(_M.at).where(_M.mailing_id == mailing_id, _M.subscriber_id == who.id)) is not None:
        # This mailing suppressed them before, and that was undone, or they have confirmed since.
        return HoldVerdict.RELEASED
    said = without_names(said, who.normal)
    groups = (
        _counted(connection, mailing_id, "text", text_key(said), said[:_LONGEST_SAMPLE]),
        _counted(connection, mailing_id, "provider", key_of(who.normal), ""),
    )
    mark = {"mailing_id": mailing_id, "subscriber_id": who.id, "at": now}
    mark |= {"text_group": groups[0]["id"], "provider_group": groups[1]["id"]}
    connection.execute(insert(bounce_marks), [mark])
    # Check both groups, because this bounce may exceed the limit of either.
    held = [_is_held(connection, each, now) for each in groups]
    if any(held):
        suppress(connection, who.normal, Reason.HELD, source, now)
        record(connection, who.id, "bounce", "", Reason.HELD, source, now)
        return HoldVerdict.HELD
    if any(each["decision"] == HoldDecision.RELEASED for each in groups):
        return HoldVerdict.RELEASED
    suppress(connection, who.normal, Reason.BOUNCED, source, now)
    return HoldVerdict.SUPPRESSED


def open_holds(connection: Connection) -> tuple[Hold, ...]:
    """Return the holds that wait for a decision, oldest first."""
    query = select(bounce_groups, issues.c.key.label("issue"))
    query = query.outerjoin(mailings, mailings.c.id == _G.mailing_id).outerjoin(
        issues, issues.c.id == mailings.c.issue_id
    )
    rows = connection.execute(query.where(_G.held.is_not(None), _G.decided.is_(None)).order_by(_G.id)).mappings()
    return tuple(
        Hold(
            id=row["id"],
            mailing_id=row["mailing_id"],
            issue=row["issue"] or "",
            kind=row["kind"],
            key=row["key"],
            sample=row["sample"],
            count=row["count"],
            recipients=row["recipients"] or 0,
            since=row["held"],
        )
        for row in rows
    )


def decide(connection: Connection, hold_id: int, decision: HoldDecision, who: str, now: datetime) -> int:
    """Release held subscribers, or suppress them; return how many. Raises AudienceError if nothing is held.

    Subscribers who are also in another held group stay held when this group is released.
    """
    lock(connection)
    mailing_id: int | None = connection.scalar(
        select(_G.mailing_id).where(_G.id == hold_id, _G.held.is_not(None), _G.decided.is_(None))
    )
    if mailing_id is None:
        raise AudienceError(f"no bounces on hold have the number {hold_id}", "list them: compose bounces held")
    decided = {"decided": now, "decision": decision, "decided_by": who}
    connection.execute(update(bounce_groups).where(_G.id == hold_id).values(decided))
    source = f"bounces {decision} by {who}"
    people = _in_group(hold_id, Reason.HELD)
    if decision is HoldDecision.RELEASED:
        others = select(_G.id).where(_G.held.is_not(None), _G.decided.is_(None))
        people = people.where(_M.text_group.not_in(others), _M.provider_group.not_in(others))
    count = connection.scalar(select(func.count()).select_from(people.subquery())) or 0
    those = subscribers.c.id.in_(people)
    _record_all(connection, those, "bounce", literal(Reason.HELD.value), literal(decision.value), source, now)
    # Change the suppression list last, because it shows who is in the group.
    listed = and_(
        suppressions.c.reason == Reason.HELD, suppressions.c.normal.in_(select(subscribers.c.normal).where(those))
    )
    if decision is HoldDecision.RELEASED:
        _forgive(connection, people, mailing_id)
        connection.execute(delete(suppressions).where(listed))
        return count
    leaving = and_(those, subscribers.c.status.in_((Status.PENDING, Status.ACTIVE)))
    _record_all(connection, leaving, "status", subscribers.c.status, literal(Status.BOUNCED.value), source, now)
    connection.execute(update(subscribers).where(leaving).values(status=Status.BOUNCED, changed=now))
    connection.execute(update(suppressions).where(listed).values(reason=Reason.BOUNCED))
    return count


def undo_bounce(connection: Connection, normal: str, source: str, now: datetime) -> Status | None:
    """Undo the bounce that suppressed or holds one address; return the status of its subscriber, or None without one.

    Raises AudienceError if the address is not suppressed because of a bounce.
    """
    lock(connection)
    bounced = (suppressions.c.normal == normal, suppressions.c.reason.in_((Reason.BOUNCED, Reason.HELD)))
    reason = connection.scalar(select(suppressions.c.reason).where(*bounced))
    if reason is None:
        raise AudienceError(
            "this address is not suppressed because of a bounce",
            f"find out why it receives nothing: {command_line('who', normal)}",
        )
    connection.execute(delete(suppressions).where(*bounced))
    them = subscribers.c.normal == normal
    _record_all(connection, them, "bounce", literal(reason), literal(HoldDecision.RELEASED.value), source, now)
    _forgive(connection, select(subscribers.c.id).where(them))
    _reinstate(connection, them, source, now)
    status = connection.scalar(select(subscribers.c.status).where(them))
    return None if status is None else Status(status)


def _reinstate(connection: Connection, those: ColumnElement[bool], source: str, now: datetime) -> None:
    """Restore the status that people had before a bounce. People who had not confirmed yet are pending again."""
    change = subscriber_changes.c
    to_bounced = (change.subscriber_id == subscribers.c.id, change.what == "status", change.after == Status.BOUNCED)
    last = select(change.before).where(*to_bounced).order_by(change.id.desc()).limit(1).scalar_subquery()
    before = case((last == Status.PENDING, Status.PENDING.value), else_=Status.ACTIVE.value)
    bounced = and_(those, subscribers.c.status == Status.BOUNCED)
    _record_all(connection, bounced, "status", subscribers.c.status, before, source, now)
    connection.execute(update(subscribers).where(bounced).values(status=before, changed=now))


def _counted(connection: Connection, mailing_id: int, kind: str, key: str, sample: str) -> RowMapping:
    here = (_G.mailing_id == mailing_id, _G.kind == kind, _G.key == key)
    if connection.scalar(select(_G.id).where(*here)) is None:
        row = {"mailing_id": mailing_id, "kind": kind, "key": key, "sample": sample, "count": 0}
        connection.execute(insert(bounce_groups), [row])
    connection.execute(update(bounce_groups).where(*here).values(count=_G.count + 1))
    return connection.execute(select(bounce_groups).where(*here)).mappings().one()


def _is_held(connection: Connection, group: RowMapping, now: datetime) -> bool:
    """Return whether a group waits for a decision; the bounce that exceeds the limit also holds the earlier ones."""
    if group["decided"] is not None:
        return False
    if group["held"] is not None:
        return True
    if group["count"] <= LEAST:
        return False
    recipients = group["recipients"] if group["recipients"] is not None else _recipients(connection, group)
    is_too_many = bool(group["count"] > max(LEAST, SHARE * recipients))
    held = now if is_too_many else None
    connection.execute(update(bounce_groups).where(_G.id == group["id"]).values(recipients=recipients, held=held))
    if is_too_many:
        _hold_earlier(connection, group["id"], now)
    return is_too_many


def _recipients(connection: Connection, group: RowMapping) -> int:
    if group["kind"] == "text":
        return connection.scalar(select(mailings.c.frozen).where(mailings.c.id == group["mailing_id"])) or 0
    query = select(func.count()).join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber_id)
    return (
        connection.scalar(
            query.where(deliveries.c.mailing_id == group["mailing_id"], is_at(subscribers.c.normal, group["key"]))
        )
        or 0
    )


def _hold_earlier(connection: Connection, group_id: int, now: datetime) -> None:
    """Hold the subscribers whom earlier bounces of the group suppressed."""
    source = "too many similar bounces"
    those = subscribers.c.id.in_(_in_group(group_id, Reason.BOUNCED))
    _record_all(connection, those, "bounce", literal(Reason.BOUNCED.value), literal(Reason.HELD.value), source, now)
    _reinstate(connection, those, source, now)
    # Change the suppression list last, because it shows who is in the group.
    normals = select(subscribers.c.normal).where(those)
    listed = (suppressions.c.reason == Reason.BOUNCED, suppressions.c.normal.in_(normals))
    connection.execute(update(suppressions).where(*listed).values(reason=Reason.HELD))


def _in_group(group_id: int, reason: Reason) -> Select[int]:
    """Return the subscribers of a group who are on the suppression list for this reason."""
    is_in = or_(_M.text_group == group_id, _M.provider_group == group_id)
    is_listed = exists().where(suppressions.c.normal == subscribers.c.normal, suppressions.c.reason == reason)
    people = select(subscribers.c.id).join_from(bounce_marks, subscribers, subscribers.c.id == _M.subscriber_id)
    return people.where(is_in, is_listed)


def _record_all(
    connection: Connection,
    those: ColumnElement[bool],
    what: str,
    before: ColumnElement[str],
    after: ColumnElement[str],
    source: str,
    now: datetime,
) -> None:
    """Record a change of these subscribers in SQL, because thousands may be too many to load."""
    names = ["subscriber_id", "at", "what", "before", "after", "source"]
    at = literal(now, subscriber_changes.c.at.type)
    rows = select(subscribers.c.id, at, literal(what), before, after, literal(source)).where(those)
    connection.execute(insert(subscriber_changes).from_select(names, rows))


def _forgive(connection: Connection, people: Select[int], mailing_id: int | None = None) -> None:
    """Stop counting the bounces of one mailing, or all bounces: returned reports and rejections during SMTP sessions."""
    came: list[ColumnElement[bool]] = [
        returned.c.subscriber_id.in_(people),
        returned.c.effect.in_(("suppressed", "held", "counted")),
    ]
    refused: list[ColumnElement[bool]] = [
        deliveries.c.subscriber_id.in_(people),
        deliveries.c.refusal_category.in_(("gone", "no_domain")),
    ]
    if mailing_id is None:
        # The key of deliveries begins with the mailing, so listing all mailings limits the query to these people's rows.
        refused.append(deliveries.c.mailing_id.in_(select(mailings.c.id)))
    else:
        came.append(returned.c.mailing_id == mailing_id)
        refused.append(deliveries.c.mailing_id == mailing_id)
    connection.execute(update(returned).where(*came).values(effect="released"))
    connection.execute(update(deliveries).where(*refused).values(refusal_category="none"))

"""Count the figures of the health page in the database, by mailing and domain, and by month.

Input: a connection that reads, the time. Output: an `AudienceHealth`. Guarantees: rehearsals do not count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, distinct, exists, func, select

from composer.audience.bounce_holds import open_holds
from composer.audience.subscribers import Status, count
from composer.bounces.health.audience_health import AudienceHealth, Figures, MailingFigures, Month
from composer.bounces.parse.vocabulary import Class, ReturnedKind
from composer.database.tables.bounce_tables import returned
from composer.database.tables.mailing_tables import deliveries, issues, mailings
from composer.database.tables.subscriber_tables import subscriber_changes, subscribers
from composer.delivery.core.retry_policy import RefusalCategory
from composer.delivery.core.states import DeliveryState

MONTHS = 12
_HARD = (Class.HARD, Class.BAD_DOMAIN)
_LOST = {Status.UNSUBSCRIBED: "left", Status.BOUNCED: "bounced", Status.COMPLAINED: "complained"}


def health_of(connection: Connection, now: datetime, days: int) -> AudienceHealth:
    """Collect all figures: mailings of the last `days` days, a year of growth."""
    since = now - timedelta(days=days)
    return AudienceHealth(
        now=now,
        subscribers={status.value: number for status, number in count(connection).items()},
        months=tuple(_months(connection, now)),
        mailings=tuple(_mailings(connection, since)),
        refusals=tuple(_refusals(connection, since)),
        holds=open_holds(connection),
        days=days,
    )


def _mailings(connection: Connection, since: datetime) -> Iterator[MailingFigures]:
    recent = (mailings.c.made >= since, mailings.c.is_rehearsal.is_(False))
    query = select(mailings.c.id, issues.c.key, mailings.c.made).join_from(mailings, issues).where(*recent)
    found: defaultdict[int, defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for mailing_id, domain, state, refusal_category, number in connection.execute(_handed_over(connection, recent)):
        counts = found[mailing_id][domain or ""]
        if state == DeliveryState.ACCEPTED:
            counts["accepted"] += number
        elif refusal_category in (None, RefusalCategory.NONE):
            counts["ours"] += number
        else:
            counts["refused"] += number
            counts["bounced"] += number
            counts["hard"] += number if refusal_category in (RefusalCategory.GONE, RefusalCategory.NO_DOMAIN) else 0
    for mailing_id, domain, kind, bounce, number in connection.execute(_bounce_history(recent)):
        counts = found[mailing_id][domain]
        match kind:
            case ReturnedKind.COMPLAINT:
                counts["complaints"] += number
            case ReturnedKind.BOUNCE if bounce == Class.OURS:
                counts["ours"] += number
            case ReturnedKind.BOUNCE:
                counts["bounced"] += number
                counts["hard"] += number if bounce in _HARD else 0
    for row in connection.execute(query.order_by(mailings.c.made.desc(), mailings.c.id.desc())):
        domains = {domain: Figures(**counts) for domain, counts in found[row.id].items()}
        yield MailingFigures(id=row.id, issue=row.key, made=row.made, domains=domains)


def _handed_over(connection: Connection, recent: tuple[ColumnElement[bool], ...]) -> Select[Any]:
    domain = _domain_of(connection)
    return (
        select(deliveries.c.mailing_id, domain, deliveries.c.state, deliveries.c.refusal_category, func.count())
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(*recent, deliveries.c.state.in_([DeliveryState.ACCEPTED, DeliveryState.REFUSED]))
        .group_by(deliveries.c.mailing_id, domain, deliveries.c.state, deliveries.c.refusal_category)
    )


def _bounce_history(recent: tuple[ColumnElement[bool], ...]) -> Select[Any]:
    """Count subscribers, once for each kind and class; subscribers who were erased since count by message."""
    who = func.coalesce(returned.c.subscriber_id, -returned.c.id)
    columns = (returned.c.mailing_id, returned.c.domain, returned.c.kind, returned.c.bounce)
    return (
        select(*columns, func.count(distinct(who)))
        .join(mailings, mailings.c.id == returned.c.mailing_id)
        .where(*recent, returned.c.kind.in_([ReturnedKind.BOUNCE, ReturnedKind.COMPLAINT]))
        .group_by(*columns)
    )


def _domain_of(connection: Connection) -> ColumnElement[str]:
    normal = subscribers.c.normal
    if connection.dialect.name == "sqlite":
        return func.substr(normal, func.instr(normal, "@") + 1)
    return func.split_part(normal, "@", 2)


def _refusals(connection: Connection, since: datetime) -> Iterator[tuple[str, str, str, int]]:
    query = (
        select(returned.c.domain, returned.c.status, func.min(returned.c.words), func.count().label("number"))
        .where(returned.c.bounce == Class.OURS, returned.c.subscriber_id.is_not(None), returned.c.at >= since)
        .group_by(returned.c.domain, returned.c.status)
        .order_by(func.count().desc(), returned.c.domain)
        .limit(20)
    )
    for domain, status, words, number in connection.execute(query):
        yield domain, status or "", words, number


def _months(connection: Connection, now: datetime) -> Iterator[Month]:
    """Count new and lost subscribers by month in UTC, backwards from those who are active now.

    Starts with the month of the first subscriber.
    """
    begins = _firsts(now.astimezone(UTC).date(), MONTHS)
    came = connection.scalar(select(func.min(subscribers.c.created)))
    begins = [each for each in begins if came is not None and each >= came.astimezone(UTC).date().replace(day=1)]
    if not begins:
        return
    changes: dict[date, Counter[str]] = {each: Counter() for each in begins}
    first = datetime.combine(begins[0], datetime.min.time(), UTC)
    for at, number in connection.execute(_imported(first)):
        changes[at.astimezone(UTC).date().replace(day=1)]["imported"] += number
    query = select(*(subscriber_changes.c[name] for name in ("at", "before", "after", "import_id")))
    query = query.where(subscriber_changes.c.what == "status", subscriber_changes.c.at >= first)
    for at, before, after, import_id in connection.execute(query.execution_options(yield_per=1000)):
        month = changes.get(at.astimezone(UTC).date().replace(day=1))
        if month is None:
            continue
        if after == Status.ACTIVE:
            month["joined" if import_id is None else "imported"] += 1
        elif before == Status.ACTIVE and after in _LOST:
            month[_LOST[Status(after)]] += 1
        elif before == Status.ACTIVE:
            # The import that activated them was undone.
            month["imported"] -= 1
    active = count(connection, status=[Status.ACTIVE]).get(Status.ACTIVE, 0)
    found = []
    for begin in reversed(begins):
        shown = Month(first=begin, active=max(active, 0), **changes[begin])
        found.append(shown)
        active -= shown.joined + shown.imported - shown.lost
    yield from reversed(found)


def _imported(first: datetime) -> Select[Any]:
    """Count imported people who were active at once, by time: nothing else records when they started."""
    of_status = (subscriber_changes.c.subscriber_id == subscribers.c.id, subscriber_changes.c.what == "status")
    has_begun = exists().where(*of_status, subscriber_changes.c.before == "")
    before = (
        select(subscriber_changes.c.before)
        .where(*of_status)
        .order_by(subscriber_changes.c.id)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(subscribers.c.created, func.count())
        .where(subscribers.c.created >= first, ~has_begun, func.coalesce(before, subscribers.c.status) == Status.ACTIVE)
        .group_by(subscribers.c.created)
    )


def _firsts(today: date, months: int) -> list[date]:
    found = [today.replace(day=1)]
    while len(found) < months:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]

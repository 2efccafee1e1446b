"""Everything stored about one person: `compose who`.

Input: a connection and an address. Output: a `Person`: the subscriber, their consent, history and suppression, and
similar addresses. Guarantees: lists similar addresses and never merges them, because only people can decide whether
two addresses belong to one person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from composer.audience.bounce_history import ReturnedMessage, of_subscriber
from composer.audience.change_history import Change, changes_of
from composer.audience.subscribers import Status, Subscriber, find
from composer.audience.suppression import Suppression, suppression_of
from composer.core.addresses import mailbox_of, normal_address
from composer.database.tables.subscriber_tables import consents, imports, subscribers, suppressions

#: How many similar addresses are listed.
_MOST = 20
#: Hosts with the same mailboxes, with the name that `mailbox_of` gives them.
_SAME_HOSTS = {"gmail.com": ("gmail.com", "googlemail.com")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The consent of a person: how, when and to which text."""

    evidence: str
    #: When they agreed, if known.
    when: datetime | None
    #: When it was recorded here.
    recorded: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The import that added a person."""

    number: int
    file: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalRecord:
    """What is stored about an address; it can be nothing."""

    address: str
    subscriber: Subscriber | None
    consent: Consent | None
    origin: Origin | None
    history: tuple[Change, ...]
    suppression: Suppression | None
    bounce_history: tuple[ReturnedMessage, ...]
    #: Address and status of subscribers, or None for an address that is only on the suppression list.
    look_alikes: tuple[tuple[str, Status | None], ...]

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is stored about this address itself."""
        return self.subscriber is None and self.suppression is None


def personal_record(connection: Connection, address: str) -> PersonalRecord:
    """Collect what is stored about an address in any spelling. Raises AddressError if it is not an address."""
    normal = normal_address(address)
    subscriber = find(connection, address)
    return PersonalRecord(
        address=subscriber.address if subscriber else address,
        subscriber=subscriber,
        consent=_consent(connection, subscriber.id) if subscriber else None,
        origin=_origin(connection, subscriber.id) if subscriber else None,
        history=changes_of(connection, subscriber.id) if subscriber else (),
        suppression=suppression_of(connection, normal),
        bounce_history=of_subscriber(connection, subscriber.id) if subscriber else (),
        look_alikes=tuple(_look_alikes(connection, normal)),
    )


def _consent(connection: Connection, subscriber_id: int) -> Consent | None:
    query = select(consents.c.evidence, subscribers.c.consented, consents.c.recorded)
    query = query.join_from(subscribers, consents, consents.c.id == subscribers.c.consent_id).where(
        subscribers.c.id == subscriber_id
    )
    row = connection.execute(query).first()
    return Consent(evidence=row.evidence, when=row.consented, recorded=row.recorded) if row else None


def _origin(connection: Connection, subscriber_id: int) -> Origin | None:
    query = select(imports.c.id, imports.c.file, imports.c.at)
    query = query.join_from(subscribers, imports, imports.c.id == subscribers.c.import_id).where(
        subscribers.c.id == subscriber_id
    )
    row = connection.execute(query).first()
    return Origin(number=row.id, file=row.file, at=row.at) if row else None


def likeness(normal: str) -> str:
    """Return what similar addresses have in common: no dots, no `+tag` before the @, one name for each provider."""
    local, _, domain = mailbox_of(normal).rpartition("@")
    return f"{local.replace('.', '')}@{domain}"


def _look_alikes(connection: Connection, normal: str) -> Iterator[tuple[str, Status | None]]:
    """Find similar addresses; the database first selects candidates without regard to dots."""
    wanted = likeness(normal)
    local, _, domain = wanted.rpartition("@")
    hosts = _SAME_HOSTS.get(domain, (domain,))
    found: dict[str, tuple[str, Status | None]] = {}
    for table, columns in ((subscribers, (subscribers.c.address, subscribers.c.status)), (suppressions, ())):
        bare = func.replace(table.c.normal, ".", "")
        escaped = local.replace("/", "//").replace("%", "/%").replace("_", "/_")
        clauses = []
        for host in hosts:
            flat = host.replace(".", "")
            clauses += [bare == f"{local}@{flat}", bare.like(f"{escaped}+%@{flat}", escape="/")]
        query = select(table.c.normal, *columns).where(or_(*clauses), table.c.normal != normal).order_by(table.c.id)
        for other, *about in connection.execute(query.limit(10 * _MOST)):
            if likeness(other) == wanted and other not in found:
                found[other] = (about[0], Status(about[1])) if about else (other, None)
    yield from list(found.values())[:_MOST]

"""Writes down what came back, once, and lets it have its effect, in one transaction.

Comes in: a connection that writes, what a message says, the tokens, the time. Goes out: a `Recorded`. A reader is touched
only where our own key names them; a recipient's name in a report is written down and nothing else.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from composer.audience.suppression import Reason, lock, suppress, suppression_of
from composer.audience.tokens import Claim, Tokens
from composer.bounces.mime import normal_form
from composer.bounces.policy import LASTING, Effect, Past, effect_of, is_decided
from composer.bounces.proof import prove
from composer.bounces.vocabulary import Class, Finding, Kind, Returned
from composer.content.addresses import AddressError, normal_address
from composer.database.bounces import returned as table
from composer.database.mailings import deliveries
from composer.database.readers import readers
from composer.delivery.policy import Blame

#: What a refusal in a mail session says about the reader, in our words.
_AT_THE_DOOR: dict[str, Class] = {
    Blame.GONE: Class.HARD,
    Blame.NO_DOMAIN: Class.BAD_DOMAIN,
    Blame.SOFT: Class.SOFT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What is on record of one message."""

    hash: str
    kind: Kind
    effect: Effect
    #: Whether it is on record since just now.
    is_new: bool
    finding: Finding
    reader_id: int | None = None
    mailing_id: int | None = None
    domain: str = ""


def hash_of(data: bytes) -> str:
    """Give by what a message is known again, from whichever mailbox it is read."""
    return hashlib.sha256(normal_form(data)).hexdigest()


def known(connection: Connection, hashes: Iterable[str]) -> dict[str, Recorded]:
    """Give what is on record of messages already, by their hashes."""
    query = select(table).where(table.c.hash.in_(list(hashes)))
    return {row["hash"]: _recorded(row) for row in connection.execute(query).mappings()}


def record(
    connection: Connection, messages: Sequence[tuple[str, Returned]], tokens: Tokens, *, source: str, now: datetime
) -> list[Recorded]:
    """Write messages down, each by its hash, and let them have their effect; what is on record already stays as it is.

    `source` is how they came: file, pipe, imap, ses, postmark.
    """
    lock(connection)
    there = known(connection, (each for each, _ in messages))
    found = []
    for message_hash, came in messages:
        if message_hash in there:
            found.append(replace(there[message_hash], is_new=False))
            continue
        there[message_hash] = _write(connection, message_hash, came, tokens, source, now)
        found.append(there[message_hash])
    return found


def _write(
    connection: Connection, message_hash: str, came: Returned, tokens: Tokens, source: str, now: datetime
) -> Recorded:
    kind, claim = prove(came, tokens)
    reader = _reader(connection, claim)
    finding, is_own = _chosen(came, kind, reader)
    effect = _effect(connection, kind, finding, is_own, claim, reader, now)
    if reader is None and _is_erased(connection, finding.recipient, claim):
        finding = replace(finding, recipient="", reply=None, why="")
    row = {
        "hash": message_hash,
        "at": now,
        "source": source,
        "kind": kind,
        "bounce": finding.bounce,
        "effect": effect,
        "status": finding.status,
        "words": str(finding.reply) if finding.reply else finding.why,
        "recipient": finding.recipient,
        "is_own": is_own,
        "domain": _domain(reader["normal"] if reader else finding.recipient),
        "reader_id": claim.reader_id if claim and reader else None,
        "mailing_id": claim.mailing_id or None if claim else None,
    }
    connection.execute(insert(table), [row])
    return Recorded(
        hash=message_hash,
        kind=kind,
        effect=effect,
        is_new=True,
        finding=finding,
        reader_id=claim.reader_id if claim and reader else None,
        mailing_id=claim.mailing_id or None if claim else None,
        domain=_domain(reader["normal"] if reader else finding.recipient),
    )


def forget(connection: Connection, reader_id: int | None, normal: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take a person out of what came back (`erasing.Forget`): what names them goes, that something came back stays."""
    nobody = {"recipient": "", "words": "", "reader_id": None}
    named = func.lower(table.c.recipient) == normal
    mine = named if reader_id is None else named | (table.c.reader_id == reader_id)
    count = connection.execute(update(table).where(mine).values(nobody)).rowcount
    if not count:
        return (), ()
    messages = "1 message" if count == 1 else f"{count} messages"
    return (f"who is meant in what came back ({messages})",), ("that it came back, and of which mailing",)


def _reader(connection: Connection, claim: Claim | None) -> RowMapping | None:
    if claim is None:
        return None
    query = select(readers.c.id, readers.c.normal, readers.c.consented).where(readers.c.id == claim.reader_id)
    return connection.execute(query).mappings().first()


def _is_erased(connection: Connection, recipient: str, claim: Claim | None) -> bool:
    """Tell whether a message is about somebody who asked to be forgotten: their address is not written down again."""
    if claim is not None:
        return True
    found = suppression_of(connection, _normal(recipient)) if recipient else None
    return found is not None and found.reason is Reason.ERASED


def _chosen(came: Returned, kind: Kind, reader: RowMapping | None) -> tuple[Finding, bool]:
    """Choose the finding that is about the reader: the one that names their own address, or else the first of its kind."""
    findings = [each for each in came.findings if each.kind is kind] or [Finding(kind=kind, why=came.why)]
    if reader is None:
        return findings[0], True
    own = [each for each in findings if not each.recipient or _normal(each.recipient) == reader["normal"]]
    return (own or findings)[0], bool(own)


def _effect(
    connection: Connection,
    kind: Kind,
    finding: Finding,
    is_own: bool,
    claim: Claim | None,
    reader: RowMapping | None,
    now: datetime,
) -> Effect:
    """Decide what follows, and do it."""
    match kind:
        case Kind.BOUNCE if claim is None:
            return Effect.UNPROVEN
        case Kind.BOUNCE if reader is None:
            return Effect.LEFT
        case Kind.COMPLAINT | Kind.UNSUBSCRIBE if claim is None:
            # A person wants something of us, and no key tells who: people must look.
            return Effect.KEPT
        case Kind.COMPLAINT | Kind.UNSUBSCRIBE if reader is None:
            return Effect.LEFT
        case Kind.BOUNCE:
            assert claim is not None and reader is not None and finding.bounce is not None
            new = Past(at=now, bounce=finding.bounce, mailing_id=claim.mailing_id, is_own=is_own)
            effect = effect_of(new, () if is_decided(new) else _past(connection, reader, now))
            if effect is Effect.SUPPRESSED:
                suppress(connection, reader["normal"], Reason.BOUNCED, "bounce", now)
            return effect
        case Kind.COMPLAINT:
            assert reader is not None
            suppress(connection, reader["normal"], Reason.COMPLAINED, "complaint", now)
            return Effect.SUPPRESSED
        case Kind.UNSUBSCRIBE:
            assert reader is not None
            suppress(connection, reader["normal"], Reason.UNSUBSCRIBED, "message to leave", now)
            return Effect.SUPPRESSED
        case Kind.NOT_UNDERSTOOD:
            return Effect.KEPT
        case _:
            return Effect.LEFT


def _past(connection: Connection, reader: RowMapping, now: datetime) -> list[Past]:
    """Give a reader's bounces, those at the door of their server among them; those before they last agreed do not count."""
    since = max(now - LASTING, reader["consented"] or now - LASTING)
    came = select(table.c.at, table.c.bounce, table.c.mailing_id, table.c.is_own)
    came = came.where(table.c.reader_id == reader["id"], table.c.kind == Kind.BOUNCE, table.c.at >= since)
    door = select(deliveries.c.changed, deliveries.c.blame, deliveries.c.mailing_id)
    door = door.where(deliveries.c.reader_id == reader["id"], deliveries.c.blame.in_(list(_AT_THE_DOOR)))
    return [
        *(
            Past(at=row.at, bounce=Class(row.bounce), mailing_id=row.mailing_id or 0, is_own=row.is_own)
            for row in connection.execute(came)
        ),
        *(
            Past(at=row.changed, bounce=_AT_THE_DOOR[row.blame], mailing_id=row.mailing_id)
            for row in connection.execute(door.where(deliveries.c.changed >= since))
        ),
    ]


def _recorded(row: RowMapping) -> Recorded:
    bounce = Class(row["bounce"]) if row["bounce"] else None
    finding = Finding(kind=Kind(row["kind"]), recipient=row["recipient"], bounce=bounce, status=row["status"])
    return Recorded(
        hash=row["hash"],
        kind=Kind(row["kind"]),
        effect=Effect(row["effect"]),
        is_new=False,
        finding=finding,
        reader_id=row["reader_id"],
        mailing_id=row["mailing_id"],
        domain=row["domain"],
    )


def _normal(address: str) -> str:
    try:
        return normal_address(address)
    except AddressError:
        return address


def _domain(address: str) -> str:
    return _normal(address).rpartition("@")[2][:253]

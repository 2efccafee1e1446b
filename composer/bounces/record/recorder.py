"""Record returned messages once, and apply their effect, in one transaction.

Input: a writable database connection, the classified messages, the tokens, the time. Output: `Recorded` values.
Guarantees: a subscriber changes only if a token signed with our key identifies them. An address that is only named in a
report is recorded, but no action follows.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from composer.audience.bounce_holds import suppress_bounced
from composer.audience.identity.token_holders import FoundHolder, Holder, Resolved, resolve, stop_mail
from composer.audience.identity.tokens import TokenClaim, Tokens
from composer.audience.identity.tombstones import about, known_hashes, spans_of
from composer.audience.suppression import Reason, erasure_key, hashed, lock, suppress_hash, suppression_of
from composer.bounces.parse.mime import normal_form
from composer.bounces.parse.vocabulary import BounceFinding, Class, Returned, ReturnedKind
from composer.bounces.record.bounce_policy import LASTING, BounceEffect, BounceHistory, effect_of, is_decided
from composer.bounces.record.token_proof import prove_recipient, quotes_ours
from composer.core.addresses import AddressError, normal_address
from composer.database.tables.bounce_tables import returned as table
from composer.database.tables.mailing_tables import deliveries
from composer.delivery.core.retry_policy import RefusalCategory

#: The class of bounce that a rejection during the SMTP session counts as.
_CLASS_BY_REFUSAL: dict[str, Class] = {
    RefusalCategory.GONE: Class.HARD,
    RefusalCategory.NO_DOMAIN: Class.BAD_DOMAIN,
    RefusalCategory.SOFT: Class.SOFT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The record of one message."""

    hash: str
    kind: ReturnedKind
    effect: BounceEffect
    #: Whether the record is new.
    is_new: bool
    finding: BounceFinding
    subscriber_id: int | None = None
    mailing_id: int | None = None
    domain: str = ""


def hash_of(data: bytes) -> str:
    """Return a hash that identifies a message; it is the same in every mailbox."""
    return hashlib.sha256(normal_form(data)).hexdigest()


def known(connection: Connection, hashes: Iterable[str]) -> dict[str, Recorded]:
    """Return the existing records of messages, by their hashes."""
    query = select(table).where(table.c.hash.in_(list(hashes)))
    return {row["hash"]: _recorded(row) for row in connection.execute(query).mappings()}


def record(
    connection: Connection, messages: Sequence[tuple[str, Returned]], tokens: Tokens, *, source: str, now: datetime
) -> list[Recorded]:
    """Record messages by their hashes, and apply their effects; existing records do not change.

    `source` is where the messages came from: file, pipe, imap, ses, postmark.
    """
    lock(connection)
    records = known(connection, (each for each, _ in messages))
    found = []
    for message_hash, message in messages:
        if message_hash in records:
            found.append(replace(records[message_hash], is_new=False))
            continue
        records[message_hash] = _write(connection, message_hash, message, tokens, source, now)
        found.append(records[message_hash])
    return found


def _write(
    connection: Connection, message_hash: str, message: Returned, tokens: Tokens, source: str, now: datetime
) -> Recorded:
    kind, claim = prove_recipient(message, tokens)
    found = None if claim is None else resolve(connection, claim)
    holder = None if found is None else found.at_address
    finding, names_subscriber = _chosen(message, kind, holder)
    if (
        claim
        and kind is ReturnedKind.BOUNCE
        and not (quotes_ours(message, tokens, claim) or _names(connection, message, found))
    ):
        finding = _softened(finding)
    effect = _effect(connection, kind, finding, names_subscriber, found, now)
    if holder is None and _is_removed(connection, finding.recipient, claim):
        finding = replace(finding, recipient="", reply=None, why="")
    # Record the id that the message was sent with, unless that person was erased.
    subscriber_id = found.subscriber_id if found and _may_record_id(connection, found) else None
    mailing_id = found.mailing_id if found else None
    domain = _domain(holder.normal if holder else finding.recipient)
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
        "is_own": names_subscriber,
        "domain": domain,
        "subscriber_id": subscriber_id,
        "mailing_id": mailing_id,
    }
    connection.execute(insert(table), [row])
    return Recorded(
        hash=message_hash,
        kind=kind,
        effect=effect,
        is_new=True,
        finding=finding,
        subscriber_id=subscriber_id,
        mailing_id=mailing_id,
        domain=domain,
    )


def forget(connection: Connection, subscriber_id: int | None, normal: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Remove a person from the records of returned messages (`erasure.ForgetElsewhere`); the records are kept."""
    erased_values = {"recipient": "", "words": "", "subscriber_id": None}
    of_person = func.lower(table.c.recipient) == normal
    if subscriber_id is not None:
        of_person |= about(table, spans_of(connection, subscriber_id))
    count = connection.execute(update(table).where(of_person).values(erased_values)).rowcount
    if not count:
        return (), ()
    messages = "1 message" if count == 1 else f"{count} messages"
    return (f"the recipient in returned messages ({messages})",), (
        "the fact that a message was returned, and its mailing",
    )


def _may_record_id(connection: Connection, found: Resolved) -> bool:
    """Return whether to record the subscriber's id: they exist, or were removed but not erased."""
    if found.found is not FoundHolder.GONE:
        return found.found is FoundHolder.PERSON
    reasons = known_hashes(connection, found.hashes).values()
    return Reason.ERASED not in reasons


def _is_removed(connection: Connection, recipient: str, claim: TokenClaim | None) -> bool:
    """Return whether a message is about a removed or erased person. If so, their address must not be recorded."""
    if claim is not None:
        return True
    found = suppression_of(connection, _normal(recipient)) if recipient else None
    return found is not None and found.reason is Reason.ERASED


def _chosen(message: Returned, kind: ReturnedKind, subscriber: Holder | None) -> tuple[BounceFinding, bool]:
    """Return the finding with the subscriber's address, or else the first of this `kind`; and whether it is theirs."""
    findings = [each for each in message.findings if each.kind is kind] or [BounceFinding(kind=kind, why=message.why)]
    if subscriber is None:
        return findings[0], True
    own = [each for each in findings if not each.recipient or _normal(each.recipient) == subscriber.normal]
    return (own or findings)[0], bool(own)


def _names(connection: Connection, message: Returned, found: Resolved | None) -> bool:
    """Return whether a report names the address that we sent to.

    If no subscriber has that address now, compare hashes.
    """
    named = {_normal(each) for finding in message.findings for each in (finding.recipient, finding.original) if each}
    if found is None or not named:
        return False
    if found.at_address is not None:
        return found.at_address.normal in named
    key = erasure_key(connection) if found.at_hash else None
    return key is not None and found.at_hash in {hashed(key, each) for each in named}


def _softened(finding: BounceFinding) -> BounceFinding:
    """Turn a hard bounce into a soft one, because nothing proves that the bounce is about a message of ours."""
    return replace(finding, bounce=Class.SOFT) if finding.bounce in (Class.HARD, Class.BAD_DOMAIN) else finding


def _effect(
    connection: Connection,
    kind: ReturnedKind,
    finding: BounceFinding,
    names_subscriber: bool,
    found: Resolved | None,
    now: datetime,
) -> BounceEffect:
    """Decide the effect, and apply it."""
    match kind:
        case ReturnedKind.BOUNCE if found is None:
            return BounceEffect.UNPROVEN
        case ReturnedKind.COMPLAINT | ReturnedKind.UNSUBSCRIBE if found is None or found.found is FoundHolder.UNKNOWN:
            # Someone complained or unsubscribed, but no token identifies them, so an operator must look at the message.
            return BounceEffect.KEPT
        case ReturnedKind.BOUNCE | ReturnedKind.COMPLAINT | ReturnedKind.UNSUBSCRIBE if (
            found is not None and not _may_record_id(connection, found)
        ):
            # The person was erased or is unknown, so there is nothing else to do.
            return BounceEffect.LEFT
        case ReturnedKind.BOUNCE:
            assert found is not None and finding.bounce is not None
            return _bounced(connection, finding, names_subscriber, found, now)
        case ReturnedKind.COMPLAINT:
            assert found is not None
            stop_mail(connection, found, Reason.COMPLAINED, "complaint", now)
            return BounceEffect.SUPPRESSED
        case ReturnedKind.UNSUBSCRIBE:
            assert found is not None
            stop_mail(connection, found, Reason.UNSUBSCRIBED, "unsubscribe message", now)
            return BounceEffect.SUPPRESSED
        case ReturnedKind.NOT_UNDERSTOOD:
            return BounceEffect.KEPT
        case _:
            return BounceEffect.LEFT


def _bounced(
    connection: Connection, finding: BounceFinding, names_subscriber: bool, found: Resolved, now: datetime
) -> BounceEffect:
    """Apply the effect to the address that the message was sent to, even if it now belongs to another subscriber."""
    assert finding.bounce is not None
    new = BounceHistory(at=now, bounce=finding.bounce, mailing_id=found.mailing_id or 0, is_own=names_subscriber)
    if found.at_address is not None:
        effect = effect_of(new, () if is_decided(new) else _past(connection, found.at_address, now))
        if effect is not BounceEffect.SUPPRESSED:
            return effect
        reply_text = finding.reply.text if finding.reply else finding.status or ""
        return BounceEffect(suppress_bounced(connection, found.at_address, found.mailing_id, reply_text, "bounce", now))
    if found.at_hash is None:
        return BounceEffect.LEFT
    effect = effect_of(new, ())
    if effect is BounceEffect.SUPPRESSED:
        # No subscriber has this address now. Suppress its hash, so that a later import cannot send mail to it again.
        suppress_hash(connection, found.at_hash, Reason.BOUNCED, "bounce", now)
    return effect


def _past(connection: Connection, subscriber: Holder, now: datetime) -> list[BounceHistory]:
    """Return the bounces of an address since the last consent, including rejections during SMTP sessions."""
    since = max(now - LASTING, subscriber.consented or now - LASTING)
    spans = spans_of(connection, subscriber.id, is_this_address=True)
    returned = select(table.c.at, table.c.bounce, table.c.mailing_id, table.c.is_own)
    counting = (table.c.kind == ReturnedKind.BOUNCE, table.c.at >= since, table.c.effect != BounceEffect.RELEASED)
    returned = returned.where(about(table, spans), *counting)
    rejected = select(deliveries.c.changed, deliveries.c.refusal_category, deliveries.c.mailing_id)
    rejected = rejected.where(about(deliveries, spans), deliveries.c.refusal_category.in_(list(_CLASS_BY_REFUSAL)))
    return [
        *(
            BounceHistory(at=row.at, bounce=Class(row.bounce), mailing_id=row.mailing_id or 0, is_own=row.is_own)
            for row in connection.execute(returned)
        ),
        *(
            BounceHistory(at=row.changed, bounce=_CLASS_BY_REFUSAL[row.refusal_category], mailing_id=row.mailing_id)
            for row in connection.execute(rejected.where(deliveries.c.changed >= since))
        ),
    ]


def _recorded(row: RowMapping) -> Recorded:
    bounce = Class(row["bounce"]) if row["bounce"] else None
    finding = BounceFinding(
        kind=ReturnedKind(row["kind"]), recipient=row["recipient"], bounce=bounce, status=row["status"]
    )
    return Recorded(
        hash=row["hash"],
        kind=ReturnedKind(row["kind"]),
        effect=BounceEffect(row["effect"]),
        is_new=False,
        finding=finding,
        subscriber_id=row["subscriber_id"],
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

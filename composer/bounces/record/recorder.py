"""Record returned messages once, and apply their effect, in one transaction.

Input: a connection that writes, the classified messages, the tokens, the time. Output: `Recorded` values. Guarantees: a
subscriber changes only if our own key identifies them; the name of a recipient in a report is recorded, and nothing is
done because of it.
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

#: What a rejection in a mail session means for the subscriber.
_AT_THE_DOOR: dict[str, Class] = {
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
    """Return the hash that identifies a message, from whichever mailbox it is read."""
    return hashlib.sha256(normal_form(data)).hexdigest()


def known(connection: Connection, hashes: Iterable[str]) -> dict[str, Recorded]:
    """Return the existing records of messages, by their hashes."""
    query = select(table).where(table.c.hash.in_(list(hashes)))
    return {row["hash"]: _recorded(row) for row in connection.execute(query).mappings()}


def record(
    connection: Connection, messages: Sequence[tuple[str, Returned]], tokens: Tokens, *, source: str, now: datetime
) -> list[Recorded]:
    """Record messages by their hashes, and apply their effects; existing records do not change.

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
    kind, claim = prove_recipient(came, tokens)
    found = None if claim is None else resolve(connection, claim)
    whose = None if found is None else found.at_address
    finding, is_own = _chosen(came, kind, whose)
    if (
        claim
        and kind is ReturnedKind.BOUNCE
        and not (quotes_ours(came, tokens, claim) or _names(connection, came, found))
    ):
        finding = _softened(finding)
    effect = _effect(connection, kind, finding, is_own, found, now)
    if whose is None and _is_removed(connection, finding.recipient, claim):
        finding = replace(finding, recipient="", reply=None, why="")
    # Use the id that the message was sent with; nothing is recorded about an erased person.
    subscriber_id = found.subscriber_id if found and _is_told(connection, found) else None
    mailing_id = found.mailing_id if found else None
    domain = _domain(whose.normal if whose else finding.recipient)
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
    """Remove a person from returned messages (`erasure.ForgetElsewhere`); that a message was returned stays recorded."""
    nobody = {"recipient": "", "words": "", "subscriber_id": None}
    mine = func.lower(table.c.recipient) == normal
    if subscriber_id is not None:
        mine |= about(table, spans_of(connection, subscriber_id))
    count = connection.execute(update(table).where(mine).values(nobody)).rowcount
    if not count:
        return (), ()
    messages = "1 message" if count == 1 else f"{count} messages"
    return (f"the recipient in returned messages ({messages})",), (
        "the fact that a message was returned, and its mailing",
    )


def _is_told(connection: Connection, found: Resolved) -> bool:
    """Return whether a message is recorded with its subscriber's id: they are here, or were removed but not erased."""
    if found.found is not FoundHolder.GONE:
        return found.found is FoundHolder.PERSON
    reasons = known_hashes(connection, found.hashes).values()
    return Reason.ERASED not in reasons


def _is_removed(connection: Connection, recipient: str, claim: TokenClaim | None) -> bool:
    """Return whether a message is about a person who was removed or erased, so that the address is not recorded."""
    if claim is not None:
        return True
    found = suppression_of(connection, _normal(recipient)) if recipient else None
    return found is not None and found.reason is Reason.ERASED


def _chosen(came: Returned, kind: ReturnedKind, subscriber: Holder | None) -> tuple[BounceFinding, bool]:
    """Return the finding about the subscriber: the one with their own address, otherwise the first of its kind."""
    findings = [each for each in came.findings if each.kind is kind] or [BounceFinding(kind=kind, why=came.why)]
    if subscriber is None:
        return findings[0], True
    own = [each for each in findings if not each.recipient or _normal(each.recipient) == subscriber.normal]
    return (own or findings)[0], bool(own)


def _names(connection: Connection, came: Returned, found: Resolved | None) -> bool:
    """Return whether a report names the address that we sent to; an address that nobody has today is compared by hash."""
    named = {_normal(each) for finding in came.findings for each in (finding.recipient, finding.original) if each}
    if found is None or not named:
        return False
    if found.at_address is not None:
        return found.at_address.normal in named
    key = erasure_key(connection) if found.at_hash else None
    return key is not None and found.at_hash in {hashed(key, each) for each in named}


def _softened(finding: BounceFinding) -> BounceFinding:
    """Lower a class that could suppress to one that only counts: nothing shows that the message is about one of ours."""
    return replace(finding, bounce=Class.SOFT) if finding.bounce in (Class.HARD, Class.BAD_DOMAIN) else finding


def _effect(
    connection: Connection,
    kind: ReturnedKind,
    finding: BounceFinding,
    is_own: bool,
    found: Resolved | None,
    now: datetime,
) -> BounceEffect:
    """Decide the effect, and apply it."""
    match kind:
        case ReturnedKind.BOUNCE if found is None:
            return BounceEffect.UNPROVEN
        case ReturnedKind.COMPLAINT | ReturnedKind.UNSUBSCRIBE if found is None or found.found is FoundHolder.UNKNOWN:
            # A person wants something from us, and no key tells who: a person must look at it.
            return BounceEffect.KEPT
        case ReturnedKind.BOUNCE | ReturnedKind.COMPLAINT | ReturnedKind.UNSUBSCRIBE if (
            found is not None and not _is_told(connection, found)
        ):
            # They were erased or are unknown: there is nothing else to do.
            return BounceEffect.LEFT
        case ReturnedKind.BOUNCE:
            assert found is not None and finding.bounce is not None
            return _bounced(connection, finding, is_own, found, now)
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
    connection: Connection, finding: BounceFinding, is_own: bool, found: Resolved, now: datetime
) -> BounceEffect:
    """Apply the effect to the address of the message, whoever has it today: the person may have another address by now."""
    assert finding.bounce is not None
    new = BounceHistory(at=now, bounce=finding.bounce, mailing_id=found.mailing_id or 0, is_own=is_own)
    if found.at_address is not None:
        effect = effect_of(new, () if is_decided(new) else _past(connection, found.at_address, now))
        if effect is not BounceEffect.SUPPRESSED:
            return effect
        said = finding.reply.text if finding.reply else finding.status or ""
        return BounceEffect(suppress_bounced(connection, found.at_address, found.mailing_id, said, "bounce", now))
    if found.at_hash is None:
        return BounceEffect.LEFT
    effect = effect_of(new, ())
    if effect is BounceEffect.SUPPRESSED:
        # Nobody has it, and whoever is imported with it must not get mail there again.
        suppress_hash(connection, found.at_hash, Reason.BOUNCED, "bounce", now)
    return effect


def _past(connection: Connection, subscriber: Holder, now: datetime) -> list[BounceHistory]:
    """Return the bounces of an address, with rejections in mail sessions; bounces before the last consent do not count."""
    since = max(now - LASTING, subscriber.consented or now - LASTING)
    spans = spans_of(connection, subscriber.id, is_this_address=True)
    came = select(table.c.at, table.c.bounce, table.c.mailing_id, table.c.is_own)
    counting = (table.c.kind == ReturnedKind.BOUNCE, table.c.at >= since, table.c.effect != BounceEffect.RELEASED)
    came = came.where(about(table, spans), *counting)
    door = select(deliveries.c.changed, deliveries.c.refusal_category, deliveries.c.mailing_id)
    door = door.where(about(deliveries, spans), deliveries.c.refusal_category.in_(list(_AT_THE_DOOR)))
    return [
        *(
            BounceHistory(at=row.at, bounce=Class(row.bounce), mailing_id=row.mailing_id or 0, is_own=row.is_own)
            for row in connection.execute(came)
        ),
        *(
            BounceHistory(at=row.changed, bounce=_AT_THE_DOOR[row.refusal_category], mailing_id=row.mailing_id)
            for row in connection.execute(door.where(deliveries.c.changed >= since))
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

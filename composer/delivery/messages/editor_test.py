"""Test sends: every variant of an edition as subscribers will get it, sent to the editors first.

Input: variants, addresses, the time, a transport. Output: the result of each message. Guarantees: a test goes to no
subscriber and contains no token: its links lead to the public pages, and it has no List-Unsubscribe. It contains a
subscriber's values only if a person asked for them.
"""

import datetime
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from composer.content.document.newsletter import Newsletter
from composer.core.addresses import Address
from composer.core.errors import ComposeError
from composer.editions.pipeline import Built, BuiltVariant
from composer.mail.dot_stuffing import to_wire
from composer.mail.letterhead import Addressing
from composer.transport.envelope import Envelope
from composer.transport.outcome import Outcome, OutcomeState, Scope, Stage
from composer.transport.protocol import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A message for one editor, ready to send."""

    to: Address
    envelope: Envelope
    message: bytes
    #: The variant's number.
    variant: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSend:
    """The result of one message."""

    to: Address
    outcome: Outcome
    variant: int = 1


def editors_of(newsletter: Newsletter) -> tuple[Address, ...]:
    """Return the editors in newsletter.yaml, without duplicates."""
    return unique(newsletter.editors)


def unique(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Return the addresses without duplicates; other spellings of a domain count as the same."""
    found: dict[str, Address] = {}
    for address in addresses:
        found.setdefault(address.wire.casefold(), address)
    return tuple(found.values())


def messages(
    variants: Sequence[BuiltVariant],
    addresses: tuple[Address, ...],
    now: datetime.datetime,
    sign: Callable[[bytes], bytes],
    values: Mapping[str, str] | None = None,
) -> Iterator[Addressed]:
    """Yield one signed message of each variant for each editor. Raises HeaderError.

    Without `values`, merge fields show each editor's own name and sample values.
    """
    for variant in variants:
        # The number distinguishes the variants.
        prefix = "[Test] " if len(variants) == 1 else f"[Test {variant.number}/{len(variants)}] "
        yield from _messages(variant, prefix, addresses, now, sign, values)


def _messages(
    variant: BuiltVariant,
    prefix: str,
    addresses: tuple[Address, ...],
    now: datetime.datetime,
    sign: Callable[[bytes], bytes],
    values: Mapping[str, str] | None,
) -> Iterator[Addressed]:
    built, newsletter = variant.built, variant.built.newsletter
    domain = newsletter.sender.domain
    for address in addresses:
        # Every test send is a separate message: a second one of the same edition must not look like a copy of the
        # first.
        salt = f"{built.hash} {address.wire} {now.isoformat()}"
        identity = hashlib.sha256(salt.encode()).hexdigest()[:32]
        addressing = Addressing(
            to=address,
            date=now,
            message_id=f"<test.{identity}@{domain}>",
            feedback=("test", built.issue.key),
            prefix=prefix,
        )
        message = built.compiled.specimen(addressing, _values(built, address) if values is None else values)
        envelope = Envelope(sender=newsletter.sender.wire, recipient=address.wire, id=identity)
        yield Addressed(to=address, variant=variant.number, envelope=envelope, message=to_wire(sign(message)))


def _values(built: Built, address: Address) -> dict[str, str]:
    """Return the editor's own name, and the sample values of the newsletter's own fields."""
    first, _, last = address.name.partition(" ")
    return {
        **built.newsletter.samples,
        "email": address.address,
        "name": address.name,
        "first_name": first,
        "last_name": last,
        "language": built.issue.language,
    }


def send_test(transport: Transport, ready: tuple[Addressed, ...]) -> Iterator[TestSend]:
    """Send messages one after the other over one connection; yield each result as soon as it is known.

    Raises TransportError if there is no connection: then nothing was sent. Other interruptions, such as Ctrl-C, are
    raised after the results of all messages.
    """
    connection = transport.connect()
    try:
        for number, each in enumerate(ready, 1):
            dot = _Dot()
            try:
                outcome = connection.hand_over(each.envelope, each.message, dot)
            except (KeyboardInterrupt, ComposeError):
                yield _sent(each, _MAYBE if dot.was_next else _NOT_SENT)
                yield from (_sent(rest, _NOT_SENT) for rest in ready[number:])
                raise
            yield _sent(each, outcome)
            if outcome.scope is Scope.SERVER and outcome.state is OutcomeState.REFUSED:
                # The server would reject the others, too. A temporary rejection may be for one message only
                # (greylisting).
                yield from (_sent(rest, _not_tried(outcome)) for rest in ready[number:])
                break
    finally:
        connection.close()


def _sent(each: Addressed, outcome: Outcome) -> TestSend:
    return TestSend(to=each.to, variant=each.variant, outcome=outcome)


class _Dot:
    """Records whether everything except the final dot was sent. After that, an interruption leaves a message unconfirmed."""

    was_next = False

    def __call__(self) -> bool:
        self.was_next = True
        return True


_NOT_SENT = Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.MAIL, reason="interrupted before it was sent")
_MAYBE = Outcome(
    state=OutcomeState.UNKNOWN, stage=Stage.DOT, reason="interrupted: the server may have accepted the message"
)


def _not_tried(because: Outcome) -> Outcome:
    return replace(
        because, state=OutcomeState.NOT_ATTEMPTED, reason="not tried, because the server rejected the previous message"
    )

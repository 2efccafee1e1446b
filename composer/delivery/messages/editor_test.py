"""Test sends: every variant of an edition as subscribers will get it, to the editors, before anybody else.

Input: variants, addresses, the moment, a transport. Output: what became of each message. A test send goes to no
subscriber and carries no token: the links in it lead to the public pages, and there is no List-Unsubscribe. A subscriber's values
are in it only when a person has asked for them.
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
    """A message for one editor, ready to be handed over."""

    to: Address
    envelope: Envelope
    message: bytes
    #: The variant's number.
    variant: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSend:
    """What became of one message."""

    to: Address
    outcome: Outcome
    variant: int = 1


def editors_of(newsletter: Newsletter) -> tuple[Address, ...]:
    """Return the editors that newsletter.yaml names, each address once."""
    return unique(newsletter.editors)


def unique(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Leave out an address that stands there already, however its domain is written."""
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
    """Make one message of each variant for each editor, signed. Raises HeaderError.

    Without `values` merge fields show each editor's own name, and samples.
    """
    for variant in variants:
        # What cannot be told by who the editor is can be told by its number.
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
        # Every test send is a message of its own: a second one of the same edition must not be taken for the first.
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
    """Show the editor their own name, and the samples of the newsletter's own fields."""
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
    """Hand messages over one by one, over one connection; give what became of each as soon as it is known.

    Raises TransportError when there is no connection at all: then nothing has been sent. Whatever else ends it, such as
    the person at the keyboard, is raised when every message has been told of.
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
                # What it refuses to all it need not refuse again; what it puts off may be for one (greylisting).
                yield from (_sent(rest, _not_tried(outcome)) for rest in ready[number:])
                break
    finally:
        connection.close()


def _sent(each: Addressed, outcome: Outcome) -> TestSend:
    return TestSend(to=each.to, variant=each.variant, outcome=outcome)


class _Dot:
    """Remembers whether all but the dot had gone: from then on an interruption leaves a message in doubt."""

    was_next = False

    def __call__(self) -> bool:
        self.was_next = True
        return True


_NOT_SENT = Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.MAIL, reason="it was interrupted before")
_MAYBE = Outcome(
    state=OutcomeState.UNKNOWN, stage=Stage.DOT, reason="it was interrupted: the server may have taken the message"
)


def _not_tried(because: Outcome) -> Outcome:
    return replace(
        because, state=OutcomeState.NOT_ATTEMPTED, reason="not tried: the server had turned the one before away"
    )

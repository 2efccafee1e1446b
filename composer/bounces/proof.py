"""Whom a message is about: told by our own key, or not at all.

Comes in: what a message says, the publication's tokens. Goes out: its kind, and a `Claim` where one is proven. Pure. What
names two readers names none.
"""

from collections.abc import Iterable

from composer.audience.tokens import Claim, Purpose, Tokens
from composer.bounces.vocabulary import Kind, Returned


def prove(returned: Returned, tokens: Tokens) -> tuple[Kind, Claim | None]:
    """Give what a message is, and whom our key names."""
    traces = returned.traces
    match returned.kind:
        case Kind.BOUNCE | Kind.DELAY:
            return returned.kind, _one(_sent(returned, tokens))
        case Kind.COMPLAINT:
            # Providers black out much; the link by which a reader leaves is in the returned header as well, and whoever
            # has that could use it.
            linked = (tokens.read(Purpose.UNSUBSCRIBE, each) for each in traces.links)
            return returned.kind, _one((*_sent(returned, tokens), *linked))
        case _:
            # Whatever it looks like: Apple Mail marks what a person sends to leave as an automatic answer.
            claim = _one(tokens.read(Purpose.UNSUBSCRIBE, each) for each in traces.leaving)
            return (Kind.UNSUBSCRIBE, claim) if claim else (returned.kind, None)


def _sent(returned: Returned, tokens: Tokens) -> list[Claim | None]:
    """Read what a message of ours carried: the envelope's token, the Message-ID's."""
    return [
        *(tokens.read(Purpose.BOUNCE, each) for each in returned.traces.tokens),
        *(tokens.read(Purpose.MESSAGE, each) for each in returned.traces.names),
    ]


def _one(found: Iterable[Claim | None]) -> Claim | None:
    claims = [each for each in found if each is not None]
    if len({each.reader_id for each in claims}) != 1:
        return None
    # A link to leave by names no mailing; what the message carried does.
    return max(claims, key=lambda each: each.mailing_id)

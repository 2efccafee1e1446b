"""Who a message is about, and whether it returns anything of ours: our own key proves it, or nobody is named.

Input: what a message says, the publication's tokens. Output: its kind, and a `Claim` where one is proven. Guarantees: pure; what
names two subscribers names none.
"""

from collections.abc import Iterable

from composer.audience.identity.tokens import Purpose, TokenClaim, Tokens
from composer.bounces.parse.vocabulary import Format, Returned, ReturnedKind


def prove_recipient(returned: Returned, tokens: Tokens) -> tuple[ReturnedKind, TokenClaim | None]:
    """Return what a message is, and whom our key names."""
    traces = returned.traces
    # Whatever it looks like: Apple Mail marks what a person sends to leave as an automatic answer. A report names its
    # subscriber in the address that it was sent to, so there only the subject counts.
    is_report = returned.kind in (ReturnedKind.BOUNCE, ReturnedKind.DELAY, ReturnedKind.COMPLAINT)
    leaving = [each for each in traces.leaving if not (is_report and each in traces.tokens)]
    if claim := _one(tokens.read(Purpose.UNSUBSCRIBE, each) for each in leaving):
        return ReturnedKind.UNSUBSCRIBE, claim
    match returned.kind:
        case ReturnedKind.BOUNCE | ReturnedKind.DELAY:
            return returned.kind, _one(_sent(returned, tokens))
        case ReturnedKind.COMPLAINT:
            # Providers black out much; the link by which a subscriber leaves is in the returned header as well, and whoever
            # has that could use it.
            linked = (tokens.read(Purpose.UNSUBSCRIBE, each) for each in traces.links)
            return returned.kind, _one((*_sent(returned, tokens), *linked))
        case ReturnedKind.UNSUBSCRIBE if returned.format is Format.WEBHOOK:
            # The provider is known, and told of a message that our key made.
            return returned.kind, _one(_sent(returned, tokens))
        case _:
            return returned.kind, None


def quotes_ours(returned: Returned, tokens: Tokens, claim: TokenClaim) -> bool:
    """Return whether a message returns something of ours, beyond the address that it was sent to.

    That is a token or a Message-ID of the same subscriber, in its body or in the returned message.
    """
    found = (
        *(tokens.read(Purpose.BOUNCE, each) for each in returned.traces.quoted),
        *(tokens.read(Purpose.MESSAGE, each) for each in returned.traces.names),
    )
    return any(each is not None and each.subscriber_id == claim.subscriber_id for each in found)


def _sent(returned: Returned, tokens: Tokens) -> list[TokenClaim | None]:
    """Read what a message of ours carried: the envelope's token, the Message-ID's."""
    return [
        *(tokens.read(Purpose.BOUNCE, each) for each in returned.traces.tokens),
        *(tokens.read(Purpose.MESSAGE, each) for each in returned.traces.names),
    ]


def _one(found: Iterable[TokenClaim | None]) -> TokenClaim | None:
    claims = [each for each in found if each is not None]
    if len({each.subscriber_id for each in claims}) != 1:
        return None
    # A link to leave by names no mailing; what the message carried does.
    return max(claims, key=lambda each: each.mailing_id)

"""Identify the subscriber of a returned message by a token signed with our key, and check whether we sent the original.

Input: a classified message, the publication's tokens. Output: its kind, and a `TokenClaim` if one is proven.
Guarantees: pure; a message with tokens of two subscribers identifies none.
"""

from collections.abc import Iterable

from composer.audience.identity.tokens import Purpose, TokenClaim, Tokens
from composer.bounces.parse.vocabulary import Format, Returned, ReturnedKind


def prove_recipient(returned: Returned, tokens: Tokens) -> tuple[ReturnedKind, TokenClaim | None]:
    """Return the kind of a message, and the subscriber that its signed token identifies."""
    traces = returned.traces
    # In whatever form: Apple Mail marks a person's request to unsubscribe as an automatic answer. A report has its
    # subscriber in the address that it was sent to, so there only the subject counts.
    is_report = returned.kind in (ReturnedKind.BOUNCE, ReturnedKind.DELAY, ReturnedKind.COMPLAINT)
    leaving = [each for each in traces.leaving if not (is_report and each in traces.tokens)]
    if claim := _one(tokens.read(Purpose.UNSUBSCRIBE, each) for each in leaving):
        return ReturnedKind.UNSUBSCRIBE, claim
    match returned.kind:
        case ReturnedKind.BOUNCE | ReturnedKind.DELAY:
            return returned.kind, _one(_sent(returned, tokens))
        case ReturnedKind.COMPLAINT:
            # Providers remove most headers. The unsubscribe link remains, and anyone who has it could use it.
            linked = (tokens.read(Purpose.UNSUBSCRIBE, each) for each in traces.links)
            return returned.kind, _one((*_sent(returned, tokens), *linked))
        case ReturnedKind.UNSUBSCRIBE if returned.format is Format.WEBHOOK:
            # The provider is known, and reports a message that our key made.
            return returned.kind, _one(_sent(returned, tokens))
        case _:
            return returned.kind, None


def quotes_ours(returned: Returned, tokens: Tokens, claim: TokenClaim) -> bool:
    """Return whether a message returns part of a message that we sent, besides the address that it was sent to.

    That is a token or a Message-ID of the same subscriber, in its body or in the returned message.
    """
    found = (
        *(tokens.read(Purpose.BOUNCE, each) for each in returned.traces.quoted),
        *(tokens.read(Purpose.MESSAGE, each) for each in returned.traces.names),
    )
    return any(each is not None and each.subscriber_id == claim.subscriber_id for each in found)


def _sent(returned: Returned, tokens: Tokens) -> list[TokenClaim | None]:
    """Read the tokens that a message of ours contained: in the envelope and in the Message-ID."""
    return [
        *(tokens.read(Purpose.BOUNCE, each) for each in returned.traces.tokens),
        *(tokens.read(Purpose.MESSAGE, each) for each in returned.traces.names),
    ]


def _one(found: Iterable[TokenClaim | None]) -> TokenClaim | None:
    claims = [each for each in found if each is not None]
    if len({each.subscriber_id for each in claims}) != 1:
        return None
    # An unsubscribe link does not identify a mailing, but the tokens of the message do.
    return max(claims, key=lambda each: each.mailing_id)

"""Proof by returned content: only content that identifies one subscriber counts."""

from dataclasses import replace

import pytest

from composer.audience.identity.tokens import Purpose, TokenClaim, Tokens
from composer.bounces.parse.classifier import classify
from composer.bounces.parse.vocabulary import Candidates, Format, Returned, ReturnedKind
from composer.bounces.record.token_proof import prove_recipient, quotes_ours
from tests.bounces.news import TOKENS, complaint, message_header, report, verp

ANN = "ann@reader.example"
OTHERS = Tokens((b"o" * 32,))


@pytest.mark.parametrize(
    ("returned", "is_proof"),
    [
        ("", False),
        (message_header(7, 3), True),
        (message_header(7, 4), True),
        (message_header(8, 3), False),
        (message_header(8, 3) + f"X-Compose-ID: {message_header(7, 3)}", False),
        (message_header(7, 3, OTHERS), False),
        (f"Return-Path: <{verp(7, 3)}>\n", True),
        (f"Return-Path: <{verp(8, 3)}>\n", False),
        ("Message-ID: <x@news.example.org>\n", False),
    ],
)
def test_returned_content_of_ours(returned: str, is_proof: bool) -> None:
    """The Message-ID or the envelope's address, of any mailing to the same subscriber, with our own key."""
    found = classify(report(verp(7, 3), ANN, returned=returned))
    assert quotes_ours(found, TOKENS, TokenClaim(subscriber_id=7, mailing_id=3)) is is_proof


@pytest.mark.parametrize(
    ("data", "kind", "subscriber_id"),
    [
        (report(verp(7, 3), ANN), ReturnedKind.BOUNCE, 7),
        (report(verp(7, 3), ANN, action="delayed", status="4.4.1"), ReturnedKind.DELAY, 7),
        (report(verp(7, 3), ANN, returned=message_header(7, 3)), ReturnedKind.BOUNCE, 7),
        (report("bounces@news.example.org", ANN, returned=message_header(7, 3)), ReturnedKind.BOUNCE, 7),
        # Two subscribers, or another key: nobody is identified.
        (report(verp(7, 3), ANN, returned=message_header(8, 3)), ReturnedKind.BOUNCE, None),
        (report(verp(7, 3, OTHERS), ANN), ReturnedKind.BOUNCE, None),
        (report("bounces@news.example.org", ANN), ReturnedKind.BOUNCE, None),
        (complaint(message_header(7, 3)), ReturnedKind.COMPLAINT, 7),
        (complaint(""), ReturnedKind.COMPLAINT, None),
    ],
)
def test_the_subscriber_of_a_message(data: bytes, kind: ReturnedKind, subscriber_id: int | None) -> None:
    """A message identifies one subscriber, by our own key."""
    found, claim = prove_recipient(classify(data), TOKENS)
    assert (found, claim.subscriber_id if claim else None) == (kind, subscriber_id)


@pytest.mark.parametrize("format", Format)
def test_a_providers_unsubscription_needs_the_provider(format: Format) -> None:
    """A message that only looks like an unsubscription identifies nobody by returned content."""
    told = replace(classify(report(verp(7, 3), ANN)), kind=ReturnedKind.UNSUBSCRIBE, format=format)
    kind, claim = prove_recipient(told, TOKENS)
    assert (kind, claim.subscriber_id if claim else None) == (
        ReturnedKind.UNSUBSCRIBE,
        7 if format is Format.WEBHOOK else None,
    )


def _token(purpose: Purpose, subscriber_id: int, mailing_id: int = 0) -> str:
    return TOKENS.make(purpose, subscriber_id, mailing_id)


LEAVING = _token(Purpose.UNSUBSCRIBE, 7)
REPORTS = (ReturnedKind.BOUNCE, ReturnedKind.DELAY, ReturnedKind.COMPLAINT)


@pytest.mark.parametrize("kind", ReturnedKind)
def test_unsubscribe_messages_count_in_every_form(kind: ReturnedKind) -> None:
    """The subject counts in every message; the recipient address counts except in a report, which comes automatically."""
    for tokens in ((), (LEAVING,)):
        told = Returned(kind=kind, why="", traces=Candidates(tokens=tokens, leaving=(LEAVING,)))
        is_leaving = not tokens or kind not in REPORTS
        wanted = (ReturnedKind.UNSUBSCRIBE, TokenClaim(subscriber_id=7)) if is_leaving else (kind, None)
        assert prove_recipient(told, TOKENS) == wanted
    # A report to one address, with another subscriber's token in its subject.
    told = Returned(kind=kind, why="", traces=Candidates(tokens=("x" * 34,), leaving=("x" * 34, LEAVING)))
    assert prove_recipient(told, TOKENS) == (ReturnedKind.UNSUBSCRIBE, TokenClaim(subscriber_id=7))


@pytest.mark.parametrize("kind", ReturnedKind)
@pytest.mark.parametrize(
    ("traces", "claim", "of_complaints"),
    [
        (Candidates(tokens=(_token(Purpose.BOUNCE, 7, 3),)), TokenClaim(subscriber_id=7, mailing_id=3), None),
        (Candidates(names=(_token(Purpose.MESSAGE, 7, 3),)), TokenClaim(subscriber_id=7, mailing_id=3), None),
        # The link names no mailing, so any other token tells the mailing, in any order.
        (Candidates(links=(LEAVING,)), None, TokenClaim(subscriber_id=7)),
        *(
            (Candidates(links=(LEAVING,), **more), TokenClaim(subscriber_id=7, mailing_id=3), None)
            for more in (
                {"tokens": (_token(Purpose.BOUNCE, 7, 3),)},
                {"names": (_token(Purpose.MESSAGE, 7, 3),)},
                {"tokens": (_token(Purpose.BOUNCE, 7, 2),), "names": (_token(Purpose.MESSAGE, 7, 3),)},
                {"tokens": (_token(Purpose.BOUNCE, 7, 3),), "names": (_token(Purpose.MESSAGE, 7, 2),)},
            )
        ),
        # Two subscribers in a complaint identify nobody; links do not count in a bounce.
        (
            Candidates(links=(_token(Purpose.UNSUBSCRIBE, 8),), tokens=(_token(Purpose.BOUNCE, 7, 3),)),
            TokenClaim(subscriber_id=7, mailing_id=3),
            TokenClaim(subscriber_id=0),
        ),
        # A token of one purpose is invalid in the place of another.
        (
            Candidates(tokens=(LEAVING, _token(Purpose.MESSAGE, 7, 3)), names=(_token(Purpose.BOUNCE, 7, 3),)),
            None,
            None,
        ),
        (Candidates(links=(_token(Purpose.BOUNCE, 7, 3), _token(Purpose.MESSAGE, 7, 3))), None, None),
        (Candidates(quoted=(_token(Purpose.BOUNCE, 7, 3),), message_ids=(_token(Purpose.MESSAGE, 7, 3),)), None, None),
    ],
)
def test_proof_by_kind_of_message(
    kind: ReturnedKind, traces: Candidates, claim: TokenClaim | None, of_complaints: TokenClaim | None
) -> None:
    """Envelope and Message-ID count in bounces and delays; in complaints the link too; in other kinds nothing."""
    if kind is ReturnedKind.COMPLAINT:
        wanted = of_complaints or claim
        wanted = None if wanted == TokenClaim(subscriber_id=0) else wanted
    else:
        wanted = claim if kind in REPORTS else None
    assert prove_recipient(Returned(kind=kind, why="", traces=traces), TOKENS) == (kind, wanted)


@pytest.mark.parametrize(
    ("traces", "is_proof"),
    [
        (Candidates(), False),
        (Candidates(quoted=(_token(Purpose.BOUNCE, 7, 3),)), True),
        (Candidates(names=(_token(Purpose.MESSAGE, 7, 3),)), True),
        (Candidates(quoted=("x" * 34, _token(Purpose.BOUNCE, 8, 3), _token(Purpose.BOUNCE, 7, 4))), True),
        (Candidates(quoted=(_token(Purpose.BOUNCE, 8, 3),), names=(_token(Purpose.MESSAGE, 8, 3),)), False),
        (Candidates(quoted=(LEAVING, _token(Purpose.MESSAGE, 7, 3)), names=(_token(Purpose.BOUNCE, 7, 3),)), False),
        # Other people know the recipient address, and links.
        (Candidates(tokens=(_token(Purpose.BOUNCE, 7, 3),), links=(LEAVING,), leaving=(LEAVING,)), False),
    ],
)
def test_quoted_content_of_ours(traces: Candidates, is_proof: bool) -> None:
    """A token or a Message-ID of the same subscriber counts, each in its own place."""
    told = Returned(kind=ReturnedKind.BOUNCE, why="", traces=traces)
    assert quotes_ours(told, TOKENS, TokenClaim(subscriber_id=7, mailing_id=3)) is is_proof

"""What a message returns of ours: only what names the same subscriber proves anything."""

from dataclasses import replace

import pytest

from composer.audience.tokens import Claim, Tokens
from composer.bounces.proof import prove, quotes_ours
from composer.bounces.understanding import understand
from composer.bounces.vocabulary import Format, Kind
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
def test_what_a_report_returns_of_ours(returned: str, is_proof: bool) -> None:
    """The Message-ID or the envelope's address, of any mailing to the same subscriber, by our own key."""
    found = understand(report(verp(7, 3), ANN, returned=returned))
    assert quotes_ours(found, TOKENS, Claim(reader_id=7, mailing_id=3)) is is_proof


@pytest.mark.parametrize(
    ("data", "kind", "reader_id"),
    [
        (report(verp(7, 3), ANN), Kind.BOUNCE, 7),
        (report(verp(7, 3), ANN, action="delayed", status="4.4.1"), Kind.DELAY, 7),
        (report(verp(7, 3), ANN, returned=message_header(7, 3)), Kind.BOUNCE, 7),
        (report("bounces@news.example.org", ANN, returned=message_header(7, 3)), Kind.BOUNCE, 7),
        # Two subscribers, or another key: nobody is named.
        (report(verp(7, 3), ANN, returned=message_header(8, 3)), Kind.BOUNCE, None),
        (report(verp(7, 3, OTHERS), ANN), Kind.BOUNCE, None),
        (report("bounces@news.example.org", ANN), Kind.BOUNCE, None),
        (complaint(message_header(7, 3)), Kind.COMPLAINT, 7),
        (complaint(""), Kind.COMPLAINT, None),
    ],
)
def test_whom_a_message_names(data: bytes, kind: Kind, reader_id: int | None) -> None:
    """One subscriber, by our own key."""
    found, claim = prove(understand(data), TOKENS)
    assert (found, claim.reader_id if claim else None) == (kind, reader_id)


@pytest.mark.parametrize("format", Format)
def test_who_leaves_by_a_providers_link_is_named_by_the_provider_only(format: Format) -> None:
    """A message that only looks as if somebody left names nobody by what it returns."""
    told = replace(understand(report(verp(7, 3), ANN)), kind=Kind.UNSUBSCRIBE, format=format)
    kind, claim = prove(told, TOKENS)
    assert (kind, claim.reader_id if claim else None) == (Kind.UNSUBSCRIBE, 7 if format is Format.WEBHOOK else None)

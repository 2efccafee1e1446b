"""Signatures checked by two other verifiers, with the keys' DNS records."""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.core.addresses import Address
from composer.delivery.config.dkim_keys import dkim_record, generate, parse_key
from composer.mail.dkim_signing import OVERSIGNED, Algorithm, Key, Profile, sign
from composer.mail.letterhead import Addressing, Letterhead
from composer.mail.parts import MailPart
from tests.mail.strategies import address, body, file_name, line
from tests.mail.test_dkim_signing import BOTH, ED25519, FAST, NOW, RSA, hostile, signatures_of, tags
from tests.mail.test_message import build
from tests.mail.tools import Mailauth, Records, dkimpy, missing

pytestmark = pytest.mark.slow

RECORDS = {(made := dkim_record(key, BOTH.domain)).name: made.strings for key in BOTH.keys}
HOLD = {RSA.selector: True, ED25519.selector: True}
FAIL = {RSA.selector: False, ED25519.selector: False}
LETTERHEAD = Letterhead(
    sender=Address(name="\u4e2d\u56fd\u7b80\u62a5", address="briefing@news.example.org"),
    reply_to=Address(address="editors@example.org"),
    subject="\u4e00\u4e2a\u4fbf\u5b9c\u7684\u6a21\u578b \U0001f600 shakes up the AI race",
    language="zh-Hans",
    list_id="briefing.news.example.org",
    list_name="\u9031\u520a, \u201cbriefing\u201d",
    feedback_id="compose",
)
ADDRESSING = Addressing(
    to=Address(name="M\u00fcller, Anna", address="anna@m\u00fcnchen.example"),
    date=datetime(2025, 1, 30, tzinfo=UTC),
    message_id="<1@news.example.org>",
    unsubscribe="https://news.example.org/u/0123456789abcdef0123456789abcdef",
    unsubscribe_mailto="mailto:off@news.example.org?subject=off",
    feedback=("2025-01-30", "briefing"),
)
PICTURE = MailPart(
    content_id="chart@news.example.org", filename="\u56fe.png", media_type="image/png", data=bytes(range(256)) * 40
)
MESSAGE = build(
    LETTERHEAD, ADDRESSING, html="<p>\u4f60\u597d  \t</p>\n" * 300, text="\u4f60\u597d  \n\n", pictures=(PICTURE,)
)


class Verify(Protocol):
    """A verifier with the records of the keys."""

    def __call__(self, signed: bytes, records: Records = RECORDS) -> dict[str, bool]:
        """Return by selector whether a signature is valid."""


@pytest.fixture(scope="module", params=["dkimpy", "mailauth"])
def verify(request: pytest.FixtureRequest) -> Iterator[Verify]:
    """Provide each verifier; a missing one is a failure only in CI."""
    if request.param == "dkimpy":
        yield lambda signed, records=RECORDS: dkimpy(signed, records)
        return
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with Mailauth() as mailauth:
        yield lambda signed, records=RECORDS: mailauth(signed, records)


def test_a_message_with_everything(verify: Verify) -> None:
    """Chinese names and subject, pictures, the headers of bulk mail: both signatures are valid and cover the
    unsubscribe headers.
    """
    signed = sign(MESSAGE, BOTH, now=NOW)
    assert verify(signed) == HOLD
    names = tags(signatures_of(signed)[0])["h"].split(":")
    # RFC 8058 section 4: without it no mail program offers one-click unsubscribing.
    assert {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID", "Auto-Submitted"} <= set(names)


@pytest.mark.parametrize("key", [RSA, ED25519])
def test_each_key_alone(verify: Verify, key: Key) -> None:
    """One signature is valid without the other."""
    assert verify(sign(MESSAGE, replace(BOTH, keys=(key,)), now=NOW)) == {key.selector: True}


@settings(max_examples=120, deadline=None)
@given(subject=line, sender=address, to=st.none() | address, html=body, text=body, filename=file_name)
def test_hostile_messages(
    verify: Verify, subject: str, sender: Address, to: Address | None, html: str, text: str, filename: str
) -> None:
    """Every message that the builder accepts is signed so that verifiers agree."""
    picture = replace(PICTURE, filename=filename, data=html.encode())
    letterhead, addressing = replace(LETTERHEAD, subject=subject, sender=sender), replace(ADDRESSING, to=to)
    message = build(letterhead, addressing, html=html, text=text, pictures=(picture,))
    assert verify(sign(message, FAST, now=NOW)) == {ED25519.selector: True}


@settings(max_examples=250, deadline=None)
@given(body=hostile.filter(lambda body: b"\0" not in body))
def test_hostile_bodies(verify: Verify, body: bytes) -> None:
    """Spaces and empty lines of every kind: our hash is the same as theirs."""
    message = b"From: a@news.example.org\r\n\r\n" + (body if body.endswith(b"\r\n") else body + b"\r\n")
    assert verify(sign(message, FAST, now=NOW)) == {ED25519.selector: True}


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(
        st.lists(st.sampled_from([" ", "\t", "  ", "\r\n ", "\r\n\t ", "a", "b:", "=?x?=", ";"]), max_size=12).map(
            "".join
        ),
        min_size=2,
        max_size=4,
    )
)
def test_hostile_headers(verify: Verify, values: list[str]) -> None:
    """Folds, tabs and many spaces in headers, empty ones, one name several times: our form is the same as theirs."""
    # A line of only spaces would end the headers for some programs; no program writes one.
    tidy = [re.sub(r"\s+(?=\r\n)|(?<=\r\n)[ \t]+(?=\r\n|$)", "", value).rstrip("\r\n") for value in values]
    head = "".join(f"List-Id:{value}x\r\n" for value in tidy).encode()
    assert verify(sign(b"From: a@news.example.org\r\n" + head + b"\r\nx\r\n", FAST, now=NOW)) == {
        ED25519.selector: True
    }


@pytest.mark.parametrize("changed", [b"PHA+", b"5L2g", b"AAEC", b"--=_", b"charset=", b"base64"])
def test_a_changed_body_fails(verify: Verify, changed: bytes) -> None:
    """One letter in a text, in a picture, in a boundary."""
    signed = sign(MESSAGE, BOTH, now=NOW)
    at = signed.index(changed, signed.index(b"\r\n\r\n"))
    assert verify(signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]) == FAIL


def test_added_text_fails(verify: Verify) -> None:
    """Text cannot be appended to a message, except empty lines."""
    signed = sign(MESSAGE, BOTH, now=NOW)
    assert verify(signed + b"more\r\n") == FAIL
    assert verify(signed + b"\r\n \r\n") == HOLD


@pytest.mark.parametrize(
    "name",
    [
        *("From", "Reply-To", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"),
        *("List-Unsubscribe-Post", "Feedback-ID", "Auto-Submitted", "Precedence", "Content-Language"),
        *("MIME-Version", "Content-Type"),
    ],
)
def test_a_changed_header_fails(verify: Verify, name: str) -> None:
    """An additional word in any header, or a missing header."""
    signed = sign(MESSAGE, BOTH, now=NOW)
    found = re.search(rf"(?<=\r\n){name}: (?:.*\r\n)(?:[ \t].*\r\n)*".encode(), signed)
    assert found
    head, tail = signed[: found.start()], signed[found.end() :]
    changed = head + found[0].replace(b": ", b": y", 1) + tail
    assert verify(changed) == FAIL
    # Without From there is nothing to check.
    assert name == "From" or verify(head + tail) == FAIL


@pytest.mark.parametrize("name", OVERSIGNED)
def test_an_added_header_fails(verify: Verify, name: str) -> None:
    """A second header before the first, or a new one, such as Cc."""
    signed = sign(MESSAGE, BOTH, now=NOW)
    assert verify(f"{name}: x@example.net\r\n".encode() + signed) == FAIL
    at = signed.index(b"\r\n\r\n") + 2
    assert verify(signed[:at] + f"{name}: x@example.net\r\n".encode() + signed[at:]) == FAIL


def test_what_is_added_on_the_way_passes(verify: Verify) -> None:
    """Trace headers, results, another signature before it, refolded headers."""
    signed = sign(MESSAGE, BOTH, now=NOW)
    added = b"Return-Path: <b@example.org>\r\nReceived: by x\r\nAuthentication-Results: x; none\r\nX-Foo: bar\r\n"
    assert verify(added + signed) == HOLD
    assert verify(signed.replace(b"\r\nMIME-Version: 1.0", b"\r\nmime-version:\r\n\t1.0 ")) == HOLD


def test_a_relay_that_rewrites(verify: Verify) -> None:
    """Amazon SES rewrites Message-ID and Date: its profile is valid, the default one is not."""

    def relayed(signed: bytes) -> bytes:
        return re.sub(rb"(?<=\r\n)(Message-ID|Date): .*", rb"\1: <new@email.amazonses.com>", signed)

    profile = replace(BOTH, unsigned=frozenset({"message-id", "date"}))
    assert verify(relayed(sign(MESSAGE, profile, now=NOW))) == HOLD
    assert verify(relayed(sign(MESSAGE, BOTH, now=NOW))) == FAIL


def test_the_time_a_signature_has(verify: Verify) -> None:
    """Before x= it is valid, days after it is not."""
    profile, now = replace(BOTH, expires_after=7 * 86_400), int(time.time())
    assert verify(sign(MESSAGE, profile, now=now)) == HOLD
    assert verify(sign(MESSAGE, profile, now=now - 9 * 86_400)) == FAIL


def test_names_in_other_scripts(verify: Verify) -> None:
    """A domain and a selector with letters outside ASCII are found in DNS by their A-labels."""
    key = parse_key(generate(Algorithm.ED25519), selector="b\u00fcro.eins")
    profile = Profile(domain="m\u00fcnchen.example", keys=(key,))
    records = {(made := dkim_record(key, profile.domain)).name: made.strings}
    assert list(records) == ["xn--bro-hoa.eins._domainkey.xn--mnchen-3ya.example"]
    assert verify(sign(MESSAGE, profile, now=NOW), records) == {"xn--bro-hoa.eins": True}


def test_another_key_fails(verify: Verify) -> None:
    """DNS with another public key: the verifiers use it."""
    others = [parse_key(generate(key.algorithm), selector=key.selector) for key in BOTH.keys]
    records = {(made := dkim_record(key, BOTH.domain)).name: made.strings for key in others}
    assert verify(sign(MESSAGE, BOTH, now=NOW), records) == FAIL

"""A token identifies one subscriber, for one purpose, to whoever has the key; to others it is meaningless."""

import hmac
import itertools
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.audience.identity.tokens import Purpose, TokenClaim, Tokens, fingerprint
from composer.mail.bulk_headers import verp
from composer.mail.headers import message_id

NEW, OLD, OTHER = (letter * 32 for letter in (b"n", b"o", b"x"))
TOKENS = Tokens((NEW,))
NOW = datetime(2025, 1, 30, 6, tzinfo=UTC)

numbers = st.integers(0, 2**40 - 1)
mailings = st.integers(0, 2**32 - 1)
purposes = st.sampled_from(Purpose)
moments = st.none() | st.integers(1, 100_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
keys = st.binary(min_size=32, max_size=80)


@given(keys, purposes, numbers, mailings, moments)
def test_tokens_are_read_back(
    key: bytes, purpose: Purpose, subscriber: int, mailing: int, expires: datetime | None
) -> None:
    """Every number is read back, from lower and upper case, until the token expires."""
    tokens = Tokens((key,))
    token = tokens.make(purpose, subscriber, mailing, expires)
    assert set(token) <= set(string.ascii_lowercase + "234567")
    assert len(token) == (34 if expires is None else 42)
    claim = TokenClaim(subscriber_id=subscriber, mailing_id=mailing, expires=expires)
    assert tokens.read(purpose, token, NOW) == tokens.read(purpose, token.upper(), NOW) == claim
    if expires is not None:
        assert tokens.read(purpose, token, expires) is None
        assert tokens.read(purpose, token) is None


@given(purposes, purposes, numbers, mailings)
def test_a_token_is_for_one_purpose(purpose: Purpose, other: Purpose, subscriber: int, mailing: int) -> None:
    """A token of one purpose, such as a bounce address, is not valid for another, such as preferences."""
    claim = TOKENS.read(other, TOKENS.make(purpose, subscriber, mailing))
    assert (claim is not None) == (purpose is other)


@settings(max_examples=200)
@given(purposes, numbers, mailings, moments, st.data())
def test_changed_tokens_are_invalid(
    purpose: Purpose, subscriber: int, mailing: int, expires: datetime | None, data: st.DataObject
) -> None:
    """A changed, removed, added or swapped letter invalidates a token; so does another key."""
    token = TOKENS.make(purpose, subscriber, mailing, expires)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase + string.digits + "=-+/ \u0131\u212a"))
    forged = [token[:at] + letter + token[at + 1 :], token[:at] + token[at + 1 :], token[:at] + letter + token[at:]]
    forged += [token[:at], token + letter, token + token, token[1:] + token[0], token[::-1]]
    for each in forged:
        assert each == token or TOKENS.read(purpose, each, NOW) is None
    assert Tokens((OTHER,)).read(purpose, token, NOW) is None


@given(purposes, st.text(max_size=60) | st.text(string.ascii_lowercase + "234567", min_size=34, max_size=42))
def test_other_texts_are_not_tokens(purpose: Purpose, text: str) -> None:
    """Reading any other text returns None, without an exception."""
    assert TOKENS.read(purpose, text, NOW) is None


@given(purposes, numbers, mailings)
def test_keys_are_rotated(purpose: Purpose, subscriber: int, mailing: int) -> None:
    """The new key signs; links of the old key work until it is removed."""
    both, claim = Tokens((NEW, OLD)), TokenClaim(subscriber_id=subscriber, mailing_id=mailing)
    before, after = Tokens((OLD,)).make(purpose, subscriber, mailing), both.make(purpose, subscriber, mailing)
    assert before != after == TOKENS.make(purpose, subscriber, mailing)
    assert both.read(purpose, before) == both.read(purpose, after) == claim
    assert TOKENS.read(purpose, before) is None


def test_tokens_reveal_nothing() -> None:
    """Tokens of consecutive subscribers have nothing in common: they reveal neither numbers nor order."""
    made = [TOKENS.make(Purpose.UNSUBSCRIBE, number, 1) for number in range(1000)]
    alike = [sum(a == b for a, b in zip(*pair, strict=True)) for pair in itertools.pairwise(made)]
    assert len(set(made)) == 1000 and max(alike) < 12 and sum(alike) / len(alike) < 2


def test_tokens_of_the_first_version_stay_valid() -> None:
    """Links in sent mail must always work: these were made by the first version."""
    assert TOKENS.make(Purpose.UNSUBSCRIBE, 4023, 17) == "ca7v4cpxs6rzunh4ocvxgrucbd76f64kke"
    assert TOKENS.make(Purpose.CONFIRM, 1, expires=NOW) == "fpxq2abpzs67tru3dpbg7n3k34khcuj5rkus4nebce"
    assert (
        TOKENS.message_id(17, 4023, "m\u00fcnchen.example")
        == "<stzkwqtpkb2jmgkm2wz6ssrnoqat2neoje@xn--mnchen-3ya.example>"
    )
    assert fingerprint(NEW).hex() == "9042a6219bbb3032"
    assert (TokenClaim(subscriber_id=1).mailing_id, TokenClaim(subscriber_id=1).expires) == (0, None)
    # The name of a purpose is part of its keys.
    for key, proof in zip((NEW, OLD), Tokens((NEW, OLD)).proofs("a nonce"), strict=True):
        signing = hmac.digest(key, b"compose token 1: sign probe", "sha256")
        assert proof == hmac.digest(signing, b"a nonce", "sha256").hex()


def test_a_token_has_one_spelling() -> None:
    """Only one spelling of a token is valid, although its last letter has unused bits and case changes some letters."""
    letters = string.ascii_lowercase + "234567"
    for number in range(64):
        token = TOKENS.make(Purpose.UNSUBSCRIBE, number)
        last = letters.index(token[-1])
        for other in range(last + 1, last + 4):
            assert TOKENS.read(Purpose.UNSUBSCRIBE, token[:-1] + letters[other]) is None
        assert last % 4 == 0
        # The Kelvin sign is k in lower case.
        assert "k" not in token or TOKENS.read(Purpose.UNSUBSCRIBE, token.replace("k", "\u212a")) is None


def test_tokens_fit_into_addresses_and_message_ids() -> None:
    """A token fits before the @ of a bounce address (64 octets), and in a Message-ID."""
    assert len(verp("bounces@news.example.org", TOKENS.make(Purpose.BOUNCE, 2**40 - 1, 2**32 - 1)).split("@")[0]) <= 64
    assert message_id("Message-ID", TOKENS.message_id(1, 2, "example.org"))


def test_impossible_values_are_rejected() -> None:
    """Numbers out of range, a time without zone and a short key are rejected. A key is never shown."""
    for subscriber, mailing in ((-1, 0), (2**40, 0), (0, -1), (0, 2**32)):
        with pytest.raises(ValueError, match="too large"):
            TOKENS.make(Purpose.BOUNCE, subscriber, mailing)
    with pytest.raises(ValueError, match="time zone"):
        TOKENS.make(Purpose.CONFIRM, 1, expires=datetime(2025, 1, 1))
    for wrong in ((), (b"short",), (NEW, b"")):
        with pytest.raises(ValueError, match="at least 32"):
            Tokens(wrong)
    assert "n" * 8 not in repr(TOKENS)

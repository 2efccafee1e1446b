"""Signing in with every mechanism: the bytes that are sent, the message of a failure, and no secret in it."""

import base64
import traceback
from typing import Any

import pytest

from composer.transport.outcome import Stage
from composer.transport.protocol import TransportError
from composer.transport.server_settings import Secret, ServerLimits
from tests.fake_smtp import FakeSmtp, SmtpSession, hangs, leaves, says
from tests.transport.setup import HASTY, PATIENT, transport, with_more_time

SECRET = "Geheim-秘密-5ecret"
XOAUTH2 = f"user=me\x01auth=Bearer {SECRET}\x01\x01"


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


def _sign_in(office: FakeSmtp, limits: ServerLimits = PATIENT, **more: Any) -> None:
    with office:
        transport(office, limits, **{"username": "me", "secret": Secret(SECRET), **more}).connect().close()


@pytest.mark.parametrize(
    ("offers", "is_token", "lines"),
    [
        ("AUTH CRAM-MD5 LOGIN PLAIN", False, [b"AUTH PLAIN " + _base64(f"\0me\0{SECRET}")]),
        ("AUTH LOGIN", False, [b"AUTH LOGIN", _base64("me"), _base64(SECRET)]),
        ("AUTH=LOGIN", False, [b"AUTH LOGIN", _base64("me"), _base64(SECRET)]),
        ("AUTH LOGIN PLAIN XOAUTH2", True, [b"AUTH XOAUTH2 " + _base64(XOAUTH2)]),
    ],
)
def test_what_goes_over_the_wire(offers: str, is_token: bool, lines: list[bytes]) -> None:
    """PLAIN before LOGIN, a token only with XOAUTH2; the old format AUTH=LOGIN is understood."""
    office = FakeSmtp(offers=(offers,))
    _sign_in(office, is_token=is_token)
    assert office.heard[1:-1] == lines


def test_a_token_that_is_refused() -> None:
    """XOAUTH2 has the error in a challenge; an empty line requests the rejection itself, which is reported."""

    def challenges(visit: SmtpSession) -> int:
        visit.say(b"334 eyJzdGF0dXMiOiI0MDAifQ==\r\n")
        visit.heard.append(visit.line())
        return visit.say(b"535 5.7.8 token too old\r\n")

    office = FakeSmtp({"auth": challenges}, offers=("AUTH XOAUTH2",))
    with pytest.raises(TransportError, match=r"the user name or the token: 535 5\.7\.8 token too old") as caught:
        _sign_in(office, is_token=True)
    assert "expired" in caught.value.hint
    assert office.heard[-1] == b""


@pytest.mark.parametrize(
    ("reply", "words", "step", "is_temporary"),
    [
        (b"535 5.7.8 no\r\n", "the user name or the password: 535 5.7.8 no", "app password", False),
        (
            b"535 5.7.139 basic authentication is off\r\n",
            "this sign-in method",
            "token_command",
            False,
        ),
        (b"504 5.5.4 no\r\n", "this sign-in method", "token_command", False),
        (b"454 4.7.0 later\r\n", "at the moment: 454", "try again later", True),
    ],
)
def test_refusals(reply: bytes, words: str, step: str, is_temporary: bool) -> None:
    """Each in one sentence, with the server's reply and a hint; only one attempt, because others lock accounts."""
    office = FakeSmtp({"auth": says(reply)}, offers=("AUTH PLAIN",))
    with pytest.raises(TransportError) as caught:
        _sign_in(office)
    assert words in caught.value.message and step in caught.value.hint
    assert (caught.value.stage, caught.value.is_temporary) == (Stage.AUTH, is_temporary)
    assert sum(line.startswith(b"AUTH") for line in office.heard) == 1


@pytest.mark.parametrize(
    ("offers", "more", "words"),
    [
        ((), {}, "does not offer sign-in"),
        (("AUTH CRAM-MD5",), {}, "with PLAIN or LOGIN; it offers CRAM-MD5"),
        (("AUTH",), {}, "it offers no method"),
        (("AUTH PLAIN",), {"is_token": True}, "with XOAUTH2; it offers PLAIN"),
        (("AUTH PLAIN",), {"secret": None}, "there is no password for me"),
        (("AUTH PLAIN",), {"secret": Secret("a\0b")}, "NUL"),
    ],
)
def test_no_way_in(offers: tuple[str, ...], more: dict[str, Any], words: str) -> None:
    """Impossible sign-ins are reported before a secret is sent."""
    office = FakeSmtp(offers=offers)
    with pytest.raises(TransportError, match=words):
        _sign_in(office, **more)
    assert [line[:4] for line in office.heard] == [b"EHLO"]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "XOAUTH2"])
@pytest.mark.parametrize("trouble", ["echo", "leaves", "hangs"])
@with_more_time
def test_a_server_that_repeats_the_secret(mechanism: str, trouble: str) -> None:
    """A server that repeats its input, disconnects or hangs: no message or traceback contains the secret in any form."""

    def echo(visit: SmtpSession) -> int:
        return visit.say(b"535 5.7.8 no: " + b" ".join(visit.heard[1:]) + f" {SECRET}".encode() + b"\r\n")

    office = FakeSmtp(
        {"auth": {"echo": echo, "leaves": leaves, "hangs": hangs}[trouble]}, offers=(f"AUTH {mechanism}",)
    )
    with pytest.raises(TransportError) as caught:
        _sign_in(office, HASTY if trouble == "hangs" else PATIENT, is_token=mechanism == "XOAUTH2")
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    for form in (SECRET, *(_base64(text).decode() for text in (SECRET, f"\0me\0{SECRET}", XOAUTH2))):
        assert form not in shown.partition("tests/transport")[0] + caught.value.message + caught.value.hint
    assert SECRET not in f"{Secret(SECRET)} {Secret(SECRET)!r} {[Secret(SECRET)]}"

"""Encryption: a server with a wrong certificate, or without encryption, gets nothing, and there is a hint."""

import datetime
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from composer.transport.outcome import OutcomeState, Stage
from composer.transport.protocol import TransportError
from composer.transport.server_settings import Secret, Security
from composer.transport.smtp.wire import Wire
from tests.fake_smtp import FakeSmtp, SmtpSession, hangs, leaves, says
from tests.transport.paper import Papers
from tests.transport.setup import ANNA, HASTY, MESSAGE, check_count, factor, transport, until, with_more_time

pytestmark = pytest.mark.fault

MODES = pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])


def _office(security: Security, context: ssl.SSLContext, **more: Any) -> FakeSmtp:
    return FakeSmtp(
        offers=("PIPELINING", "STARTTLS", "AUTH PLAIN"), context=context, is_tls=security is Security.TLS, **more
    )


@MODES
def test_an_encrypted_session(security: Security, papers: Papers) -> None:
    """With a certificate of the configured authority a message is accepted, and the TLS version and expiry are known."""
    with _office(security, papers.good) as office:
        connection = transport(office, host="localhost", security=security, ca_file=papers.ca_file).connect()
        assert connection._session is not None
        encryption = connection._session.wire.encryption
        outcome = connection.hand_over(ANNA, MESSAGE)
        connection.close()
    assert outcome.state is OutcomeState.ACCEPTED
    check_count(office, outcome)
    assert encryption is not None and encryption.version == "TLSv1.3"
    assert encryption.until > datetime.datetime.now(datetime.UTC)
    # After STARTTLS, EHLO is sent again (RFC 3207, section 4.2).
    assert [line[:4] for line in office.heard].count(b"EHLO") == (2 if security is Security.STARTTLS else 1)


@MODES
@pytest.mark.parametrize(
    ("paper", "words", "step"),
    [
        ("wrong_host", "different host", "check that host"),
        ("expired", "has expired", "renew"),
        ("self_signed", "self-signed", "ca_file"),
    ],
)
def test_a_certificate_that_does_not_fit(security: Security, paper: str, words: str, step: str, papers: Papers) -> None:
    """It is rejected before the sign-in, with a hint."""
    secret = Secret("5ecret")
    with _office(security, getattr(papers, paper)) as office:
        to = transport(
            office, host="localhost", security=security, ca_file=papers.ca_file, username="me", secret=secret
        )
        with pytest.raises(TransportError) as caught:
            to.connect()
    assert caught.value.message.startswith("localhost: the server’s certificate ") and words in caught.value.message
    assert step in caught.value.hint and "nothing was sent" in caught.value.hint
    assert (caught.value.stage, caught.value.is_temporary) == (Stage.TLS, False)
    assert not any(b"AUTH" in line for line in office.heard)
    assert office.taken == []


def test_unknown_authorities_are_not_trusted(papers: Papers) -> None:
    """Without `ca_file` this computer's authorities are used, which do not know the test's."""
    with (
        _office(Security.TLS, papers.good) as office,
        pytest.raises(TransportError, match="not signed by a trusted authority"),
    ):
        transport(office, host="localhost", security=Security.TLS).connect()


def test_a_self_signed_certificate(tmp_path: Path) -> None:
    """A self-signed certificate is accepted if it is the ca_file."""
    from benchmarks.handover import make_certificate

    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make_certificate(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with _office(Security.TLS, context) as office:
        connection = transport(office, security=Security.TLS, ca_file=certificate).connect()
        assert connection.hand_over(ANNA, MESSAGE).state is OutcomeState.ACCEPTED
        connection.close()


def test_encryption_is_never_left_out() -> None:
    """A server without STARTTLS, or an attacker who removed it, gets neither the password nor a message."""
    with FakeSmtp(offers=("AUTH PLAIN",)) as office, pytest.raises(TransportError) as caught:
        transport(office, security=Security.STARTTLS, username="me", secret=Secret("5ecret")).connect()
    assert "encryption (STARTTLS)" in caught.value.message
    assert "port 465" in caught.value.hint and "nothing was sent" in caught.value.hint
    assert [line[:4] for line in office.heard] == [b"EHLO"]


@with_more_time
def test_data_injected_after_starttls(papers: Papers) -> None:
    """Bytes after the answer to STARTTLS were not encrypted: they are ignored, and the connection ends."""
    injected = says(b"220 2.0.0 go ahead\r\n250-evil\r\n250 AUTH PLAIN\r\n")
    office = _office(Security.STARTTLS, papers.good, script={"starttls": injected})
    with office, pytest.raises(TransportError, match="before encryption started"):
        transport(office, HASTY, host="localhost", security=Security.STARTTLS, ca_file=papers.ca_file).connect()


def _garbles(visit: SmtpSession) -> int:
    visit.say(b"220 2.0.0 go ahead\r\n")
    visit.more()
    visit.say(b"this is not TLS\r\n" * 10)
    return hangs(visit)


def _leaves_in_the_handshake(visit: SmtpSession) -> int:
    visit.say(b"220 2.0.0 go ahead\r\n")
    visit.more()
    return leaves(visit)


def _hangs_in_the_handshake(visit: SmtpSession) -> int:
    visit.say(b"220 2.0.0 go ahead\r\n")
    return hangs(visit)


@pytest.mark.parametrize(
    ("action", "words", "is_temporary"),
    [
        (_garbles, "does not use TLS", False),
        (_leaves_in_the_handshake, "closed the connection before", True),
        (_hangs_in_the_handshake, "did not answer in time", True),
    ],
)
@with_more_time
def test_a_handshake_that_fails(action: Any, words: str, is_temporary: bool, papers: Papers) -> None:
    """Garbage, a server that disconnects, one that never answers: reported at the stage TLS, and the wait ends."""
    office = _office(Security.STARTTLS, papers.good, script={"starttls": action})
    with office, pytest.raises(TransportError, match=words) as caught:
        transport(office, HASTY, host="localhost", security=Security.STARTTLS, ca_file=papers.ca_file).connect()
    assert (caught.value.stage, caught.value.is_temporary) == (Stage.TLS, is_temporary)


@with_more_time
def test_a_plain_server_on_the_port_for_tls() -> None:
    """The most common mistake, 587 instead of 465: the hint has both ports."""
    with FakeSmtp() as office, pytest.raises(TransportError, match="does not use TLS") as caught:
        transport(office, HASTY, security=Security.TLS).connect()
    assert "465" in caught.value.hint and "587" in caught.value.hint


@with_more_time
def test_a_server_for_tls_on_a_plain_port(papers: Papers) -> None:
    """And the reverse: both wait for the other."""
    with _office(Security.TLS, papers.good) as office, pytest.raises(TransportError, match="did not answer") as caught:
        transport(office, HASTY, security=Security.STARTTLS).connect()
    assert "encryption from the start" in caught.value.hint


@pytest.mark.parametrize(("content", "words"), [("no certificate", "no certificates"), (None, "No such file")])
def test_an_invalid_ca_file(content: str | None, words: str, tmp_path: Path) -> None:
    """It is named, with what it must contain."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with FakeSmtp() as office, pytest.raises(TransportError, match=words) as caught:
        transport(office, security=Security.TLS, ca_file=path).connect()
    assert "PEM" in caught.value.hint


def test_nothing_is_sent_unencrypted_to_another_computer() -> None:
    """`security: none` is for this computer; if others are allowed, a password still is not sent."""
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        try:
            # A datagram socket that only selects an address: nothing is sent.
            asking.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this computer has no address but loopback")
        other = asking.getsockname()[0]
    with FakeSmtp(host=other, offers=("AUTH PLAIN",)) as office:
        more: dict[str, Any] = {"host": other, "username": "me", "secret": Secret("5ecret")}
        with pytest.raises(TransportError, match="is another computer, and security: none"):
            transport(office, **more).connect()
        with pytest.raises(TransportError, match="the password would be sent unencrypted"):
            transport(office, is_plain_allowed=True, **more).connect()
    assert [line[:4] for line in office.heard] == [b"EHLO"]


@with_more_time
@pytest.mark.parametrize("is_encrypted", [True, False])
def test_every_block_has_its_own_time(is_encrypted: bool, papers: Papers) -> None:
    """RFC 5321, section 4.5.3.2.5: a slow connection that keeps reading is fine, however long the whole message takes."""
    took, longer = bytearray(), factor.get()

    def take(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with papers.good.wrap_socket(connection, server_side=True) if is_encrypted else connection as server:
            while data := server.recv(16384):
                took.extend(data)
                time.sleep(0.01 * longer)

    message = bytes(range(256)) * 8192
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = threading.Thread(target=take, args=(listener,))
        server.start()
        with socket.create_connection(listener.getsockname()) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
            wire = Wire(line)
            if is_encrypted:
                wire.secure(ssl.create_default_context(cafile=papers.ca_file), "localhost", 30)
            begin = time.monotonic()
            wire.send(message, 0.8 * longer)
            took_seconds = time.monotonic() - begin
            until(lambda: len(took) == len(message))
            wire.close()
        server.join(30)
    assert took == message and took_seconds > 0.8 * longer

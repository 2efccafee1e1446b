"""The doctor's check of a mail server: one that works, and one that rejects the sign-in. Nothing is sent."""

import datetime
from pathlib import Path

from composer.doctor.diagnosis import DiagnosisLevel
from composer.doctor.mail_server import look_at_server
from composer.transport.server_settings import MailServer, Secret, Security, ServerLimits
from tests.fake_smtp import FakeSmtp, says
from tests.transport.paper import papers

NOW = datetime.datetime.now(datetime.UTC)


def test_a_good_server(tmp_path: Path) -> None:
    """It shows the extensions, the version of TLS, and until when the certificate is valid."""
    made = papers(tmp_path)
    with FakeSmtp(offers=("PIPELINING", "SIZE 1000000", "STARTTLS"), context=made.good) as office:
        server = MailServer(host="localhost", port=office.port, security=Security.STARTTLS, ca_file=made.ca_file)
        found = list(look_at_server(server, NOW))
        later = list(look_at_server(server, NOW + datetime.timedelta(days=400)))
    assert office.taken == []
    assert found[0].health is DiagnosisLevel.GOOD
    assert "PIPELINING" in found[0].seen and "without sign-in" in found[0].seen
    assert found[1].subject == "certificate of localhost" and found[1].seen.startswith("TLSv1.3, valid until ")
    assert later[1].health is DiagnosisLevel.WEAK and later[1].step


def test_a_server_without_pipelining_is_slow(tmp_path: Path) -> None:
    """It works, and could be better."""
    with FakeSmtp(offers=()) as office:
        server = MailServer(host="127.0.0.1", port=office.port, security=Security.NONE)
        found = list(look_at_server(server, NOW))
    assert [each.health for each in found] == [DiagnosisLevel.GOOD, DiagnosisLevel.WEAK]


def test_a_server_that_rejects_the_sign_in(tmp_path: Path) -> None:
    """A wrong password, a wrong certificate or no server is bad, with a step, without the secret."""
    made = papers(tmp_path)
    secret = Secret("5ecret")
    limits = ServerLimits(connect=30, reply=30)
    with (
        FakeSmtp({"auth": says(b"535 5.7.8 no\r\n")}, offers=("AUTH PLAIN",)) as office,
        FakeSmtp(context=made.wrong_host, is_tls=True) as other,
    ):
        for server in (
            MailServer(
                host="127.0.0.1", port=office.port, security=Security.NONE, username="me", secret=secret, limits=limits
            ),
            MailServer(host="localhost", port=other.port, security=Security.TLS, ca_file=made.ca_file, limits=limits),
            MailServer(host="127.0.0.1", port=1, security=Security.NONE, limits=limits),
        ):
            (found,) = look_at_server(server, NOW)
            assert found.health is DiagnosisLevel.BAD
            assert found.step
            assert "5ecret" not in repr(found)

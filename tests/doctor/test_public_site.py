"""The doctor's check of the public pages, with web servers on this computer."""

import contextlib
import datetime
import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.doctor.public_site import look_at_public_site
from tests.transport.paper import papers

NOW = datetime.datetime.now(datetime.UTC)


@contextlib.contextmanager
def serving(answers: dict[str, tuple[int, str]], context: ssl.SSLContext | None) -> Iterator[int]:
    """Answer GET requests by path, with TLS if there is a context; yield the port."""

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = answers.get(self.path, (404, "nothing here"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing is printed."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust the certificate hangs up."""

    with Server(("127.0.0.1", 0), Pages) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(60)


def _look(folder: Path, port: int, now: datetime.datetime = NOW) -> list[Diagnosis]:
    trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    return list(look_at_public_site(f"https://localhost:{port}/n", now, trust))


def test_good_pages(tmp_path: Path) -> None:
    """They answer “ok” with a valid certificate; an alert, and a certificate that expires soon, could be better."""
    made = papers(tmp_path)
    with serving({"/n/health": (200, "ok\n")}, made.good) as port:
        found = _look(tmp_path, port, NOW - datetime.timedelta(days=30))
        late = _look(tmp_path, port)
    assert [each.health for each in found] == [DiagnosisLevel.GOOD] * 2
    assert [each.health for each in late] == [DiagnosisLevel.GOOD, DiagnosisLevel.WEAK]
    with serving({"/n/health": (200, "ok\nalert: settings-not-reloaded\n")}, made.good) as port:
        alerted = _look(tmp_path, port)
    assert alerted[1].health is DiagnosisLevel.WEAK and "settings-not-reloaded" in alerted[1].seen


@pytest.mark.parametrize("answer", [(503, "mail is not being sent\n"), (200, "<html>"), (404, "")])
def test_pages_with_a_problem(tmp_path: Path, answer: tuple[int, str]) -> None:
    """Pages that report a problem, or another website at this address, are bad, with a step."""
    with serving({"/n/health": answer}, papers(tmp_path).good) as port:
        found = _look(tmp_path, port)
    assert found[0].health is DiagnosisLevel.BAD and found[0].step


@pytest.mark.parametrize("name", ["wrong_host", "expired", "self_signed"])
def test_bad_certificates(tmp_path: Path, name: str) -> None:
    """A certificate of another host, an expired one, or one that nobody signed is bad; the reason is named."""
    with serving({}, getattr(papers(tmp_path), name)) as port:
        (found,) = _look(tmp_path, port)
    assert found.health is DiagnosisLevel.BAD and "certificate is not valid" in found.seen


def test_nothing_answers(tmp_path: Path) -> None:
    """No server, no TLS, no such host: bad, each with its reason."""
    papers(tmp_path)
    with serving({}, None) as port:
        (no_tls,) = _look(tmp_path, port)
    (refused,) = _look(tmp_path, 1)
    (unknown,) = look_at_public_site("https://host.invalid/n", NOW)
    assert {each.health for each in (no_tls, refused, unknown)} == {DiagnosisLevel.BAD}
    assert "TLS" in no_tls.seen and "cannot be reached" in refused.seen and "DNS" in unknown.seen


def test_an_address_without_https(tmp_path: Path) -> None:
    """It works, but mail programs need https."""
    with serving({"/n/health": (200, "ok\n")}, None) as port:
        found = list(look_at_public_site(f"http://localhost:{port}/n", NOW))
    assert [each.health for each in found] == [DiagnosisLevel.BAD, DiagnosisLevel.GOOD]

"""When certificates expire: seen on real connections, and kept while a server cannot be checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.app.context import MailingContext, open_newsletter
from composer.app.work.certificates import CertificateError, CertifiedService, certificate_expiries, record_certificates
from composer.app.work.metrics import metrics
from composer.core.environment import Environment
from tests.doctor.test_public_site import serving
from tests.fake_smtp import FakeSmtp
from tests.transport.paper import DAY, papers
from tests.transport.paper import NOW as ISSUED

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
#: Certificates have whole seconds.
EXPIRY = (ISSUED + DAY).replace(microsecond=0)
PAGES, SMTP = CertifiedService.PAGES, CertifiedService.SMTP


@contextmanager
def configured(context: MailingContext, delivery: str, smtp: str = "") -> Iterator[MailingContext]:
    """Open the same newsletter again with other settings."""
    path = context.workspace.root / "newsletter.yaml"
    before = path.read_text(encoding="utf-8")
    path.write_text(before + delivery, encoding="utf-8")
    secrets = {**context.environment.environment, **({"COMPOSE_SMTP_URL": smtp} if smtp else {})}
    environment = Environment(environment=secrets, folder=context.environment.folder)
    with open_newsletter(context.workspace.root, environment) as opened:
        yield opened
    path.write_text(before, encoding="utf-8")


def recorded(context: MailingContext) -> dict[CertifiedService, datetime]:
    with context.database.read() as connection:
        return dict(certificate_expiries(connection))


def test_certificates_are_recorded(context: MailingContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both times are recorded and shown; a server that does not answer is an error, and neither time is lost by it."""
    made = papers(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca_file))
    with serving({"/n/health": (200, "ok\n")}, made.good) as port, FakeSmtp(context=made.good, is_tls=True) as office:
        pages = f"delivery:\n  public_url: https://localhost:{port}/n\n"
        smtp = f"smtps://localhost:{office.port}"
        with configured(context, pages, smtp) as opened:
            record_certificates(opened, NOW)
            assert recorded(opened) == {PAGES: EXPIRY, SMTP: EXPIRY}
            line = 'compose_certificate_expiry_timestamp_seconds{service="pages"} '
            (shown,) = (each for each in metrics(opened, NOW).splitlines() if each.startswith(line))
            assert float(shown.removeprefix(line)) == EXPIRY.timestamp()
        assert office.taken == []
    with configured(context, pages, smtp) as opened:
        with pytest.raises(CertificateError, match=f"public pages https://localhost:{port}/n: it cannot be reached"):
            record_certificates(opened, NOW)
        assert recorded(opened) == {PAGES: EXPIRY, SMTP: EXPIRY}


def test_one_that_fails_does_not_hide_the_other(
    context: MailingContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the certificate of the pages is not valid, that of the mail server is recorded all the same."""
    made = papers(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca_file))
    with serving({}, made.expired) as port, FakeSmtp(context=made.good, is_tls=True) as office:
        delivery = f"delivery:\n  public_url: https://localhost:{port}/n\n"
        with configured(context, delivery, f"smtps://localhost:{office.port}") as opened:
            with pytest.raises(CertificateError, match="certificate is not valid"):
                record_certificates(opened, NOW)
            assert recorded(opened) == {SMTP: EXPIRY}


def test_a_service_without_a_certificate(
    context: MailingContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without encryption, or when a service is no longer set up, its time is removed, and that is not an error."""
    made = papers(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca_file))
    with (
        FakeSmtp(context=made.good, is_tls=True) as office,
        configured(context, "", f"smtps://localhost:{office.port}") as opened,
    ):
        record_certificates(opened, NOW)
        assert recorded(opened) == {SMTP: EXPIRY}
    with FakeSmtp() as office, configured(context, "", f"smtp://127.0.0.1:{office.port}") as opened:
        record_certificates(opened, NOW)
        assert recorded(opened) == {}
    record_certificates(context, NOW)
    assert recorded(context) == {}

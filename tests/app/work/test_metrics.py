"""Figures for monitoring: a foreign parser reads them, and nothing personal can be in them."""

import re
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser
from sqlalchemy import update

from composer.app.context import MailingContext
from composer.app.work.certificates import CertifiedService
from composer.app.work.job_records import record_failure, record_start, record_success
from composer.app.work.jobs import JobName
from composer.app.work.metrics import metrics, served_metrics, write_metrics
from composer.audience.mailbox_providers import Provider
from composer.audience.subscribers import Status
from composer.content.document.newsletter_config import RouteConfig, ServerConfig
from composer.core.errors import OutputError, UsageError
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.retry_policy import PauseRoute
from composer.delivery.core.states import DeliveryState
from composer.delivery.throttle import rate_limit
from tests.delivery.factories import frozen
from tests.factories import ROOT
from tests.proxies import free_port

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
#: Every value that a label may have.
VOCABULARY = (
    {state.value for state in DeliveryState}
    | {status.value for status in Status}
    | {provider.name.lower() for provider in Provider}
    | {name.value for name in JobName}
    | {service.value for service in CertifiedService}
    | {"live", "silent", "database", "keys"}
)


def parsed(text: str) -> list[Any]:
    """Return the families that the parser of Prometheus's own client finds."""
    return list(openmetrics_parser.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]


def busy(context: MailingContext) -> None:
    """A mailing, jobs, and people with telling names and domains."""
    frozen(context.database, 4)
    with context.database.write() as connection:
        connection.execute(update(mailings).values(made=NOW, subject="Secret words"))
        connection.execute(update(deliveries).where(deliveries.c.subscriber_id == 1).values(state="accepted"))
        connection.execute(
            update(subscribers).values(name='Zoë "Zed"\nQuill', address=subscribers.c.id.concat("@tiny-domain.example"))
        )
        record_start(connection, JobName.BOUNCES, "machine of Quill", NOW)
        record_failure(connection, JobName.BOUNCES, 1.0, "MailboxError", NOW)
        record_start(connection, JobName.ARCHIVE, "machine of Quill", NOW)
        record_success(connection, JobName.ARCHIVE, 1.0, NOW)


def test_a_foreign_parser_reads_every_figure(context: MailingContext) -> None:
    """The values are those of the ledger; a job that never succeeded has no time of success."""
    busy(context)
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in parsed(metrics(context, NOW))
        for sample in family.samples
    }
    assert found["compose_deliveries", "accepted"] == 1 and found["compose_deliveries", "pending"] == 3
    assert found["compose_mailings_with_wrong_totals",] == 0
    assert found["compose_subscribers", "active"] == 4
    assert found["compose_job_failures", "bounces"] == 1 and found["compose_job_failures", "archive"] == 0
    assert ("compose_job_last_success_timestamp_seconds", "bounces") not in found
    assert found["compose_job_last_success_timestamp_seconds", "archive"] == pytest.approx(NOW.timestamp(), abs=1)


def test_labels_have_only_codes(context: MailingContext) -> None:
    """No address, name, domain, subject or token: each label is one of a fixed list, and each line has only figures."""
    busy(context)
    text = metrics(context, NOW)
    values = {value for family in parsed(text) for sample in family.samples for value in sample.labels.values()}
    assert values <= VOCABULARY, values - VOCABULARY
    for secret in ("Quill", "tiny-domain", "Secret", "example", "@"):
        assert secret not in text
    for line in text.splitlines():
        assert line.startswith("#") or re.fullmatch(r'\w+(\{\w+="\w+"\})? [\d.e+-]+', line), line


def test_each_mail_server_has_figures(context: MailingContext) -> None:
    """By its name in newsletter.yaml, which cannot contain a host, a domain or an address; a single server does not."""
    busy(context)
    with context.database.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.subscriber_id == 1).values(route="big-list"))
        rate_limit.slow(connection, "b.example:587", None, 60, PauseRoute(until=NOW), NOW, "421 4.7.0 not now")
    assert "compose_route" not in metrics(context, NOW)
    servers = tuple(
        RouteConfig(name=name, server=ServerConfig(host=host, port=587, security="starttls"))
        for name, host in (("big-list", "a.example"), ("backup", "b.example"))
    )
    delivery = replace(context.newsletter.delivery, smtp=servers)
    context = replace(context, newsletter=replace(context.newsletter, delivery=delivery))
    text = metrics(context, NOW)
    assert 'compose_route_up{route="big-list"} 1.0' in text and 'compose_route_up{route="backup"} 0.0' in text
    assert (
        'compose_route_accepted{route="big-list"} 1.0' in text and 'compose_route_accepted{route="backup"} 0.0' in text
    )
    assert "a.example" not in text and "not now" not in text


def test_alert_rules_use_figures_that_exist(context: MailingContext) -> None:
    """Every name in the alert rules of deploy/ is a figure, and every label value is one of the list."""
    busy(context)
    families = {family.name for family in parsed(metrics(context, NOW))}
    rules = yaml.safe_load((ROOT / "deploy" / "monitoring" / "alerts.yml").read_text(encoding="utf-8"))
    for rule in rules["groups"][0]["rules"]:
        assert set(re.findall(r"compose_\w+", rule["expr"])) <= families, rule
        assert set(re.findall(r'="(\w+)"', rule["expr"])) <= VOCABULARY, rule


def test_they_are_written_whole(context: MailingContext, tmp_path: Path) -> None:
    """A file is replaced in one step; one that cannot be written is an error with its name."""
    busy(context)
    target = tmp_path / "compose.prom"
    target.write_text("old")
    write_metrics(context, target, NOW)
    assert target.read_text().endswith("# EOF\n") and [path.name for path in tmp_path.iterdir() if path.is_file()] == [
        "compose.prom"
    ]
    with pytest.raises(OutputError, match="nowhere"):
        write_metrics(context, tmp_path / "nowhere" / "compose.prom", NOW)


def test_they_are_served_on_this_computer(context: MailingContext) -> None:
    """A scraper reads them while `compose work` runs; a port that is taken is reported."""
    busy(context)
    port = free_port()
    with served_metrics(context, port, lambda: NOW):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            families = {family.name for family in parser.text_string_to_metric_families(answer.read().decode())}
        with (
            pytest.raises(UsageError, match="cannot listen"),
            served_metrics(context, port, lambda: NOW),
        ):
            pass
    assert "compose_deliveries" in families

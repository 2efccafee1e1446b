"""Figures for monitoring, in the OpenMetrics format.

Input: an open newsletter, the time. Output: text for a scraper or a file. Guarantees: labels are codes of a fixed list
(states, jobs, kinds, services, large providers) and the names of mail servers in newsletter.yaml, which have only letters, digits
and hyphens; no address, name of a person, domain or token can appear. Mailings older than 30 days do not
count, so that the work does not grow with the archive.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from composer.app.context import MailingContext
from composer.app.work.certificates import certificate_expiries
from composer.app.work.job_records import records_of
from composer.audience.subscribers import count as count_subscribers
from composer.bounces.health.health_query import health_of
from composer.core.errors import OutputError, UsageError
from composer.database.machines import live_machines, silent_machines
from composer.delivery.config.key_backup import keys_of, last_backup
from composer.delivery.config.resolve import route_places
from composer.delivery.core.mailing import Sums, mailings_of, sums_of
from composer.delivery.core.routing import RouteCondition
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.last_backup import last_database_backup
from composer.delivery.reporting.route_results import accepted_by_route, server_conditions
from composer.web.public.transactional.queue import waiting

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.registry import CollectorRegistry

_RECENT = timedelta(days=30)
#: Only this computer can reach the figures; a scraper on another one needs a proxy.
_HOST = "127.0.0.1"


def metrics(context: MailingContext, now: datetime) -> str:
    """Return all figures in the OpenMetrics text format. Raises DatabaseError."""
    from prometheus_client.openmetrics.exposition import generate_latest

    text: bytes = generate_latest(_registry(lambda: _families(context, now)))  # type: ignore[no-untyped-call]
    return text.decode()


def write_metrics(context: MailingContext, file: Path, now: datetime) -> None:
    """Replace a file with all figures: a reader sees the old ones or the new ones. Raises OutputError, DatabaseError."""
    text = metrics(context, now)
    draft = file.with_name(f".{file.name}.new")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        raise OutputError(f"{file} cannot be written: {error.strerror or error}") from None


@contextmanager
def served_metrics(context: MailingContext, port: int, clock: Callable[[], datetime]) -> Iterator[None]:
    """Serve the figures at http://127.0.0.1:PORT/metrics inside the block. Raises UsageError if the port is taken."""
    from prometheus_client import start_http_server

    try:
        server, thread = start_http_server(port, _HOST, _registry(lambda: _families(context, clock())))
    except OSError as error:
        raise UsageError(
            f"cannot listen on {_HOST} port {port}: {error.strerror or error}", "choose another port: --metrics-port N"
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _registry(families: Callable[[], Iterable["GaugeMetricFamily"]]) -> "CollectorRegistry":
    from prometheus_client.registry import Collector, CollectorRegistry

    class Newsletter(Collector):
        def collect(self) -> Iterable["GaugeMetricFamily"]:
            return families()

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Newsletter())
    return registry


def _families(context: MailingContext, now: datetime) -> Iterator["GaugeMetricFamily"]:
    with context.database.read() as connection:
        recent = [each for each in mailings_of(connection) if not each.is_rehearsal and each.made >= now - _RECENT]
        sums = [sums_of(connection, each.id) for each in recent]
        yield from _deliveries(sums)
        yield from _routes(context, connection, [each.id for each in recent], now)
        yield from _audience(connection, now)
        yield from _work(connection, now)
        yield from _backups(context, connection)
        yield _certificates(connection)


def _deliveries(sums: list[Sums]) -> Iterator["GaugeMetricFamily"]:
    states = {state.value: sum(each[state] for each in sums) for state in DeliveryState}
    yield _gauge("compose_deliveries", "Deliveries of the last 30 days, by state.", "state", states)
    uneven = sum(not each.is_even for each in sums)
    yield _single("compose_mailings_with_wrong_totals", "Mailings whose totals do not add up: always 0.", uneven)


def _routes(
    context: MailingContext, connection: Connection, mailing_ids: list[int], now: datetime
) -> Iterator["GaugeMetricFamily"]:
    """Yield figures about each mail server, if newsletter.yaml names several."""
    places = [each for each in route_places(context.newsletter, context.environment) if each.name is not None]
    if not places:
        return
    conditions = server_conditions(connection, places, now)
    up = {each.place.name or "": float(each.condition is RouteCondition.UP) for each in conditions}
    yield _gauge("compose_route_up", "Whether each mail server works: 1, or 0.", "route", up)
    accepted = accepted_by_route(connection, mailing_ids)
    counts = {name: accepted.get(name, 0) for name in up}
    yield _gauge("compose_route_accepted", "Deliveries of the last 30 days that each server accepted.", "route", counts)


def _audience(connection: Connection, now: datetime) -> Iterator["GaugeMetricFamily"]:
    subscribers = {status.value: number for status, number in count_subscribers(connection).items()}
    yield _gauge("compose_subscribers", "Subscribers, by status.", "status", subscribers)
    health = health_of(connection, now, _RECENT.days)
    figures = health.by_provider()
    for name in ("accepted", "refused", "bounced", "complaints"):
        values = {provider.name.lower(): getattr(each, name) for provider, each in figures.items()}
        yield _gauge(f"compose_messages_{name}", f"Messages of the last 30 days: {name}.", "provider", values)
    yield _single("compose_held_bounces", "Groups of bounces that wait for a decision.", len(health.holds))
    queued, oldest = waiting(connection)
    yield _single("compose_pages_mail_queued", "Mails of the public pages that wait for their first attempt.", queued)
    age = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
    yield _single("compose_pages_mail_oldest_seconds", "Age of the oldest of them.", age)


def _work(connection: Connection, now: datetime) -> Iterator["GaugeMetricFamily"]:
    machines = {"live": len(live_machines(connection, now)), "silent": len(silent_machines(connection, now))}
    yield _gauge("compose_machines", "Machines of compose work.", "state", machines)
    records = records_of(connection)
    successes = {each.name: each.succeeded.timestamp() for each in records if each.succeeded is not None}
    yield _gauge("compose_job_last_success_timestamp_seconds", "When each job last succeeded.", "job", successes)
    failures = {each.name: each.failures for each in records}
    yield _gauge("compose_job_failures", "Failures of each job since its last success.", "job", failures)


def _backups(context: MailingContext, connection: Connection) -> Iterator["GaugeMetricFamily"]:
    database = last_database_backup(connection)
    keys = last_backup(context.environment, keys_of(connection, context.newsletter, context.environment).publication)
    times = {
        kind: backup.at.timestamp() for kind, backup in (("database", database), ("keys", keys)) if backup is not None
    }
    yield _gauge("compose_backup_timestamp_seconds", "When each kind of backup was last made.", "kind", times)


def _certificates(connection: Connection) -> "GaugeMetricFamily":
    times = {service.value: expiry.timestamp() for service, expiry in certificate_expiries(connection).items()}
    text = "When each certificate expires, as compose work last saw it."
    return _gauge("compose_certificate_expiry_timestamp_seconds", text, "service", times)


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> "GaugeMetricFamily":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _single(name: str, text: str, value: float) -> "GaugeMetricFamily":
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, text, value=value)

"""Checks everything that sending needs, and returns the next steps.

Input: a workspace, the environment with the secrets, the time. Output: findings, one at a time. Guarantees: changes
nothing and sends nothing; no database is created, and one of another version is not upgraded.
"""

import socket
from collections.abc import Iterator
from datetime import datetime

from composer.app.context import notes_of
from composer.bounces.record.bounce_settings import webhooks_of
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.core.environment import Environment
from composer.core.errors import ComposeError, ContentError
from composer.core.workspace import Workspace
from composer.database.engine import connect
from composer.database.location import location_of
from composer.database.schema_version import newest, version_of
from composer.delivery.config.dns_record import DnsRecord, is_own_host
from composer.delivery.config.resolve import hosts_of, servers_of, signing_host, transport_name
from composer.delivery.database_guard.copy_detection import check_original
from composer.doctor.bounce_route import look_at_bounce_route
from composer.doctor.database_backups import look_at_database_backup
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.doctor.dns.dns_records import look_at_names
from composer.doctor.dns.mail_hosts import look_at_bounce_domain, look_at_reverse_names
from composer.doctor.dns.name_server import Ask, ask_name_server
from composer.doctor.held_bounces import look_at_held_bounces
from composer.doctor.installation import look_at_git, look_at_packages
from composer.doctor.key_backups import look_at_key_backup
from composer.doctor.list_id import look_at_list_id
from composer.doctor.mail_server import look_at_server
from composer.doctor.pdf_printing import look_at_pdf
from composer.doctor.public_site import look_at_public_site
from composer.doctor.running_server import installed_at, look_at_running_server
from composer.doctor.sign_ups import look_at_sign_ups
from composer.doctor.signing_keys import look_at_keys


def diagnose(
    workspace: Workspace, environment: Environment, now: datetime, *, is_offline: bool = False
) -> Iterator[Diagnosis]:
    """Check everything that sending needs, and yield findings; `is_offline` uses no network."""
    yield from look_at_packages()
    yield from look_at_pdf()
    yield from look_at_git(workspace)
    try:
        newsletter = read_newsletter(workspace)
    except ContentError as error:
        count = len(error.problems)
        seen = f"{count} problem{'s' if count > 1 else ''}, the first: {error.problems[0].message}"
        place = f"{error.problems[0].path}:{error.problems[0].line}"
        yield Diagnosis(subject="newsletter.yaml", health=DiagnosisLevel.BAD, seen=seen, step=f"fix {place}")
        return
    if newsletter.editors:
        yield Diagnosis(subject="editors", health=DiagnosisLevel.GOOD, seen="test messages have recipients")
    else:
        step = "add to newsletter.yaml:   editors:   and below it   - name@example.org"
        yield Diagnosis(
            subject="editors", health=DiagnosisLevel.OPEN, seen="test messages have no recipients", step=step
        )
    yield from _sending(workspace, newsletter, environment, now, is_offline=is_offline)


def _sending(
    workspace: Workspace, newsletter: Newsletter, environment: Environment, now: datetime, *, is_offline: bool
) -> Iterator[Diagnosis]:
    host = ""
    if transport_name(newsletter, environment) == "outbox":
        step = "to set one up, see   compose help set-up-sending"
        yield Diagnosis(
            subject="mail server",
            health=DiagnosisLevel.OPEN,
            seen="not set up: messages are written to outbox/",
            step=step,
        )
    else:
        try:
            hosts = hosts_of(newsletter, environment)
            host, webhooks = signing_host(hosts), webhooks_of(newsletter, environment)
            for each in dict.fromkeys(hosts):
                if route := look_at_bounce_route(each, webhooks):
                    yield route
            for given, server in servers_of(newsletter, workspace, environment):
                if not is_offline:
                    yield from look_at_server(server, now, given.name if given else None)
        except ComposeError as error:
            yield Diagnosis(subject="mail server", health=DiagnosisLevel.BAD, seen=error.message, step=error.hint)
    yield from look_at_sign_ups(newsletter, workspace, environment, now)
    found, keys = look_at_keys(newsletter, environment, host)
    yield from found
    yield look_at_list_id(newsletter)
    yield from _database(workspace, newsletter, environment, now)
    if not is_offline:
        yield from _names(newsletter, keys, host, ask_name_server)
        if newsletter.delivery.public_url is not None:
            yield from look_at_public_site(newsletter.delivery.public_url, now)


def _names(newsletter: Newsletter, keys: tuple[DnsRecord, ...], host: str, ask: Ask) -> Iterator[Diagnosis]:
    """Check what name servers say about the sender, the address for bounces, and a mail server of one's own."""
    domain = newsletter.sender.domain
    if host in ("localhost", "127.0.0.1", "::1"):
        # Our name as receivers see it, if this computer knows it.
        host = socket.getfqdn()
    own = host if is_own_host(host, domain) else ""
    yield from look_at_names(domain, keys, ask, own)
    yield look_at_bounce_domain((newsletter.delivery.bounces or newsletter.sender).domain, ask)
    if own:
        yield from look_at_reverse_names(own, ask)


def _database(
    workspace: Workspace, newsletter: Newsletter, environment: Environment, now: datetime
) -> Iterator[Diagnosis]:
    """Check the database if it exists and has this program's version; it is not created or upgraded here."""
    try:
        location = location_of(newsletter, workspace, environment.environment)
        if location.path is not None and not location.path.exists():
            return
        with connect(location) as database:
            with database.read() as connection:
                if version_of(connection) != newest():
                    return
                yield from look_at_held_bounces(connection)
                if location.path is not None:
                    yield look_at_database_backup(connection, now)
                if (server := look_at_running_server(connection, installed_at())) is not None:
                    yield server
            if (found := look_at_key_backup(database, newsletter, environment)) is not None:
                yield found
            check_original(database, notes_of(environment))
    except ComposeError as error:
        yield Diagnosis(subject="database", health=DiagnosisLevel.BAD, seen=error.message, step=error.hint)

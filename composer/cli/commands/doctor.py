"""`compose doctor`: what sending needs, looked at."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.errors import ComposeError, ContentError
from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.content.document.newsletter import Newsletter
    from composer.core.environment import Environment
    from composer.doctor.diagnosis import Diagnosis

_SIGNS = {"good": "ok", "weak": "could be better", "bad": "WRONG", "open": "open"}


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Leave the mail server and the name servers alone.")
def command(offline: bool) -> int:
    """Look at everything that sending needs, and name the next step.

    It changes nothing and sends nothing. It signs in at the mail server, reads the names' records, and looks at the
    certificate, the keys, the packages and what git keeps.
    """
    from composer.doctor.diagnosis import DiagnosisLevel

    workspace = Workspace.find(Path.cwd())
    is_well = True
    for found in _look(workspace, offline=offline):
        is_well = is_well and found.health is not DiagnosisLevel.BAD
        console.answer(f"{_SIGNS[found.health]:<16} {found.subject}: {found.seen}")
        if found.step:
            console.answer(f"{'':<16}   {found.step}")
    return 0 if is_well else 1


def _look(workspace: Workspace, *, offline: bool) -> "Iterator[Diagnosis]":
    from composer.content.document.newsletter import read_newsletter
    from composer.core.environment import environment
    from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
    from composer.doctor.installation import look_at_git, look_at_packages

    yield from look_at_packages()
    yield from look_at_git(workspace)
    try:
        newsletter = read_newsletter(workspace)
    except ContentError as error:
        count = len(error.problems)
        seen = f"{count} problem{'s' if count > 1 else ''}, the first: {error.problems[0].message}"
        place = f"{error.problems[0].path}:{error.problems[0].line}"
        yield Diagnosis(subject="newsletter.yaml", health=DiagnosisLevel.BAD, seen=seen, step=f"mend {place}")
        return
    if newsletter.editors:
        yield Diagnosis(subject="editors", health=DiagnosisLevel.GOOD, seen="test sends have somewhere to go")
    else:
        step = "write   editors:   with   - name@example.org   below it into newsletter.yaml"
        yield Diagnosis(subject="editors", health=DiagnosisLevel.OPEN, seen="nobody gets test sends", step=step)
    yield from _sending(workspace, newsletter, environment(), offline=offline)


def _sending(
    workspace: Workspace, newsletter: "Newsletter", around: "Environment", *, offline: bool
) -> "Iterator[Diagnosis]":
    from composer.bounces.record.bounce_settings import webhooks_of
    from composer.delivery.config.resolve import server_of, transport_name
    from composer.doctor.bounce_route import look_at_bounce_route
    from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
    from composer.doctor.dns_records import look_at_names, txt_records
    from composer.doctor.mail_server import look_at_server
    from composer.doctor.sign_ups import look_at_sign_ups
    from composer.doctor.signing_keys import look_at_keys

    host = ""
    if transport_name(newsletter, around) == "outbox":
        step = "when you want to send:   docs/sending.md"
        yield Diagnosis(
            subject="mail server",
            health=DiagnosisLevel.OPEN,
            seen="none is set up: sends are written to outbox/",
            step=step,
        )
    else:
        try:
            server = server_of(newsletter, workspace, around)
            host = server.host
            if route := look_at_bounce_route(host, webhooks_of(newsletter, around)):
                yield route
            if not offline:
                yield from look_at_server(server, datetime.datetime.now(datetime.UTC))
        except ComposeError as error:
            yield Diagnosis(subject="mail server", health=DiagnosisLevel.BAD, seen=error.message, step=error.hint)
    yield from look_at_sign_ups(newsletter, workspace, around, datetime.datetime.now(datetime.UTC))
    found, keys = look_at_keys(newsletter, around, host)
    yield from found
    yield from _database(workspace, newsletter, around)
    if not offline:
        yield from look_at_names(newsletter.sender.domain, keys, txt_records)


def _database(workspace: Workspace, newsletter: "Newsletter", around: "Environment") -> "Iterator[Diagnosis]":
    """Look into the database, if there is one of this program's version: nothing is made or upgraded here."""
    from composer.app.context import notes_of
    from composer.database.engine import connect
    from composer.database.location import location_of
    from composer.database.schema_version import newest, version_of
    from composer.delivery.database_guard.copy_detection import check_original
    from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
    from composer.doctor.held_bounces import look_at_held_bounces
    from composer.doctor.key_backups import look_at_key_backup

    try:
        location = location_of(newsletter, workspace, around.environment)
        if location.path is not None and not location.path.exists():
            return
        with connect(location) as database:
            with database.read() as connection:
                if version_of(connection) != newest():
                    return
                yield from look_at_held_bounces(connection)
            if (found := look_at_key_backup(database, newsletter, around)) is not None:
                yield found
            check_original(database, notes_of(around))
    except ComposeError as error:
        yield Diagnosis(subject="database", health=DiagnosisLevel.BAD, seen=error.message, step=error.hint)

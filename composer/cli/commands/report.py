"""`compose report`: what became of a mailing."""

from pathlib import Path

import click

from composer.cli.ui import console


@click.command("report")
@click.argument("mailing", type=click.IntRange(min=1), metavar="MAILING")
@click.option(
    "--output", "output", type=click.Path(path_type=Path), metavar="DIR", help="Below DIR, not outbox/mailings/."
)
def command(mailing: int, output: Path | None) -> int:
    """Write what became of a mailing: a page, a text, tables.

    It says how things stand now: what comes back later changes it. The list of those who did not get it is a file, and never
    printed.
    """
    from composer.app.context import open_newsletter
    from composer.cli.sending.send_options import MAILINGS
    from composer.cli.ui.open_database import now
    from composer.core.folders import make_private
    from composer.core.workspace import OUTBOX
    from composer.delivery.reporting.mailing_report import summary, write
    from composer.delivery.reporting.statistics import each_event, each_not_received, statistics_of

    with open_newsletter() as publication, publication.database.read() as connection:
        workspace, newsletter = publication.workspace, publication.newsletter
        if output is None:
            make_private(workspace.root / MAILINGS, workspace.root / OUTBOX)
        account = statistics_of(connection, mailing, now())
        # A folder of its own: it is replaced whole.
        folder = (output or workspace.root / MAILINGS) / f"{mailing}-report"
        paths = write(
            folder,
            account,
            each_not_received(connection, mailing),
            each_event(connection, mailing),
            newsletter=newsletter.name,
            zone=newsletter.zone,
        )
    for line in summary(account, newsletter.zone):
        console.answer(line)
    console.answer("")
    for path in paths:
        console.answer(workspace.name(path))
    return 0 if account.sums.is_even else 1

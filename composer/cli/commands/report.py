"""The command `compose report`: the report of a mailing."""

from pathlib import Path

import click

from composer.cli.ui import console


@click.command("report")
@click.argument("mailing", type=click.IntRange(min=1), metavar="MAILING")
@click.option(
    "--output",
    "output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to write to.  [default: outbox/mailings/]",
)
def command(mailing: int, output: Path | None) -> int:
    """Write the report of a mailing: web page, text, tables.

    It shows the current results; bounces that arrive later change them. The list of subscribers who did not get the
    mailing is written to a file, and never printed.
    """
    from composer.app.clock import now
    from composer.app.context import open_newsletter
    from composer.app.mailings.report_files import report
    from composer.delivery.reporting.mailing_report import summary

    with open_newsletter() as context:
        written = report(context, mailing, now(), folder=output)
    for line in summary(written.statistics, context.newsletter.zone):
        console.answer(line)
    console.answer("")
    for path in written.paths:
        console.answer(context.workspace.name(path))
    return 0 if written.statistics.sums.is_even else 1

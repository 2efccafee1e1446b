"""The command `compose metrics`: print figures for monitoring."""

from pathlib import Path

import click

from composer.cli.ui import console


@click.command("metrics")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Replace a file, such as one of node_exporter's textfile collector.",
)  # fmt: skip
def command(out: Path | None) -> int:
    """Print figures for monitoring, in the OpenMetrics format.

    Contains deliveries by state, subscribers, bounces and complaints by provider, the last success of each job of
    `compose work`, the times of backups, and when certificates expire; no addresses and no names.
    """
    from composer.app.clock import now
    from composer.app.context import open_newsletter
    from composer.app.work.metrics import metrics, write_metrics

    with open_newsletter() as context:
        if out is None:
            console.answer(metrics(context, now()).rstrip("\n"))
        else:
            write_metrics(context, out, now())
    return 0

"""Writes what became of a mailing: a page, a text, tables, and everything that happened.

Input: an open newsletter, the number of a mailing, the time. Output: files in a folder of their own, and the figures in them.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from composer.app.context import MailingContext
from composer.app.mailings.send_options import MAILINGS
from composer.core.folders import make_private
from composer.core.workspace import OUTBOX
from composer.delivery.reporting.mailing_report import write
from composer.delivery.reporting.statistics import Statistics, each_event, each_not_received, statistics_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """A report that was written."""

    statistics: Statistics
    paths: tuple[Path, ...]


def report(context: MailingContext, mailing_id: int, now: datetime, *, folder: Path | None = None) -> ReportFiles:
    """Write the report of a mailing below a folder, by default the outbox. Raises MailingError, OutputError."""
    root, newsletter = context.workspace.root, context.newsletter
    with context.database.read() as connection:
        if folder is None:
            make_private(root / MAILINGS, root / OUTBOX)
        statistics = statistics_of(connection, mailing_id, now)
        paths = write(
            # A folder of its own: it is replaced whole.
            (folder or root / MAILINGS) / f"{mailing_id}-report",
            statistics,
            each_not_received(connection, mailing_id),
            each_event(connection, mailing_id),
            newsletter=newsletter.name,
            zone=newsletter.zone,
        )
    return ReportFiles(statistics=statistics, paths=paths)

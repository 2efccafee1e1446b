"""Writes the report of a mailing: web page, text, tables, and all events.

Input: an open newsletter, the number of a mailing, the time. Output: files in their own folder, and the figures in them.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from composer.app.clock import now
from composer.app.context import MailingContext
from composer.app.mailings.send_options import MAILINGS
from composer.core.folders import make_private
from composer.core.workspace import OUTBOX
from composer.delivery.reporting.mailing_report import write
from composer.delivery.reporting.statistics import Statistics, each_event, each_not_received, statistics_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """A written report."""

    statistics: Statistics
    paths: tuple[Path, ...]


def report(
    context: MailingContext, mailing_id: int, at: datetime | None = None, *, folder: Path | None = None
) -> ReportFiles:
    """Write the report of a mailing to a folder, by default in the outbox. Raises MailingError, OutputError."""
    at = at or now()
    root, newsletter = context.workspace.root, context.newsletter
    with context.database.read() as connection:
        if folder is None:
            make_private(root / MAILINGS, root / OUTBOX)
        statistics = statistics_of(connection, mailing_id, at)
        paths = write(
            # The report has its own folder, because the whole folder is replaced.
            (folder or root / MAILINGS) / f"{mailing_id}-report",
            statistics,
            each_not_received(connection, mailing_id),
            each_event(connection, mailing_id),
            newsletter=newsletter.name,
            zone=newsletter.zone,
        )
    return ReportFiles(statistics=statistics, paths=paths)

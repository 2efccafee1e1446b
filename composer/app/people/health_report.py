"""Reports the health of the audience, as figures and as a web page.

Input: a newsletter's context, the time, the number of days of mailings. Output: figures, and a private file if one is
named. Guarantees: changes nothing in the database.
"""

from datetime import datetime
from pathlib import Path

from composer.app.context import MailingContext
from composer.bounces.health.audience_health import AudienceHealth
from composer.bounces.health.health_page import page
from composer.bounces.health.health_query import health_of
from composer.core.errors import OutputError
from composer.core.folders import close


def audience_health(context: MailingContext, now: datetime, days: int = 90) -> AudienceHealth:
    """Return growth, bounces and complaints, by mailing and provider."""
    with context.database.read() as connection:
        return health_of(connection, now, days)


def write_health_page(context: MailingContext, health: AudienceHealth, file: Path) -> None:
    """Write the figures as a web page that only its owner can read. Raises OutputError."""
    try:
        # Servers' answers and small domains can identify people.
        file.touch(0o600)
        close(file)
        file.write_text(page(health, context.newsletter.name), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{file} cannot be written: {error.strerror or error}") from None

"""Check whether the messages of the public pages are sent: sign-up confirmations, and links.

Input: the newsletter, the workspace, the environment. Output: diagnoses. Guarantees: changes nothing, and creates no
database.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from composer.content.document.newsletter import Newsletter
from composer.core.environment import Environment
from composer.core.errors import DatabaseError
from composer.core.workspace import Workspace
from composer.database.engine import connect
from composer.database.location import location_of
from composer.database.schema_version import newest, version_of
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.web.public.transactional.queue import waiting

#: A message that has waited longer is delayed: normally it is sent within seconds.
_LATE = timedelta(minutes=10)
_SUBJECT = "sign-up mail"


def look_at_sign_ups(
    newsletter: Newsletter, workspace: Workspace, around: Environment, now: datetime
) -> Iterator[Diagnosis]:
    """Find messages that have waited for their first attempt; yields nothing if the newsletter has no public pages."""
    if newsletter.delivery.public_url is None:
        return
    try:
        location = location_of(newsletter, workspace, around.environment)
        if location.path is not None and not location.path.is_file():
            return
        with connect(location) as database, database.read() as connection:
            if version_of(connection) != newest():
                return
            count, oldest = waiting(connection)
    except DatabaseError as error:
        yield Diagnosis(subject=_SUBJECT, health=DiagnosisLevel.OPEN, seen=error.message, step=error.hint)
        return
    if oldest is None or now - oldest < _LATE:
        yield Diagnosis(subject=_SUBJECT, health=DiagnosisLevel.GOOD, seen="no message is delayed")
        return
    messages = "1 message is" if count == 1 else f"{count} messages are"
    yield Diagnosis(
        subject=_SUBJECT,
        health=DiagnosisLevel.WEAK,
        seen=f"{messages} queued, the oldest since {oldest:%Y-%m-%d %H:%M} UTC",
        step="check that compose serve is running; if it is, the limit delivery.signup_mail_per_hour is reached: "
        "compose help public-pages",
    )

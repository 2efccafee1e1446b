"""Check how old the last backup of the database is.

Input: a connection to a database file. Output: a diagnosis. Guarantees: changes nothing.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from composer.delivery.database_guard.last_backup import last_database_backup
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel

_OLD = timedelta(days=7)
_STEP = "start   compose work --backups DIR   or run   compose db backup FILE   every night:   compose help back-up-and-restore"


def look_at_database_backup(connection: Connection, now: datetime) -> Diagnosis:
    """Report the age of the last backup that `compose db backup` made."""
    subject = "database backup"
    found = last_database_backup(connection)
    if found is None:
        seen = "none was made with   compose db backup"
        return Diagnosis(subject=subject, health=DiagnosisLevel.WEAK, seen=seen, step=_STEP)
    days = (now - found.at).days
    seen = f"{found.at:%Y-%m-%d %H:%M} UTC, {found.file}"
    if now - found.at > _OLD:
        return Diagnosis(subject=subject, health=DiagnosisLevel.WEAK, seen=f"{days} days old: {seen}", step=_STEP)
    return Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=seen)

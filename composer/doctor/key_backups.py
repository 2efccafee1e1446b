"""Check whether there is a backup of the current keys.

Input: an open database, the newsletter, the user's folder. Output: a diagnosis, or None before the first key exists.
"""

from composer.audience.suppression import erasure_key
from composer.content.document.newsletter import Newsletter
from composer.core.environment import Environment
from composer.core.errors import ComposeError
from composer.database.engine import Database
from composer.delivery.config.key_backup import keys_of, last_backup
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel

_STEP = "run   compose keys backup FILE   and keep the file apart from the database and the passphrase"


def look_at_key_backup(database: Database, newsletter: Newsletter, around: Environment) -> Diagnosis | None:
    """Compare the keys with those of the last backup made on this computer."""
    subject = "key backup"
    try:
        with database.read() as connection:
            erasure_key(connection)
            keys = keys_of(connection, newsletter, around)
    except ComposeError as error:
        return Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=error.message, step=error.hint)
    if keys.is_empty:
        return None
    kept = last_backup(around, keys.publication)
    if kept is None:
        return Diagnosis(
            subject=subject, health=DiagnosisLevel.WEAK, seen="no backup has been made on this computer", step=_STEP
        )
    made = f"{kept.at:%Y-%m-%d}, {kept.file}"
    if kept.fingerprint != keys.fingerprint:
        seen = f"the last backup ({made}) does not contain the current keys"
        return Diagnosis(subject=subject, health=DiagnosisLevel.WEAK, seen=seen, step=_STEP)
    return Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=made)

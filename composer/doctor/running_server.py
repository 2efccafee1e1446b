"""Check whether `compose serve` still runs a version that was replaced since it was started.

Input: a connection; the host, and when this version was installed. Output: a diagnosis, or None. Guarantees: changes
nothing.
"""

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from sqlalchemy import Connection, select

from composer.database.tables.mailing_tables import workers
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel

_SUBJECT = "running compose serve"


def installed_at() -> datetime | None:
    """Return when this version was installed, from the file that every installation writes; None if it is unknown."""
    files = metadata.distribution("compose-newsletter").files or ()
    record = next((file for file in files if file.name == "RECORD"), None)
    path = Path(str(record.locate())) if record is not None else None
    if path is None or not path.is_file():
        return None
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def is_running(process: int) -> bool:
    """Return whether a process of this computer runs; on Windows, this cannot be asked."""
    if os.name != "posix":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def look_at_running_server(
    connection: Connection, installed: datetime | None, is_alive: Callable[[int], bool] = is_running
) -> Diagnosis | None:
    """Compare the start of each server on this computer with the installation; None if none runs here."""
    running = connection.execute(
        select(workers.c.process, workers.c.began).where(
            workers.c.mailing_id.is_(None), workers.c.ended.is_(None), workers.c.host == socket.gethostname()
        )
    ).all()
    starts = sorted(row.began for row in running if is_alive(row.process))
    if not starts or installed is None:
        return None
    if starts[0] >= installed:
        return Diagnosis(
            subject=_SUBJECT, health=DiagnosisLevel.GOOD, seen=f"since {starts[0]:%Y-%m-%d %H:%M} UTC, the same version"
        )
    version = metadata.version("compose-newsletter")
    return Diagnosis(
        subject=_SUBJECT,
        health=DiagnosisLevel.WEAK,
        seen=f"since {starts[0]:%Y-%m-%d %H:%M} UTC; version {version} was installed later and is not used yet",
        step="restart it; with systemd:   systemctl restart compose-serve",
    )

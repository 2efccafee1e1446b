"""What a job is given besides the newsletter.

Input: the command line of `compose work`. Output: values for the functions in job_functions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from composer.app.clock import now
from composer.delivery.worker.stop_request import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFolders:
    """The folders of this machine that jobs write to; None if this machine does not do the job."""

    #: The online archive.
    archive: Path | None = None
    #: Copies of the database.
    backups: Path | None = None
    #: Encrypted copies of the keys, and the passphrase that encrypts them.
    keys: Path | None = None
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrder:
    """How this machine does its jobs, and how it is watched."""

    machine: str
    folders: WorkFolders = WorkFolders()
    #: Requests to stop; a mailing in progress is drained.
    stop: Stop = field(default_factory=Stop)
    clock: Callable[[], datetime] = now
    #: The port of this computer where the figures for monitoring are served; None for no port.
    metrics_port: int | None = None

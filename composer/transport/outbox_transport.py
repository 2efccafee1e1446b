"""The outbox as a transport. Guarantees: messages are written to files, and nothing is sent."""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from composer.core.errors import OutputError
from composer.core.folders import make_private
from composer.transport.envelope import Envelope
from composer.transport.outcome import Outcome, OutcomeState, Stage
from composer.transport.protocol import go


class FileTransport:
    """Writes each message to `<recipient>.eml` in a folder. A second message to the same recipient replaces the first."""

    def __init__(self, folder: Path, below: Path | None = None) -> None:
        self.folder = folder
        #: Only the owner can enter the folders below this one, because they contain addresses.
        self.below = folder.parent if below is None else below

    @property
    def name(self) -> str:
        """The path of the folder."""
        return str(self.folder)

    def connect(self) -> "FileTransport":
        """Create the folder. Raises OutputError."""
        try:
            make_private(self.folder, self.below)
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written: {error.strerror or error}") from error
        return self

    def hand_over(self, envelope: Envelope, message: bytes, before_dot: Callable[[], bool] = go) -> Outcome:
        """Write the file completely, or not at all. Raises OutputError."""
        if not before_dot():
            return Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.FILE, reason="canceled before it was written")
        path = self.folder / _file_name(envelope.recipient)
        try:
            handle, draft = tempfile.mkstemp(prefix=".", suffix=".new", dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(message)
                Path(draft).replace(path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
        return Outcome(state=OutcomeState.WRITTEN, stage=Stage.FILE, reason=path.name)

    def close(self) -> None:
        """Do nothing."""


def _file_name(recipient: str) -> str:
    """Return a file name for an address; with a hash if the address has capitals or characters that a name cannot have."""
    plain = re.sub(r"[^a-z0-9@.+_-]", "_", recipient.lower()).lstrip(".")[:200]
    if plain == recipient:
        return f"{plain}.eml"
    return f"{plain}-{hashlib.sha256(recipient.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}.eml"

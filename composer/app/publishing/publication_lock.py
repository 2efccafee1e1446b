"""Makes sure that one archive is written by one command at a time.

Input: the archive's folder. Output: the right to write it. Guarantees: never waits; the system releases the lock when
the process ends in any way; nothing is left next to the archive after a run that was not killed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from composer.core.errors import OutputBusyError, OutputError
from composer.delivery.database_guard.file_lock import FileLock, HeldError
from composer.publish.site.site_folder import make_parent


@contextmanager
def only_publication(folder: Path) -> Iterator[None]:
    """Hold the lock of an archive's folder, a hidden file next to it.

    Raises OutputBusyError if another command is writing the archive, OutputError if nothing can be written there.
    """
    make_parent(folder)
    path = folder.parent / f".{folder.name}.lock"
    busy = OutputBusyError(
        f"{folder} is being written by another compose publish", "run the command again when it is done"
    )
    try:
        lock = FileLock(path)
    except HeldError:
        raise busy from None
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}", "choose another folder") from error
    try:
        if not _is_same(lock, path):
            # The command before has just deleted it, and another one may already hold a new one.
            raise busy
        yield
        # Before it is released: afterwards it could be that of the next command.
        _delete(path)
    except BaseException:
        if _is_same(lock, path):
            _delete(path)
        raise
    finally:
        lock.release()


def _is_same(lock: FileLock, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock.handle), path.stat())
    except OSError:
        return False


def _delete(path: Path) -> None:
    # Windows does not delete open files.
    with suppress(OSError):
        path.unlink()

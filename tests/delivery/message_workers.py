"""Shared by tests of message workers: their process ids, and waiting until they have started or ended."""

import os
import time
from pathlib import Path

from composer.delivery.messages.message_worker_pool import MessageWorkerPool


def pids(pool: MessageWorkerPool) -> list[int]:
    return [each.process.pid for each in pool._pool]


def are_ready(pool: MessageWorkerPool) -> bool:
    pool.expect(())
    return all(each._has_begun and not each._is_gone for each in pool._pool)


def warm(pool: MessageWorkerPool) -> MessageWorkerPool:
    """Wait until the workers have started; until then messages are made in this process."""
    end = time.monotonic() + 60
    while not are_ready(pool):
        assert time.monotonic() < end, "they do not begin"
        time.sleep(0.01)
    return pool


def is_gone(pid: int) -> bool:
    """Return whether a process has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # Another owner must clean it up.
    return (
        Path(f"/proc/{pid}/stat").exists()
        and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    )


def ends(pid: int) -> bool:
    """Wait until a process has ended, and return whether it has."""
    end = time.monotonic() + 60
    while not is_gone(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return is_gone(pid)

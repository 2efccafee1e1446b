"""A process that forks runs: `python -m tests.torture.nursery`. What takes long to import is imported once.

Input: on stdin, a line of JSON for each run (`Order`). Output: on stdout the id of each child, a line each. Ends when
stdin does. A child sends a mailing by the real engine over real sockets, and kills itself where it is told to.
"""

import json
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from composer.core.errors import ComposeError
from composer.database.engine import connect
from composer.database.location import Location
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.scheduler import Ending
from composer.delivery.database_guard.sending_lock import BusyError
from composer.delivery.worker.run_loop import MailingJob, send
from composer.delivery.worker.stop_request import Stop
from composer.transport.server_settings import MailServer, Security, ServerLimits
from composer.transport.smtp.smtp_transport import SmtpTransport
from tests.delivery.factories import Plain

POLICY = RetryPolicy(
    delays=(timedelta(milliseconds=20), timedelta(milliseconds=40)),
    pause=timedelta(milliseconds=10),
    longest_pause=timedelta(milliseconds=50),
    away=timedelta(milliseconds=100),
    # A server that lies all the time is what this is about.
    doubts=1_000_000,
)
#: Exit codes of a run.
DONE, BUSY, OTHER = 0, 10, 11
#: What a run passes again and again, by its name: where it can be killed.
STEPS = (
    "claimed",
    "before handing over",
    "before intent",
    "before commit",
    "after commit",
    "after intent",
    "after answer",
)


@dataclass(frozen=True)
class Order:
    """What a child is to do."""

    path: str
    url: str
    mailing: int
    port: int
    connections: int
    #: Die at the so manieth time of this step, and leave a byte in a file first; nowhere when it is empty.
    step: str = ""
    number: int = 0
    witness: str = ""


def run(order: Order) -> int:
    """Send, and give the exit code."""
    location = Location(path=Path(order.path)) if order.path else Location(url=order.url)
    seen = 0

    def step(name: str) -> None:
        nonlocal seen
        if name == order.step:
            seen += 1
            if seen == order.number:
                with Path(order.witness).open("ab") as file:
                    file.write(b".")
                os.kill(os.getpid(), signal.SIGKILL)

    server = MailServer(
        host="127.0.0.1",
        port=order.port,
        security=Security.NONE,
        limits=ServerLimits(connect=30, reply=30, dot=30, messages=20),
    )
    with connect(location) as database:
        job = MailingJob(
            database=database,
            mailing_id=order.mailing,
            transport=SmtpTransport(server),
            message_source=Plain(),
            connections=order.connections,
            policy=POLICY,
        )
        try:
            return DONE if send(job, Stop(), step=step).ending is Ending.DONE else OTHER
        except BusyError:
            return BUSY


def main() -> None:
    """Fork a child for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = Order(**json.loads(line))
        if child := os.fork():
            print(child, flush=True)
            continue
        code = OTHER
        try:
            code = run(order)
        except ComposeError as error:
            print(error.message, file=sys.stderr)
        except BaseException:
            traceback.print_exc()
        os._exit(code)


if __name__ == "__main__":
    main()

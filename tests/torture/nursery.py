"""A process that forks runs, so that slow imports happen once: `python -m tests.torture.nursery`.

Input: on stdin, a line of JSON for each run (`Order`). Output: on stdout, the id of each child, one per line. Ends when
stdin ends. A child sends a mailing with the real engine over real sockets, and kills itself at the given step.
"""

import json
import os
import signal
import sys
import traceback
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from composer.core.errors import ComposeError
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.scheduler import Ending
from composer.delivery.database_guard.sending_lock import BusyError
from composer.delivery.messages.outgoing import MessageSource
from composer.delivery.worker.route_work import Route
from composer.delivery.worker.run_loop import MailingJob, send
from composer.delivery.worker.stop_request import Stop
from composer.transport.server_settings import MailServer, Security, ServerLimits
from composer.transport.smtp.smtp_transport import SmtpTransport
from tests.delivery.factories import Plain
from tests.torture.personal_mailing import Roll, message_source

POLICY = RetryPolicy(
    delays=(timedelta(milliseconds=20), timedelta(milliseconds=40)),
    pause=timedelta(milliseconds=10),
    longest_pause=timedelta(milliseconds=50),
    reconnect_delay=timedelta(milliseconds=100),
    # The server gives wrong answers all the time, on purpose.
    max_consecutive_unconfirmed=1_000_000,
)
#: Messages per minute: so high that it is still high after it was halved several times.
_HIGH = 600_000.0
#: Exit codes of a run.
DONE, BUSY, OTHER = 0, 10, 11
#: The steps of a run at which it can be killed, by name.
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
    """The instructions for a child."""

    path: str
    url: str
    mailing: int
    port: int
    connections: int
    #: The port of a mail server that is preferred to the other one; 0 for none.
    preferred_port: int = 0
    #: Die when this step is reached for this number of times, after writing a byte to a file; never if it is empty.
    step: str = ""
    number: int = 0
    witness: str = ""
    #: The `Roll` of its message workers; without one, the run makes plain messages itself.
    roll: str = ""
    #: Whether to wait for the message workers before sending.
    is_warm: bool = False
    #: The message workers die when the step is reached for this number of times; never if it is 0.
    workers_number: int = 0


def run(order: Order) -> int:
    """Send, and return the exit code."""
    location = Location(path=Path(order.path)) if order.path else Location(url=order.url)
    seen = 0

    def step(name: str) -> None:
        nonlocal seen
        if name == order.step:
            seen += 1
            if seen == order.workers_number:
                Roll(Path(order.roll)).kill()
            if seen == order.number:
                with Path(order.witness).open("ab") as file:
                    file.write(b".")
                os.kill(os.getpid(), signal.SIGKILL)

    routes = [_route(order.port, order.connections)]
    if order.preferred_port:
        preferred = _route(order.preferred_port, order.connections)
        routes = [replace(preferred, name="preferred", rate=_HIGH), replace(routes[0], name="backup")]
    with connect(location) as database, _messages(order, database) as messages:
        job = MailingJob(
            database=database,
            mailing_id=order.mailing,
            routes=tuple(routes),
            message_source=messages,
            policy=POLICY,
        )
        try:
            return DONE if send(job, Stop(), step=step).ending is Ending.DONE else OTHER
        except BusyError:
            return BUSY


def _route(port: int, connections: int) -> Route:
    limits = ServerLimits(connect=30, reply=30, dot=30, messages=20)
    server = MailServer(host="127.0.0.1", port=port, security=Security.NONE, limits=limits)
    return Route(transport=SmtpTransport(server), connections=connections)


def _messages(order: Order, database: Database) -> AbstractContextManager[MessageSource]:
    if not order.roll:
        return nullcontext(Plain())
    return message_source(database, order.mailing, Roll(Path(order.roll)), is_warm=order.is_warm)


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

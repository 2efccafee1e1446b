"""Times mailings to servers with a limit of ten messages per session, by how they report it, and one without a limit.

Input: how many messages, connections and rounds. Output: for each kind of server the seconds, and the received copies.
The servers are those of the tests; each round uses all of them, alternating.
"""

import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.mailing import fill, frozen
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.delivery.core.states import DeliveryState
from composer.delivery.worker.route_work import Route
from composer.delivery.worker.run_loop import MailingJob, send
from composer.delivery.worker.stop_request import Stop
from composer.transport.server_settings import MailServer, Security
from composer.transport.smtp.smtp_transport import SmtpTransport
from tests.delivery.factories import Plain
from tests.fake_smtp import FakeSmtp, Script, session_limits

#: The most messages that a server accepts in a session.
MOST = 10
UNLIMITED = "any number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The results of mailings to one kind of server."""

    seconds: tuple[float, ...]
    #: In the worst round: recipients with more than one copy, and without a known copy.
    doubled: int
    unconfirmed: int
    #: Recipients that are neither accepted nor unconfirmed.
    lost: int
    sessions: int

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return median(self.seconds)


def sessions(count: int, connections: int, rounds: int) -> dict[str, Sent]:
    """Send to every kind of server."""
    scripts: dict[str, Script] = {UNLIMITED: {}, **session_limits(MOST)}
    found: dict[str, list[Sent]] = {kind: [] for kind in scripts}
    for _ in range(rounds):
        for kind, script in scripts.items():
            found[kind].append(_send(script, count, connections))
    return {
        kind: Sent(
            seconds=tuple(each.seconds[0] for each in all_of_it),
            doubled=max(each.doubled for each in all_of_it),
            unconfirmed=max(each.unconfirmed for each in all_of_it),
            lost=max(each.lost for each in all_of_it),
            sessions=max(each.sessions for each in all_of_it),
        )
        for kind, all_of_it in found.items()
    }


def _send(script: Script, count: int, connections: int) -> Sent:
    with tempfile.TemporaryDirectory() as folder, open_database(Location(path=Path(folder) / "news.db")) as database:
        fill(database, count)
        mailing = frozen(database, "sessions")
        with FakeSmtp(script) as office:
            server = MailServer(host="127.0.0.1", port=office.port, security=Security.NONE)
            job = MailingJob(
                database=database,
                mailing_id=mailing.id,
                routes=(Route(transport=SmtpTransport(server), connections=connections),),
                message_source=Plain(),
            )
            begin = time.perf_counter()
            run = send(job, Stop())
            took = time.perf_counter() - begin
    copies = Counter(recipient for recipient, _ in office.taken)
    accepted, unconfirmed = run.sums[DeliveryState.ACCEPTED], run.sums[DeliveryState.UNKNOWN]
    return Sent(
        seconds=(took,),
        doubled=sum(each > 1 for each in copies.values()),
        unconfirmed=unconfirmed,
        lost=count - accepted - unconfirmed,
        sessions=len(office.visits),
    )

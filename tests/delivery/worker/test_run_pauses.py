"""Which runs pause a mailing, which runs remove a pause, and what a timer does with a paused mailing."""

import threading
from dataclasses import replace

from sqlalchemy import text

from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_upgrade import upgrade
from composer.delivery.core.mailing import mailing_of, pause, stop
from composer.delivery.core.pause import Pause, PauseReason
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.selection.due_mailings import next_due
from composer.delivery.selection.freeze import freeze
from composer.delivery.worker.run_loop import Run, send
from composer.delivery.worker.stop_request import Stop
from composer.transport.envelope import Envelope
from composer.transport.memory_transport import MemoryTransport
from composer.transport.outcome import Outcome, OutcomeState, Scope, ServerReply, Stage
from tests.databases import upgrade_to
from tests.delivery.factories import NOW, QUICK, SECOND, add_subscribers, draft, frozen, sums
from tests.delivery.worker.test_run_loop import job, run, to_each

S = DeliveryState


def paused(database: Database) -> Pause | None:
    with database.read() as connection:
        return mailing_of(connection, 1).pause


def reason(database: Database) -> PauseReason | None:
    found = paused(database)
    return None if found is None else found.reason


def test_ctrl_c_pauses_and_sigterm_does_not(database: Database) -> None:
    """A person who stops a run decides; a service that restarts does not."""
    frozen(database, 30)
    for is_by_hand in (False, True):
        word = Stop()

        def script(envelope: Envelope, word: Stop = word, is_by_hand: bool = is_by_hand) -> None:
            word.say(is_by_hand=is_by_hand)

        ran = send(job(database, MemoryTransport(script), connections=1), word)
        assert ran.ending is Ending.INTERRUPTED
        assert reason(database) is (PauseReason.INTERRUPTED if is_by_hand else None)


def test_a_limit_leaves_the_rest_to_a_person_from_the_beginning_on(database: Database) -> None:
    """From the start, because a crash must not send the rest. The pause is removed if nothing is left."""
    frozen(database, 10)
    reasons: list[PauseReason | None] = []
    ran = run(database, MemoryTransport(lambda envelope: reasons.append(reason(database))), limit=4)
    assert ran.ending is Ending.LIMIT and set(reasons) == {PauseReason.LIMIT}
    assert reason(database) is PauseReason.LIMIT
    later = ServerReply(code=451, enhanced="4.2.0", text="4.2.0 later")
    deferred = Outcome(state=OutcomeState.DEFERRED, stage=Stage.RCPT, reply=later, scope=Scope.RECIPIENT)
    waits = replace(QUICK, max_wait=0 * SECOND, delays=(3600 * SECOND,), deadline=9999 * SECOND)
    ran = run(database, MemoryTransport(to_each({5: deferred})), limit=20, pause=paused(database), policy=waits)
    assert ran.ending is Ending.LATER and reason(database) is None


def test_a_server_that_rejects_us_leaves_it_to_a_person(database: Database) -> None:
    """A timer would send three more rejected messages every five minutes."""
    frozen(database, 10)
    no = Outcome(
        state=OutcomeState.REFUSED,
        stage=Stage.DOT,
        scope=Scope.SERVER,
        reply=ServerReply(code=550, enhanced="5.7.1", text="no"),
    )
    ran = run(database, MemoryTransport(to_each(dict.fromkeys(range(1, 11), no))), is_unattended=True)
    assert ran.ending is Ending.HALTED and reason(database) is PauseReason.HALTED


def test_an_unattended_run_keeps_every_pause(database: Database) -> None:
    """Not an earlier pause, even if it was shown, and not one during the run."""
    frozen(database, 300)
    with database.write() as connection:
        pause(connection, 1, "anna", PauseReason.INTERRUPTED, NOW)
    server = MemoryTransport()
    ran = run(database, server, is_unattended=True, pause=paused(database))
    assert ran.ending is Ending.STOPPED and server.taken == [] and reason(database) is PauseReason.INTERRUPTED
    assert run(database, server, limit=1, pause=paused(database)).tried == 1
    with database.write() as connection:
        connection.execute(text("UPDATE mailings SET paused = NULL, paused_because = NULL"))
    told: list[Run] = []
    reached, is_paused = threading.Event(), threading.Event()

    def script(envelope: Envelope) -> None:
        if held.taken:
            reached.set()
            is_paused.wait(60)

    held = MemoryTransport(script)
    thread = threading.Thread(target=lambda: told.append(run(database, held, is_unattended=True)))
    thread.start()
    assert reached.wait(60)
    with database.write() as connection:
        pause(connection, 1, "anna", PauseReason.INTERRUPTED, NOW)
    is_paused.set()
    thread.join(60)
    # Deliveries claimed before may be sent.
    assert told and told[0].ending is Ending.STOPPED and len(held.taken) < 200


def test_a_person_removes_only_the_pause_that_they_saw(database: Database) -> None:
    """A pause set by another person during the confirmation stays."""
    frozen(database, 5)
    with database.write() as connection:
        pause(connection, 1, "anna", PauseReason.LIMIT, NOW)
    seen = paused(database)
    with database.write() as connection:
        assert stop(connection, 1, "ben", NOW + SECOND)
    assert run(database, MemoryTransport(), pause=seen).ending is Ending.STOPPED
    found = paused(database)
    assert found == Pause(at=NOW + SECOND, by="ben", reason=PauseReason.STOPPED)
    assert run(database, MemoryTransport(), pause=found).is_over


def test_mailings_that_a_timer_sends(database: Database) -> None:
    """Unfinished mailings with messages left, started by hand or due; not those that wait, have ended or are rehearsals."""
    with database.write() as connection:
        add_subscribers(connection, 4)
        for issue, more in (
            ("by hand", {}),
            ("due", {"due": NOW}),
            ("waits", {"due": NOW + 60 * SECOND}),
            ("begun early", {"due": NOW + 60 * SECOND}),
            ("rehearsed", {"is_rehearsal": True}),
            ("over", {}),
        ):
            freeze(connection, draft(issue, **more), NOW)
    run(database, MemoryTransport(), mailing_id=4, limit=1)
    run(database, MemoryTransport(), mailing_id=6)
    found: set[int] = set()
    while (each := next_due(database, NOW, found)) is not None:
        found.add(each.id)
    assert found == {1, 2, 4}


def test_unconfirmed_ones_alone_are_not_due(database: Database) -> None:
    """There is nothing to send: a person must settle them."""
    frozen(database, 2)
    lost = Outcome(state=OutcomeState.UNKNOWN, stage=Stage.DOT, reason="lost", scope=Scope.SERVER)
    assert not run(database, MemoryTransport(to_each({1: lost}))).is_over
    assert sums(database).by_state == {S.UNKNOWN: 1, S.ACCEPTED: 1}
    assert next_due(database, NOW, set()) is None


def test_older_mailings_started_by_hand_are_paused_by_the_migration(no_tables: Location) -> None:
    """An earlier version never sent them with a timer, and did not record who had stopped them."""
    at = int(NOW.timestamp() * 1000)
    rows = [
        # By hand; by hand and stopped; due; due and stopped; ended; a rehearsal.
        (1, None, None, None, False),
        (2, None, at, None, False),
        (3, at, None, None, False),
        (4, at, at, None, False),
        (5, None, None, at, False),
        (6, None, None, None, True),
    ]
    with connect(no_tables) as database:
        upgrade_to(database, "0010")
        with database.write() as connection:
            connection.execute(text("INSERT INTO issues (id, key) VALUES (1, '2025-01-30')"))
            asked = text(
                "INSERT INTO mailings (id, public_id, issue_id, is_rehearsal, made, made_by, program, edition, subject, audience,"
                " terms, frozen, left_out, due, stopped, ended)"
                " VALUES (:id, :id, 1, :is_rehearsal, 0, 'anna', '0', 'e', 's',"
                " 'all subscribers', '{}', 0, '{}', :due, :stopped, :ended)"
            )
            for number, due, stopped, ended, is_rehearsal in rows:
                values = {"id": number, "due": due, "stopped": stopped, "ended": ended, "is_rehearsal": is_rehearsal}
                connection.execute(asked, values)
            event = "INSERT INTO mailing_events (mailing_id, at, kind, who) VALUES (2, 0, 'stopped', 'ben')"
            connection.execute(text(event))
        upgrade(database)
        with database.read() as connection:
            found = connection.execute(text("SELECT id, paused_because, paused, paused_by FROM mailings")).all()
    reasons = {row.id: row.paused_because for row in found}
    assert reasons == {1: "upgrade", 2: "stopped", 3: None, 4: "stopped", 5: None, 6: None}
    assert {row.id: row.paused_by for row in found if row.paused_by} == {2: "ben"}
    assert all((row.paused is None) == (row.paused_because is None) for row in found)
    assert {row.paused for row in found if row.paused_because == "stopped"} == {at}

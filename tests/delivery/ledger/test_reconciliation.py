"""Resolving unconfirmed deliveries: with a real Postfix log, and by a person's decision."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.mailing import MailingError
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger import maintenance, reconciliation
from composer.delivery.ledger.relay_log import Expected, taken
from composer.delivery.reporting.statistics import statistics_of
from composer.transport.memory_transport import MemoryTransport
from tests.delivery.factories import NOW, frozen, kinds, states, sums
from tests.delivery.worker.test_run_loop import LOST, run, to_each

S = DeliveryState
#: From Postfix 3.7: one accepted, one cut off before its dot, one whose client left after its dot, one with another
#: Message-ID; the header was logged because of   header_checks: /^X-Compose-ID:/ INFO
LOG = """\
Nov 25 22:43:09 interop postfix/smtpd[23907]: connect from localhost[127.0.0.1]
Nov 25 22:43:09 interop postfix/smtpd[23907]: B5F992E2A59: client=localhost[127.0.0.1]
Nov 25 22:43:09 interop postfix/cleanup[23911]: B5F992E2A59: message-id=<wellreceived2222@example.org>
Nov 25 22:43:09 interop postfix/qmgr[23905]: B5F992E2A59: from=<n@example.org>, size=21352, nrcpt=1 (queue active)
Nov 25 22:43:09 interop postfix/smtpd[23907]: BD5E42E2A5A: client=localhost[127.0.0.1]
Nov 25 22:43:09 interop postfix/cleanup[23911]: BD5E42E2A5A: message-id=<droppedbefore333@example.org>
Nov 25 22:43:09 interop postfix/virtual[23913]: B5F992E2A59: to=<r@interop.example>, relay=virtual, delay=0.06, \
delays=0.03/0.03/0/0, dsn=2.0.0, status=sent (delivered to maildir)
Nov 25 22:43:09 interop postfix/qmgr[23905]: B5F992E2A59: removed
Nov 25 22:43:10 interop postfix/smtpd[23907]: lost connection after DATA (21138 bytes) from localhost[127.0.0.1]
Nov 25 22:43:10 interop postfix/smtpd[23907]: 12D5A2E2A5A: client=localhost[127.0.0.1]
Nov 25 22:43:10 interop postfix/cleanup[23911]: 12D5A2E2A5A: message-id=<droppedafter4444@example.org>
Nov 25 22:43:10 interop postfix/smtpd[23917]: 180CC2E2A5C: client=localhost[127.0.0.1]
Nov 25 22:43:10 interop postfix/cleanup[23918]: 180CC2E2A5C: info: header X-Compose-ID: noidofmyown55555 from \
localhost[127.0.0.1]; from=<n@example.org> to=<r@interop.example> proto=ESMTP helo=<x>
Nov 25 22:43:10 interop postfix/cleanup[23918]: 180CC2E2A5C: message-id=<20261125224310.180CC2E2A5C@interop.example>
Nov 25 22:43:10 interop postfix/qmgr[23905]: 180CC2E2A5C: from=<n@example.org>, size=21366, nrcpt=1 (queue active)
Nov 25 22:43:10 interop postfix/qmgr[23905]: 12D5A2E2A5A: from=<n@example.org>, size=21352, nrcpt=1 (queue active)
Nov 25 22:43:10 interop postfix/qmgr[23905]: 12D5A2E2A5A: removed
""".splitlines()
NAMES = ("wellreceived2222", "droppedbefore333", "droppedafter4444", "noidofmyown55555", "nevercame6666666")
OURS = Expected(sender="n@example.org", recipient="r@interop.example")


def named(*names: str) -> dict[str, Expected]:
    return dict.fromkeys(names, OURS)


def test_a_log_proves_what_came_into_the_queue() -> None:
    """A Message-ID alone proves nothing: it is logged with the header, before the message is complete."""
    assert taken(LOG, named(*NAMES)) == {"wellreceived2222", "droppedafter4444", "noidofmyown55555"}


def test_names_are_found_in_any_case_and_no_others() -> None:
    """A log may be in capitals; other people's messages are ignored."""
    assert taken((line.replace("wellreceived", "WellReceived") for line in LOG), named(*NAMES[:1])) == {
        "wellreceived2222"
    }
    assert taken(LOG, {}) == taken(["garbage", "", "\0"], named(*NAMES)) == frozenset()


def at(time: str, *lines: str) -> list[str]:
    return [f"{time} mx postfix/{line}" for line in lines]


CUT_OFF = (
    "smtpd[1]: AAAAAA: client=x[127.0.0.1]",
    "cleanup[2]: AAAAAA: message-id=<droppedbefore333@example.org>",
)
QUEUED = "qmgr[3]: AAAAAA: from=<n@example.org>, size=1, nrcpt=1 (queue active)"
OTHERS = "cleanup[2]: AAAAAA: message-id=<somebody@else>"
SENT = "smtp[4]: AAAAAA: to=<{}>, relay=x[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (250 ok)"
ISO = "2025-01-30T06:30:0{}+01:00"


@pytest.mark.parametrize(
    "later",
    [
        at(ISO.format(1), "smtpd[1]: AAAAAA: client=x[127.0.0.1]", OTHERS, QUEUED),
        at(ISO.format(1), "pickup[9]: AAAAAA: uid=0 from=<root>", QUEUED),
        # The line of the new client is missing: another message's name ends ours, too.
        at(ISO.format(1), OTHERS, QUEUED),
        at(ISO.format(1), "cleanup[7]: AAAAAA: message-id=<>", QUEUED),
        at(ISO.format(1), "qmgr[3]: AAAAAA: removed", QUEUED),
        # All lines of the new message's start are missing.
        at(ISO.format(1), QUEUED.replace("n@example.org", "somebody@else.example"), SENT.format("r@interop.example")),
        at("2025-01-30T06:55:00+01:00", QUEUED),
        at("2025-01-30T06:29:00+01:00", QUEUED),
        at("2025-02-08T06:30:00+01:00", SENT.format("r@interop.example")),
        at(ISO.format(1), QUEUED, SENT.format("somebody@else.example")),
        at(ISO.format(1), SENT.format("somebody@else.example")),
        # Without a time there is no proof.
        at("", QUEUED),
        at("Xyz 45 06:30:01", QUEUED),
        at(ISO.format(1), "qmgr[3]: AAAAAA: removed"),
    ],
)
def test_a_reused_queue_id_proves_nothing(later: list[str]) -> None:
    """An incomplete message is not confused with a later one of the same id: name, sender, recipient and time must match."""
    assert taken([*at(ISO.format(0), *CUT_OFF), *later], named(*NAMES)) == frozenset()


@pytest.mark.parametrize(
    "later",
    [
        at(ISO.format(1), QUEUED),
        at("2025-01-30T06:40:00+01:00", QUEUED),
        at("2025-01-30T05:30:01Z", QUEUED),
        at(ISO.format(1), QUEUED.replace("n@example.org", "N@Example.org")),
        # A deferred attempt is logged again, and a copy goes to the archive.
        at(ISO.format(1), QUEUED) + at("2025-01-31T06:40:00+01:00", QUEUED),
        at(ISO.format(1), QUEUED, SENT.format("archive@x.example"), SENT.format("r@interop.example")),
        at("2025-02-02T06:30:00+01:00", SENT.format("R@interop.example").replace("sent", "bounced")),
        at(ISO.format(1), SENT.format("box@x.example").replace(", relay", ", orig_to=<r@interop.example>, relay")),
        # The id belongs to another message only afterwards.
        at(ISO.format(1), QUEUED, *CUT_OFF[:1], OTHERS, QUEUED.replace("n@", "m@"), SENT.format("m@else.example")),
    ],
)
def test_lines_that_prove_acceptance(later: list[str]) -> None:
    """The queue manager's line shortly after it, or a delivery to our recipient."""
    assert taken([*at(ISO.format(0), *CUT_OFF), *later], named(*NAMES)) == {"droppedbefore333"}


def test_times_of_old_logs() -> None:
    """Without a year, also across New Year; and in the format of journalctl."""
    for first, second, is_proof in (
        ("Dec 31 23:59:59", "Jan  1 00:00:04", True),
        ("Nov 25 22:43:09", "Nov 25 22:59:09", False),
        ("Nov 25 22:43:09", "Nov 25 22:43:07", True),
        ("1764100000.123456", "1764100003.000001", True),
        ("1764100000.123456", "1764109003.000001", False),
        ("2025-01-30 06:30:00 CET", "2025-01-30 06:30:04 CET", True),
        ("2025-01-30T06:30:00.123456789+0100", "2025-01-30T06:30:04.5+0100", True),
    ):
        found = taken([*at(first, *CUT_OFF), *at(second, QUEUED)], named(*NAMES))
        assert bool(found) is is_proof, (first, second)


def test_a_recipient_without_a_known_address() -> None:
    """The sender and the name must be enough: the address of an erased recipient is not known."""
    erased = {"droppedbefore333": Expected(sender="n@example.org", recipient=None)}
    log = at(ISO.format(0), *CUT_OFF)
    assert taken([*log, *at(ISO.format(1), QUEUED, SENT.format("r@interop.example"))], erased) == set(erased)
    assert taken([*log, *at(ISO.format(1), SENT.format("r@interop.example"))], erased) == frozenset()


def test_the_servers_own_message_id() -> None:
    """Our header names it, and the server's own next Message-ID belongs to the same message; a later one does not."""
    header = "cleanup[2]: AAAAAA: info: header X-Compose-ID: noidofmyown55555 from x[127.0.0.1]; from=<n@example.org>"
    own, other = (f"cleanup[{process}]: AAAAAA: message-id=<own{process}@mx>" for process in (2, 5))
    begun = at(ISO.format(0), CUT_OFF[0], header, own)
    assert taken([*begun, *at(ISO.format(1), QUEUED)], named(*NAMES)) == {"noidofmyown55555"}
    assert taken([*begun, *at(ISO.format(1), other, QUEUED)], named(*NAMES)) == frozenset()


@pytest.mark.parametrize("name", ["postfix-out/submission/cleanup", "mx1.postfix/cleanup", "postfix/cleanup"])
def test_a_server_may_have_any_name(name: str) -> None:
    """Instances and services may have any name."""
    log = [
        f"2025-01-30T06:30:00+01:00 mx {name}[12]: 4Zb1Gk2JXYz5: message-id=<wellreceived2222@example.org>",
        f"2025-01-30T06:30:00+01:00 mx {name.rpartition('/')[0]}/qmgr[1]: 4Zb1Gk2JXYz5: {QUEUED.partition('AAAAAA: ')[2]}",
    ]
    assert taken(log, named(*NAMES)) == {"wellreceived2222"}


def sent(name: str) -> reconciliation.SentWithoutAnswer:
    return reconciliation.SentWithoutAnswer(message_id=f"<{name}@example.org>", sender="n@example.org")


def log_of(recipient: str) -> list[str]:
    """Return the log in which the delivered message went to this address."""
    return [line.replace("to=<r@interop.example>", f"to=<{recipient}>") for line in LOG]


def unknown(database: Database, count: int) -> None:
    """A mailing without answers for the first subscribers."""
    frozen(database, count + 2)
    run(database, MemoryTransport(to_each(dict.fromkeys(range(1, count + 1), LOST))))
    assert sums(database).by_state == {S.UNKNOWN: count, S.ACCEPTED: 2}


def test_by_a_log(database: Database) -> None:
    """Proven messages are accepted; the others stay unconfirmed."""
    unknown(database, 4)
    with database.write() as connection:
        settled = reconciliation.settle_by_log(
            connection,
            1,
            log_of("reader1@example.net"),
            lambda subscriber_id: sent(NAMES[subscriber_id - 1]),
            "anna",
            NOW,
        )
    assert (settled.settled, settled.left) == (3, 1)
    assert [states(database)[number] for number in (1, 2, 3, 4)] == [S.ACCEPTED, S.UNKNOWN, S.ACCEPTED, S.ACCEPTED]
    assert kinds(database, 1) == ["unknown", "settled"]


def test_a_delivery_to_each_of_them_is_proof_alone(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """On every page: the address is the subscriber's own, also for the first and the last."""
    monkeypatch.setattr(reconciliation, "_PAGE", 2)
    unknown(database, 3)
    log = [
        line
        for each, name in enumerate(("a", "b", "c"), 1)
        for line in (
            *at(ISO.format(0), *(part.replace("AAAAAA", f"AAAAA{each}") for part in CUT_OFF[:1])),
            *at(ISO.format(0), f"cleanup[2]: AAAAA{each}: message-id=<{name * 16}@example.org>"),
            *at(ISO.format(1), SENT.format(f"reader{each}@example.net").replace("AAAAAA", f"AAAAA{each}")),
        )
    ]
    with database.write() as connection:
        found = reconciliation.settle_by_log(connection, 1, log, lambda each: sent("-abc"[each] * 16), "anna", NOW)
        assert found == reconciliation.Settled(settled=3, left=0)


def test_addresses_are_expected_as_a_server_logs_them() -> None:
    """A domain in any script is in ASCII there."""
    assert reconciliation._expected("n@b\u00fccher.example", "ann@m\u00fcnchen.example") == Expected(
        sender="n@xn--bcher-kva.example", recipient="ann@xn--mnchen-3ya.example"
    )
    # An address without an ASCII form is searched unchanged, and an unknown one is not searched.
    for recipient in (None, "nobody"):
        assert reconciliation._expected("n@example.org", recipient) == Expected(
            sender="n@example.org", recipient=recipient
        )


def test_by_a_log_of_somebody_who_was_erased(database: Database) -> None:
    """Sender and name must be enough without an address; a delivery to an unknown address proves nothing."""
    unknown(database, 4)
    with database.write() as connection:
        connection.execute(delete(subscribers).where(subscribers.c.id.in_((1, 3))))
        names = dict(zip((1, 2, 3, 4), NAMES, strict=False))
        settled = reconciliation.settle_by_log(connection, 1, LOG, lambda n: sent(names[n]), "anna", NOW)
        assert (settled.settled, settled.left) == (3, 1)
        assert reconciliation.unknown_of(connection, 1) == (2,)


def test_by_a_person(database: Database) -> None:
    """All at once, in one way or the other; a resolved delivery is not resolved again."""
    unknown(database, 3)
    with database.write() as connection:
        assert reconciliation.send_again(connection, 1, "anna", NOW).settled == 3
        assert reconciliation.count_as_received(connection, 1, "anna", NOW).settled == 0
    assert sums(database).by_state == {S.PENDING: 3, S.ACCEPTED: 2}
    server = MemoryTransport()
    assert run(database, server).is_over
    with pytest.raises(MailingError, match=r"has (already )?ended"), database.write() as connection:
        reconciliation.send_again(connection, 1, "anna", NOW)


def test_settling_one_mailing_does_not_change_another(database: Database) -> None:
    """Settling one mailing does not change another, and counts only its own."""
    unknown(database, 2)
    second = frozen(database, 0, issue="2025-02-28")
    run(database, MemoryTransport(to_each(dict.fromkeys((2, 3, 4), LOST))), mailing_id=second.id)
    with database.write() as connection:
        assert reconciliation.unknown_of(connection, 1) == (1, 2)
        assert reconciliation.unknown_of(connection, second.id) == (2, 3, 4)
        found = reconciliation.count_as_received(connection, second.id, "anna", NOW)
        assert (found.settled, found.left) == (3, 0)
        assert reconciliation.unknown_of(connection, 1) == (1, 2)
        assert (reconciliation.decided_of(connection, 1), len(reconciliation.decided_of(connection, second.id))) == (
            (),
            1,
        )
        assert reconciliation.send_again(connection, 1, "anna", NOW).settled == 2
        assert reconciliation.may_get_twice(connection, 1) == 2
        assert reconciliation.may_get_twice(connection, second.id) == 0


def test_who_decided(database: Database) -> None:
    """Decisions are listed by person and time; deliveries proven by a log, or sent again, are not included."""
    unknown(database, 4)
    with database.write() as connection:
        reconciliation.settle_by_log(
            connection, 1, log_of("reader1@example.net"), lambda n: sent(NAMES[0] if n == 1 else "x"), "anna", NOW
        )
        assert reconciliation.decided_of(connection, 1) == ()
        reconciliation.count_as_received(connection, 1, "ben (desk)", NOW)
        connection.execute(delete(subscribers).where(subscribers.c.id == 2))
    with database.read() as connection:
        (decided,) = reconciliation.decided_of(connection, 1)
        account = statistics_of(connection, 1, NOW)
    assert (decided.count, decided.who, decided.at) == (3, "ben (desk)", NOW)
    assert account.decided == (decided,)
    assert {each.name: each.decided for each in account.domains} == {"example.net": 2, "erased": 1}


def test_an_answer_that_comes_after_a_persons_decision_changes_nothing(database: Database) -> None:
    """The delivery no longer belongs to a worker."""
    unknown(database, 1)
    with database.write() as connection:
        reconciliation.send_again(connection, 1, "anna", NOW)
        late = update(deliveries).where(deliveries.c.subscriber_id == 1, deliveries.c.worker_id == 1)
        assert connection.execute(late.values(state=S.ACCEPTED)).rowcount == 0


def test_ended_for_good(database: Database) -> None:
    """By a person: pending recipients do not get it, unconfirmed ones stay, and no other mailing is sent to them."""
    unknown(database, 2)
    with database.write() as connection:
        found = maintenance.end_for_good(connection, 1, "anna", NOW)
    assert found.by_state == {S.UNKNOWN: 2, S.ACCEPTED: 2}
    with pytest.raises(MailingError, match="no recipients"):
        frozen(database, 0)
    with pytest.raises(MailingError, match=r"has (already )?ended"), database.write() as connection:
        maintenance.end_for_good(connection, 1, "anna", NOW)


def test_ended_before_it_was_sent(database: Database) -> None:
    """All recipients expire, with one event each; a new mailing of the issue may be sent to all of them."""
    frozen(database, 4)
    with database.write() as connection:
        assert maintenance.end_for_good(connection, 1, "anna", NOW).by_state == {S.EXPIRED: 4}
        assert connection.scalars(select(deliveries.c.issue_id)).all() == [None] * 4
    assert kinds(database, 3) == ["expired"]
    assert frozen(database, 0).frozen == 4


def test_the_texts_of_decisions() -> None:
    """Singular and plural, thousands separators, and the newsletter's time zone."""
    for count, words in (
        (1, "1 unconfirmed message was "),
        (2, "2 unconfirmed messages were "),
        (1234, "1,234 unconfirmed messages were "),
    ):
        said = reconciliation.Decided(count=count, who="anna", at=NOW).in_words(ZoneInfo("Europe/Berlin"))
        assert said.startswith(words) and said.endswith("anna, 2025-01-30 07:30")
    assert reconciliation.promise(0).startswith("nobody ")
    assert reconciliation.promise(1234).startswith("1,234 may ")

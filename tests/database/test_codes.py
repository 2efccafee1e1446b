"""A database from before codes were keys is opened and converted, and its unfinished mailing continues; on both databases."""

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from composer.audience.changes import add_subscriber
from composer.audience.identity.token_holders import resolve
from composer.audience.identity.tokens import TokenClaim
from composer.core.addresses import parse_address
from composer.core.audience_filter import AudienceFilter
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.public_ids import MAILINGS, SUBSCRIBERS
from composer.database.schema_upgrade import upgrade
from composer.database.schema_version import newest, version_of
from composer.delivery.approval.approvals import approval_of
from composer.delivery.approval.content_diff import OUTDATED
from composer.delivery.approval.recorded_editions import RecordedEdition, changes_of_mailing, sent_tests
from composer.delivery.approval.reviews import Review
from composer.delivery.config.delivery_settings import Settings
from composer.delivery.core.events import in_words
from composer.delivery.core.mailing import mailing_of, sums_of
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger import reconciliation
from composer.delivery.reporting.statistics import each_event, each_not_received, statistics_of
from composer.delivery.reporting.subscriber_history import received_mailings
from composer.delivery.selection.freeze import freeze
from composer.transport.memory_transport import MemoryTransport
from tests.databases import put, upgrade_to
from tests.delivery.factories import NOW, draft
from tests.delivery.worker.test_run_loop import run

#: The last version that stored sentences.
BEFORE = "0006"
AT = 1_738_218_600_000
RUN_DIED = "the run that sent it died before an answer came"
#: Address, state, and stored sentence of the recipients of mailing 1.
DELIVERIES = (
    ("accepted", None),
    ("accepted", "counted as received"),
    ("accepted", "counted as received"),
    ("accepted", "found in the mail server's log"),
    ("pending", "to be sent again"),
    ("pending", None),
    ("deferred", "451 4.7.1 Try again"),
    ("unknown", RUN_DIED),
    ("suppressed", "unsubscribed"),
    ("refused", "550 5.1.1 no such user"),
)
EVENTS = (
    (None, "frozen", "Anna (desk)"),
    (None, "began", "run 1"),
    (None, "run_ended", "run 1: halted 554 5.7.1 we do not like you: run 2"),
    (None, "began", "run 2"),
    (None, "run_ended", "run 2: done"),
    (None, "stopped", "ben"),
    (None, "resumed", "ben"),
    (2, "settled", "counted as received (Anna (desk))"),
    (3, "settled", "counted as received (Anna (desk))"),
    (4, "settled", "found in the mail server's log (ben)"),
    (5, "settled", "to be sent again (ben)"),
    (8, "unknown", RUN_DIED),
    (9, "suppressed", "unsubscribed"),
    (10, "refused", "550 5.1.1 no such user"),
)


@pytest.fixture
def old(no_tables: Location) -> Iterator[Database]:
    """A database from the earlier version, in the middle of a mailing."""
    with connect(no_tables) as database:
        upgrade_to(database, BEFORE)
        with database.write() as connection:
            _fill(partial(put, connection))
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("DELETE FROM returned WHERE bounce = 'hard'")
        yield database


def _fill(put: Callable[..., None]) -> None:
    put("issues", key="2025-01-30", again=0)
    frozen = {
        "issue_id": 1,
        "is_rehearsal": False,
        "made": AT,
        "made_by": "Anna (desk)",
        "program": "0.1.0",
        "subject": "Hello",
    }
    frozen |= {
        "edition": "e" * 64,
        "terms": '{"sender": "n@example.org", "domain": "example.org"}',
        "left_out": "{}",
    }
    audiences = ("readers in de or en, tagged black or white or press, not tagged staff", "all readers")
    put("mailings", **frozen, audience=audiences[0], frozen=len(DELIVERIES))
    put("mailings", **frozen, audience=audiences[1], frozen=0, ended=AT)
    put("mailing_variants", mailing_id=1, number=0, label="all readers", language="en", compiled=b"compiled")
    for number, (state, words) in enumerate(DELIVERIES, 1):
        address = f"reader{number}@example.net"
        status = "unsubscribed" if state == "suppressed" else "active"
        put("readers", address=address, normal=address, status=status, created=AT, changed=AT)
        holds = None if state in ("suppressed", "refused") else 1
        put(
            "deliveries",
            mailing_id=1,
            reader_id=number,
            state=state,
            issue_id=holds,
            next_at=0,
            changed=AT,
            words=words,
        )
        put("recipients", reader_id=number, mailing_id=1, address=address, name="", first_name="", last_name="",
            language="en", fields="{}")  # fmt: skip
    put("reader_tags", reader_id=1, tag="black or white")
    for reader, kind, words in EVENTS:
        put("mailing_events", mailing_id=1, reader_id=reader, at=AT, kind=kind, words=words)
    digests = {"subject": "1", "Letter": "2", "who gets which part": "3"}
    edition = {"issue": "2025-01-30", "subject": "Hello", "language": "en", "compiled": b"x", "seen": AT}
    put("editions", **edition, stem="2025-01-30", hash="e" * 64, digests=json.dumps(digests))
    put("mailing_editions", mailing_id=1, edition_id=1)
    put("edition_tests", edition_id=1, at=AT, address="anna@example.org", reply="250 Ok")
    for name, answer in (("anna", "yes"), ("ben", "asked")):
        address = f"{name}@example.org"
        put("edition_words", edition_id=1, address=address, normal=address, answer=answer, at=AT)
    for kind, bounce in (
        ("bounce", "bad domain"),
        ("out of office", None),
        ("not understood", None),
        ("bounce", "hard"),
    ):
        put("returned", hash=f"{kind} {bounce}", at=AT, source="file", kind=kind, bounce=bounce, effect="counted",
            words="they say: out of office")  # fmt: skip


def _edition(hash: str, **digests: str) -> RecordedEdition:
    return RecordedEdition(
        issue="2025-01-30", stem="2025-01-30", hash=hash, subject="Hello", language="en", digests=digests
    )


def test_an_unfinished_earlier_mailing_continues(old: Database) -> None:
    """Its totals, decisions and possible duplicates are the same; then it is sent to the end, once to each recipient."""
    with old.read() as connection:
        rows = connection.exec_driver_sql("SELECT state, count(*) FROM deliveries GROUP BY state")
        counted = {row[0]: row[1] for row in rows}
    upgrade(old)
    with old.read() as connection:
        assert version_of(connection) == newest()
        sums = sums_of(connection, 1)
        assert sums.is_even and {state.value: number for state, number in sums.by_state.items()} == counted
        (decided,) = reconciliation.decided_of(connection, 1)
        assert (decided.count, decided.who) == (2, "Anna (desk)")
        assert reconciliation.may_get_twice(connection, 1) == 1
        account = statistics_of(connection, 1, NOW)
        assert account.decided == (decided,)
        assert sum(each.decided for each in account.domains) == 2
    server = MemoryTransport()
    ran = run(old, server)
    got = sorted(each.envelope.recipient for each in server.taken)
    assert got == [f"reader{number}@example.net" for number in (5, 6, 7)]
    assert ran.sums.is_even and ran.sums[DeliveryState.ACCEPTED] == 7 and ran.sums[DeliveryState.UNKNOWN] == 1
    with old.write() as connection:
        assert reconciliation.may_get_twice(connection, 1) == 0
        assert reconciliation.count_as_received(connection, 1, "carla", NOW).settled == 1
        assert [each.who for each in reconciliation.decided_of(connection, 1)] == ["Anna (desk)", "carla"]


def test_earlier_sentences_become_codes(old: Database) -> None:
    """Reason, person and run are in separate columns; a server's reply stays unchanged, and nothing is lost."""
    upgrade(old)
    with old.read() as connection:
        told = [
            (each["subscriber"], each["event"], each["reason"], each["who"], each["run"], each["words"])
            for each in each_event(connection, 1)
        ]
        people = {each.subscriber_id: each.words for each in each_not_received(connection, 1)}
        (mine,) = received_mailings(connection, 2)
    anna = "Anna (desk)"
    assert told == [
        (None, "frozen", None, anna, None, ""),
        (None, "began", None, None, 1, ""),
        (None, "run_ended", "halted", None, 1, "554 5.7.1 we do not like you: run 2"),
        (None, "began", None, None, 2, ""),
        (None, "run_ended", "done", None, 2, ""),
        (None, "stopped", None, "ben", None, ""),
        (None, "resumed", None, "ben", None, ""),
        (2, "settled", "received", anna, None, ""),
        (3, "settled", "received", anna, None, ""),
        (4, "settled", "log", "ben", None, ""),
        (5, "settled", "again", "ben", None, ""),
        (8, "unknown", "run_died", None, None, ""),
        (9, "suppressed", "unsubscribed", None, None, ""),
        (10, "refused", None, None, None, "550 5.1.1 no such user"),
    ]
    # The codes have texts for people.
    assert people[8] == in_words("run_died", "") and people[9] == "unsubscribed"
    assert people[10] == "550 5.1.1 no such user" and people[7] == "451 4.7.1 Try again"
    assert people[5] == in_words("again", "") and mine.reply == in_words("received", "")


def test_audiences_and_bounces(old: Database) -> None:
    """A tag that contains "or" stays one tag; bounces have codes, and ids are not reused."""
    upgrade(old)
    with old.write() as connection:
        assert mailing_of(connection, 1).audience == AudienceFilter(
            language=("de", "en"), tag=("black or white", "press"), without_tag=("staff",)
        )
        assert mailing_of(connection, 2).audience == AudienceFilter()
        rows = connection.exec_driver_sql("SELECT kind, bounce, words FROM returned ORDER BY id LIMIT 3").all()
        assert [row[:2] for row in rows] == [
            ("bounce", "bad_domain"),
            ("out_of_office", None),
            ("not_understood", None),
        ]
        assert {row[2] for row in rows} == {"they say: out of office"}
        fresh = "INSERT INTO returned (hash, at, source, kind, effect) VALUES ('new', 0, 'file', 'receipt', 'kept')"
        assert connection.exec_driver_sql(f"{fresh} RETURNING id").scalar() == 5


def test_earlier_tests_and_approvals_are_not_valid(old: Database) -> None:
    """The same edition now has another hash, which is reported; earlier requests can no longer be answered."""
    upgrade(old)
    with old.read() as connection:
        edition = _edition("2:" + "e" * 64, subject="1", letter="2")
        tests = sent_tests(connection, edition)
        assert (tests.sent, tests.changed_since) == ((), (OUTDATED,))
        review = Review(issue=edition.issue, hash=edition.hash, editions=(edition,))
        found = approval_of(connection, review, Settings())
        assert found.approved == () and found.changed_since == {edition.issue: (OUTDATED,)}
        assert connection.exec_driver_sql("SELECT answer FROM review_answers").scalars().all() == ["yes"]
        assert connection.exec_driver_sql("SELECT count(*) FROM review_requests").scalar() == 0


def test_a_mailing_frozen_before_is_compared_by_its_texts(old: Database) -> None:
    """The new hash is not a change of the issue; a changed or missing text is one."""
    upgrade(old)
    with old.read() as connection:

        def differences(**digests: str) -> object:
            return changes_of_mailing(connection, 1, [_edition("2:" + "f" * 64, **digests)]).get("2025-01-30", ())

        assert differences(subject="1", letter="2") == ()
        assert differences(subject="1", letter="9") == ("letter",)
        assert differences(subject="1") == ("Letter",)


def test_earlier_links_still_work(old: Database) -> None:
    """Earlier tokens contain row numbers: they mean the same subscriber and mailing, and new ids never collide with them."""
    upgrade(old)
    with old.write() as connection:
        found = resolve(connection, TokenClaim(subscriber_id=3, mailing_id=1))
        assert (found.person and found.person.normal, found.mailing_id) == ("reader3@example.net", 1)
        new = add_subscriber(connection, parse_address("new@example.net"), {}, source="test", now=NOW, consent="form")
        assert new.id in SUBSCRIBERS
        mailing = freeze(connection, draft("another"), NOW)
        assert mailing.id == 3 and mailing.public_id in MAILINGS
        assert resolve(connection, TokenClaim(subscriber_id=3, mailing_id=mailing.public_id)).mailing_id == 3
        # The earlier mailing 3 was lost in a restore: its number is not confused with the new mailing's number.
        assert resolve(connection, TokenClaim(subscriber_id=3, mailing_id=3)).mailing_id is None

"""In any order of events a suppressed address is never active, and only its owner can lift the suppression."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from composer.audience.changes import add_subscriber, confirm, sign_up, unsubscribe
from composer.audience.erasure import erase
from composer.audience.importing.undo import last_import, undo_import
from composer.audience.subscribers import AudienceError, Status, find, select_subscribers
from composer.audience.suppression import Reason, is_suppressed, suppress, suppression_of
from composer.core.addresses import normal_address, parse_address
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import subscribers
from tests.audience.list_factory import take, written
from tests.audience.people import LATER, NOW
from tests.databases import clear
from tests.sizes import sized

PEOPLE = ("anna@example.org", "ben@bücher.example")
STANDINGS = ("active", "unsubscribed", "active", "pending", "bounced", "complained")
people = st.sampled_from(PEOPLE)
spelt = st.tuples(people, st.sampled_from((str.lower, str.upper, str.title))).map(lambda pair: pair[1](pair[0]))
rows = st.lists(st.tuples(spelt, st.sampled_from(STANDINGS)), min_size=1, max_size=3)


class Audience(RuleBasedStateMachine):
    """A few people, and everything that commands, links, forms, bounces and lists do to them."""

    database: Database
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        #: People who may return because they confirmed it themselves; all other suppressed people stay suppressed.
        self.out: set[str] = set()
        clear(self.database)

    @rule(rows=rows, is_update=st.booleans(), consent=st.sampled_from(("form", "")))
    def take_in(self, rows: list[tuple[str, str]], is_update: bool, consent: str) -> None:
        take(self.database, self._list(rows), is_update=is_update, consent=consent)

    @rule(rows=rows)
    def take_in_suppressions(self, rows: list[tuple[str, str]]) -> None:
        take(self.database, self._list(rows), is_suppression=True)

    def _list(self, rows: list[tuple[str, str]]) -> Path:
        text = "email,status\n" + "".join(f"{address},{status}\n" for address, status in rows)
        return written(self.folder, text)

    @rule()
    def take_back(self) -> None:
        with self.database.write() as connection:
            try:
                last = last_import(connection)
            except AudienceError:
                return
            undo_import(connection, last.number, LATER)

    @rule(address=spelt, consent=st.sampled_from(("", "form")))
    def add(self, address: str, consent: str) -> None:
        with self.database.write() as connection:
            try:
                add_subscriber(connection, parse_address(address), {}, source="hand", now=NOW, consent=consent)
            except AudienceError:
                return

    @rule(address=spelt)
    def sign_up(self, address: str) -> None:
        with self.database.write() as connection:
            sign_up(connection, parse_address(address), {}, source="form", now=NOW)

    @rule(address=people)
    def confirm(self, address: str) -> None:
        with self.database.write() as connection:
            if subscriber := find(connection, address):
                confirm(connection, subscriber.id, "link", source="link", now=LATER)
                self.out.discard(normal_address(address))

    @rule(address=people)
    def leave(self, address: str) -> None:
        with self.database.write() as connection:
            if subscriber := find(connection, address):
                unsubscribe(connection, subscriber.id, source="link", now=LATER)
                self.out.add(normal_address(address))

    @rule(address=people, reason=st.sampled_from([each for each in Reason if each is not Reason.ERASED]))
    def bounce(self, address: str, reason: Reason) -> None:
        with self.database.write() as connection:
            suppress(connection, normal_address(address), reason, "mail", LATER)
            if reason is not Reason.HELD:
                self.out.add(normal_address(address))

    @rule(address=spelt)
    def erase(self, address: str) -> None:
        with self.database.write() as connection:
            try:
                erase(connection, parse_address(address), LATER)
            except AudienceError:
                return
            self.out.add(normal_address(address))
            assert find(connection, address) is None

    @invariant()
    def nobody_who_is_suppressed_is_active(self) -> None:
        with self.database.read() as connection:
            for subscriber in select_subscribers(connection, status=()):
                found = suppression_of(connection, subscriber.normal)
                # A held person gets nothing, but keeps their status.
                assert not found or found.reason is Reason.HELD or subscriber.status is not Status.ACTIVE
                # And conversely: unsubscribed people are on the list, otherwise an import would add them again.
                assert found or subscriber.status in (Status.ACTIVE, Status.PENDING)

    @invariant()
    def nobody_who_left_is_brought_back_by_others(self) -> None:
        with self.database.read() as connection:
            active = set(connection.scalars(select(subscribers.c.normal).where(subscribers.c.status == Status.ACTIVE)))
            assert not active & self.out
            for normal in self.out:
                assert is_suppressed(connection, normal)


@pytest.mark.slow
def test_a_suppressed_address_is_never_active(database: Database, tmp_path: Path) -> None:
    """Import, unsubscribe, bounce, erase, undo, sign up and import again in any order, on both databases."""
    machine = type("Here", (Audience,), {"database": database, "folder": tmp_path})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sized(6, 100), stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

"""Whatever happens to rows of people, one issue reaches a person and a mailbox once, and nobody who unsubscribed.

A machine imports, undoes, erases, adds, changes addresses, sends, clicks links of earlier messages and resubscribes in
random order, and keeps its own records by address. The program must exclude exactly the people whom these records
exclude.
"""

import itertools
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select, update

from composer.audience.changes import add_subscriber, change_address, confirm, sign_up
from composer.audience.erasure import erase
from composer.audience.identity.token_holders import FoundHolder
from composer.audience.identity.tokens import TokenClaim
from composer.audience.importing.undo import last_import, undo_import
from composer.audience.subscribers import AudienceError, find
from composer.core.addresses import parse_address
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, mailings, recipients
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.mailing import MailingError
from composer.delivery.selection.freeze import freeze
from composer.delivery.selection.selection import Selection
from composer.web.personal_data import EVERYWHERE
from composer.web.public.pages.operations import leave
from tests.audience.list_factory import take, written
from tests.audience.people import NOW
from tests.delivery.factories import draft

pytestmark = pytest.mark.slow

ADDRESSES = [f"{name}@example.net" for name in ("a", "a+x", "b", "c", "d")]
addresses = st.sampled_from(ADDRESSES)
_template: list[Path] = []


def fresh(folder: Path) -> Path:
    """Return a database with all tables, copied from the first one."""
    if not _template:
        _template.append(Path(tempfile.mkdtemp()) / "template.db")
        open_database(Location(path=_template[0])).close()
    return Path(shutil.copy(_template[0], folder / "newsletter.db"))


class People(RuleBasedStateMachine):
    """The program, and records of who has what."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database: Database = open_database(Location(path=fresh(self.folder)))
        self.files, self.issues = itertools.count(), [f"issue {number}" for number in range(3)]
        #: By subscriber: the issues they have. By address: the issues sent to it, or to earlier addresses of its owner.
        self.has: defaultdict[int, set[str]] = defaultdict(set)
        self.went: defaultdict[str, set[str]] = defaultdict(set)
        self.copies: set[tuple[str, str]] = set()
        self.left: set[str] = set()
        #: The subscriber's id, the public id of the mailing, the address of the message.
        self.tokens: list[tuple[int, int, str]] = []

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def living(self) -> dict[int, tuple[str, str]]:
        with self.database.read() as connection:
            rows = connection.execute(select(subscribers.c.id, subscribers.c.normal, subscribers.c.status))
            return {row.id: (row.normal, row.status) for row in rows}

    def changed(self, before: dict[int, tuple[str, str]]) -> None:
        """Update the records: a lost address keeps what was sent, and a new owner inherits it."""
        after = self.living()
        for number, (normal, _) in before.items():
            if after.get(number, ("",))[0] != normal:
                self.went[normal] |= self.has[number]
        for number, (normal, _) in after.items():
            if before.get(number, ("",))[0] != normal:
                self.has[number] |= self.went[normal]

    @rule(those=st.sets(addresses, min_size=1))
    def take_in(self, those: set[str]) -> None:
        before = self.living()
        file = written(
            self.folder, "email\n" + "".join(f"{each}\n" for each in sorted(those)), f"{next(self.files)}.csv"
        )
        take(self.database, file, consent="form")
        self.changed(before)

    @rule()
    def take_back(self) -> None:
        before = self.living()
        with self.database.write() as connection:
            try:
                undo_import(connection, last_import(connection).number, NOW)
            except AudienceError:
                return
        self.changed(before)

    @rule(address=addresses)
    def erase(self, address: str) -> None:
        before = self.living()
        with self.database.write() as connection:
            try:
                erase(connection, parse_address(address), NOW, EVERYWHERE)
            except AudienceError:
                return
        self.left.add(address)
        self.changed(before)

    @rule(address=addresses)
    def add(self, address: str) -> None:
        before = self.living()
        with self.database.write() as connection:
            try:
                add_subscriber(connection, parse_address(address), {}, source="test", now=NOW, consent="form")
            except AudienceError:
                return
        assert address not in self.left
        self.changed(before)

    @rule(address=addresses)
    def opt_in(self, address: str) -> None:
        before = self.living()
        with self.database.write() as connection:
            subscriber = sign_up(connection, parse_address(address), {}, source="form", now=NOW)
            confirm(connection, subscriber.id, "double opt-in", source="form", now=NOW)
        self.left.discard(address)
        self.changed(before)

    @rule(old=addresses, new=addresses)
    def move(self, old: str, new: str) -> None:
        before = self.living()
        with self.database.write() as connection:
            subscriber = find(connection, old)
            if subscriber is None:
                return
            try:
                change_address(connection, subscriber.id, parse_address(new), source="test", now=NOW)
            except AudienceError:
                return
        assert new == old or new not in self.left
        self.changed(before)

    @rule(issue=st.integers(0, 2), is_rest=st.booleans())
    def send(self, issue: int, is_rest: bool) -> None:
        key = self.issues[issue]
        wanted = {
            normal
            for number, (normal, status) in self.living().items()
            if status == "active" and key not in self.has[number]
        }
        try:
            with self.database.write() as connection:
                mailing = freeze(connection, draft(key, selection=Selection(issue=key, is_rest=is_rest)), NOW)
                of_it = deliveries.c.mailing_id == mailing.id
                rows = connection.execute(select(recipients.c.subscriber_id, recipients.c.address)).all()
                connection.execute(update(deliveries).where(of_it).values(state="accepted"))
                connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(ended=NOW))
                connection.execute(recipients.delete())
        except MailingError:
            assert not wanted
            return
        assert {row.address for row in rows} == wanted
        for row in rows:
            assert (key, row.address) not in self.copies
            self.copies.add((key, row.address))
            self.has[row.subscriber_id].add(key)
            self.tokens.append((row.subscriber_id, mailing.public_id, row.address))

    @precondition(lambda self: self.tokens)
    @rule(which=st.integers(0, 1000))
    def click(self, which: int) -> None:
        number, public_id, address = self.tokens[which % len(self.tokens)]
        with self.database.write() as connection:
            left = leave(connection, TokenClaim(subscriber_id=number, mailing_id=public_id), NOW)
        assert left.found is not FoundHolder.UNKNOWN
        self.left.add(address)
        if (them := self.living().get(number)) is not None:
            self.left.add(them[0])

    @invariant()
    def whoever_left_is_out(self) -> None:
        assert not {normal for normal, status in self.living().values() if status == "active"} & self.left


People.TestCase.settings = settings(
    max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestPeople = People.TestCase

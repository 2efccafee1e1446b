"""Subscribers are found, changed, suppressed and erased alike on both databases."""

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from composer.audience.change_history import changes_of
from composer.audience.changes import add_subscriber, change, confirm, sign_up, tag, unsubscribe
from composer.audience.erasure import erase
from composer.audience.subscribers import AudienceError, Status, count, find, get, select_subscribers
from composer.audience.suppression import Reason, is_suppressed, listed, suppress, suppression_of
from composer.core.addresses import normal_address, parse_address
from composer.core.audience_filter import AudienceFilter
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import consents, erasures
from tests.audience.people import LATER, NOW, everybody, join


def test_an_address_is_found_in_any_spelling(database: Database) -> None:
    """Case, composed letters, and the script of a domain do not matter: all spellings find the same person."""
    with database.write() as connection:
        join(connection, "Anna.Li@Bücher.example", name="Anna Li", company="ACME")
        for spelling in ("anna.li@bücher.example", "ANNA.LI@xn--bcher-kva.example", "anna.li@bu\u0308cher.EXAMPLE"):
            found = find(connection, spelling)
            assert found is not None
            assert found.address == "Anna.Li@Bücher.example"
            assert found.values == {
                "email": "Anna.Li@Bücher.example",
                "name": "Anna Li",
                "first_name": "",
                "last_name": "",
                "language": "",
                "company": "ACME",
            }
        with pytest.raises(AudienceError, match="is already a subscriber"):
            join(connection, "ANNA.LI@xn--bcher-kva.example")
        assert find(connection, "annali@bücher.example") is None


def test_a_condition_means_the_same_in_sql_and_in_python(database: Database) -> None:
    """For all languages and tags, SQL selects exactly the subscribers of `Condition.matches`."""
    languages, tags = ("", "de", "de-AT", "en", "zh-Hant", "zh-TW", "den"), ("press", "staff", "a b%_")
    with database.write() as connection:
        for number, language in enumerate(languages):
            for some in range(8):
                has = tuple(each for bit, each in enumerate(tags) if some >> bit & 1)
                join(connection, f"r{number}{some}@example.org", *has, language=language)

    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        max_examples=40,
        deadline=None,
    )
    @given(
        st.builds(
            AudienceFilter,
            language=st.lists(st.sampled_from(["de", "DE-at", "en", "zh", "zh-Hant"]), max_size=2).map(tuple),
            tag=st.lists(st.sampled_from(tags), max_size=2).map(tuple),
            without_tag=st.lists(st.sampled_from(tags), max_size=2).map(tuple),
        )
    )
    def check(asked: AudienceFilter) -> None:
        with database.read() as connection:
            everyone = list(select_subscribers(connection))
            assert len(everyone) == 56
            wanted = [subscriber for subscriber in everyone if asked.matches(subscriber.language, subscriber.tags)]
            assert list(select_subscribers(connection, asked)) == wanted
            assert count(connection, asked).get(Status.ACTIVE, 0) == len(wanted)

    check()


def test_subscribers_are_listed_in_the_order_they_were_added(database: Database) -> None:
    """Ids are random, but subscribers are listed in the order they were added."""
    with database.write() as connection:
        for number, name in enumerate("fcabed"):
            came = NOW + timedelta(days=number)
            add_subscriber(
                connection, parse_address(f"{name}@example.org"), {}, source="test", now=came, consent="form"
            )
        assert "".join(subscriber.address[0] for subscriber in select_subscribers(connection)) == "fcabed"


def test_without_consent_a_subscriber_is_pending(database: Database) -> None:
    """A subscriber without a known consent is pending, and does not get the newsletter."""
    with database.write() as connection:
        subscriber = join(connection, "a@example.org", consent="")
        assert subscriber.status is Status.PENDING
        assert list(select_subscribers(connection)) == []
        subscriber = confirm(connection, subscriber.id, "answered the mail of 2 February", source="link", now=LATER)
        assert subscriber.status is Status.ACTIVE
        assert [(change.what, change.before, change.after) for change in changes_of(connection, subscriber.id)] == [
            ("status", "", "pending"),
            ("consent", "", "answered the mail of 2 February"),
            ("status", "pending", "active"),
        ]


def test_only_a_double_opt_in_undoes_an_unsubscription(database: Database) -> None:
    """Unsubscribed people cannot be added or changed by a form; they return by confirming."""
    with database.write() as connection:
        subscriber = join(connection, "a@example.org")
        assert unsubscribe(connection, subscriber.id, source="link", now=LATER).status is Status.UNSUBSCRIBED
        assert is_suppressed(connection, "a@example.org")
        with pytest.raises(AudienceError, match="is already a subscriber"):
            join(connection, "A@example.org")
        again = sign_up(connection, parse_address("A@Example.org"), {"name": "Eve"}, source="form", now=LATER)
        assert (again.id, again.status, again.name) == (subscriber.id, Status.UNSUBSCRIBED, "")
        assert confirm(connection, subscriber.id, "form, link", source="form", now=LATER).status is Status.ACTIVE
        assert not is_suppressed(connection, "a@example.org")


def test_the_weightier_reason_stays(database: Database) -> None:
    """A complaint replaces a bounce, a bounce does not replace a complaint; the first day stays."""
    with database.write() as connection:
        subscriber = join(connection, "a@example.org")
        for reason, now in ((Reason.BOUNCED, NOW), (Reason.COMPLAINED, LATER), (Reason.BOUNCED, LATER)):
            suppress(connection, "a@example.org", reason, "mail", now)
        found = suppression_of(connection, "a@example.org")
        assert found is not None
        assert (found.reason, found.since) == (Reason.COMPLAINED, NOW)
        assert everybody(connection) == {"a@example.org": Status.COMPLAINED}
        assert [change.after for change in changes_of(connection, subscriber.id)] == ["active", "bounced", "complained"]


def test_changes_are_recorded(database: Database) -> None:
    """Each changed field is in the history with its old value; unchanged fields are not."""
    with database.write() as connection:
        subscriber = join(connection, "a@example.org", first_name="Ann", company="ACME")
        values = {"first_name": "Anna", "company": "ACME", "role": "Editor"}
        subscriber = change(connection, subscriber.id, values, source="page", now=LATER)
        assert (subscriber.first_name, dict(subscriber.fields)) == ("Anna", {"company": "ACME", "role": "Editor"})
        tag(connection, subscriber.id, give=["press", "vip"], source="tag", now=LATER)
        subscriber = tag(connection, subscriber.id, give=["press"], take=["vip", "none"], source="tag", now=LATER)
        assert subscriber.tags == ("press",)
        assert [(each.what, each.before, each.after) for each in changes_of(connection, subscriber.id)[1:]] == [
            ("first_name", "Ann", "Anna"),
            ("role", "", "Editor"),
            ("tag", "", "press"),
            ("tag", "", "vip"),
            ("tag", "vip", ""),
        ]


def test_an_erased_person_is_not_added_again(database: Database) -> None:
    """Only a hash is stored of an erased person; no spelling adds them again, but their own double opt-in does."""
    with database.write() as connection:
        join(connection, "anna@example.org", "press", consent="Anna ticked the box", name="Anna Li", company="ACME")
        keep = join(connection, "ben@example.org")
        forgotten: list[tuple[int | None, str]] = []

        def forget(subscriber_id: int | None, normal: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
            forgotten.append((subscriber_id, normal))
            return ("her address in 2 mailings",), ("that 2 mailings had a subscriber more",)

        receipt = erase(
            connection, parse_address("ANNA@example.org"), LATER, [lambda _, number, normal: forget(number, normal)]
        )
        assert forgotten and forgotten[0][1] == "anna@example.org"
        assert "the record of consent" in receipt.went
        assert "that 2 mailings had a subscriber more" in receipt.stays
        assert everybody(connection) == {"ben@example.org": Status.ACTIVE}
        assert list(connection.scalars(select(consents.c.evidence))) == ["form"]
        with pytest.raises(AudienceError, match="they asked to be erased"):
            join(connection, "Anna@Example.org")
        suppress(connection, "anna@example.org", Reason.IMPORTED, "list", LATER)
        assert [(each.normal, each.reason) for each in listed(connection)] == [("", Reason.ERASED)]
        assert json.loads(connection.scalar(select(erasures.c.receipt)) or "")["went"] == list(receipt.went)
        with pytest.raises(AudienceError, match="was erased on 2025-02-02"):
            erase(connection, parse_address("anna@example.org"), LATER)
        with pytest.raises(AudienceError, match="no data is stored about"):
            erase(connection, parse_address("nobody@example.org"), LATER)
        back = sign_up(connection, parse_address("anna@example.org"), {}, source="form", now=LATER)
        assert back.id != keep.id
        assert confirm(connection, back.id, "form", source="form", now=LATER).status is Status.ACTIVE
        assert list(listed(connection)) == []


def test_the_database_file_has_no_erased_address(database: Database) -> None:
    """After an erasure neither SQLite's file nor the file next to it contains the address."""
    if database.path is None:
        return
    with database.write() as connection:
        join(connection, "very-particular-anna@example.org")
    with database.write() as connection:
        erase(connection, parse_address("very-particular-anna@example.org"), LATER)
    database.settle()
    for path in database.path.parent.iterdir():
        assert b"very-particular-anna" not in path.read_bytes()


def test_unknown_addresses_have_an_error(database: Database) -> None:
    """A wrong or unknown address has an error message with the next step."""
    with database.read() as connection:
        with pytest.raises(AudienceError, match="has no @"):
            get(connection, "anna")
        with pytest.raises(AudienceError, match="is not a subscriber") as stop:
            get(connection, "anna@example.org")
        assert stop.value.hint == "search everything stored: compose who anna@example.org"


@given(st.from_regex(r"[A-Za-z0-9.+_'-]{1,66}@[a-zA-Z0-9.xn-]{1,30}\.[a-z0-9-]{1,5}", fullmatch=True))
def test_normal_address_accepts_what_the_parser_accepts(address: str) -> None:
    """`normal_address` returns lower case for what `Address` accepts, and rejects what `Address` rejects."""
    try:
        wire = parse_address(address).wire
    except ValueError as error:
        with pytest.raises(type(error)):
            normal_address(address)
    else:
        assert normal_address(address) == wire.casefold()

"""A database from before reviews: answers stay with their mailings, and earlier links are no longer valid."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest

from composer.audience.identity.tokens import Purpose, Tokens
from composer.core.addresses import Address
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_upgrade import upgrade
from composer.delivery.approval.approvals import approval_of_mailing, may_begin
from composer.delivery.approval.recorded_editions import published
from composer.delivery.approval.review_links import question
from composer.delivery.config.delivery_settings import Settings
from tests.databases import put, upgrade_to
from tests.delivery.factories import NOW

#: The last version before reviews.
BEFORE = "0012"
AT = 1_738_218_600_000
APPROVERS = tuple(Address(address=f"{name}@example.org") for name in ("anna", "ben", "carla"))


@pytest.fixture
def old(no_tables: Location) -> Iterator[Database]:
    """A database from the earlier version: three mailings, the first in two languages."""
    with connect(no_tables) as database:
        upgrade_to(database, BEFORE)
        with database.write() as connection:
            _fill(partial(put, connection))
        yield database


def _fill(put: Callable[..., None]) -> None:
    for number, key in enumerate(("2025-01-30", "2025-02-06", "2025-02-13"), 1):
        put("issues", key=key, again=0)
        put("mailings", public_id=number, issue_id=number, is_rehearsal=False, made=AT, made_by="anna", program="0.1.0",
            edition=str(number) * 64, subject="Hello", audience="{}", terms="{}", frozen=1, left_out="{}",
            allowed='{"unapproved": "holidays"}' if number == 2 else "{}")  # fmt: skip
        put("deliveries", mailing_id=number, reader_id=7, state="accepted", issue_id=number, next_at=0, changed=AT)
    editions = (
        ("2025-01-30", "d" * 64),
        ("2025-01-30.de", "e" * 64),
        ("2025-02-06", "2" * 64),
        ("2025-01-30", "f" * 64),
    )
    for number, (stem, edition_hash) in enumerate(editions, 1):
        public = b"public" if number == 2 else None
        put("editions", issue=stem[:10], stem=stem, hash=edition_hash, subject="Hello", language=stem[11:] or "en",
            digests="{}", compiled=f"whole {number}".encode(), public=public, seen=AT)  # fmt: skip
    for mailing, edition in ((1, 1), (1, 2), (2, 3)):
        put("mailing_editions", mailing_id=mailing, edition_id=edition)
    answers = (
        *((1, "anna", "yes"), (2, "anna", "yes"), (1, "ben", "yes"), (2, "ben", "asked")),
        *((1, "carla", "yes"), (2, "carla", "no"), (3, "ben", "no"), (4, "anna", "yes"), (4, "ben", "asked")),
    )
    for number, (edition, name, answer) in enumerate(answers):
        address = f"{name}@example.org"
        put("edition_words", edition_id=edition, address=address, normal=address, answer=answer, at=AT + number,
            comment="why" if answer == "no" else "", via="link" if name == "anna" else "the desk")  # fmt: skip


def test_earlier_answers_count_for_their_mailing(old: Database) -> None:
    """Each language was approved separately: an approval of one counts, a rejection of one blocks; nobody is asked again."""
    upgrade(old)
    settings = Settings(approvals=2, approvers=APPROVERS)
    with old.write() as connection:
        found = approval_of_mailing(connection, 1, settings)
        said = [(each.address, each.typed_by) for each in found.approved]
        assert said == [("anna@example.org", ""), ("ben@example.org", "the desk")]
        assert [(each.address, each.comment) for each in found.returned] == [("carla@example.org", "why")]
        assert not may_begin(connection, 1, settings)
        assert may_begin(connection, 1, Settings(approvals=2, approvers=APPROVERS[:2]))
        # The allowance covers the answers that were known, not later ones.
        assert may_begin(connection, 2, settings)
        assert approval_of_mailing(connection, 2, settings).returned
        # A mailing whose editions were not recorded has no approvals.
        assert not may_begin(connection, 3, settings) and may_begin(connection, 3, Settings())


def test_online_pages_stay_and_links_expire(old: Database) -> None:
    """The online page shows the same as before; a token with a row number, and a pending request, are no longer valid."""
    upgrade(old)
    tokens = Tokens((b"k" * 64,))
    with old.read() as connection:
        assert published(connection, "2025-01-30") == b"whole 1"
        assert published(connection, "2025-01-30.de") == b"public"
        for number in range(10):
            token = tokens.make(Purpose.APPROVE, number, expires=NOW + timedelta(days=14))
            assert question(connection, tokens, token, NOW) is None
        counts = [
            connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar()
            for name in ("reviews", "review_editions", "review_answers", "review_requests", "mailing_reviews")
        ]
    # One for each mailing, and one for each edition with an answer.
    assert counts == [6, 6, 10, 0, 3]

"""Subscribers are found and changed by functions: either all of the addresses are changed, or none."""

import json
import stat
from io import StringIO
from pathlib import Path

import pytest

from composer.app.context import MailingContext
from composer.app.people.list_export import write_subscribers, write_suppressions
from composer.app.people.person_erasure import erase_person
from composer.app.people.subscriber_edits import (
    NewSubscriber,
    add_subscriber,
    move_subscriber,
    tag_subscribers,
    unsubscribe,
)
from composer.app.people.subscriber_search import find_subscriber, subscribers_meant
from composer.app.people.suppression_edits import suppress_addresses
from composer.audience.subscribers import AudienceError, Status
from composer.core.audience_filter import AudienceFilter
from composer.core.errors import UsageError
from tests.audience.people import NOW

ANNA, BEN = "anna@example.org", "ben@example.org"
ALL = AudienceFilter()


def _add(context: MailingContext, address: str, *tags: str, consent: str = "form") -> None:
    add_subscriber(context, NewSubscriber(address=address, tags=tags, consent=consent), NOW)


def test_a_subscriber_is_added_with_normalised_fields_and_tags(context: MailingContext) -> None:
    """Values are stored in normal form; without consent, the subscriber stays pending."""
    new = NewSubscriber(
        address="Anna <ANNA@example.org>", language="DE-at", fields={"company": "ACME"}, tags=("Press  Office",)
    )
    added = add_subscriber(context, new, NOW)
    assert (added.status, added.language, added.fields, added.tags) == (
        *(Status.PENDING, "de-AT", {"company": "ACME"}, ("press office",)),
    )
    assert find_subscriber(context, ANNA) == added
    with pytest.raises(AudienceError):
        add_subscriber(context, new, NOW)


@pytest.mark.parametrize(
    "new",
    [
        NewSubscriber(address=ANNA, fields={"plan": "gold"}),
        NewSubscriber(address=ANNA, tags=("a,b",)),
        NewSubscriber(address=ANNA, language="the best one"),
        NewSubscriber(address=ANNA, name="A" * 10_000),
    ],
    ids=["field", "tag", "language", "name"],
)
def test_an_invalid_value_adds_no_subscriber(context: MailingContext, new: NewSubscriber) -> None:
    """An undeclared field, a tag with a comma, an invalid language and a too long name add no subscriber."""
    with pytest.raises(UsageError):
        add_subscriber(context, new, NOW)
    with pytest.raises(AudienceError):
        find_subscriber(context, ANNA)


def test_of_several_addresses_all_are_changed_or_none(context: MailingContext) -> None:
    """An unknown address rolls back the changes to the addresses before it."""
    _add(context, ANNA)
    for change in (
        lambda: unsubscribe(context, [ANNA, BEN], NOW),
        lambda: tag_subscribers(context, [ANNA, BEN], NOW, give=["vip"]),
        lambda: suppress_addresses(context, [ANNA, "b@@x"], NOW),
    ):
        with pytest.raises(AudienceError):
            change()
    anna = find_subscriber(context, ANNA)
    assert (anna.status, anna.tags) == (Status.ACTIVE, ())
    _add(context, BEN)
    assert [each.tags for each in tag_subscribers(context, [ANNA, BEN], NOW, give=["VIP"])] == [("vip",), ("vip",)]
    assert [each.tags for each in tag_subscribers(context, [ANNA], NOW, take=["vip"])] == [()]
    assert [each.status for each in unsubscribe(context, [ANNA, BEN], NOW)] == [Status.UNSUBSCRIBED] * 2


def test_subscribers_are_counted_and_streamed_by_filter_or_audience(context: MailingContext) -> None:
    """An audience of newsletter.yaml equals its filters; combined with other filters, it is an error."""
    _add(context, ANNA, "press")
    _add(context, BEN, consent="")
    with subscribers_meant(context, ALL) as found:
        assert (found.counts, found.total) == ({Status.PENDING: 1, Status.ACTIVE: 1}, 2)
        assert {each.address for each in found.subscribers} == {ANNA, BEN}
    press = AudienceFilter(tag=("press",))
    for condition, audience in ((press, ""), (ALL, "press")):
        with subscribers_meant(context, condition, [Status.ACTIVE], audience=audience) as found:
            assert [each.address for each in found.subscribers] == [ANNA]
    for condition, audience in ((press, "press"), (ALL, "nobody")):
        with pytest.raises(UsageError), subscribers_meant(context, condition, audience=audience):
            pass


def test_an_erased_person_cannot_be_added_again(context: MailingContext) -> None:
    """The receipt has a number; only the hash is kept; a moved subscriber is erased under the new address."""
    _add(context, ANNA)
    moved = move_subscriber(context, ANNA, BEN, NOW)
    assert (moved.before.address, moved.after.address, moved.before.id) == (ANNA, BEN, moved.after.id)
    receipt = erase_person(context, BEN, NOW)
    assert (receipt.number, receipt.at) == (1, NOW)
    with pytest.raises(AudienceError):
        find_subscriber(context, BEN)
    with pytest.raises(AudienceError):
        _add(context, BEN)
    with pytest.raises(AudienceError):
        erase_person(context, BEN, NOW)


def test_lists_are_written_to_new_private_files_or_a_stream(context: MailingContext, tmp_path: Path) -> None:
    """CSV, or JSON lines by the ending of the file; an existing file is kept."""
    _add(context, ANNA, "press")
    _add(context, BEN)
    path = tmp_path / "out.jsonl"
    assert write_subscribers(context, path, AudienceFilter(tag=("press",))) == 1
    assert json.loads(path.read_text(encoding="utf-8"))["email"] == ANNA
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError):
        write_subscribers(context, path, ALL)
    with pytest.raises(UsageError):
        write_subscribers(context, tmp_path / "no" / "out.csv", ALL)
    assert suppress_addresses(context, ["Zoe <zoe@example.org>"], NOW) == ("zoe@example.org",)
    rows = StringIO()
    assert write_suppressions(context, rows) == 1
    assert rows.getvalue().splitlines()[1].startswith("zoe@example.org,,by_hand,")
    assert write_subscribers(context, StringIO(), ALL, [Status.PENDING]) == 0

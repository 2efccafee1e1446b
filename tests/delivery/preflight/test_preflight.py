"""Decisions before a mailing, on values: refusals, the end, digests, settings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from composer.content.document.newsletter import read_newsletter
from composer.content.values.formats import messages_a_minute, token_address
from composer.core.errors import ContentError
from composer.delivery.approval.approvals import Approval
from composer.delivery.approval.content_diff import ELSEWHERE, changes, section_digests
from composer.delivery.approval.recorded_editions import SentTests
from composer.delivery.approval.reviews import GivenAnswer, ReviewAnswer
from composer.delivery.config.delivery_settings import settings_of
from composer.delivery.preflight.preflight import (
    ALLOWABLE,
    Code,
    EditionFacts,
    PreflightFacts,
    Refusal,
    refusals,
    waived,
)
from composer.delivery.selection.same_issue import EarlierMailing, SharedContent
from composer.delivery.throttle.forecast import finish
from composer.editions.pipeline import variants_of
from tests.cli_harness import ISSUE, NEWSLETTER
from tests.factories import sample_message

NOW = datetime(2031, 1, 30, 6, 0, tzinfo=UTC)
TESTED = SentTests(sent=((NOW, "anna@example.org"),))
READY = PreflightFacts(editions=(EditionFacts(stem="2031-01-30", tests=TESTED),))
EARLIER = EarlierMailing(mailing=3, issue="2031-01-29", shared=SharedContent.TEXT)
YES = GivenAnswer(id=1, address="anna@example.org", answer=ReviewAnswer.YES, comment="", typed_by="", at=NOW)
NO = GivenAnswer(id=2, address="ben@example.org", answer=ReviewAnswer.NO, comment="a typo", typed_by="", at=NOW)


def _codes(known: PreflightFacts, **allowed: str) -> list[str]:
    return [each.code.value for each in refusals(known, {name.replace("_", "-"): why for name, why in allowed.items()})]


def test_one_edition_of_several_is_enough_to_refuse() -> None:
    """Content that one language lacks is missing for its subscribers."""
    editions = (EditionFacts(stem="a", tests=TESTED), EditionFacts(stem="b", tests=TESTED, blockers=("UNS02", "LAW01")))
    assert _codes(replace(READY, editions=editions)) == ["no-address", "no-privacy"]


def test_who_may_not_approve_any_more_is_named() -> None:
    """Their answers do not count; without such answers they are not mentioned."""
    for former in ((), (NO,)):
        (refusal,) = refusals(replace(READY, approval=Approval(needed=2, approved=(YES,), former=former)), {})
        assert ("ben@example.org" in refusal.words) is bool(former)
        assert ("approvals.by" in refusal.words) is bool(former)


def test_what_is_ready_is_not_refused() -> None:
    """Tested, without findings, and no approval is required."""
    assert refusals(READY, {}) == ()


@pytest.mark.parametrize(
    ("known", "codes"),
    [
        (PreflightFacts(editions=(EditionFacts(stem="a"),)), ["untested"]),
        (replace(READY, editions=(EditionFacts(stem="a", tests=TESTED, blockers=("SIZE01",)),)), ["blocked"]),
        (replace(READY, editions=(EditionFacts(stem="a", tests=TESTED, blockers=("UNS01",)),)), ["no-unsubscribe"]),
        # Reported once, with the most precise message.
        (
            replace(READY, editions=(EditionFacts(stem="a", tests=TESTED, blockers=("UNS01",)),), leaving="http"),
            ["no-unsubscribe"],
        ),
        (
            replace(READY, editions=(EditionFacts(stem="a", tests=TESTED, blockers=("UNS02", "LAW01")),)),
            ["no-address", "no-privacy"],
        ),
        (replace(READY, approval=Approval(needed=2, approved=(YES,))), ["unapproved"]),
        (replace(READY, approval=Approval(needed=1, approved=(YES,))), []),
        (replace(READY, approval=Approval(needed=1, approved=(YES,), returned=(NO,))), ["unapproved"]),
        (PreflightFacts(editions=(), continues=1, approval=Approval(needed=2, approved=(YES,))), ["unapproved"]),
        # An allowance at freezing covers the answers known then, and no later ones.
        (PreflightFacts(editions=(), continues=1, approval=Approval(needed=2, returned=(NO,)), allowed_until=2), []),
        (
            PreflightFacts(editions=(), continues=1, approval=Approval(needed=2, returned=(NO,)), allowed_until=1),
            ["unapproved"],
        ),
        (replace(READY, missing={"company": 3, "first_name": 1}), ["missing-values", "missing-values"]),
        (replace(READY, pages="no", database="no", pictures=("a",)), ["database-place", "no-pages", "no-pictures"]),
        (replace(READY, same_issue=(EARLIER,)), ["same-issue"]),
        # A frozen mailing is not checked again for what was checked before freezing.
        (PreflightFacts(editions=(EditionFacts(stem="a"),), continues=1), []),
        (PreflightFacts(editions=(), continues=1, differences={"a": ("letter",)}), ["changed"]),
        # A rehearsal needs only what is required to write the files.
        (PreflightFacts(editions=(EditionFacts(stem="a"),), is_rehearsal=True), []),
        (
            PreflightFacts(editions=(), is_rehearsal=True, missing={"x": 1}, leaving="http"),
            ["missing-values", "no-unsubscribe"],
        ),
    ],
)
def test_each_refusal(known: PreflightFacts, codes: list[str]) -> None:
    """Exactly these, in this order; each has a message and a hint."""
    assert _codes(known) == codes
    assert all(each.words and each.route for each in refusals(known, {}))


@pytest.mark.parametrize(
    ("count", "number", "noun"),
    [(1, "1", "subscriber has"), (2, "2", "subscribers have"), (12_345, "12,345", "subscribers have")],
)
def test_numbers_are_formatted(count: int, number: str, noun: str) -> None:
    """Singular, plural, and thousands separators."""
    (refusal,) = refusals(replace(READY, missing={"company": count}), {})
    assert refusal.words.startswith(f"{number} {noun} ")


@pytest.mark.parametrize(("names", "more"), [(4, 0), (5, 0), (6, 1), (17, 12)])
def test_five_names_are_listed_and_the_others_counted(names: int, more: int) -> None:
    """A sentence lists at most five names."""
    (refusal,) = refusals(replace(READY, pictures=tuple(f"picture{each}.png" for each in range(names))), {})
    assert refusal.words.count(".png") == min(names, 5)
    assert ("and" in refusal.words, str(more) in refusal.words.rpartition("png")[2]) == (bool(more), bool(more))


def test_a_reason_lifts_only_allowable_refusals() -> None:
    """Refusals that may be allowed are waived and listed; the others stay, even with a reason."""
    known = replace(READY, pages="no", missing={"company": 2})
    allowed = {code.value: "because" for code in Code}
    assert [each.code for each in refusals(known, allowed)] == [Code.MISSING_VALUES]
    assert [each.code for each in waived(known, allowed)] == [Code.NO_PAGES]
    assert {Code.BLOCKED, Code.MISSING_VALUES, Code.NO_UNSUBSCRIBE} == set(Code) - ALLOWABLE


@pytest.mark.parametrize(
    ("count", "rate", "left", "daily", "expected"),
    [
        (600, 600.0, None, None, timedelta(minutes=1)),
        (600, None, None, None, None),
        (100, 60.0, 500, 1000, timedelta(seconds=100)),
        (1500, 60.0, 500, 1000, timedelta(days=1, minutes=1000 / 60)),
        (2600, None, 500, 1000, timedelta(days=3)),
        (0, 60.0, 0, 10, timedelta(0)),
    ],
)
def test_the_expected_end(
    count: int, rate: float | None, left: int | None, daily: int | None, expected: timedelta | None
) -> None:
    """With a rate, within a quota, on the next day, or not known."""
    end = finish(NOW, count, rate, quota_left=left, daily=daily)
    assert end == (None if expected is None else NOW + expected)


def test_a_change_is_named_by_its_section(tmp_path: Path) -> None:
    """A word, its markup, the address of a link, a field; a text that only moved in the file is not a change."""

    def said(body: str, subject: str = "A") -> dict[str, str]:
        workspace = sample_message(tmp_path, newsletter=NEWSLETTER)
        path = workspace.issue("2025-01-30")
        path.write_text(ISSUE.replace("{subject}", subject).replace("{body}", body), encoding="utf-8")
        return section_digests(variants_of(workspace, path))

    before = said("A [word](https://example.org/1) and **another**.")
    assert said("A [word](https://example.org/1) and **another**.") == before
    assert changes(before, said("A [word](https://example.org/2) and **another**.")) == ("letter",)
    assert changes(before, said("A [word](https://example.org/1) and *another*.")) == ("letter",)
    assert changes(before, said("Other", subject="B")) == ("subject", "letter")
    field = said('Dear {{ first_name | default("you") }}')
    assert said('Dear {{ first_name | default("you") }}') == field
    assert changes(field, said("Dear {{ name }}")) == ("letter",)
    assert changes(before, before) == (ELSEWHERE,)
    assert changes({"Gone": "x"}, {}) == ("Gone",)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("600/min", 600.0),
        ("10/s", 600.0),
        ("36000/h", 600.0),
        ("10 / sec", 600.0),
        ("0/min", None),
        ("fast", None),
        ("-1/s", None),
    ],
)
def test_rates(text: str, rate: float | None) -> None:
    """A number and a period; nothing else."""
    assert messages_a_minute(text) == pytest.approx(rate) if rate else messages_a_minute(text) is None


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("https://leave.example.org/{token}", True),
        ("https://leave.example.org/x?who={token}", True),
        ("https://leave.example.org/", False),
        ("http://leave.example.org/{token}", False),
        ("https://{token}.example.org/", False),
        ("leave by mail", False),
    ],
)
def test_addresses_with_a_token(text: str, is_good: bool) -> None:
    """https, with {token} after the host, and unchanged."""
    read = token_address(text)
    assert (read.url == text) is is_good and bool(read.problem) is not is_good


def test_settings(tmp_path: Path) -> None:
    """Every key of delivery and approvals is read."""
    more = (
        "approvals:\n  needed: 2\n  by:\n    - anna@example.org\n    - Anna <anna@EXAMPLE.org>\n    - ben@example.org\n"
        "delivery:\n  rate: 10/s\n  connections: 7\n  daily_quota: 5000\n  bounces: bounces@news.example.org\n"
        "  public_url: https://news.example.org/n/\n  unsubscribe_mailto: leave@news.example.org\n"
    )
    workspace = sample_message(tmp_path, newsletter=NEWSLETTER.replace("delivery:\n", more))
    found = settings_of(read_newsletter(workspace))
    assert (found.rate, found.connections, found.daily_quota) == (600.0, 7, 5000)
    assert found.public_url == "https://news.example.org/n" and found.bounces == "bounces@news.example.org"
    assert found.unsubscribe_url == "https://leave.example.org/{token}"
    assert found.unsubscribe_mailto == "leave@news.example.org"
    assert found.approvals == 2 and len(found.approvers) == 2
    assert found.approver("ANNA@example.org") is not None and found.approver("carla@example.org") is None
    for wrong, code in (
        ("rate: fast", "rate"),
        ("unsubscribe_url: https://x.example.org", "url"),
        ("connections: 0", "range"),
    ):
        workspace = sample_message(
            tmp_path,
            newsletter=NEWSLETTER.replace("  unsubscribe_url: https://leave.example.org/{token}", f"  {wrong}"),
        )
        with pytest.raises(ContentError) as raised:
            read_newsletter(workspace)
        assert [each.code for each in raised.value.problems] == [code]


def test_current_and_frozen_versions_are_distinguished() -> None:
    """Which version was approved is stated; so is who requested changes, and whose answers do not count."""
    for continues, version in ((None, "the current version"), (3, "the frozen version")):
        (refusal,) = refusals(replace(READY, continues=continues, approval=Approval(needed=2, approved=(YES,))), {})
        assert refusal.words.startswith(version) and refusal.words.endswith("1 of 2 approvals")
    (refusal,) = refusals(replace(READY, approval=Approval(needed=1, returned=(NO,))), {})
    assert refusal.words.endswith("; changes requested by ben@example.org: a typo")


def test_missing_values_are_named_in_the_order_of_the_alphabet() -> None:
    """The order is always the same."""
    known = replace(READY, missing={"name": 1, "company": 2, "town": 3})
    assert [each.words.split(" no ")[1].split(",")[0] for each in refusals(known, {})] == ["company", "name", "town"]


def test_refusals_have_a_fixed_order() -> None:
    """All refusals of a mailing, the most helpful first."""
    edition = EditionFacts(stem="a", blockers=("SIZE01", "UNS02", "LAW01"), same_issue_files=("b.yaml",))
    known = PreflightFacts(
        editions=(edition,),
        approval=Approval(needed=1),
        leaving="http",
        missing={"x": 1},
        database="no",
        pages="no",
        pictures=("a",),
    )
    codes = "same-issue untested blocked unapproved no-address no-privacy no-unsubscribe missing-values database-place"
    assert _codes(known) == [*codes.split(), "no-pages", "no-pictures"]
    assert _codes(replace(known, is_rehearsal=True)) == ["missing-values", "no-unsubscribe"]
    assert _codes(replace(known, continues=1, is_rehearsal=True, differences={"a": ("letter",)})) == [
        "changed",
        "unapproved",
        "database-place",
    ]


def _one(known: PreflightFacts) -> Refusal:
    (refusal,) = refusals(known, {})
    return refusal


@pytest.mark.parametrize(
    ("changed", "said"), [((), "the current version of a "), (("subject",), "tested, changed since: ")]
)
def test_an_earlier_test_is_mentioned(changed: tuple[str, ...], said: str) -> None:
    """With what has changed since then."""
    refusal = _one(PreflightFacts(editions=(EditionFacts(stem="a", tests=SentTests(changed_since=changed)),)))
    assert said in refusal.words and ("earlier version" in refusal.words) is bool(changed)
    assert refusal.route == "compose test a"


def test_without_a_mail_server_another_test_is_not_suggested() -> None:
    """It would be written to files again, and not count."""
    known = PreflightFacts(editions=(EditionFacts(stem="a"),), has_mail_server=False)
    refusal = _one(known)
    assert refusal.code is Code.UNTESTED and "compose test" not in refusal.route
    assert "compose help set-up-sending" in refusal.route


@pytest.mark.parametrize("changed", [{}, {"a": ("subject",)}])
def test_an_earlier_approval_is_mentioned(changed: dict[str, tuple[str, ...]]) -> None:
    """With what has changed since then; the hint has a placeholder for the approver."""
    known = replace(READY, issue="2031-01-30", approval=Approval(needed=1, changed_since=changed))
    refusal = _one(known)
    assert ("approved, changed since: " in refusal.words) is bool(changed)
    assert refusal.route == "compose approve 2031-01-30 --as ADDRESS"


def test_findings_with_a_refusal_of_their_own_do_not_block() -> None:
    """For any check: the others are counted, and the hint names the first one that can be allowed."""
    for own in ("UNS01", "UNS02", "LAW01", "FILE01"):
        for blockers in ((own,), (own, "SIZE01", "LINK01")):
            known = replace(READY, editions=(EditionFacts(stem="a", tests=TESTED, blockers=blockers),))
            found = [each for each in refusals(known, {}) if each.code is Code.BLOCKED]
            assert len(found) == (len(blockers) > 1)
            assert all("2 blocking findings" in each.words and '--allow SIZE01="' in each.route for each in found)


def test_only_what_was_allowed_is_waived() -> None:
    """The rest is still refused."""
    known = replace(READY, pages="no", database="no")
    allowed = {"no-pages": "because"}
    assert [each.code for each in refusals(known, allowed)] == [Code.DATABASE_PLACE]
    assert [each.code for each in waived(known, allowed)] == [Code.NO_PAGES]
    assert waived(known, {}) == ()
    assert [(each.code, each.may_be_allowed) for each in refusals(replace(READY, missing={"x": 1}), {})] == [
        (Code.MISSING_VALUES, False)
    ]


def test_what_has_changed_since_a_mailing_was_frozen_is_named_by_file() -> None:
    """And a mailing with unchanged files is not mentioned."""
    known = PreflightFacts(editions=(), continues=3, differences={"a": ("subject",), "b": ("letter",)})
    refusal = _one(known)
    assert refusal.words.startswith("mailing 3 ") and ": a: " in refusal.words and "; b: " in refusal.words
    assert refusal.route.endswith("compose stop 3 --for-good")


def test_messages_of_other_modules_do_not_change() -> None:
    """About unsubscribing, the location of the database, the public pages, and other files and mailings."""
    for known in (replace(READY, leaving="said"), replace(READY, database="said"), replace(READY, pages="said")):
        assert _one(known).words == "said"
    files = EditionFacts(stem="a", tests=TESTED, same_issue_files=("b.yaml", "c.yaml"))
    assert _one(replace(READY, editions=(files,))).words == "a is the same issue as b.yaml, c.yaml"
    refusal = _one(replace(READY, same_issue=(EARLIER,)))
    assert refusal.words.startswith("mailing 3 of 2031-01-29 ") and EARLIER.shared.in_words in refusal.words
    assert refusal.route.startswith("compose send 2031-01-29 ")

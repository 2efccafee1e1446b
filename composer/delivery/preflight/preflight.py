"""What keeps a mailing from going out: each refusal a small function of what is known.

Input: a `PreflightFacts`, and what a person allowed in spite of it, with reasons. Output: refusals, each with its code, in
words, with the way out. Pure: who looks, and where, is probes.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from composer.checks.rules.text.issue_copies import SAME_ISSUE
from composer.core.command_lines import command_line
from composer.delivery.approval.approvals import Approval
from composer.delivery.approval.content_diff import in_words, several, since
from composer.delivery.approval.recorded_editions import SentTests
from composer.delivery.selection.same_issue import EarlierMailing

#: Checks whose finding is a refusal of its own, with a way out of its own.
UNSUBSCRIBE, POSTAL, PRIVACY = "UNS01", "UNS02", "LAW01"
OWN_CODES = frozenset({UNSUBSCRIBE, POSTAL, PRIVACY, SAME_ISSUE})


class Code(StrEnum):
    """Why a mailing is refused. docs/delivery.md explains each."""

    UNTESTED = "untested"
    BLOCKED = "blocked"
    UNAPPROVED = "unapproved"
    NO_ADDRESS = "no-address"
    NO_PRIVACY = "no-privacy"
    NO_UNSUBSCRIBE = "no-unsubscribe"
    MISSING_VALUES = "missing-values"
    CHANGED = "changed"
    DATABASE_PLACE = "database-place"
    NO_PAGES = "no-pages"
    NO_PICTURES = "no-pictures"
    #: another file, or an earlier mailing, holds the same issue
    SAME_ISSUE = "same-issue"


#: What a person may wave through with a reason. The others would break a promise or a law whatever the reason.
ALLOWABLE = frozenset({
    Code.UNTESTED, Code.UNAPPROVED, Code.NO_ADDRESS, Code.NO_PRIVACY, Code.CHANGED, Code.DATABASE_PLACE, Code.NO_PAGES,
    Code.NO_PICTURES, Code.SAME_ISSUE,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why it does not go out, and what to do."""

    code: Code
    words: str
    route: str

    @property
    def may_be_allowed(self) -> bool:
        """Whether `--allow` helps."""
        return self.code in ALLOWABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFacts:
    """What is known of one language edition."""

    stem: str
    tests: SentTests = field(default_factory=SentTests)
    #: Codes of the checks that have a blocker for it, or an error; and of the three that are refusals of their own.
    blockers: tuple[str, ...] = ()
    #: Other files that hold the same issue.
    same_issue_files: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightFacts:
    """What is known before the question is asked."""

    editions: tuple[EditionFacts, ...]
    is_rehearsal: bool = False
    #: The issue, and how its editions together stand with those who may approve them.
    issue: str = ""
    approval: Approval = field(default_factory=Approval)
    #: The last answer that was known to somebody who allowed the frozen mailing to go out without approvals.
    allowed_until: int | None = None
    #: The unfinished mailing that it goes on with, and how its frozen editions differ from the files: codes by stem.
    continues: int | None = None
    differences: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: Subscribers without a value that their edition shows, by field.
    missing: Mapping[str, int] = field(default_factory=dict)
    #: What is wrong with the database's place; with the address that subscribers leave by; with the pages behind it.
    database: str = ""
    leaving: str = ""
    pages: str = ""
    #: Pictures on the web that are not those of this edition, each with what is wrong.
    pictures: Sequence[str] = ()
    #: Mailings under another key that sent the same issue.
    same_issue: Sequence[EarlierMailing] = ()


def refusals(known: PreflightFacts, allowed: Mapping[str, str]) -> tuple[Refusal, ...]:
    """Return what keeps a mailing from going out; what was allowed is none. A frozen mailing is asked less."""
    if known.continues is not None:
        looked: tuple[Callable[[PreflightFacts], Iterator[Refusal]], ...] = (_changed, _unapproved, _database)
    elif known.is_rehearsal:
        looked = (_missing, _leaving)
    else:
        looked = _ALL
    found = [refusal for look in looked for refusal in look(known)]
    return tuple(each for each in found if not (each.may_be_allowed and each.code in allowed))


def waived(known: PreflightFacts, allowed: Mapping[str, str]) -> tuple[Refusal, ...]:
    """Return the refusals that a person allowed: what the reasons stand for."""
    return tuple(each for each in refusals(known, {}) if each.may_be_allowed and each.code in allowed)


def _untested(known: PreflightFacts) -> Iterator[Refusal]:
    for each in known.editions:
        if not each.tests.sent:
            changed = each.tests.changed_since
            what = f"; tested before, {since({each.stem: changed}, each.stem)}" if changed else ""
            yield Refusal(
                code=Code.UNTESTED,
                words=f"{each.stem} was never sent to an editor as it stands now{what}",
                route=command_line("test", each.stem),
            )


def _blocked(known: PreflightFacts) -> Iterator[Refusal]:
    for each in known.editions:
        if found := [code for code in each.blockers if code not in OWN_CODES]:
            yield Refusal(
                code=Code.BLOCKED,
                words=f"{each.stem} has {_count(len(found), 'finding')} that keeps it from being sent: {several(found)}",
                route=f'{command_line("check", each.stem)}   says where; or allow one: --allow {found[0]}="the reason"',
            )


def _unapproved(known: PreflightFacts) -> Iterator[Refusal]:
    found = known.approval
    if found.permits(known.allowed_until):
        return
    stands = "stands now" if known.continues is None else "was frozen"
    said = f"{known.issue} has {len(found.approved)} of {found.needed} approvals as it {stands}"
    if changed := found.changed_since:
        said += f"; approved before, {since(changed, known.issue)}"
    if found.returned:
        said += f"; changes requested by {several([f'{each.address}: {each.comment}' for each in found.returned])}"
    if ignored := [each.address for each in found.former]:
        said += f"; not counted, for they are not in approvals.by: {several(ignored)}"
    yield Refusal(code=Code.UNAPPROVED, words=said, route=command_line("approve", known.issue, options="--as ADDRESS"))


def _no_address(known: PreflightFacts) -> Iterator[Refusal]:
    if _is_found(known, POSTAL):
        yield Refusal(
            code=Code.NO_ADDRESS,
            words="the sender's postal address is not in the message",
            route="set sender.postal_address in newsletter.yaml; where no law asks for it:   checks: UNS02: level: off",
        )


def _no_privacy(known: PreflightFacts) -> Iterator[Refusal]:
    if _is_found(known, PRIVACY):
        yield Refusal(
            code=Code.NO_PRIVACY,
            words="subscribers cannot find out what is done with their address",
            route="set sender.privacy_url in newsletter.yaml; where no law asks for it:   checks: LAW01: level: off",
        )


def _no_unsubscribe(known: PreflightFacts) -> Iterator[Refusal]:
    if not known.leaving and _is_found(known, UNSUBSCRIBE):
        yield _nowhere_to_leave("subscribers cannot leave: the message has no link for it")


def _leaving(known: PreflightFacts) -> Iterator[Refusal]:
    if known.leaving:
        yield _nowhere_to_leave(known.leaving)


def _nowhere_to_leave(words: str) -> Refusal:
    return Refusal(
        code=Code.NO_UNSUBSCRIBE,
        words=words,
        route="set delivery.public_url (compose serve) or delivery.unsubscribe_url, an https address with {token}",
    )


def _missing(known: PreflightFacts) -> Iterator[Refusal]:
    for name, count in sorted(known.missing.items()):
        yield Refusal(
            code=Code.MISSING_VALUES,
            words=f"{_count(count, 'subscriber')} {'has' if count == 1 else 'have'} no {name}, and the edition shows it",
            route=f'write   {{{{ {name} | default("…") }}}}   or give them one',
        )


def _changed(known: PreflightFacts) -> Iterator[Refusal]:
    if known.differences:
        said = "; ".join(f"{stem}: {several(in_words(codes))}" for stem, codes in known.differences.items())
        number = known.continues
        yield Refusal(
            code=Code.CHANGED,
            words=f"mailing {number} is not finished, and the issue has changed since it was frozen: {said}",
            route=f'go on with it as it was frozen: --allow changed="the reason"; or end it: compose stop {number}'
            " --for-good",
        )


def _database(known: PreflightFacts) -> Iterator[Refusal]:
    if known.database:
        yield Refusal(
            code=Code.DATABASE_PLACE,
            words=known.database,
            route="name a file on this computer's own disk:   database:   in newsletter.yaml",
        )


def _no_pages(known: PreflightFacts) -> Iterator[Refusal]:
    if known.pages:
        yield Refusal(
            code=Code.NO_PAGES,
            words=known.pages,
            route="compose serve must run behind delivery.public_url, with the same database and key",
        )


def _no_pictures(known: PreflightFacts) -> Iterator[Refusal]:
    if known.pictures:
        yield Refusal(
            code=Code.NO_PICTURES,
            words=f"{_count(len(known.pictures), 'picture')} on the web cannot be used: {several(known.pictures)}",
            route="put the pictures of outbox/ISSUE/pictures/ to brand.assets_url",
        )


def _same_issue_files(known: PreflightFacts) -> Iterator[Refusal]:
    for each in known.editions:
        if each.same_issue_files:
            yield Refusal(
                code=Code.SAME_ISSUE,
                words=f"two files hold the issue {each.stem}: also {several(each.same_issue_files)}",
                route="keep the right file, and delete or move the other, or correct its date or number",
            )


def _same_issue_mailings(known: PreflightFacts) -> Iterator[Refusal]:
    for each in known.same_issue:
        yield Refusal(
            code=Code.SAME_ISSUE,
            words=f"mailing {each.mailing} of {each.issue} sent this issue already: {each.shared.in_words}",
            route=f"{command_line('send', each.issue)}   goes on with that one; or correct the date or number",
        )


_ALL = (
    _same_issue_files,
    _same_issue_mailings,
    _untested,
    _blocked,
    _unapproved,
    _no_address,
    _no_privacy,
    _no_unsubscribe,
    _leaving,
    _missing,
    _database,
    _no_pages,
    _no_pictures,
)


def _is_found(known: PreflightFacts, code: str) -> bool:
    return any(code in each.blockers for each in known.editions)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

"""The reasons to refuse a mailing: one small function for each.

Input: a `PreflightFacts`, and the refusals that a person allowed, with reasons. Output: refusals, each with its code, a
message and what to do. Guarantees: pure; probes.py collects the facts.
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

#: Checks whose finding is a refusal of its own, with its own hint.
UNSUBSCRIBE, POSTAL, PRIVACY = "UNS01", "UNS02", "LAW01"
OWN_CODES = frozenset({UNSUBSCRIBE, POSTAL, PRIVACY, SAME_ISSUE})

#: What a test needs first: without a mail server, it is written to files and not recorded.
_NO_SERVER = "a test counts once a mail server has accepted it; to set one up:   compose help set-up-sending"


class Code(StrEnum):
    """Why a mailing is refused. docs/reference/send-refusals.md explains each."""

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
    #: another file, or an earlier mailing, has the same issue
    SAME_ISSUE = "same-issue"


#: What a person may allow with a reason. The others would break a promise or a law, with or without a reason.
ALLOWABLE = frozenset({
    Code.UNTESTED, Code.UNAPPROVED, Code.NO_ADDRESS, Code.NO_PRIVACY, Code.CHANGED, Code.DATABASE_PLACE, Code.NO_PAGES,
    Code.NO_PICTURES, Code.SAME_ISSUE,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a mailing is refused, and what to do."""

    code: Code
    words: str
    route: str

    @property
    def may_be_allowed(self) -> bool:
        """Whether `--allow` lifts it."""
        return self.code in ALLOWABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFacts:
    """The facts about one language edition."""

    stem: str
    tests: SentTests = field(default_factory=SentTests)
    #: Codes of the checks that found a blocker or an error in it, and of the three that are refusals of their own.
    blockers: tuple[str, ...] = ()
    #: How many warnings the checks have for it.
    warnings: int = 0
    #: Other files of the same issue.
    same_issue_files: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightFacts:
    """What is known before a person is asked to confirm."""

    editions: tuple[EditionFacts, ...]
    is_rehearsal: bool = False
    #: Whether a mail server is set up, without which no test counts.
    has_mail_server: bool = True
    #: The issue, and whether its editions together are approved.
    issue: str = ""
    approval: Approval = field(default_factory=Approval)
    #: The last answer that was known to the person who allowed the frozen mailing to be sent without approvals.
    allowed_until: int | None = None
    #: The unfinished mailing that it resumes, and how its frozen editions differ from the files: codes by stem.
    continues: int | None = None
    differences: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: How many subscribers lack a value that their edition shows, by field.
    missing: Mapping[str, int] = field(default_factory=dict)
    #: What is wrong with the location of the database, with the unsubscribe address, and with the pages that it leads
    #: to.
    database: str = ""
    leaving: str = ""
    pages: str = ""
    #: Pictures on the web that differ from those of this edition, each with the problem.
    pictures: Sequence[str] = ()
    #: Mailings with another issue key that sent the same issue.
    same_issue: Sequence[EarlierMailing] = ()


def refusals(known: PreflightFacts, allowed: Mapping[str, str]) -> tuple[Refusal, ...]:
    """Return the refusals of a mailing, without those that were allowed. A frozen mailing needs fewer checks."""
    if known.continues is not None:
        looked: tuple[Callable[[PreflightFacts], Iterator[Refusal]], ...] = (_changed, _unapproved, _database)
    elif known.is_rehearsal:
        looked = (_missing, _leaving)
    else:
        looked = _ALL
    found = [refusal for look in looked for refusal in look(known)]
    return tuple(each for each in found if not (each.may_be_allowed and each.code in allowed))


def waived(known: PreflightFacts, allowed: Mapping[str, str]) -> tuple[Refusal, ...]:
    """Return the refusals that a person allowed with a reason."""
    return tuple(each for each in refusals(known, {}) if each.may_be_allowed and each.code in allowed)


def _untested(known: PreflightFacts) -> Iterator[Refusal]:
    for each in known.editions:
        if not each.tests.sent:
            changed = each.tests.changed_since
            what = f"; an earlier version was tested, {since({each.stem: changed}, each.stem)}" if changed else ""
            yield Refusal(
                code=Code.UNTESTED,
                words=f"the current version of {each.stem} was not sent to an editor as a test{what}",
                route=command_line("test", each.stem) if known.has_mail_server else _NO_SERVER,
            )


def _blocked(known: PreflightFacts) -> Iterator[Refusal]:
    for each in known.editions:
        if found := [code for code in each.blockers if code not in OWN_CODES]:
            yield Refusal(
                code=Code.BLOCKED,
                words=f"{each.stem} has {_count(len(found), 'blocking finding')}: {several(found)}",
                route=f'{command_line("check", each.stem)}   shows where; or allow one: --allow {found[0]}="the reason"',
            )


def _unapproved(known: PreflightFacts) -> Iterator[Refusal]:
    found = known.approval
    if found.permits(known.allowed_until):
        return
    version = "the current version" if known.continues is None else "the frozen version"
    said = f"{version} of {known.issue} has {len(found.approved)} of {found.needed} approvals"
    if changed := found.changed_since:
        said += f"; an earlier version was approved, {since(changed, known.issue)}"
    if found.returned:
        said += f"; changes requested by {several([f'{each.address}: {each.comment}' for each in found.returned])}"
    if ignored := [each.address for each in found.former]:
        said += f"; not counted, because they are not in approvals.by: {several(ignored)}"
    yield Refusal(code=Code.UNAPPROVED, words=said, route=command_line("approve", known.issue, options="--as ADDRESS"))


def _no_address(known: PreflightFacts) -> Iterator[Refusal]:
    if _is_found(known, POSTAL):
        yield Refusal(
            code=Code.NO_ADDRESS,
            words="the message does not contain the sender's postal address",
            route="set sender.postal_address in newsletter.yaml; if no law requires it:   checks: UNS02: level: off",
        )


def _no_privacy(known: PreflightFacts) -> Iterator[Refusal]:
    if _is_found(known, PRIVACY):
        yield Refusal(
            code=Code.NO_PRIVACY,
            words="the message has no link to a privacy policy",
            route="set sender.privacy_url in newsletter.yaml; if no law requires it:   checks: LAW01: level: off",
        )


def _no_unsubscribe(known: PreflightFacts) -> Iterator[Refusal]:
    if not known.leaving and _is_found(known, UNSUBSCRIBE):
        yield _nowhere_to_leave("the message has no unsubscribe link")


def _leaving(known: PreflightFacts) -> Iterator[Refusal]:
    if known.leaving:
        yield _nowhere_to_leave(known.leaving)


def _nowhere_to_leave(words: str) -> Refusal:
    return Refusal(
        code=Code.NO_UNSUBSCRIBE,
        words=words,
        route="set delivery.public_url (compose serve) or delivery.unsubscribe_url (an https address with {token})",
    )


def _missing(known: PreflightFacts) -> Iterator[Refusal]:
    for name, count in sorted(known.missing.items()):
        yield Refusal(
            code=Code.MISSING_VALUES,
            words=f"{_count(count, 'subscriber')} {'has' if count == 1 else 'have'} no {name}, but the edition uses it",
            route=f'write   {{{{ {name} | default("…") }}}}   or set the value for these subscribers',
        )


def _changed(known: PreflightFacts) -> Iterator[Refusal]:
    if known.differences:
        said = "; ".join(f"{stem}: {several(in_words(codes))}" for stem, codes in known.differences.items())
        number = known.continues
        yield Refusal(
            code=Code.CHANGED,
            words=f"mailing {number} is not finished, and the issue has changed since it was frozen: {said}",
            route=f'resume it as it was frozen: --allow changed="the reason"; or cancel it: compose stop {number}'
            " --for-good",
        )


def _database(known: PreflightFacts) -> Iterator[Refusal]:
    if known.database:
        yield Refusal(
            code=Code.DATABASE_PLACE,
            words=known.database,
            route="in newsletter.yaml, set   database:   to a file on this computer's own disk",
        )


def _no_pages(known: PreflightFacts) -> Iterator[Refusal]:
    if known.pages:
        yield Refusal(
            code=Code.NO_PAGES,
            words=known.pages,
            route="delivery.public_url must lead to a running   compose serve   that uses the same database and key",
        )


def _no_pictures(known: PreflightFacts) -> Iterator[Refusal]:
    if known.pictures:
        yield Refusal(
            code=Code.NO_PICTURES,
            words=f"{_count(len(known.pictures), 'picture')} on the web cannot be used: {several(known.pictures)}",
            route="upload the pictures in outbox/ISSUE/pictures/ to brand.assets_url",
        )


def _same_issue_files(known: PreflightFacts) -> Iterator[Refusal]:
    for each in known.editions:
        if each.same_issue_files:
            yield Refusal(
                code=Code.SAME_ISSUE,
                words=f"{each.stem} is the same issue as {several(each.same_issue_files)}",
                route="delete or move the wrong file, or correct its date or number",
            )


def _same_issue_mailings(known: PreflightFacts) -> Iterator[Refusal]:
    for each in known.same_issue:
        shared = each.shared.in_words
        yield Refusal(
            code=Code.SAME_ISSUE,
            words=f"mailing {each.mailing} of {each.issue} already sent this issue: {shared}",
            route=f"{command_line('send', each.issue)}   resumes that mailing; or correct the date or number",
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

"""Proposes a mailing, and prepares what is frozen after a person has confirmed.

Input: checked editions, a database, the settings in newsletter.yaml and of the command. Output: a `Proposal`, then a
`Draft`. Guarantees: reads only; the caller freezes the mailing after the confirmation.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from composer.checks.check_settings import read_settings
from composer.checks.registry import Setting
from composer.checks.rules.text.issue_copies import SAME_ISSUE
from composer.content.document.newsletter import Newsletter
from composer.core.errors import Level, Problem
from composer.delivery.approval.approvals import approval_of
from composer.delivery.approval.recorded_editions import RecordedEdition, edition_of, sent_tests
from composer.delivery.approval.reviews import Review, review_of
from composer.delivery.config.delivery_settings import Settings
from composer.delivery.config.resolve import ConfiguredRoute
from composer.delivery.core.mailing import FrozenVariant
from composer.delivery.messages.message_factory import FrozenSettings
from composer.delivery.preflight.preflight import (
    OWN_CODES,
    POSTAL,
    PRIVACY,
    UNSUBSCRIBE,
    EditionFacts,
    PreflightFacts,
    waived,
)
from composer.delivery.preflight.recipient_survey import RecipientSurvey, look_through, subscribers_in, tags_in
from composer.delivery.preflight.storage_place import Commit
from composer.delivery.selection.corrected_messages import missing_languages
from composer.delivery.selection.freeze import Draft
from composer.delivery.selection.same_issue import IssueContent, content_of, earlier_mailings
from composer.delivery.selection.selection import Counts, Selection, count
from composer.delivery.throttle import rate_limit
from composer.delivery.throttle.forecast import finish
from composer.editions.check_run import Checked
from composer.editions.pipeline import BuiltVariant as Built
from composer.editions.pipeline import hash_of, pick

_FEEDBACK = re.compile(r"[A-Za-z0-9._-]{1,40}")
#: How many subscribers are read to find samples, and how many samples a rehearsal writes.
_LOOKED_THROUGH = 5_000
SAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposed mailing."""

    editions: tuple[RecordedEdition, ...]
    #: The variants of all languages, with consecutive numbers.
    variants: tuple[Built, ...] = field(repr=False)
    newsletter: Newsletter = field(repr=False)
    selection: Selection
    counts: Counts
    survey: RecipientSurvey
    known: PreflightFacts
    #: What identifies each edition as this issue, to compare it with earlier mailings.
    contents: tuple[IssueContent, ...]
    #: The warnings of the checks, without those that are refusals of their own.
    warnings: tuple[Problem, ...]
    #: Codes of blocking checks that were allowed with a reason.
    excused: tuple[str, ...] = ()
    #: Of a correction: how many recipients got the issue in a language that the correction lacks, by that language.
    missing_languages: Mapping[str, int] = field(default_factory=dict)

    @property
    def issue(self) -> str:
        """The issue key."""
        return self.editions[0].issue

    @property
    def hash(self) -> str:
        """The hash of all its messages."""
        return hash_of(self.variants)

    @property
    def review(self) -> Review:
        """The review that must be approved."""
        return review_of(self.editions)

    def reasons(self, allowed: Mapping[str, str]) -> dict[str, str]:
        """Return the reasons that allowed something; the others had no effect."""
        if self.known.is_rehearsal:
            return {}
        mattered = {*self.excused, *(each.code for each in waived(self.known, allowed))}
        return {code: reason for code, reason in allowed.items() if code in mattered}

    def choose(self, language: str, tags: frozenset[str]) -> int:
        """Return the number of the variant that a subscriber gets."""
        return pick(self.variants, language, tags).number


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalOutlook:
    """When it will be finished, and the rest of the day's quota."""

    finish: datetime | None
    quota_left: int | None = None
    daily: int | None = None


def numbered(checked: Sequence[Checked]) -> tuple[Built, ...]:
    """Return the variants of several editions, with consecutive numbers."""
    found = [variant for each in checked for variant in each.variants]
    return tuple(replace(variant, number=number) for number, variant in enumerate(found, 1))


def propose_mailing(
    connection: Connection,
    checked: Sequence[Checked],
    selection: Selection,
    settings: Settings,
    allowed: Mapping[str, str],
    *,
    is_rehearsal: bool,
    known: PreflightFacts,
) -> Proposal:
    """Return the proposal: the messages and the recipients. `known` has the facts from the web and the disk."""
    variants = numbered(checked)
    editions = tuple(edition_of(each.variants) for each in checked)
    counts = count(connection, selection)
    survey = look_through(connection, selection, variants)
    found = tuple(
        EditionFacts(
            stem=edition.stem,
            tests=sent_tests(connection, edition),
            blockers=_blockers(each.problems, allowed),
            warnings=len(_warnings(each)),
            same_issue_files=_same_issue_files(each, selection, allowed),
        )
        for edition, each in zip(editions, checked, strict=True)
    )
    warnings = [problem for each in checked for problem in _warnings(each)]
    contents = tuple(
        content_of(edition, is_dated=_is_dated(each)) for edition, each in zip(editions, checked, strict=True)
    )
    same = () if is_rehearsal else earlier_mailings(connection, contents, corrects=selection.got)
    return Proposal(
        contents=contents,
        editions=editions,
        variants=variants,
        newsletter=checked[0].built.newsletter,
        selection=selection,
        counts=counts,
        survey=survey,
        known=replace(
            known,
            editions=found,
            missing=survey.missing,
            is_rehearsal=is_rehearsal,
            same_issue=same,
            issue=editions[0].issue,
            approval=approval_of(connection, review_of(editions), settings),
        ),
        warnings=tuple(warnings),
        excused=_excused([problem for each in checked for problem in each.problems], allowed),
        missing_languages=missing_languages(connection, selection, [each.language for each in editions]),
    )


def samples(connection: Connection, proposal: Proposal, most: int = SAMPLES) -> tuple[int, ...]:
    """Return subscribers for samples: one for each variant, then the first others."""
    chosen: dict[int, int] = {}
    others: list[int] = []
    rows = connection.execute(subscribers_in(proposal.selection).limit(_LOOKED_THROUGH))
    for row in rows:
        number = proposal.choose(row.language, tags_in(row.tags))
        if number not in chosen and len(chosen) < max(most, len(proposal.variants)):
            chosen[number] = row.id
        elif len(others) < most:
            others.append(row.id)
    return tuple(sorted([*chosen.values(), *others[: max(0, most - len(chosen))]]))


def outlook(connection: Connection, routes: Sequence[ConfiguredRoute], count: int, now: datetime) -> ProposalOutlook:
    """Return when this many messages will be sent: at the rate of the first server for all domains."""
    general = [each for each in routes if not each.domains]
    if not general:
        return ProposalOutlook(finish=None)
    left, daily = None, None
    quotas = {each.bucket: each.daily_quota for each in general if each.daily_quota is not None}
    if len(quotas) == len(general):
        looked = (rate_limit.look_at_quota(connection, name, quota, now).left for name, quota in quotas.items())
        left, daily = sum(max(0, each) for each in looked), sum(quotas.values())
    until = finish(now, count, general[0].rate, quota_left=left, daily=daily)
    return ProposalOutlook(finish=until, quota_left=left, daily=daily)


def draft_of(
    proposal: Proposal,
    settings: Settings,
    *,
    made_by: str,
    program: str,
    commit: Commit | None,
    allowed: Mapping[str, str],
    again_because: str = "",
    corrects: int | None = None,
    due: datetime | None = None,
    only: tuple[int, ...] | None = None,
) -> Draft:
    """Return what will be frozen."""
    sender = proposal.newsletter.sender
    several = len({variant.built.issue.stem for variant in proposal.variants}) > 1
    frozen_settings = FrozenSettings(
        sender=sender.wire,
        domain=sender.domain,
        bounces=settings.bounces,
        public_url=settings.public_url,
        unsubscribe_url=settings.unsubscribe_url,
        unsubscribe_mailto=settings.unsubscribe_mailto,
        page=proposal.editions[0].stem,
        pages={str(variant.number): variant.built.issue.stem for variant in proposal.variants} if several else {},
        feedback=(proposal.issue,) if _FEEDBACK.fullmatch(proposal.issue) else (),
        wants_notice=settings.bounces is not None,
    )
    return Draft(
        selection=replace(proposal.selection, only=only),
        variants=tuple(
            FrozenVariant(
                number=each.number,
                language=each.built.issue.language,
                compiled=each.compiled.to_bytes(),
            )
            for each in proposal.variants
        ),
        pick=proposal.choose if len(proposal.variants) > 1 else None,
        edition=proposal.hash,
        subject=proposal.editions[0].subject,
        frozen_settings=frozen_settings.to_json(),
        made_by=made_by,
        program=program,
        git_commit=commit.id if commit else None,
        is_committed=commit.is_clean if commit else None,
        is_rehearsal=proposal.known.is_rehearsal,
        allowed=allowed,
        contents=proposal.contents,
        again_because=again_because,
        corrects=corrects,
        due=due,
    )


def _warnings(checked: Checked) -> list[Problem]:
    """Return the warnings about an edition, without those that are refusals of their own."""
    return [each for each in checked.problems if each.level is Level.WARNING and each.code not in OWN_CODES]


def _blockers(problems: Sequence[Problem], allowed: Mapping[str, str]) -> tuple[str, ...]:
    heavy = (Level.ERROR, Level.BLOCKER)
    found = (
        each.code for each in problems if each.code in OWN_CODES or (each.level in heavy and each.code not in allowed)
    )
    return tuple(dict.fromkeys(found))


def _same_issue_files(checked: Checked, selection: Selection, allowed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the other files of an issue that block it; a correction may have the same date as the corrected issue."""
    if SAME_ISSUE in allowed or not _is_dated(checked):
        return ()
    return tuple(other.name for other in checked.review.same_issue if other.key != selection.got)


def _is_dated(checked: Checked) -> bool:
    """Return whether one date means one issue: newsletter.yaml can reduce the level of the check."""
    setting = read_settings(checked.built.newsletter).get(SAME_ISSUE, Setting())
    return not setting.is_off and setting.level in (None, Level.BLOCKER)


def _excused(problems: Sequence[Problem], allowed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the codes of blockers that were allowed with a reason."""
    found = {each.code for each in problems if each.level in (Level.ERROR, Level.BLOCKER)}
    return tuple(code for code in allowed if code in found and code not in (UNSUBSCRIBE, POSTAL, PRIVACY))

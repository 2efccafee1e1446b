"""Who gets a mailing, and why others are excluded: one SQL expression, for the counts and for the freezing itself.

Input: a condition, and the kind of mailing (an issue's first, the rest, a correction). Output: counts by reason, or
conditions for the rows to insert. Guarantees: a person has one reason, the first that applies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, literal, or_, select, true

from composer.audience.identity.tombstones import exists_for
from composer.audience.suppression import Reason
from composer.core.audience_filter import AudienceFilter
from composer.core.language_tags import same_tags
from composer.database.database_state import lost_issues
from composer.database.tables.mailing_tables import deliveries, issues, mailings
from composer.database.tables.subscriber_tables import subscriber_tags, subscribers, suppressions
from composer.delivery.core.retry_policy import RefusalCategory
from composer.delivery.core.states import HOLDING, DeliveryState


class LeftOut(StrEnum):
    """Why a selected subscriber is excluded. The first four are subscribers' statuses."""

    #: has not confirmed
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    #: bounced with so many others that a person must decide first: compose bounces held
    HELD = "held"
    #: is on the suppression list
    SUPPRESSED = "suppressed"
    #: an earlier mailing of this issue was accepted for them, or is still being sent
    HAS_IT = "has_it"
    #: an earlier mailing of this issue is unconfirmed for them
    CANNOT_KNOW = "cannot_know"
    #: an earlier mailing of this issue found no such mailbox, or no such domain (to-those-without)
    TURNED_AWAY = "turned_away"
    #: did not get the issue that is being corrected (to-those-who-got)
    NOT_THEIRS = "not_theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Who a mailing is for. `condition` selects subscribers; the rest is about what they received before."""

    #: The issue key of the mailing itself.
    issue: str
    condition: AudienceFilter = field(default_factory=AudienceFilter)
    #: Only to those who do not have it yet: late joiners and those who never received it. Subscribers whose mailbox or
    #: domain does not exist are excluded, too.
    is_rest: bool = False
    #: Only to those who received this issue (accepted or unconfirmed): its key.
    got: str | None = None
    #: Also to those who have it already; the reason is recorded in the mailing.
    is_again: bool = False
    #: Only these of the recipients: the samples of a rehearsal.
    only: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many get it, and how many of the selected subscribers are excluded, by reason."""

    included: int
    left_out: Mapping[LeftOut, int]


_INCLUDED = "included"


def count(connection: Connection, selection: Selection) -> Counts:
    """Count who would get a mailing that was frozen now. It reads every subscriber once: one second for a million."""
    reason = standing(selection).label("standing")
    rows = connection.execute(
        select(reason, func.count()).select_from(subscribers).where(meant(selection.condition)).group_by(reason)
    )
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    return Counts(included=found.pop(_INCLUDED, 0), left_out={each: found[each] for each in LeftOut if each in found})


def is_included(selection: Selection) -> ColumnElement[bool]:
    """Return the condition, over `subscribers`, of those who get it."""
    asked = and_(meant(selection.condition), standing(selection) == _INCLUDED)
    return asked if selection.only is None else and_(asked, subscribers.c.id.in_(selection.only))


def meant(condition: AudienceFilter) -> ColumnElement[bool]:
    """Return the condition, over `subscribers`, of those who match: `AudienceFilter.matches` in SQL."""
    asked: list[ColumnElement[bool]] = []
    if condition.language:
        language = func.lower(subscribers.c.language)
        tags = [each for wanted in condition.language for each in same_tags(wanted)]
        asked.append(
            or_(
                *(language == each for each in tags),
                *(language.startswith(f"{each}-", autoescape=True) for each in tags),
            )
        )
    if condition.tag:
        asked.append(_has_tag(condition.tag))
    if condition.without_tag:
        asked.append(~_has_tag(condition.without_tag))
    return and_(true(), *asked)


def _has_tag(tags: tuple[str, ...]) -> ColumnElement[bool]:
    return exists().where(subscriber_tags.c.subscriber_id == subscribers.c.id, subscriber_tags.c.tag.in_(tags))


def standing(selection: Selection) -> ColumnElement[str]:
    """Return the expression, over `subscribers`, of why a person is excluded, or that they are included."""
    whens: list[tuple[ColumnElement[bool], ColumnElement[str]]] = [
        (subscribers.c.status != "active", subscribers.c.status),
        (is_suppressed(Reason.HELD), literal(LeftOut.HELD.value)),
        (is_suppressed(), literal(LeftOut.SUPPRESSED.value)),
    ]
    if selection.got is not None:
        had = _delivered(selection.got, DeliveryState.ACCEPTED, DeliveryState.UNKNOWN)
        whens.append((~had, literal(LeftOut.NOT_THEIRS.value)))
    if not selection.is_again:
        whens += [
            (_delivered(selection.issue, DeliveryState.UNKNOWN), literal(LeftOut.CANNOT_KNOW.value)),
            (_delivered(selection.issue, *HOLDING), literal(LeftOut.HAS_IT.value)),
            # A mailing of it was lost when a backup was restored: it is not known who received it.
            (exists().where(lost_issues.c.key == selection.issue), literal(LeftOut.CANNOT_KNOW.value)),
        ]
    if selection.is_rest:
        turned_away = deliveries.c.refusal_category.in_((RefusalCategory.GONE, RefusalCategory.NO_DOMAIN))
        whens.append((_of_issue(selection.issue, turned_away), literal(LeftOut.TURNED_AWAY.value)))
    return case(*whens, else_=literal(_INCLUDED))


def is_suppressed(reason: Reason | None = None) -> ColumnElement[bool]:
    """Return the condition, over `subscribers`, of those whose address is on the suppression list, for any reason or for one."""
    here = suppressions.c.normal == subscribers.c.normal
    return exists().where(here if reason is None else and_(here, suppressions.c.reason == reason))


def _delivered(issue: str, *states: DeliveryState) -> ColumnElement[bool]:
    return _of_issue(issue, deliveries.c.state.in_(states))


def _of_issue(issue: str, such: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether a subscriber, under any of their ids, has such a delivery in the real mailings of an issue."""
    found = (
        select(mailings.c.id)
        .join_from(mailings, issues)
        .where(issues.c.key == issue, mailings.c.is_rehearsal.is_(False))
        .scalar_subquery()
    )
    return exists_for(subscribers.c.id, deliveries, deliveries.c.mailing_id.in_(found), such)

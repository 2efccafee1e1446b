"""Audience health: growth, bounces and complaints by mailing and provider, compared with the limits of providers.

Input: counts. Output: judgements. Guarantees: pure. The limits: complaints below 0.1 %, never 0.3 % or more (Google,
"Email sender guidelines", answer 81126; Yahoo, "Sender best practices"; Microsoft publishes no number, so the same
applies); bounces below 2 %, and below the 5 % at which Amazon SES puts an account under review, because the other three
publish no number for them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from composer.audience.bounce_holds import Hold
from composer.audience.mailbox_providers import Provider, provider_of

COMPLAINTS_WATCH, COMPLAINTS_ALARM = 0.001, 0.003
BOUNCES_WATCH, BOUNCES_ALARM = 0.02, 0.05
#: Fewer accepted messages, or complaints, are too few for a rate.
LEAST_ACCEPTED, LEAST_COMPLAINTS, LEAST_BOUNCES = 100, 2, 3


class HealthMark(StrEnum):
    """The judgement of a figure."""

    GOOD = "good"
    WATCH = "watch"
    ALARM = "alarm"
    #: too few to tell
    FEW = "few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The results of messages, with each subscriber counted once per mailing."""

    accepted: int = 0
    #: Rejected at once because of the subscriber's address.
    refused: int = 0
    #: These, and those who bounced later.
    bounced: int = 0
    #: Of these: the mailbox or the domain does not exist.
    hard: int = 0
    #: Rejected because of the sender or the message.
    ours: int = 0
    complaints: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            accepted=self.accepted + other.accepted,
            refused=self.refused + other.refused,
            bounced=self.bounced + other.bounced,
            hard=self.hard + other.hard,
            ours=self.ours + other.ours,
            complaints=self.complaints + other.complaints,
        )

    @property
    def bounce_rate(self) -> float:
        """The share of bounces in the recipients of the mailing."""
        return self.bounced / max(self.accepted + self.refused, 1)

    @property
    def complaint_rate(self) -> float:
        """The share of complaints in the accepted messages."""
        return self.complaints / max(self.accepted, 1)

    @property
    def bounce_mark(self) -> HealthMark:
        """The judgement of the bounces."""
        return _mark(self, self.bounced, LEAST_BOUNCES, self.bounce_rate, BOUNCES_WATCH, BOUNCES_ALARM)

    @property
    def complaint_mark(self) -> HealthMark:
        """The judgement of the complaints."""
        return _mark(self, self.complaints, LEAST_COMPLAINTS, self.complaint_rate, COMPLAINTS_WATCH, COMPLAINTS_ALARM)


def _mark(figures: Figures, count: int, least: int, rate: float, watch: float, alarm: float) -> HealthMark:
    if figures.accepted + figures.refused < LEAST_ACCEPTED:
        return HealthMark.FEW
    if count < least or rate < watch:
        return HealthMark.GOOD
    return HealthMark.WATCH if rate < alarm else HealthMark.ALARM


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingFigures:
    """One mailing."""

    id: int
    issue: str
    made: datetime
    domains: Mapping[str, Figures]

    @property
    def total(self) -> Figures:
        """All domains together."""
        return sum(self.domains.values(), Figures())


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The changes of one month."""

    first: date
    #: People who signed up, or were added by hand.
    joined: int = 0
    #: People who were imported with a list.
    imported: int = 0
    left: int = 0
    bounced: int = 0
    complained: int = 0
    #: Active at the end of the month.
    active: int = 0

    @property
    def lost(self) -> int:
        """Everybody who is no longer subscribed."""
        return self.left + self.bounced + self.complained


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceHealth:
    """All figures of the page."""

    now: datetime
    #: Subscribers by status.
    subscribers: Mapping[str, int]
    #: Oldest first; empty before the first subscriber.
    months: tuple[Month, ...] = ()
    #: Newest first.
    mailings: tuple[MailingFigures, ...] = ()
    #: Rejections because of the sender or the message: domain, status, first answer of a server, count; most frequent
    #: first.
    refusals: tuple[tuple[str, str, str, int], ...] = ()
    #: Bounces that are on hold until a person decides.
    holds: tuple[Hold, ...] = ()
    days: int = 90

    def by_provider(self) -> dict[Provider, Figures]:
        """Return the figures of every provider with messages."""
        found = {each: Figures() for each in Provider}
        for domain, figures in self._domains():
            found[provider_of(domain)] += figures
        return {each: figures for each, figures in found.items() if figures != Figures()}

    def by_domain(self, most: int = 10) -> list[tuple[str, Figures]]:
        """Return the domains with the most messages."""
        found: dict[str, Figures] = {}
        for domain, figures in self._domains():
            found[domain] = found.get(domain, Figures()) + figures
        return sorted(found.items(), key=lambda each: (-each[1].accepted - each[1].refused, each[0]))[:most]

    def worst(self) -> HealthMark:
        """Return the worst judgement of mailings and providers; bounces that wait for a decision are an alarm."""
        every = [each.total for each in self.mailings] + list(self.by_provider().values())
        marks = {mark for each in every for mark in (each.bounce_mark, each.complaint_mark)}
        if self.holds:
            return HealthMark.ALARM
        return next((each for each in (HealthMark.ALARM, HealthMark.WATCH) if each in marks), HealthMark.GOOD)

    def _domains(self) -> Iterable[tuple[str, Figures]]:
        return (pair for each in self.mailings for pair in each.domains.items())

"""How the audience does: growth, bounces and complaints, by mailing and by provider, against what providers ask for.

Input: counts. Output: judgements. Pure. The bars: complaints below 0.1 %, never 0.3 % or more (Google, "Email sender
guidelines", answer 81126; Yahoo, "Sender best practices"; Microsoft names no number, so the same holds); bounces below 2 %, and
below the 5 % at which Amazon SES puts an account under review, since the three name no number for them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from composer.audience.bounce_holds import Hold
from composer.audience.mailbox_providers import Provider, provider_of

COMPLAINTS_WATCH, COMPLAINTS_ALARM = 0.001, 0.003
BOUNCES_WATCH, BOUNCES_ALARM = 0.02, 0.05
#: Fewer accepted messages, or complaints, say nothing about a rate.
LEAST_ACCEPTED, LEAST_COMPLAINTS, LEAST_BOUNCES = 100, 2, 3


class HealthMark(StrEnum):
    """How a figure stands."""

    GOOD = "good"
    WATCH = "watch"
    ALARM = "alarm"
    #: too few to tell
    FEW = "few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What became of messages, each subscriber counted once a mailing."""

    accepted: int = 0
    #: Refused at once because of the subscriber's address.
    refused: int = 0
    #: These, and those who bounced later.
    bounced: int = 0
    #: Of these: no such mailbox, or domain.
    hard: int = 0
    #: Refused because of us.
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
        """Bounces among those to whom it was sent."""
        return self.bounced / max(self.accepted + self.refused, 1)

    @property
    def complaint_rate(self) -> float:
        """Complaints among what was accepted."""
        return self.complaints / max(self.accepted, 1)

    @property
    def bounce_mark(self) -> HealthMark:
        """How the bounces stand."""
        return _mark(self, self.bounced, LEAST_BOUNCES, self.bounce_rate, BOUNCES_WATCH, BOUNCES_ALARM)

    @property
    def complaint_mark(self) -> HealthMark:
        """How the complaints stand."""
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
    """What changed in a month."""

    first: date
    #: Who signed up, or was added by hand.
    joined: int = 0
    #: Who came with a list.
    imported: int = 0
    left: int = 0
    bounced: int = 0
    complained: int = 0
    #: Active at its end.
    active: int = 0

    @property
    def lost(self) -> int:
        """All who are no longer there."""
        return self.left + self.bounced + self.complained


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceHealth:
    """All of it."""

    now: datetime
    #: Subscribers by status.
    subscribers: Mapping[str, int]
    #: The oldest first; none before the first subscriber came.
    months: tuple[Month, ...] = ()
    #: The newest first.
    mailings: tuple[MailingFigures, ...] = ()
    #: Refusals of us: domain, status, the words said first, how often; the most first.
    refusals: tuple[tuple[str, str, str, int], ...] = ()
    #: Bounces that are held until somebody decides.
    holds: tuple[Hold, ...] = ()
    days: int = 90

    def by_provider(self) -> dict[Provider, Figures]:
        """Return the figures of every provider, those without any left out."""
        found = {each: Figures() for each in Provider}
        for domain, figures in self._domains():
            found[provider_of(domain)] += figures
        return {each: figures for each, figures in found.items() if figures != Figures()}

    def by_domain(self, most: int = 10) -> list[tuple[str, Figures]]:
        """Return the domains with most messages."""
        found: dict[str, Figures] = {}
        for domain, figures in self._domains():
            found[domain] = found.get(domain, Figures()) + figures
        return sorted(found.items(), key=lambda each: (-each[1].accepted - each[1].refused, each[0]))[:most]

    def worst(self) -> HealthMark:
        """Return the worst mark of mailings and providers; bounces that wait for a decision are an alarm."""
        every = [each.total for each in self.mailings] + list(self.by_provider().values())
        marks = {mark for each in every for mark in (each.bounce_mark, each.complaint_mark)}
        if self.holds:
            return HealthMark.ALARM
        return next((each for each in (HealthMark.ALARM, HealthMark.WATCH) if each in marks), HealthMark.GOOD)

    def _domains(self) -> Iterable[tuple[str, Figures]]:
        return (pair for each in self.mailings for pair in each.domains.items())

"""Follow one link over its redirects to a verdict.

Input: a target. Output: a `LinkAnswer`. HEAD comes first because it costs a server least; but many servers answer it
wrongly, so a failure counts only if GET confirms it, at every redirect.
"""

import datetime
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from composer.links.answer import Hindrance, LinkAnswer, LinkVerdict
from composer.links.fetch import Deadline, HttpReply, Silence, fetch
from composer.links.host_rate_limiter import HostRateLimiter
from composer.links.name_lookup import NameLookup
from composer.links.network import Reach
from composer.links.targets import Target, read_target

_TOO_LONG = Silence(reason="it took too long", connected=False)


@dataclass(slots=True)
class _Way:
    """The path of one link so far."""

    start: Target
    stops: list[Target] = field(init=False)
    is_permanent: bool = True
    #: A redirect was the answer to HEAD, so GET might lead elsewhere.
    rests_on_head: bool = False
    #: The last status.
    status: int | None = None

    def __post_init__(self) -> None:
        self.stops = [self.start]

    def go_on(self, there: Target, status: int) -> None:
        self.stops.append(there)
        self.is_permanent &= status in (301, 308)


@dataclass(slots=True)
class _Budget:
    """The remaining seconds for one link."""

    left: float


class Follower:
    """What all links of a run are followed with."""

    def __init__(
        self,
        *,
        reach: Reach,
        names: NameLookup,
        trust: ssl.SSLContext,
        rate_limiter: HostRateLimiter,
        now: datetime.datetime,
    ) -> None:
        self._reach = reach
        self._trust = trust
        self._rate_limiter = rate_limiter
        self._names = names
        self._now = now
        #: Hosts to which no connection was possible: the next link there does not wait for the same.
        self._unreachable: dict[tuple[str, str], Silence] = {}

    def follow(self, start: Target) -> LinkAnswer:
        """Return the verdict on a link; raises OverError if the run ends before it is known."""
        budget = _Budget(left=self._reach.limits.link)
        way = _Way(start)
        answer = self._walk(way, budget, ("HEAD", "GET"))
        if way.rests_on_head and answer.verdict not in (LinkVerdict.FINE, LinkVerdict.MOVED, LinkVerdict.REFUSED):
            answer = self._walk(_Way(start), budget, ("GET",))
        return answer

    def _walk(self, way: _Way, budget: _Budget, methods: tuple[str, ...]) -> LinkAnswer:
        while True:
            here = way.stops[-1]
            heard, method = self._ask(here, budget, methods)
            if isinstance(heard, HttpReply):
                way.status = heard.status
            if not isinstance(heard, HttpReply) or heard.redirect is None:
                return self._conclude(way, heard)
            there = read_target(heard.redirect, base=here.url)
            if isinstance(there, Hindrance):
                return self._answer(
                    way, there.verdict, f"it redirects to an address that is not checked: {there.reason}"
                )
            way.rests_on_head |= method == "HEAD"
            if there.url in (stop.url for stop in way.stops):
                return self._answer(way, LinkVerdict.UNSURE, "it redirects in a circle")
            if len(way.stops) > self._reach.limits.redirects:
                reason = f"it redirects more than {self._reach.limits.redirects} times"
                return self._answer(way, LinkVerdict.UNSURE, reason)
            way.go_on(there, heard.status)

    def _ask(
        self, target: Target, budget: _Budget, methods: tuple[str, ...]
    ) -> tuple[HttpReply | Silence | Hindrance, str]:
        """Try the methods until one succeeds; return the last answer, and its method."""
        heard: HttpReply | Silence | Hindrance = _TOO_LONG
        method = ""
        for method in methods:
            with self._rate_limiter.at(target.host):
                if budget.left <= 0:
                    return _TOO_LONG, method
                begun = time.monotonic()
                deadline = Deadline(min(self._reach.limits.request, budget.left, self._rate_limiter.left()))
                try:
                    heard = self._fetch(method, target, deadline)
                except TimeoutError:
                    heard = _TOO_LONG
                budget.left -= time.monotonic() - begun
            if not isinstance(heard, HttpReply):
                self._rate_limiter.left()  # no answer because the run has ended says nothing about the link
            if isinstance(heard, Hindrance) or (heard.is_good if isinstance(heard, HttpReply) else not heard.connected):
                break
        return heard, method

    def _fetch(self, method: str, target: Target, deadline: Deadline) -> HttpReply | Silence | Hindrance:
        """Look up and request; raises TimeoutError if no time is left to begin."""
        addresses = self._names.find(target.host, deadline.left())
        if isinstance(addresses, Hindrance):
            return addresses
        door = (target.scheme, target.authority)
        if door in self._unreachable:
            return self._unreachable[door]
        heard = fetch(method, target, addresses, reach=self._reach, trust=self._trust, deadline=deadline)
        if isinstance(heard, Silence) and not heard.connected:
            self._unreachable[door] = heard
        return heard

    def _conclude(self, way: _Way, heard: HttpReply | Silence | Hindrance) -> LinkAnswer:
        """Judge a link by the last answer."""
        match heard:
            case Hindrance(verdict=verdict, reason=reason):
                return self._answer(way, verdict, _after(way, reason))
            case Silence(reason=reason):
                return self._answer(way, LinkVerdict.UNSURE, _after(way, reason))
            case HttpReply(status=status) if 200 <= status < 300:
                return self._good(way)
            case HttpReply(status=404 | 410 as status):
                return self._answer(way, LinkVerdict.GONE, _after(way, _status_words(status)))
            case HttpReply(status=status):
                return self._answer(way, LinkVerdict.UNSURE, _after(way, _status_words(status)))

    def _good(self, way: _Way) -> LinkAnswer:
        start, end = way.start, way.stops[-1]
        if start is end or not way.is_permanent:
            return self._answer(way, LinkVerdict.FINE, "the page exists")
        final = f"{end.url}#{end.fragment}" if end.fragment else end.url
        front = urlsplit(end.url).path == "/" != urlsplit(start.url).path
        reason = f"the page has moved permanently to {_short(final)}"
        if front:
            reason += ", which is a home page: check that it is still what you mean"
        return self._answer(way, LinkVerdict.MOVED, reason, final)

    def _answer(self, way: _Way, verdict: LinkVerdict, reason: str, final: str | None = None) -> LinkAnswer:
        return LinkAnswer(
            url=way.start.url, verdict=verdict, reason=reason, final=final, status=way.status, asked_at=self._now
        )


def _after(way: _Way, reason: str) -> str:
    return reason if len(way.stops) == 1 else f"after a redirect to {_short(way.stops[-1].url)}, {reason}"


def _short(url: str) -> str:
    return url if len(url) <= 120 else f"{url[:119]}…"


def _status_words(status: int) -> str:
    match status:
        case 404:
            words = "the page does not exist"
        case 410:
            words = "the page was removed"
        case 401 | 402 | 407:
            words = "it asks for a login"
        case 403 | 405 | 406 | 412 | 999:
            words = "it blocks automated checks"
        case 429:
            words = "it gets too many requests"
        case 451:
            words = "it may not show the page here, for legal reasons"
        case _ if 500 <= status < 600:
            words = "it has a problem of its own"
        case _:
            words = "this does not show whether the page exists"
    return f"the server answers {status}: {words}"

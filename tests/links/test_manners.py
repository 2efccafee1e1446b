"""Rate limits, deadlines, progress, and stopping a run."""

import datetime
import itertools
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from composer.links import cache
from composer.links.answer import LinkVerdict
from composer.links.link_check import ask
from composer.links.name_lookup import KNOWN_HOST
from composer.links.network import NetworkLimits
from tests.links.web import SmtpSession, Web, hang, leads, ok
from tests.transport.setup import factor, with_more_time

NOW = datetime.datetime(2025, 1, 30, 9, 0, tzinfo=datetime.UTC)


class Counter:
    """A page that counts how many requests it has at the same time."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, visit: SmtpSession) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        visit.closing.wait(0.005)
        with self._lock:
            self.inside -= 1
        ok(visit)


def test_a_host_gets_one_request_at_a_time(web: Web) -> None:
    """A host gets one request at a time, even if redirects from other hosts lead to it meanwhile."""
    counter = Counter()
    web.site("busy.example", counter)
    for n in range(7):
        web.site(f"{n}.example", leads(f"http://busy.example/from/{n}"))
    urls = [f"http://{n}.example/" for n in range(7)] + [f"http://busy.example/{n}" for n in range(7)]
    answers = ask(urls, cache=None, now=NOW, reach=web.reach())
    assert [answer.verdict for answer in answers.values()] == [LinkVerdict.MOVED] * 7 + [LinkVerdict.FINE] * 7
    assert len(web.asked("busy.example")) == 14
    assert counter.most == 1


def test_eight_hosts_are_checked_at_once(web: Web) -> None:
    """Each of the first eight hosts answers only when all eight have a request; of twelve, at most eight have one."""
    gate = threading.Barrier(8)
    counter = Counter()

    def together(visit: SmtpSession) -> None:
        gate.wait(60)
        counter(visit)

    for n in range(12):
        web.site(f"{n}.example", {"/": counter if n >= 8 else together, "/2": counter, "/3": counter})
    urls = [f"http://{n}.example/{page}" for n in range(12) for page in ("", "2", "3")]
    answers = ask(urls, cache=None, now=NOW, reach=web.reach())
    assert {answer.verdict for answer in answers.values()} == {LinkVerdict.FINE}
    assert counter.most <= 8


def test_there_is_a_pause_between_two_requests(web: Web) -> None:
    """The pause is from the end of one request to the beginning of the next."""
    web.site("news.example", ok)
    ask([f"http://news.example/{n}" for n in range(3)], cache=None, now=NOW, reach=web.reach(NetworkLimits(pause=0.05)))
    begun = [visit.begun for visit in web.visits]
    assert all(later - earlier >= 0.05 for earlier, later in itertools.pairwise(begun))


@with_more_time
def test_the_run_has_a_time_limit(web: Web, tmp_path: Path) -> None:
    """Links that were not checked in time have that reason and are not cached; answers are."""
    web.site("good.example", ok)
    web.site("slow.example", hang)
    urls = ["http://good.example/", *(f"http://slow.example/{n}" for n in range(20))]
    path = tmp_path / f"links-{factor.get()}.json"
    answers = ask(urls, cache=path, now=NOW, reach=web.reach(NetworkLimits(run=0.4 * factor.get(), pause=0)))
    first, *others = answers.values()
    assert first.verdict is LinkVerdict.FINE
    assert {(each.verdict, each.reason) for each in others} == {
        (LinkVerdict.UNSURE, "it was not checked: the time ran out")
    }
    assert list(cache.read(path)) == ["http://good.example/"]


def test_a_resolver_that_hangs_does_not_block(web: Web) -> None:
    """The lookup is part of the request's time."""
    free = threading.Event()

    def look_up(host: str) -> list[str]:
        if host == KNOWN_HOST:
            return ["198.41.0.4"]
        free.wait(60)
        return []

    reach = replace(web.reach(NetworkLimits(request=0.1, pause=0)), look_up=look_up)
    answer = ask(["http://news.example/"], cache=None, now=NOW, reach=reach)["http://news.example/"]
    free.set()
    assert (answer.verdict, answer.reason) == (
        LinkVerdict.UNSURE,
        "the name “news.example” could not be looked up at the moment",
    )


def test_progress_is_reported(web: Web, tmp_path: Path) -> None:
    """Progress counts pages, not links, in the caller's thread; cached pages count at once."""
    web.site("news.example", ok)
    told: list[tuple[int, int, bool]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total, threading.current_thread() is threading.main_thread()))

    urls = ["http://news.example/a", "http://news.example/a#x", "http://news.example/b", "mailto:a@b.example"]
    ask(urls[:2], cache=tmp_path / "links.json", now=NOW, reach=web.reach())
    ask([*urls, "http://news.example/c"], cache=tmp_path / "links.json", now=NOW, tell=tell, reach=web.reach())
    assert told == [(1, 3, True), (2, 3, True), (3, 3, True)]


def test_an_unreachable_host_is_tried_once(web: Web) -> None:
    """All its links have the same answer; another port is another server."""
    web.site("news.example", ok, port=8080)
    urls = [f"http://news.example/{n}" for n in range(5)]
    answers = ask([*urls, "http://news.example:8080/"], cache=None, now=NOW, reach=web.reach())
    assert [answer.verdict for answer in answers.values()] == [LinkVerdict.UNSURE] * 5 + [LinkVerdict.FINE]
    assert len(web.connected) == 2


@pytest.mark.skipif(os.name != "posix", reason="needs a signal")
def test_a_person_can_stop_the_run(web: Web, tmp_path: Path) -> None:
    """Ctrl-C ends the run while a server hangs; no other request is sent, and answers are cached."""
    answered = threading.Event()
    stopped = threading.Event()

    def stop_then_answer(visit: SmtpSession) -> None:
        answered.wait(60)
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped.wait(60)
        ok(visit)

    web.site("good.example", ok)
    web.site("slow.example", stop_then_answer)
    urls = ["http://good.example/", *(f"http://slow.example/{n}" for n in range(5))]
    path = tmp_path / "links.json"
    with pytest.raises(KeyboardInterrupt):
        ask(
            urls,
            cache=path,
            now=NOW,
            tell=lambda _done, _total: answered.set(),
            reach=web.reach(NetworkLimits(request=60)),
        )
    stopped.set()
    for worker in [each for each in threading.enumerate() if each.name.startswith("links:")]:
        worker.join(60)
    assert list(cache.read(path)) == ["http://good.example/"]
    assert len(web.asked("slow.example")) == 1


def test_a_bug_keeps_its_traceback(web: Web) -> None:
    """An error of our own ends the run, and is not an answer."""

    def look_up(host: str) -> list[str]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(["http://news.example/"], cache=None, now=NOW, reach=replace(web.reach(), look_up=look_up))


@pytest.mark.parametrize("zone", [datetime.UTC, datetime.timezone(datetime.timedelta(hours=5))])
def test_answers_are_dated_in_utc(web: Web, zone: datetime.timezone) -> None:
    web.site("news.example", ok)
    answer = ask(["http://news.example/"], cache=None, now=NOW.astimezone(zone), reach=web.reach())
    assert answer["http://news.example/"].asked_at.isoformat() == "2025-01-30T09:00:00+00:00"

"""Check whether links still work.

Input: links, a cache file, the time. Output: a `LinkAnswer` for each link. Guarantees: never fails because of a server,
and never takes longer than the limits of `Reach`.
"""

import contextlib
import datetime
import queue
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from pathlib import Path

from composer.links import cache as memory
from composer.links.answer import Hindrance, LinkAnswer, LinkVerdict
from composer.links.host_rate_limiter import HostRateLimiter, OverError
from composer.links.name_lookup import NameLookup
from composer.links.network import PUBLIC, Reach
from composer.links.redirects import Follower
from composer.links.targets import Target, read_target

#: A page and its answer; None if the time ran out.
_Result = tuple[str, LinkAnswer | None]
_OFFLINE = "no host can be found, so this computer seems to be offline"


def ask(
    urls: Iterable[str],
    *,
    cache: Path | None,
    now: datetime.datetime,
    tell: Callable[[int, int], None] | None = None,
    reach: Reach = PUBLIC,
) -> dict[str, LinkAnswer]:
    """Check every link, in the given order; links that differ only after the # are checked once.

    `now` has a time zone. Answers in `cache` are used again for a day, and new ones are written to it, even if a person
    stops the run. `tell` is called in the caller's thread with the number of pages done and the number of pages.
    """
    now = now.astimezone(datetime.UTC)
    targets = {url: read_target(url) for url in urls}
    pages = {target.url: target for target in targets.values() if isinstance(target, Target)}
    remembered = memory.read(cache) if cache is not None else {}
    answers = {
        page: remembered[page] for page in pages if page in remembered and memory.is_fresh(remembered[page], now)
    }
    if tell is not None and answers:
        tell(len(answers), len(pages))
    asked: dict[str, LinkAnswer] = {}
    names = NameLookup(reach.look_up)
    try:
        left = [target for page, target in pages.items() if page not in answers]
        with contextlib.closing(_ask_all(left, names, reach, now)) as results:
            for page, answer in results:
                if answer is None:
                    answers[page] = _unasked(page, now)
                else:
                    asked[page] = answer
                if tell is not None:
                    tell(len(answers) + len(asked), len(pages))
    finally:
        is_offline = names.is_offline(reach.limits.request)
        if cache is not None and asked and not is_offline:
            memory.write(cache, remembered | asked, now)
    if is_offline:
        asked = {page: replace(answer, verdict=LinkVerdict.OFFLINE, reason=_OFFLINE) for page, answer in asked.items()}
    answers |= asked
    return {url: _for_link(url, target, answers, now) for url, target in targets.items()}


def _ask_all(
    targets: list[Target], names: NameLookup, reach: Reach, now: datetime.datetime
) -> Generator[_Result, None, None]:
    """Yield each page with its answer as it arrives; stop checking when closed early."""
    if not targets:
        return
    rate_limiter = HostRateLimiter(reach.limits)
    follower = Follower(reach=reach, names=names, trust=reach.trust(), rate_limiter=rate_limiter, now=now)
    hosts: dict[str, list[Target]] = {}
    for target in targets:
        hosts.setdefault(target.host, []).append(target)
    waiting: queue.SimpleQueue[list[Target]] = queue.SimpleQueue()
    for group in sorted(hosts.values(), key=len, reverse=True):  # the longest starts first, so it does not end last
        waiting.put(group)
    results: queue.SimpleQueue[_Result | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            with contextlib.suppress(queue.Empty):
                while True:
                    for target in waiting.get_nowait():
                        results.put((target.url, _follow(follower, target)))
        except BaseException as error:
            results.put(error)

    # Daemon threads: a person who stops the run does not wait for servers, nor does the interpreter.
    workers = [
        threading.Thread(target=work, name=f"links: worker {number}", daemon=True)
        for number in range(min(reach.limits.hosts, len(hosts)))
    ]
    try:
        for worker in workers:
            worker.start()
        for _ in targets:
            result = _next(results)
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        rate_limiter.stop()


def _follow(follower: Follower, target: Target) -> LinkAnswer | None:
    try:
        return follower.follow(target)
    except OverError:
        return None


def _next(results: queue.SimpleQueue[_Result | BaseException]) -> _Result | BaseException:
    while True:
        # Wait in short steps, because some systems handle Ctrl-C only between them.
        with contextlib.suppress(queue.Empty):
            return results.get(timeout=0.2)


def _unasked(page: str, now: datetime.datetime) -> LinkAnswer:
    return LinkAnswer(url=page, verdict=LinkVerdict.UNSURE, reason="it was not checked: the time ran out", asked_at=now)


def _for_link(
    url: str, target: Target | Hindrance, answers: dict[str, LinkAnswer], now: datetime.datetime
) -> LinkAnswer:
    """Return the answer for a page as that for a link; a moved page keeps the fragment of the link (RFC 9110, 10.2.2)."""
    if isinstance(target, Hindrance):
        return LinkAnswer(url=url, verdict=target.verdict, reason=target.reason, asked_at=now)
    answer = answers[target.url]
    if answer.final and target.fragment and "#" not in answer.final:
        answer = replace(answer, final=f"{answer.final}#{target.fragment}")
    return replace(answer, url=url)

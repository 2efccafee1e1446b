"""What is cached between runs, for how long, and how a broken cache is handled."""

import datetime
import json
import stat
from pathlib import Path

import pytest

from composer.links import cache
from composer.links.answer import LinkAnswer, LinkVerdict
from composer.links.link_check import ask
from tests.links.web import Behaviour, Web, hang, leads, ok, says

NOW = datetime.datetime(2025, 1, 30, 9, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
PAGE = "http://news.example/page"


def asked_again(web: Web, path: Path, after: datetime.timedelta) -> bool:
    """Check at NOW and again later; return whether a server was asked the second time."""
    first = ask([PAGE], cache=path, now=NOW, reach=web.reach())[PAGE]
    before = len(web.visits) + len(web.looked_up)
    second = ask([PAGE], cache=path, now=NOW + after, reach=web.reach())[PAGE]
    is_asked = len(web.visits) + len(web.looked_up) > before
    assert second == (first if not is_asked else second)
    assert second.asked_at == (NOW + after if is_asked else NOW)
    return is_asked


@pytest.mark.parametrize(("behaviour", "hours"), [(ok, 24), (leads("/new"), 24), (says(404), 24), (says(503), 1)])
def test_answers_are_used_again_until_they_expire(web: Web, tmp_path: Path, behaviour: Behaviour, hours: int) -> None:
    """An answer is cached for a day, a failed check for an hour."""
    web.site("news.example", {"/page": behaviour, "/new": ok})
    second = datetime.timedelta(seconds=1)
    assert not asked_again(web, tmp_path / "a.json", hours * HOUR - second)
    assert asked_again(web, tmp_path / "b.json", hours * HOUR)
    assert asked_again(web, tmp_path / "c.json", -second), "an answer from the future is not believed"


def test_unknown_hosts_are_cached_and_refused_links_are_not(web: Web, tmp_path: Path) -> None:
    """A refused link costs nothing to find again, and must not outlive its rule."""
    assert not asked_again(web, tmp_path / "a.json", HOUR)
    web.names["news.example"] = [["10.0.0.1"]]
    assert asked_again(web, tmp_path / "b.json", HOUR)


def test_content_of_the_cache_file(web: Web, tmp_path: Path) -> None:
    """One entry for each page, without fragment; only its owner can read it; no half-written file is left."""
    web.site("news.example", {"/page": leads("/new"), "/new": ok})
    path = tmp_path / "deep" / ".compose" / "links.json"
    ask([f"{PAGE}#a", f"{PAGE}#b"], cache=path, now=NOW, reach=web.reach())
    assert json.loads(path.read_text()) == {
        "form": 1,
        "answers": [
            {
                "url": PAGE,
                "verdict": "moved",
                "reason": "the page has moved permanently to http://news.example/new",
                "final": "http://news.example/new",
                "status": 200,
                "asked_at": "2025-01-30T09:00:00+00:00",
            }
        ],
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["links.json"]


def test_other_pages_stay_for_a_week(web: Web, tmp_path: Path) -> None:
    """A run over one issue keeps the answers about another issue's links."""
    web.site("news.example", ok)
    path = tmp_path / "links.json"
    for days, page in enumerate("abc"):
        now = NOW + 4 * days * datetime.timedelta(days=1)
        ask([f"http://news.example/{page}"], cache=path, now=now, reach=web.reach())
    assert list(cache.read(path)) == ["http://news.example/b", "http://news.example/c"]


ENTRY = {
    "url": PAGE,
    "verdict": "fine",
    "reason": "the page exists",
    "final": None,
    "status": 200,
    "asked_at": "2025-01-30T09:00:00+00:00",
}


def test_an_entry_as_it_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "links.json").write_text(json.dumps({"form": 1, "answers": [ENTRY]}))
    expected = LinkAnswer(url=PAGE, verdict=LinkVerdict.FINE, reason="the page exists", status=200, asked_at=NOW)
    assert cache.read(tmp_path / "links.json") == {PAGE: expected}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"form": 2, "answers": []}',
        b'{"form": 1, "answers": {}}',
        *(
            json.dumps({"form": 1, "answers": [entry]}).encode()
            for entry in (
                None,
                {},
                {**ENTRY, "verdict": "splendid"},
                {**ENTRY, "verdict": "refused"},
                {**ENTRY, "verdict": "moved"},
                {**ENTRY, "verdict": "moved", "final": "javascript:alert(1)"},
                {**ENTRY, "verdict": "moved", "final": "http://a.example/\x1b[2J"},
                {**ENTRY, "final": "http://a.example/"},
                {**ENTRY, "reason": "fine\x1b[2J"},
                {**ENTRY, "status": "200"},
                {**ENTRY, "asked_at": "yesterday"},
                {**ENTRY, "asked_at": "2025-01-30T09:00:00"},
                {**ENTRY, "asked_at": 5},
                {**ENTRY, "asked_at": "0001-01-01T00:00:00+05:00"},
                {**ENTRY, "url": 5},
                {**ENTRY, "url": "http://news.example/\ud800"},
            )
        ),
    ],
)
def test_a_broken_file_is_replaced(web: Web, tmp_path: Path, text: bytes) -> None:
    """The page is checked, and the file is complete again."""
    path = tmp_path / "links.json"
    path.write_bytes(text)
    assert cache.read(path) == {}
    web.site("news.example", ok)
    assert ask([PAGE], cache=path, now=NOW, reach=web.reach())[PAGE].verdict is LinkVerdict.FINE
    assert list(cache.read(path)) == [PAGE]


def test_a_file_that_cannot_be_written_is_ignored(web: Web, tmp_path: Path) -> None:
    """With a folder in its place, or a file in its folder's place, the answers are still returned."""
    web.site("news.example", ok)
    (tmp_path / "links.json").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "links.json", tmp_path / "file" / "links.json"):
        assert ask([PAGE], cache=path, now=NOW, reach=web.reach())[PAGE].verdict is LinkVerdict.FINE
    assert {each.name for each in tmp_path.iterdir()} == {"links.json", "file"}


def test_cached_answers_need_no_connection(web: Web, tmp_path: Path) -> None:
    """A second run over the same links makes no connection and no lookup, whatever the servers do by now."""
    path = tmp_path / "links.json"
    address = web.site("news.example", ok)
    before = ask([PAGE], cache=path, now=NOW, reach=web.reach())
    web.site("news.example", hang)
    assert ask([PAGE], cache=path, now=NOW + HOUR, reach=web.reach()) == before
    assert web.connected == [address]

"""Forms, request limits, languages, the write executor, phrases and brands."""

import asyncio
import re
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from composer.checks.css.css_colours import Rgb, contrast
from composer.content.document.newsletter import read_newsletter
from composer.content.document.phrase_files import PhraseGroup, phrase_languages, read_phrases
from composer.core.addresses import FORBIDDEN
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import consents
from composer.web.public.http.forms import FormError, read_form
from composer.web.public.http.request_limits import Limit, Rate, network_of
from composer.web.public.http.write_executor import WriteExecutor
from composer.web.public.site.brand import brand_of
from composer.web.public.site.publication import PublicError, read_publication
from composer.web.public.site.translations import Translations, read_translations
from tests.factories import LETTER, ROOT, sample_message
from tests.web.public.running import NOW

URLENCODED = "application/x-www-form-urlencoded"


def _multipart(pairs: list[tuple[str, str]]) -> bytes:
    parts = "".join(f'--x-x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in pairs)
    return f"{parts}--x-x--\r\n".encode()


@given(
    st.lists(
        st.tuples(st.from_regex(r"[a-z-]{1,9}", fullmatch=True), st.text(st.characters(codec="utf-8"))), max_size=20
    )
)
def test_both_forms_say_the_same(pairs: list[tuple[str, str]]) -> None:
    """Urlencoded and multipart bodies give the same values."""
    from urllib.parse import urlencode

    pairs = [(name, value.replace("\r\n--x-x", "")) for name, value in pairs]
    one = read_form(URLENCODED, urlencode(pairs).encode())
    other = read_form('multipart/form-data; boundary="x-x"', _multipart(pairs))
    assert one == other
    for name, _ in pairs:
        assert one.fields[name] == tuple(value for key, value in pairs if key == name)


@given(st.text(max_size=80), st.binary(max_size=400))
def test_any_body_is_a_form_or_none(content_type: str, body: bytes) -> None:
    """Any body gives a form with single-line values, or a FormError."""
    try:
        form = read_form(content_type, body)
    except FormError:
        return
    for name in form.fields:
        assert not FORBIDDEN.search(form.line(name))
        assert not FORBIDDEN.search(form.text(name).replace("\n", ""))
        assert len(form.line(name)) <= 200
        assert form.every(name)


def test_counts() -> None:
    """A burst, then one per interval; each key has its own count; the oldest keys are dropped."""
    limit = Limit(Rate(at_once=3, seconds=10), most_keys=2)
    assert [limit.allows("a", 0) for _ in range(4)] == [True, True, True, False]
    assert limit.allows("b", 0)
    assert [limit.allows("a", 9.9), limit.allows("a", 10), limit.allows("a", 10)] == [False, True, False]
    assert [limit.allows("a", 1000) for _ in range(4)] == [True, True, True, False]
    limit.allows("c", 1000)
    limit.allows("d", 1000)
    assert limit.allows("a", 1000)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2ff::7", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("x" * 500, "unknown"),
    ],
)
def test_networks(address: str, network: str) -> None:
    """The network of a household or an office, in IPv4 and IPv6."""
    assert network_of(address) == network


def _translations(*languages: str) -> Translations:
    return read_translations(dict.fromkeys(languages, Workspace(root=ROOT).theme("briefing")))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT, en;q=0.5", "de"),
        ("fr, it;q=0.9, zh-Hant-TW;q=0.8, en;q=0.1", "zh"),
        ("en;q=0, de;q=0.001", "de"),
        ("*", None),
        ("fr", None),
        ("de;q=9, x" * 100, None),
        ("\x00, ;q=, de;q=1.5", None),
    ],
)
def test_accepted_languages(header: str, language: str | None) -> None:
    """RFC 9110, section 12.5.4; invalid parts are ignored, and so are languages that the newsletter does not have."""
    translations = _translations("en", "de", "zh")
    assert translations.accepted(header) == language
    assert translations.choose((None, "", "xx", language)).language == (language or "en")


def test_languages_have_their_own_names() -> None:
    """A language is named in itself; a variety by its region; without translation, the texts are English."""
    texts = _translations("fr", "zh-Hant", "pt-BR", "sw").texts
    assert [each.name for each in texts.values()] == ["Français", "繁體中文", "Português (Brasil)", "Kiswahili"]
    assert texts["pt-BR"]["privacy"] == "Política de privacidade"
    assert texts["sw"]["privacy"] == "Privacy policy"


def test_all_languages_have_the_same_phrases() -> None:
    """All languages have the same phrases, with %s in the same ones; and the templates use exactly these."""
    files = Workspace(root=ROOT).theme("briefing")
    languages = phrase_languages(files, PhraseGroup.PAGES)
    assert set(languages) >= {"ar", "de", "en", "es", "fr", "he", "it", "ja", "ko", "nl", "pl", "pt", "zh", "zh-Hant"}
    assert languages == phrase_languages(files, PhraseGroup.EDITION)
    english = read_phrases(files, PhraseGroup.PAGES, "en")
    assert english is not None
    for language in languages:
        phrases = read_phrases(files, PhraseGroup.PAGES, language)
        assert phrases is not None and phrases.is_reviewed == (language in ("de", "en", "zh"))
        assert phrases.keys() == english.keys()
        assert {name: text.count("%s") for name, text in phrases.items()} == {
            name: text.count("%s") for name, text in english.items()
        }
        assert all(text.strip() for text in phrases.values())
    folder = Path(__file__).parents[3] / "composer" / "web" / "public"
    asked = "".join(
        path.read_text(encoding="utf-8") for path in (*folder.glob("site/templates/*"), *folder.rglob("*.py"))
    )
    made = {f"{said}_{part}" for said in re.findall(r'\.said\(\s*"(\w+)"', asked) for part in ("title", "text")}
    made |= {f"{said}_title" for said in ("approved", "returned")}
    made |= {f"mail_{text}_{part}" for text in ("confirm", "link") for part in ("subject", "title", "text", "button")}
    spoken = set(re.findall(r'"([a-z_]+)"', asked)) | made | {"mail_known_text"}
    assert english.keys() - spoken == set()
    assert made - {"approved_text", "returned_text"} - english.keys() == set()


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_accent_can_be_read(accent: str) -> None:
    """Any accent is readable on paper and on tint, in light and dark mode; and so is paper on it, as on a button."""
    from composer.web.public.site.brand import _DARK, _LIGHT, _colours

    for given_, darker in ((_LIGHT, True), (_DARK, False)):
        made = _colours(given_, accent, darker=darker)
        for ground in (made.paper, made.tint):
            one, other = (Rgb(*(int(text[at : at + 2], 16) for at in (1, 3, 5))) for text in (made.accent, ground))
            assert contrast(one, other) >= 4.5


def test_a_newsletter_without_a_brand(tmp_path: Path) -> None:
    """Without a logo, an accent and an address, the brand has the name and the theme's colours."""
    brand = brand_of(read_newsletter(sample_message(tmp_path)))
    assert (brand.name, brand.logo, brand.postal_address) == ("Letters from the Desk", None, None)
    assert brand.light.accent == "#9b1c1c"


def test_the_public_address(tmp_path: Path) -> None:
    """Pages need a public address, and it must not contain a query."""
    with pytest.raises(PublicError, match="no public address"):
        read_publication(sample_message(tmp_path))
    odd = f"{LETTER}delivery:\n  public_url: https://news.example.org/n?x=1\n"
    with pytest.raises(PublicError, match="public_url must not contain"):
        read_publication(sample_message(tmp_path, newsletter=odd))


def test_offers_are_tags(tmp_path: Path) -> None:
    """A key of `offers` must be a tag as it is stored; otherwise there is a problem at its line."""
    text = f'{LETTER}offers:\n  press: "Press"\n  Events: "Events"\n  "a,b": "Both"\n'
    with pytest.raises(ContentError) as stop:
        read_newsletter(sample_message(tmp_path, newsletter=text))
    assert [(problem.line, problem.message) for problem in stop.value.problems] == [
        (12, "offers: the tag “Events” is stored as “events”"),
        (13, "offers: a tag must not contain “,”: “a,b”"),
    ]


class TestTurns:
    """One writer for all operations; a failed one does not affect others."""

    def test_many_share_a_transaction(self, database: Database) -> None:
        """Queued operations share a transaction; one that fails, fails alone."""
        executor, gate = WriteExecutor(database), threading.Event()
        transactions: list[int] = []

        def row(text: str) -> dict[str, object]:
            return {"recorded": NOW, "evidence": text}

        has_begun = threading.Event()

        def slow(connection: Connection) -> None:
            has_begun.set()
            gate.wait(60)

        def write(text: str, connection: Connection) -> str:
            transactions.append(id(connection))
            connection.execute(insert(consents), [row(text)])
            if text == "4":
                raise ValueError("no")
            return text

        first = executor.put(slow)
        assert has_begun.wait(60)
        futures = [executor.put(lambda connection, text=str(number): write(text, connection)) for number in range(8)]  # type: ignore[misc]
        gate.set()
        first.result(60)
        told = [future.exception(60) or future.result(60) for future in futures]
        executor.close()
        assert [str(each) for each in told] == ["0", "1", "2", "3", "no", "5", "6", "7"]
        with database.read() as connection:
            kept = list(connection.scalars(select(consents.c.evidence).order_by(consents.c.id)))
        assert kept == ["0", "1", "2", "3", "5", "6", "7"]

    def test_a_subscriber_who_goes_away_is_served(self, database: Database) -> None:
        """The operation of a request that is cancelled while it waits is still carried out."""
        executor, gate = WriteExecutor(database), threading.Event()
        executor.put(lambda connection: gate.wait(60))

        def write(connection: Connection) -> None:
            connection.execute(insert(consents), [{"recorded": NOW, "evidence": "done"}])

        async def ask() -> None:
            task = asyncio.create_task(executor.write(write))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(ask())
        gate.set()
        executor.close()
        with database.read() as connection:
            assert list(connection.scalars(select(consents.c.evidence))) == ["done"]

"""Messages for a thousand subscribers: other parsers read the edition with the values, and nothing else."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import fast_mail_parser
import lxml.html
import pytest

from composer.content.values.merge_fields import RESERVED, TOKEN, MergeField
from composer.core.addresses import Address
from composer.mail.compiled_message import Compiled, compile_message
from composer.mail.dkim_signing import sign
from composer.mail.letterhead import Addressing, Letterhead
from tests.golden.test_golden import CASES, build
from tests.mail.bytecheck import problems
from tests.mail.people import FIELDS, SHEETS, TOKENS, Person, Sheet, one_line, people
from tests.mail.test_dkim_signing import BOTH, ED25519, FAST, NOW, RSA
from tests.mail.test_dkim_verifiers import RECORDS
from tests.mail.tools import Mailauth, Parsers, Read, dkimpy, missing
from tests.sizes import sized

pytestmark = pytest.mark.slow

PEOPLE = people(1000)
#: Each subscriber gets one of the editions; neighbors are of different kinds.
BY_SHEET = {sheet.name: PEOPLE[number :: len(SHEETS)] for number, sheet in enumerate(SHEETS)}
MERGE_FIELDS = tuple(MergeField(token=TOKENS[name], name=name, default=FIELDS[name]) for name in FIELDS)


def _compiled(sheet: Sheet) -> Compiled:
    subject, html, text = sheet.tokens()
    letterhead = Letterhead(
        sender=Address(name="China Briefing", address="briefing@news.example.org"),
        subject=subject,
        language="en",
        list_id="briefing.news.example.org",
        list_name="China Briefing",
        feedback_id="compose",
    )
    return compile_message(letterhead, html=html, text=text, fields=MERGE_FIELDS)


def _name(person: Person) -> str:
    return one_line(person.values["first_name"]).strip()


def _addressing(person: Person) -> Addressing:
    return Addressing(
        to=Address(name=_name(person), address=f"reader{person.number}@example.org"),
        date=datetime(2025, 1, 30, 6, tzinfo=UTC),
        message_id=f"<{person.number}@news.example.org>",
        unsubscribe=person.values["unsubscribe_url"],
        unsubscribe_mailto="mailto:off@example.org",
        feedback=("2025-01-30", "m17"),
    )


COMPILED = {sheet.name: _compiled(sheet) for sheet in SHEETS}
sheets = pytest.mark.parametrize("sheet", SHEETS, ids=[sheet.name for sheet in SHEETS])
#: The headers of every message, in order.
NAMES = (
    *("from", "to", "subject", "date", "message-id", "x-compose-id", "list-unsubscribe", "list-unsubscribe-post"),
    *("feedback-id", "list-id", "auto-submitted", "precedence", "x-auto-response-suppress", "content-language"),
    *("mime-version", "content-type"),
)


@pytest.fixture(scope="module")
def parsers() -> Iterator[Parsers]:
    """Provide mailparser and postal-mime; a missing one is a failure only in CI."""
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with Parsers() as started:
        yield started


def _rust(message: bytes) -> Read:
    """Parse with fast-mail-parser, strictly: every repair is an error."""
    mail = fast_mail_parser.parse_email(message, strict=True)
    leaves = [
        part.content
        for part in fast_mail_parser.walk(fast_mail_parser.parse_email_tree(message))
        if part.content is not None
    ]
    text, html = (leaf.decode().replace("\r\n", "\n") for leaf in leaves)
    to = mail.to[0]
    return Read(subject=mail.subject, to=(to.display_name or "", to.address), text=text, html=html, names=NAMES)


def _expected(sheet: Sheet, person: Person) -> Read:
    subject, html, text = sheet.reference(person)
    to = (_name(person), f"reader{person.number}@example.org")
    return Read(subject=subject, to=to, text=text, html=html, names=NAMES)


def _settled(read: Read, without: str = "") -> Read:
    """Remove the differences of parsers: empty lines at the end, and a character that one drops at the start."""
    subject, text, html, name = (
        each.rstrip("\n").removeprefix(without) for each in (read.subject, read.text, read.html, read.to[0])
    )
    return Read(subject=subject, to=(name, read.to[1]), text=text, html=html, names=read.names)


@sheets
def test_a_thousand_subscribers(sheet: Sheet, parsers: Parsers) -> None:
    """Three parsers see the reference in every message, and the same headers; the byte checker finds nothing.

    Each fourth subscriber, or all of them with `make soak`.
    """
    compiled = COMPILED[sheet.name]
    for person in BY_SHEET[sheet.name][:: sized(4, 1)]:
        message = compiled.fill(person.values, _addressing(person))
        assert problems(message) == []
        expected = _expected(sheet, person)
        mailparser, postal_mime = parsers(message)
        for read in (_rust(message), mailparser):
            assert _settled(read) == _settled(expected)
        # JavaScript's decoder treats U+FEFF as a byte order mark.
        assert _settled(postal_mime, "\ufeff") == _settled(expected, "\ufeff")


@sheets
def test_the_page_is_the_same_for_all(sheet: Sheet) -> None:
    """A value creates no element, attribute or address to another site."""
    pages = [
        lxml.html.document_fromstring(f"<div>{sheet.reference(person)[1]}</div>") for person in BY_SHEET[sheet.name]
    ]
    shapes = {tuple((each.tag, *each.keys()) for each in page.iter() if isinstance(each.tag, str)) for page in pages}
    assert len(shapes) == 1
    links = [str(link.get("href")) for page in pages for link in page.iter("a")]
    assert all(link.startswith(("https://example.org/", "https://news.example.org/")) for link in links)


@sheets
def test_signed_as_a_whole_message_is(sheet: Sheet) -> None:
    """Hashed piece by piece, with prepared pieces: the same bytes as signing the finished message."""
    compiled = COMPILED[sheet.name]
    for person in BY_SHEET[sheet.name]:
        signed = compiled.signed(person.values, _addressing(person), FAST, now=NOW)
        assert signed == sign(compiled.fill(person.values, _addressing(person)), FAST, now=NOW)


@sheets
def test_signatures_hold(sheet: Sheet, parsers: Parsers) -> None:
    """Two other verifiers accept both signatures."""
    compiled = COMPILED[sheet.name]
    with Mailauth() as mailauth:
        for person in BY_SHEET[sheet.name][::16]:
            signed = compiled.signed(person.values, _addressing(person), BOTH, now=NOW)
            for verify in (dkimpy, mailauth):
                assert verify(signed, RECORDS) == {RSA.selector: True, ED25519.selector: True}


@sheets
def test_kept_and_read_again(sheet: Sheet) -> None:
    """The stored form gives the same bytes."""
    compiled = COMPILED[sheet.name]
    kept = Compiled.from_bytes(compiled.to_bytes())
    for person in BY_SHEET[sheet.name][::5]:
        assert kept.fill(person.values, _addressing(person)) == compiled.fill(person.values, _addressing(person))


@pytest.mark.parametrize("name", ["sample", "fields", "chinese"])
def test_real_editions(name: str, parsers: Parsers) -> None:
    """A real edition with its theme: every token is filled, and the page has the same structure for all subscribers."""
    compiled = build(next(case for case in CASES if case.name == name)).compiled
    shapes = set()
    for person in PEOPLE[::50]:
        links = dict.fromkeys(RESERVED, person.values["unsubscribe_url"])
        filled = {field.name: "x" for field in compiled.fields if field.name not in person.values}
        values = {**filled, **person.values, **links}
        values |= dict.fromkeys(compiled.missing(values), "x")
        message = compiled.fill(values, _addressing(person))
        assert problems(message) == []
        mailparser, postal_mime = parsers(message)
        assert _settled(mailparser).html == _settled(postal_mime).html
        page = lxml.html.document_fromstring(mailparser.html)
        shapes.add(tuple((each.tag, *each.keys()) for each in page.iter() if isinstance(each.tag, str)))
        assert not TOKEN.search(mailparser.html + mailparser.text + mailparser.subject)
    assert len(shapes) == 1

"""A row to a person, or why it is none.

Comes in: rows of texts, and which column is what. Goes out: people as tuples, ready for the database, and what is said of
rows: that they are bad and why, or that something in them was left empty. The loop in `judge` sees a million rows: it asks
little of a row that is in order, and all of one that is not.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from composer.audience.lists.columns import Columns, is_address, key_of
from composer.audience.lists.dates import AmbiguousDateError, Order, read_date
from composer.audience.lists.guards import unguarded
from composer.audience.lists.status_columns import Says, is_true
from composer.audience.lists.table import Row, Unreadable, beginning
from composer.audience.suppression import Reason
from composer.conditions import WordError, normal_language, normal_tag
from composer.content.addresses import AddressError, normal_address, parse_address
from composer.database.metadata import milliseconds

#: Longest value of a merge field, in characters.
LONGEST = 2000
#: How somebody stands who is in a list and gets the newsletter, or has not agreed yet; the others are reasons.
READER, PENDING = "reader", "pending"
_WORDS = {
    READER: "active subscribed enabled confirmed regular premium trialed unpaid gifted churning paused past_due",
    PENDING: "pending unconfirmed unactivated nonsubscribed non_subscribed validating",
    Reason.UNSUBSCRIBED.value: "unsubscribed blocklisted opted_out optout cancelled canceled inactive deactivated"
    " abgemeldet desinscrit desabonne baja 已退订 退订",
    Reason.BOUNCED.value: "bounced cleaned undeliverable unreachable hard_bounced soft_bounced invalid",
    Reason.COMPLAINED.value: "complained spam abuse junk marked_as_spam",
    Reason.IMPORTED.value: "disabled removed spammy blocked imported blacklisted deleted",
    Reason.BY_HAND.value: "by_hand",
}
_STANDINGS = {word: standing for standing, words in _WORDS.items() for word in words.split()}
#: Languages as lists write them in words, in English, in German and in their own, in the form of `key_of`.
_SPOKEN = {
    "en": "english englisch",
    "de": "german deutsch",
    "zh": "chinese chinesisch 中文",
    "fr": "french franzosisch francais",
    "es": "spanish spanisch espanol",
    "it": "italian italienisch italiano",
}
_LANGUAGES = {word: language for language, words in _SPOKEN.items() for word in words.split()}
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
#: What exports write where there is nothing; a person may be called Null or Nan, but not so.
_NOTHING = frozenset(("NULL", "null", "(null)", "NaN", "nan", "N/A", "n/a", "#N/A", "None", "undefined", "\\N", "NaT"))
#: Around an address that was pasted, beside what no eye sees: quotation marks, a list's commas.
_AROUND = ",;\"'<>"
#: Letters of no width that Unicode counts among letters and marks.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_NO_LETTERS = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a row."""

    number: int
    #: Whether the row is not taken; else something in it was left empty.
    is_bad: bool
    text: str
    reason: str


class Person(NamedTuple):
    """What a row says of somebody. A tuple and no data class: a million are made."""

    number: int
    address: str
    normal: str
    name: str
    first_name: str
    last_name: str
    language: str
    #: Merge fields as JSON.
    fields: str
    #: `reader`, `pending`, or the reason why they get nothing.
    standing: str
    #: When they agreed, or left: milliseconds since 1970.
    when: int | None
    evidence: str
    tags: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Doubts:
    """What a person must decide before a list is taken in, and what would be lost. Filled while rows are judged."""

    #: Words that are not understood in a column about leaving or in a status: column and word, to how many rows.
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Dates that can be read in two ways, by column; and by column how many dates beside them are day first, month first.
    dates: Counter[str] = field(default_factory=Counter)
    #: Dates that cannot be read at all, by column.
    lost: Counter[str] = field(default_factory=Counter)

    @property
    def is_open(self) -> bool:
        """Whether something must be decided."""
        return bool(self.values or self.dates)


class BadValueError(ValueError):
    """A value, and with it a row, is not taken; the message says why."""


def judge(
    rows: Iterator[Row], columns: Columns, known: tuple[str, ...], doubts: Doubts, order: Order | None = None
) -> Iterator[Person | Said]:
    """Judge rows; `known` are the newsletter's own merge fields, which a service may keep inside one of its columns.

    A row may give several: what is said of it, and the person. What a person must decide is counted in `doubts`; `order` is
    what they decided about dates.
    """
    taken = columns.taken
    at_email = taken["email"]
    at_name, at_first, at_last = taken.get("name"), taken.get("first_name"), taken.get("last_name")
    at_language, at_tags, at_status = taken.get("language"), taken.get("tags"), taken.get("status")
    at_when = taken.get("left", taken.get("consented")) if columns.standing else taken.get("consented")
    at_consent, at_attributes, at_disabled = taken.get("consent"), taken.get("attributes"), taken.get("disabled")
    own = tuple(columns.fields.items())
    widest = columns.width
    standing_here = _STANDINGS[columns.standing] if columns.standing else READER
    for row in rows:
        if type(row) is not tuple:
            assert isinstance(row, Unreadable)
            yield Said(number=row.number, is_bad=True, text=row.text, reason=row.reason)
            continue
        number, cells = row
        width = len(cells)
        notes: list[str] = []
        try:
            written = cells[at_email] if at_email < width else ""
            if written[:1] == "'":
                written = unguarded(written)
            try:
                normal, shown = normal_address(written), ""
            except AddressError:
                if not any(map(str.strip, cells)):
                    continue
                written, shown = _mended(written)
                normal = normal_address(written)
            name = shown
            first = last = language = evidence = ""
            if at_name is not None and at_name < width and cells[at_name]:
                name = clean(cells[at_name], "name")
            if at_first is not None and at_first < width and cells[at_first]:
                first = clean(cells[at_first], "first_name")
            if at_last is not None and at_last < width and cells[at_last]:
                last = clean(cells[at_last], "last_name")
            if at_language is not None and at_language < width and cells[at_language]:
                language = _language(clean(cells[at_language], "language"), notes)
            if at_consent is not None and at_consent < width:
                evidence = clean(cells[at_consent], "consent")
            standing = standing_here
            if at_status is not None and at_status < width and (status := cells[at_status].strip()):
                standing = _standing(status, columns, doubts)
                if columns.standing and standing in (READER, PENDING):
                    # A list of those who left makes nobody a reader, whatever else it says of them.
                    standing = standing_here
            if at_disabled is not None and at_disabled < width and is_true(cells[at_disabled]):
                standing = Reason.UNSUBSCRIBED.value
            if columns.says:
                standing = _worst(standing, cells, columns, doubts)
            tags: tuple[str, ...] = ()
            if at_tags is not None and at_tags < width and cells[at_tags]:
                tags = _tags(cells[at_tags], notes)
            fields = "{}"
            values = {key: clean(cells[at], key) for key, at in own if at < width and cells[at]} if own else {}
            if at_attributes is not None and at_attributes < width and cells[at_attributes]:
                more = _attributes(cells[at_attributes], notes)
                values |= {key: more[key] for key in known if key in more and not values.get(key)}
                first, last = first or more.get("first_name", ""), last or more.get("last_name", "")
                if not language and (said := more.get("language") or more.get("lang")):
                    language = _language(said, notes)
            if values:
                kept = {key: value for key, value in sorted(values.items()) if value}
                fields = _encoded(kept)
            when = None
            if at_when is not None and at_when < width and cells[at_when]:
                when = _moment(cells[at_when].strip(), columns.dated, order, doubts, notes)
            if width > widest and (beyond := [cell for cell in map(str.strip, cells[widest:]) if cell]):
                notes.append(_behind(beyond))
        except (BadValueError, AddressError) as error:
            yield Said(number=number, is_bad=True, text=beginning(_first_of(cells, at_email)), reason=str(error))
            continue
        for note in notes:
            yield Said(number=number, is_bad=False, text=written, reason=note)
        yield Person(number, written, normal, name, first, last, language, fields, standing, when, evidence, tags)


def _behind(cells: list[str]) -> str:
    many = "1 cell stands" if len(cells) == 1 else f"{len(cells):,} cells stand"
    return f"{many} behind the last column, left out: “{beginning(' | '.join(cells))}”"


def _first_of(cells: list[str], at: int) -> str:
    return cells[at] if at < len(cells) and cells[at].strip() else " | ".join(cells)


def _mended(written: str) -> tuple[str, str]:
    """Take off what stands around an address: blanks, quotation marks, a mail link's scheme, a name before brackets."""
    if _NO_LETTERS.search(written):
        raise BadValueError("the address holds bytes that are no letters (not UTF-8)")
    text = _bare(written)
    if not text:
        raise BadValueError("there is no address in it")
    if len(text) > LONGEST:
        raise BadValueError(f"the address is {len(text):,} characters long")
    text = text[len("mailto:") :] if text.lower().startswith("mailto:") else text
    if is_address(text):
        return text, ""
    parsed = parse_address(_bare(written, '"<>'))
    return parsed.address, clean(parsed.name, "name")


def _bare(text: str, kept: str = "") -> str:
    """Take off at both ends what no eye sees (spaces, marks of direction, fillers), and quotation marks but those kept."""

    def is_around(sign: str) -> bool:
        return (
            (sign in _AROUND and sign not in kept)
            or unicodedata.category(sign) in ("Cc", "Cf", "Zs", "Zl", "Zp")
            or _UNSEEN.match(sign) is not None
        )

    start, end = 0, len(text)
    while start < end and is_around(text[start]):
        start += 1
    while end > start and is_around(text[end - 1]):
        end -= 1
    return text[start:end]


def clean(value: str, what: str) -> str:
    """Give a value as one line without what no eye sees; joiners of emoji and scripts stay.

    Raises BadValueError for one that is too long, or was no text.
    """
    if value[:1] == "'":
        value = unguarded(value)
    if not value.isprintable():
        if _NO_LETTERS.search(value):
            raise BadValueError(f"{what} holds bytes that are no letters (not UTF-8)")
        value = "".join(" " if each.isspace() or unicodedata.category(each) == "Cc" else each for each in value)
        value = re.sub(" +", " ", value)
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
    value = value.strip()
    if value in _NOTHING:
        return ""
    if len(value) > LONGEST:
        raise BadValueError(f"{what} is {len(value):,} characters long; {LONGEST:,} are allowed")
    return value


@lru_cache(maxsize=1024)
def _known_language(text: str) -> str | None:
    try:
        return _LANGUAGES.get(key_of(text)) or normal_language(text)
    except WordError:
        return None


def _language(text: str, notes: list[str]) -> str:
    if not text:
        return ""
    found = _known_language(text)
    if found is None:
        notes.append(f"“{beginning(text)}” is no language, left empty: write en, de, zh-Hant …")
        return ""
    return found


@lru_cache(maxsize=256)
def _known_standing(text: str) -> str | None:
    return _STANDINGS.get(re.sub(r"[\W_]+", "_", text.casefold()))


def _standing(text: str, columns: Columns, doubts: Doubts) -> str:
    if said := columns.values.get(text.casefold()):
        return _STANDING_OF[said]
    found = READER if text in _NOTHING else _known_standing(text)
    if found is None:
        doubts.values["status", beginning(text)] += 1
        raise BadValueError(f"the status “{beginning(text)}” is not understood")
    return found


#: What `--map VALUE=…` makes of a status.
_STANDING_OF = {
    Says.UNSUBSCRIBED: Reason.UNSUBSCRIBED.value,
    Says.SUBSCRIBED: READER,
    Says.CONFIRMED: READER,
    Says.BOUNCED: Reason.BOUNCED.value,
    Says.COMPLAINED: Reason.COMPLAINED.value,
    Says.IGNORE: READER,
}
#: Of several columns the one that weighs most is believed.
_WEIGHT = (Reason.COMPLAINED.value, Reason.UNSUBSCRIBED.value, Reason.BOUNCED.value)


def _worst(standing: str, cells: list[str], columns: Columns, doubts: Doubts) -> str:
    """Weigh what the columns about leaving say of one row. Nobody becomes a reader by them who is none by the status."""
    found = [standing]
    for at, name, says in columns.says:
        cell = cells[at].strip() if at < len(cells) else ""
        told = _told(cell, says, columns.values.get(cell.casefold()))
        if told is None:
            doubts.values[name, beginning(cell)] += 1
            raise BadValueError(f"“{beginning(cell)}” in the column “{name}” is not understood")
        found.append(told)
    return next((each for each in _WEIGHT if each in found), PENDING if PENDING in found else standing)


def _told(cell: str, says: Says, mapped: Says | None) -> str | None:
    """Tell how somebody stands by one cell; None where it is not understood."""
    if mapped is not None:
        return _STANDING_OF[mapped]
    is_yes = is_true(cell)
    match says:
        case Says.BOUNCED:
            # The reason of a bounce is a yes, too.
            return READER if is_yes is False else Reason.BOUNCED.value
        case _ if is_yes is None:
            return None
        case Says.UNSUBSCRIBED | Says.COMPLAINED:
            return _STANDING_OF[says] if is_yes else READER
        case Says.CONFIRMED:
            return READER if is_yes else PENDING
        case Says.SUBSCRIBED:
            # An empty cell says that nobody has agreed, not that somebody has left.
            return READER if is_yes else Reason.UNSUBSCRIBED.value if cell and cell not in _NOTHING else PENDING
        case _:
            return READER


def _tags(text: str, notes: list[str]) -> tuple[str, ...]:
    """Read tags as lists write them: `a, b`, `"a","b"` or `["a", "b"]`."""
    found, wrong = _known_tags(text)
    notes += wrong
    return found


@lru_cache(maxsize=1024)
def _known_tags(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    text = unguarded(text.strip())
    parts: list[str] = []
    if text.startswith("["):
        try:
            parts = [str(each) for each in json.loads(text)]
        except ValueError:
            parts = []
    parts = parts or [each.strip().strip("\"'[]") for each in re.split(r"[,;]", text)]
    found: list[str] = []
    wrong: list[str] = []
    for part in parts:
        try:
            if part.strip():
                found.append(normal_tag(part))
        except WordError as error:
            wrong.append(f"a tag was left out: {error}")
    return tuple(dict.fromkeys(found)), tuple(wrong)


def _attributes(text: str, notes: list[str]) -> dict[str, str]:
    """Read what a service keeps of a person beside its own columns: one object of JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        notes.append("what else is known of them cannot be read, left out")
        return {}
    if not isinstance(found, dict):
        return {}
    plain = {str(key).lower(): value for key, value in found.items() if isinstance(value, str | int | float)}
    return {key: clean(str(value), key) for key, value in plain.items()}


def _moment(text: str, column: str, order: Order | None, doubts: Doubts, notes: list[str]) -> int | None:
    """Read a time; without a zone it is UTC."""
    if not text or text in _NOTHING:
        return None
    try:
        return milliseconds(read_date(text, order))
    except AmbiguousDateError:
        doubts.dates[column] += 1
        return None
    except (ValueError, OverflowError):
        doubts.lost[column] += 1
        notes.append(f"“{beginning(text)}” is not a date, left empty")
        return None

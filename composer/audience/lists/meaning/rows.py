"""Turn a row into a person, or into the reason why it cannot be imported.

Input: rows of texts, and which column is what. Output: people as tuples for the database, and remarks on rows: bad rows
with the reason, and values that were left empty. The loop in `judge` runs a million times, so it does little for a
regular row, and all checks for the others.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from composer.audience.lists.formula_guard import unguarded
from composer.audience.lists.list_table import Row, Unreadable, beginning
from composer.audience.lists.meaning.cell_values import (
    LONGEST,
    NO_LETTERS,
    BadValueError,
    attributes_of,
    clean,
    encoded,
    language_of,
    tags_of,
)
from composer.audience.lists.meaning.columns import Columns, is_address
from composer.audience.lists.meaning.dates import AmbiguousDateError, DateOrder, read_date
from composer.audience.lists.meaning.status_words import STANDINGS, STAYING, SUBSCRIBER, is_true
from composer.audience.lists.meaning.subscription_status import (
    LEAVING,
    LONGEST_WORD,
    Consents,
    Doubts,
    States,
    Statuses,
    left_at,
    weigh_remarks,
    weigh_words,
    weigher,
    worst_in_other_columns,
)
from composer.audience.suppression import Reason
from composer.core.addresses import AddressError, normal_address, parse_address
from composer.database.tables.metadata import milliseconds

#: What surrounds a pasted address, besides invisible characters: quotation marks, the commas of a list.
_AROUND = ",;\"'<>"
#: Characters without width that Unicode counts as letters and marks.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStatements:
    """A remark on a row."""

    number: int
    #: Whether the row is not imported; otherwise something in it was left empty.
    is_bad: bool
    text: str
    reason: str


class ListedPerson(NamedTuple):
    """The data of a person in a row. A tuple instead of a data class, because a list can have a million."""

    number: int
    address: str
    normal: str
    name: str
    first_name: str
    last_name: str
    language: str
    #: Merge fields as JSON.
    fields: str
    #: `subscriber`, `pending`, or the reason why they get nothing.
    standing: str
    #: When they agreed or left, in milliseconds since 1970.
    when: int | None
    evidence: str
    tags: tuple[str, ...]


def read_row(
    rows: Iterator[Row], columns: Columns, known: tuple[str, ...], doubts: Doubts, order: DateOrder | None = None
) -> Iterator[ListedPerson | CellStatements]:
    """Yield people and remarks; `known` are the newsletter's own merge fields, also inside a column of a service.

    A row can yield both a remark and a person. `doubts` counts what the user must decide; `order` is their decision
    about dates.
    """
    taken = columns.taken
    at_email = taken["email"]
    at_name, at_first, at_last = taken.get("name"), taken.get("first_name"), taken.get("last_name")
    at_language, at_tags, at_status = taken.get("language"), taken.get("tags"), taken.get("status")
    at_when = taken.get("left", taken.get("consented")) if columns.standing else taken.get("consented")
    at_consent, at_attributes, at_disabled = taken.get("consent"), taken.get("attributes"), taken.get("disabled")
    dated = columns.dated
    states = States()
    weigh, has_says = weigher(columns, doubts, states), bool(columns.says)
    is_plain, widest = columns.kind != "compose", columns.width
    consents, statuses = Consents(), Statuses()
    untold = tuple(at for at in range(widest) if at not in columns.told) if is_plain else ()
    own = tuple(columns.fields.items())
    status_here = STANDINGS[columns.standing] if columns.standing else SUBSCRIBER
    for row in rows:
        if type(row) is not tuple:
            assert isinstance(row, Unreadable)
            yield CellStatements(number=row.number, is_bad=True, text=row.text, reason=row.reason)
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
                language = language_of(clean(cells[at_language], "language"), notes)
            if at_consent is not None:
                evidence = clean(cells[at_consent], "consent") if at_consent < width else ""
                if is_plain:
                    evidence = consents.evidence(evidence)
            standing = status_here
            if at_status is not None:
                standing = statuses.standing(cells[at_status].strip() if at_status < width else "", columns, doubts)
                if columns.standing and standing in STAYING:
                    # A list of unsubscribed people adds no subscriber, even if other columns say that they subscribed.
                    standing = status_here
            if at_disabled is not None and at_disabled < width and is_true(cells[at_disabled]):
                standing = Reason.UNSUBSCRIBED.value
            if has_says:
                standing = weigh(standing, cells)
            if not LEAVING.isdisjoint(cells):
                standing = worst_in_other_columns(standing, cells, columns, doubts)
            if untold:
                standing = weigh_remarks(standing, cells, untold, columns, doubts)
            tags: tuple[str, ...] = ()
            if at_tags is not None and at_tags < width and cells[at_tags]:
                tags = tags_of(cells[at_tags], notes)
                if is_plain and not LEAVING.isdisjoint(tags):
                    standing = weigh_words(standing, tags, columns.names[at_tags], columns, doubts)
            fields = "{}"
            values = {key: clean(cells[at], key) for key, at in own if at < width and cells[at]} if own else {}
            if at_attributes is not None and at_attributes < width and cells[at_attributes]:
                more = attributes_of(cells[at_attributes], notes)
                values |= {key: more[key] for key in known if key in more and not values.get(key)}
                first, last = first or more.get("first_name", ""), last or more.get("last_name", "")
                if not language and (said := more.get("language") or more.get("lang")):
                    language = language_of(said, notes)
            if values:
                kept = {key: value for key, value in sorted(values.items()) if value}
                fields = encoded(kept)
            when = None
            if at_when is not None and at_when < width and cells[at_when]:
                when = _moment(cells[at_when].strip(), dated, order, doubts, notes)
            if standing not in STAYING and has_says and not columns.standing:
                when = left_at(cells, columns, order)
            if width > widest and (beyond := [cell for cell in map(str.strip, cells[widest:]) if cell]):
                notes.append(_behind(beyond))
        except (BadValueError, AddressError) as error:
            yield CellStatements(
                number=number, is_bad=True, text=beginning(_first_of(cells, at_email)), reason=str(error)
            )
            continue
        for note in notes:
            yield CellStatements(number=number, is_bad=False, text=written, reason=note)
        yield ListedPerson(number, written, normal, name, first, last, language, fields, standing, when, evidence, tags)
    if at_consent is not None and is_plain:
        consents.ask(columns.names[at_consent], columns, doubts)
    if at_status is not None and is_plain:
        statuses.ask(columns, doubts)
    states.ask(doubts)


def _behind(cells: list[str]) -> str:
    many = "1 cell" if len(cells) == 1 else f"{len(cells):,} cells"
    return f"left out {many} after the last column: “{beginning(' | '.join(cells))}”"


def _first_of(cells: list[str], at: int) -> str:
    return cells[at] if at < len(cells) and cells[at].strip() else " | ".join(cells)


def _mended(written: str) -> tuple[str, str]:
    """Remove what surrounds an address: blanks, quotation marks, `mailto:`, a name before angle brackets."""
    if NO_LETTERS.search(written):
        raise BadValueError("the address contains bytes that are not UTF-8")
    text = _bare(written)
    if not text:
        raise BadValueError("the row has no address")
    if len(text) > LONGEST:
        raise BadValueError(f"the address is {len(text):,} characters long")
    text = text[len("mailto:") :] if text.lower().startswith("mailto:") else text
    if is_address(text):
        return text, ""
    parsed = parse_address(_bare(written, '"<>'))
    return parsed.address, clean(parsed.name, "name")


def _bare(text: str, kept: str = "") -> str:
    """Remove invisible characters at both ends (spaces, direction marks, fillers), and quotation marks not in `kept`."""

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


def _moment(text: str, column: str, order: DateOrder | None, doubts: Doubts, notes: list[str]) -> int | None:
    """Read a time; a time without a zone is UTC."""
    if is_true(text[:LONGEST_WORD]) is False:
        return None
    try:
        return milliseconds(read_date(text, order))
    except AmbiguousDateError:
        doubts.dates[column] += 1
        return None
    except (ValueError, OverflowError):
        doubts.lost[column] += 1
        notes.append(f"“{beginning(text)}” is not a date and was left empty")
        return None

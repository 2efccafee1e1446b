"""The subscription status of the people in a list, from its status column and its columns about unsubscribing.

Input: the cells of a row, and which column is what. Output: subscriber, pending, or the reason why a person gets
nothing; the words themselves are in status_words.py. Guarantees: a value that is not understood is counted in `Doubts`
and never makes a person a subscriber. If several columns disagree, the most restrictive value counts.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from composer.audience.lists.formula_guard import unguarded
from composer.audience.lists.list_table import beginning
from composer.audience.lists.meaning.cell_values import BadValueError
from composer.audience.lists.meaning.columns import Columns, StatusColumn
from composer.audience.lists.meaning.dates import DateOrder, read_date
from composer.audience.lists.meaning.normal_keys import key_of
from composer.audience.lists.meaning.status_columns import Says
from composer.audience.lists.meaning.status_words import (
    EMPTY,
    PENDING,
    STANDING_OF,
    SUBSCRIBER,
    is_about_leaving,
    is_about_subscription,
    is_true,
    leaving_words,
    standing_of,
    told,
)
from composer.audience.suppression import Reason
from composer.database.tables.metadata import milliseconds

#: How many different values of columns that are not understood are kept.
_MOST_WORDS = 1000
LEAVING = leaving_words()


@dataclass(slots=True, kw_only=True)
class Doubts:
    """The questions that the user must answer before the import, and the dates that would be lost; filled while reading."""

    #: Values that are not understood in a status column or in a column about unsubscribing: column and value, with the
    #: number of rows.
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Dates that can be read in two ways, by column.
    dates: Counter[str] = field(default_factory=Counter)
    #: Dates that cannot be read, by column.
    lost: Counter[str] = field(default_factory=Counter)

    def ask(self, column: str, value: str) -> None:
        """Count a value that is not understood; after very many different ones, the rest count together."""
        key = (column, beginning(value))
        self.values[key if key in self.values or len(self.values) < _MOST_WORDS else (column, "…")] += 1

    @property
    def is_open(self) -> bool:
        """Whether the user must decide something."""
        return bool(self.values or self.dates)


#: An empty cell, in `--map VALUE=…` and in messages.
NOTHING_WRITTEN = "(empty)"


@dataclass(slots=True)
class Consents:
    """The values of a column called "consent": how people agreed, or only whether they did."""

    plain: int = 0
    empty: int = 0

    def evidence(self, text: str) -> str:
        """Return how a person agreed, or an empty string if the cell only says that they did."""
        is_yes = is_true(text[:LONGEST_WORD])
        self.empty += not text
        if text and is_yes is not None:
            self.plain += 1
            return ""
        return text

    def ask(self, column: str, columns: Columns, doubts: "Doubts") -> None:
        """Ask about empty cells in a column that also has "yes", because it is unknown whether those people agreed."""
        if self.plain and self.empty and NOTHING_WRITTEN not in columns.values:
            doubts.values[column, NOTHING_WRITTEN] += self.empty


@dataclass(slots=True)
class Statuses:
    """Read the status column; count values that mean "gets the newsletter", and empty cells."""

    positive: int = 0
    empty: int = 0

    def standing(self, text: str, columns: Columns, doubts: Doubts) -> str:
        """Return the status of a person. Raises BadValueError for a value that is not understood."""
        short = text[:LONGEST_WORD].casefold()
        is_empty = short in EMPTY
        self.empty += is_empty
        said = columns.values.get(NOTHING_WRITTEN if is_empty else text.casefold()) or columns.values.get(key_of(text))
        found = STANDING_OF[said] if said else SUBSCRIBER if is_empty else standing_of(short)
        if found is None:
            doubts.ask(columns.status, text)
            raise BadValueError(f"the status “{beginning(text)}” is not understood")
        self.positive += found == SUBSCRIBER and not is_empty
        return found

    def ask(self, columns: Columns, doubts: Doubts) -> None:
        """Ask about empty cells in a column that also has positive values, because the status of those people is unknown."""
        if self.positive and self.empty and NOTHING_WRITTEN not in columns.values:
            doubts.values[columns.status, NOTHING_WRITTEN] += self.empty


@dataclass(slots=True)
class States:
    """Read columns about some state, such as “State”: of a country, of an order, or of the subscription.

    If one value of a column is about the subscription, all of them are.
    """

    #: Names of columns with a value that is about the subscription, and of those where a value means "gets the newsletter".
    telling: set[str] = field(default_factory=set)
    positive: set[str] = field(default_factory=set)
    #: Values that are not understood, also of other columns; and empty cells.
    unknown: Doubts = field(default_factory=Doubts)
    empty: Counter[str] = field(default_factory=Counter)

    def read(self, column: str, cell: str, *, is_mapped: bool) -> None:
        """Count a cell; `is_mapped` if the user has said what its value means."""
        word = cell[:LONGEST_WORD]
        if is_mapped or is_about_subscription(word):
            self.telling.add(column)
        if word.casefold() in EMPTY:
            self.empty[column] += not is_mapped
        elif standing_of(word) == SUBSCRIBER:
            self.positive.add(column)
        elif not is_mapped and not is_about_subscription(word):
            self.unknown.ask(column, cell)

    def ask(self, doubts: Doubts) -> None:
        """Ask about the values that are not understood, and about empty cells next to positive values."""
        for (column, value), count in self.unknown.values.items():
            if column in self.telling:
                doubts.values[column, value] += count
        for column, count in self.empty.items():
            if column in self.telling & self.positive and count:
                doubts.values[column, NOTHING_WRITTEN] += count


#: If several columns disagree, the most restrictive value counts.
_WEIGHT = (Reason.COMPLAINED.value, Reason.UNSUBSCRIBED.value, Reason.BOUNCED.value)
#: Longer texts are not status values.
LONGEST_WORD = 100


def weigher(columns: Columns, doubts: Doubts, states: States) -> Callable[[str, list[str]], str]:
    """Return a function that weighs the columns about unsubscribing; they never make a person active against the status."""
    kept: list[tuple[int, StatusColumn, dict[str, str]]] = [(column.at, column, {}) for column in columns.says]

    def weigh(standing: str, cells: list[str]) -> str:
        others: list[str] = []
        for at, column, seen in kept:
            cell = cells[at] if at < len(cells) else ""
            found = seen.get(cell)
            if found is None:
                found = _said(cell, column, columns, doubts, states)
                # The values of a state are counted.
                if len(seen) < _MOST_WORDS and len(cell) <= LONGEST_WORD and column.says is not Says.IGNORE:
                    seen[cell] = found
            if found is not SUBSCRIBER:
                others.append(found)
        return _worst_of([standing, *others], standing) if others else standing

    return weigh


def _said(text: str, column: StatusColumn, columns: Columns, doubts: Doubts, states: States) -> str:
    cell = unguarded(text.strip())
    said = columns.values.get(cell.casefold() or NOTHING_WRITTEN) if columns.values else None
    if column.says is Says.IGNORE:
        states.read(column.name, cell, is_mapped=said is not None)
    said = said or told(cell[:LONGEST_WORD], column.says, column.is_reason)
    if said is None:
        doubts.ask(column.name, cell)
        raise BadValueError(f"“{beginning(cell)}” in the column “{column.name}” is not understood")
    return STANDING_OF[said]


def _worst_of(found: list[str], standing: str) -> str:
    if standing not in (SUBSCRIBER, PENDING, *_WEIGHT):
        return standing
    return next((each for each in _WEIGHT if each in found), PENDING if PENDING in found else standing)


def worst_in_other_columns(standing: str, cells: list[str], columns: Columns, doubts: Doubts) -> str:
    """Ask about a word that can only be about unsubscribing, in a column without a known meaning."""
    for at, cell in enumerate(cells[: columns.width]):
        if at not in columns.told and cell in LEAVING:
            standing = weigh_words(standing, (cell,), columns.names[at], columns, doubts)
    return standing


def weigh_remarks(standing: str, cells: list[str], untold: tuple[int, ...], columns: Columns, doubts: Doubts) -> str:
    """Ask about remarks that mention unsubscribing, in columns without a known meaning."""
    written = [(at, cells[at]) for at in untold if at < len(cells) and cells[at]]
    if written and is_about_leaving("\n".join(text for _, text in written)):
        for at, text in written:
            if is_about_leaving(text):
                standing = weigh_words(standing, (text.strip(),), columns.names[at], columns, doubts, is_remark=True)
    return standing


def weigh_words(
    standing: str, words: Iterable[str], column: str, columns: Columns, doubts: Doubts, *, is_remark: bool = False
) -> str:
    """Weigh words about unsubscribing in other columns, such as tags. Ask the user, unless `--map` decides."""
    for word in words:
        if said := columns.values.get(word.casefold()):
            standing = _worst_of([standing, STANDING_OF[said]], standing)
        elif is_remark or word in LEAVING:
            doubts.ask(column, word)
            raise BadValueError(f"“{word}” in the column “{column}” is not understood")
    return standing


def left_at(cells: list[str], columns: Columns, order: DateOrder | None) -> int | None:
    """Return when a person unsubscribed, if a column about unsubscribing contains it."""
    for column in columns.says:
        if column.says in (Says.UNSUBSCRIBED, Says.BOUNCED, Says.COMPLAINED) and column.at < len(cells):
            cell = cells[column.at].strip()
            if is_true(cell[:LONGEST_WORD]) and not cell.isdecimal():
                with suppress(ValueError, OverflowError):
                    return milliseconds(read_date(cell, order))
    return None

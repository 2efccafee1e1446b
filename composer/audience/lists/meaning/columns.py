"""Find which column of a list is what: known names in several languages, known services, and `--map`.

Input: the header of a list, the merge fields of the newsletter with their labels, the choices of a command. Output:
`Columns`. Guarantees: makes no risky guess; a column that is not recognised is ignored and listed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from composer.audience.lists.list_table import ListError, ListTable
from composer.audience.lists.meaning.known_columns import KNOWN, ONLY_OF_SERVICES
from composer.audience.lists.meaning.normal_keys import key_of
from composer.audience.lists.meaning.services import SERVICES, TECHNICAL, Service
from composer.audience.lists.meaning.status_columns import Says, explains, is_state, is_suspicious, says_of
from composer.content.schema.messages import nearest
from composer.core.addresses import AddressError, normal_address
from composer.core.errors import UsageError

#: The targets of `--map COLUMN=…` besides fields.
_SAYS: Mapping[str, Says] = {each.value: each for each in Says}
#: More columns than any service exports.
_MOST_COLUMNS = 5000
#: Lists whose file name or kind says who is in them, and lists of no known service.
_BY_FILE = frozenset(("list", "Mailchimp"))
#: Lists in which columns with these prefixes are the service's own.
_OWN_COLUMNS = frozenset(("compose", "Mailchimp"))
#: Targets that only a service's own column can have.
_INSIDE = ("attributes", "disabled", "left")
#: Of two columns for the same thing, these are preferred: a confirmation weighs more than a request.
_PREFERRED = ("confirm_time", "email_address")


#: Mailchimp's files of unsubscribed and of bounced people have their own columns for that.
MAILCHIMP_LEFT, MAILCHIMP_CLEANED = "unsub_time", "clean_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusColumn:
    """A column about the subscription status of people."""

    at: int
    #: The name as written in the list.
    name: str
    #: None if the column is not understood. The user is asked about its values.
    says: Says | None
    #: Whether it has reasons as text.
    is_reason: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where each value comes from: names of values and merge fields, with the number of their column, from 0."""

    kind: str
    taken: Mapping[str, int]
    #: Merge fields of the newsletter that have a column.
    fields: Mapping[str, int]
    #: Columns that are not imported, as they are called in the list.
    left_out: tuple[str, ...]
    #: How many columns the list has: cells after them belong to no column.
    width: int
    #: The status of everyone in a list without a status column.
    standing: str = ""
    #: Columns about who has unsubscribed, bounced, confirmed …
    says: tuple["StatusColumn", ...] = ()
    #: Columns without a known meaning: a word in them that can only be about unsubscribing is asked about. The others
    #: are in `told`.
    told: frozenset[int] = frozenset()
    #: The meaning that `--map VALUE=…` gives to words in those columns and in the status column, in lower case.
    values: Mapping[str, Says] = field(default_factory=dict)
    #: The names of all columns, as written.
    names: tuple[str, ...] = ()

    @property
    def tells_who_left(self) -> bool:
        """Whether a service's list has statuses, in a column or by the kind of the file."""
        return self.kind in _BY_FILE or bool(self.says or {"status", "disabled"} & self.taken.keys())

    @property
    def dated(self) -> str:
        """The name of the column with the dates of consent."""
        at = self.taken.get("left", self.taken.get("consented")) if self.standing else self.taken.get("consented")
        return self.names[at] if at is not None else ""

    @property
    def status(self) -> str:
        """The name of the column with the status."""
        return self.names[self.taken["status"]] if "status" in self.taken else ""


def columns_of(
    table: ListTable, fields: Collection[str], given: Mapping[str, str], labels: Mapping[str, str] | None = None
) -> Columns:
    """Find which column of a table is what; `given` is --map, by name or number of a column.

    `labels` are the newsletter's own labels of its fields, by field.

    Raises UsageError for a --map that does not fit, ListError if no column contains addresses.
    """
    if max(table.width, len(table.header)) > _MOST_COLUMNS:
        raise ListError(
            f"{table.name} has {max(table.width, len(table.header)):,} columns; the limit is {_MOST_COLUMNS:,}",
            "delete the columns you do not need",
        )
    own = tuple(name for name in fields if name not in KNOWN)
    header = table.header or tuple(f"column {number}" for number in range(1, table.width + 1))
    keys = [key_of(name) for name in header]
    service = _service(keys)
    kind = service.name if service else "list"
    mapped, values = _mapped(given, header, own)
    decided = {at: _SAYS[target] for at, target in mapped.items() if target in _SAYS}
    mapped = {at: "" if at in decided else target for at, target in mapped.items()}
    labelled = {key: name for name, label in (labels or {}).items() if (key := key_of(label))}
    taken: dict[str, int] = {}
    for at, key in sorted(enumerate(keys), key=lambda each: each[1] not in _PREFERRED):
        target = mapped[at] if at in mapped else _target(key, service, own) or labelled.get(key, "")
        if target and (target not in taken or at in mapped):
            taken[target] = at
    if table.at_address is not None:
        taken.setdefault("email", table.at_address)
    if "email" not in taken:
        shown = ", ".join(header[:20])
        raise ListError(
            f"{table.name}: no column contains addresses; the columns are: {shown}",
            "name the right one:   --map 'COLUMN=email'",
        )
    used = set(taken.values())
    says = {at: StatusColumn(at=at, name=header[at], says=said) for at, said in decided.items()}
    for at, key in enumerate(keys):
        found = None if at in mapped else _status_column(at, header[at], key, service)
        # The date of a confirmation is also the date of consent; without a date they have not confirmed.
        is_dated = found is not None and found.says is Says.CONFIRMED and at == taken.get("consented")
        if found is not None and (at not in used or (is_dated and service is None)):
            says[at] = found
    if kind != "compose" and (at_consent := taken.get("consent")) is not None and at_consent not in mapped:
        # Yes and no, or how they agreed, as text.
        column = StatusColumn(at=at_consent, name=header[at_consent], says=Says.SUBSCRIBED, is_reason=True)
        says[at_consent] = column
    ignored = {at for at, each in says.items() if each.says is Says.IGNORE and not is_state(keys[at])}
    ignored |= {at for at, said in decided.items() if said is Says.IGNORE}
    silent = used | {at for at, each in says.items() if each.says is not Says.IGNORE or at in ignored}
    silent |= {at for at, target in mapped.items() if not target}
    if service is not None:
        technical = TECHNICAL | service.ignored
        silent |= {
            at for at, key in enumerate(keys) if key in technical or key.startswith(("unsub_", "clean_", "utm_"))
        }
    return Columns(
        kind=kind,
        taken={name: at for name, at in taken.items() if name in KNOWN},
        fields={name: at for name, at in taken.items() if name not in KNOWN},
        left_out=tuple(name for at, name in enumerate(header) if name and at not in silent),
        width=1 + max(at for at, name in enumerate(header) if name or at in silent),
        standing=_standing(kind, keys, table.name),
        says=tuple(each for at, each in sorted(says.items()) if at not in ignored),
        told=frozenset(used | set(says) | set(mapped)),
        values={**(service.words if service else {}), **values},
        names=header,
    )


def _status_column(at: int, name: str, key: str, service: Service | None) -> StatusColumn | None:
    """Return what any other column says about subscriptions; None if nothing."""
    if service is not None and (key in service.ignored or key in TECHNICAL):
        return None
    if (
        service is not None
        and service.name in _OWN_COLUMNS
        and key.startswith(("unsub_", "clean_", "confirm_", "optin_"))
    ):
        return None
    said = says_of(key)
    if said is not None:
        return StatusColumn(at=at, name=name, says=said, is_reason=explains(key))
    if is_suspicious(key):
        return StatusColumn(at=at, name=name, says=None)
    if is_state(key):
        return StatusColumn(at=at, name=name, says=Says.IGNORE)
    return None


def _target(key: str, service: Service | None, own: Iterable[str]) -> str:
    if key in own:
        return key
    if service is None and key in ONLY_OF_SERVICES:
        return ""
    if service is not None and key in service.columns_of:
        return service.columns_of[key]
    return next((target for target, names in KNOWN.items() if key in names), "")


def _mapped(
    given: Mapping[str, str], header: tuple[str, ...], own: tuple[str, ...]
) -> tuple[dict[int, str], dict[str, Says]]:
    """Read --map: column (by name or number, from 1) to its target, and words of a column to their meaning.

    An empty target leaves the column out.
    """
    allowed = (*(name for name in KNOWN if name not in _INSIDE), *own, *_SAYS)
    found: dict[int, str] = {}
    values: dict[str, Says] = {}
    by_name = {key_of(name): at for at, name in reversed(list(enumerate(header)))}
    for column, target in given.items():
        at = by_name.get(key_of(column))
        if at is None and column.isdecimal() and 1 <= int(column) <= len(header):
            at = int(column) - 1
        if at is None and target in _SAYS:
            values[column.strip().casefold()] = _SAYS[target]
            continue
        if at is None:
            near = nearest(column, header)
            raise UsageError(
                f"--map: the column “{column}” does not exist",
                f"did you mean {near}?" if near else f"the columns are: {', '.join(header)}",
            )
        if target and target not in allowed:
            near = nearest(target, allowed)
            raise UsageError(
                f"--map: the field “{target}” does not exist",
                f"did you mean {near}?" if near else f"the fields are: {', '.join(allowed)}",
            )
        found[at] = target
    return found, values


def _service(keys: Iterable[str]) -> Service | None:
    there = frozenset(keys)
    for service in SERVICES:
        if service.columns <= there and (not service.one_of or service.one_of & there):
            return service
    return None


def _standing(kind: str, keys: Iterable[str], name: str) -> str:
    """Return the status of everyone in a Mailchimp file, which depends on the kind of the file."""
    if kind != "Mailchimp":
        return ""
    if MAILCHIMP_LEFT in keys:
        return "unsubscribed"
    if MAILCHIMP_CLEANED in keys:
        return "cleaned"
    file = name.replace("\\", "/").rpartition("/")[2].lower()
    return "nonsubscribed" if file.startswith(("nonsubscribed", "non-subscribed", "transactional")) else ""


def is_address_column(cell: str) -> bool:
    """Return whether a cell of the header names a column of addresses."""
    return key_of(cell) in KNOWN["email"]


def is_address(cell: str) -> bool:
    """Return whether a cell is an address, as written."""
    text = cell.strip()
    if "@" not in text or len(text) > 320:
        return False
    try:
        normal_address(text)
    except AddressError:
        return False
    return True

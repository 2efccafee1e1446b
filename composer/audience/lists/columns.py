"""Which column of a list is what: known names in several languages, known services, and what `--map` says.

Comes in: the header of a list, the merge fields of the newsletter with their labels, the choices of a command. Goes out:
`Columns`. Never guesses what it would be wrong to guess: a column that is not recognised is left out and named.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from composer.audience.lists.status_columns import Says, says_of
from composer.audience.lists.table import ListError, Table
from composer.content.addresses import AddressError, normal_address
from composer.content.words import nearest
from composer.errors import UsageError


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What a column can be beside the newsletter's own merge fields, with the names under which it is known (see `key_of`).
KNOWN: Mapping[str, frozenset[str]] = {
    "email": _names(
        "email e_mail mail email_address e_mail_address mail_address address_email emailaddress e_mail_adresse emailadresse"
        " mailadresse e_mailadresse adresse_e_mail adresse_email courriel correo correo_electronico indirizzo_email e_post"
        " epost 邮箱 电子邮件 电子邮箱 邮件地址 电邮 電子郵件 メールアドレス"
    ),
    "name": _names("name full_name fullname display_name vollstandiger_name nom_complet 姓名 名字 氏名"),
    "first_name": _names("first_name firstname fname given_name vorname prenom nombre nome forename 名"),
    "last_name": _names(
        "last_name lastname lname surname family_name nachname familienname nom apellido apellidos cognome 姓"
    ),
    "language": _names("language lang locale sprache langue idioma lingua preferred_language 语言 語言 言語"),
    "tags": _names("tags tag groups labels schlagworte schlagworter 标签"),
    "status": _names("status state type subscriber_type subscription_status"),
    "consented": _names(
        "confirm_time optin_time created_at creation_date consented subscribed_at opt_in_time signup sign_up signup_date"
        " sign_up_date signup_time subscribe_date subscribed_on subscription_date subscriber_since opt_in_date optin_date"
        " joined date_joined registered registered_at registration_date date_added added_time entered consent_date"
        " anmeldedatum angemeldet_am angemeldet_seit abonniert_am abonniert_seit date_inscription date_d_inscription"
        " date_d_abonnement fecha_alta fecha_de_alta fecha_suscripcion fecha_de_suscripcion 订阅时间 订阅日期"
    ),
    "left": _names("unsub_time clean_time"),
    "consent": _names("consent"),
    "attributes": _names("attributes metadata"),
    "disabled": _names("email_disabled"),
}
#: Columns that mean this in the lists of known services, and anything elsewhere.
_ONLY_OF_SERVICES = _names(
    "type state created_at creation_date attributes metadata unsub_time clean_time email_disabled"
)
#: Columns of services that say nothing of a person: nobody misses them.
_TECHNICAL = _names(
    "member_rating optin_time optin_ip confirm_ip latitude longitude gmtoff dstoff timezone cc region last_changed leid euid"
    " created_at uuid id secondary_id updated_at referrer_url source active_subscription expiry plan first_payment_at"
    " prefer_digests"
)
#: What `--map COLUMN=…` takes beside fields.
_SAYS: Mapping[str, Says] = {each.value: each for each in Says}
#: Services whose own columns about leaving are known one by one (below, and in judging.py).
_OWN_COLUMNS = frozenset(("compose", "Mailchimp", "listmonk", "Substack", "Buttondown"))
#: What only a service's own column can be.
_INSIDE = ("attributes", "disabled", "left")
#: Of two columns that are the same thing the first of these is taken: confirmed weighs more than asked for.
_PREFERRED = ("confirm_time", "email_address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A program that writes lists, recognised by the columns that only it has."""

    name: str
    #: All of these are there.
    columns: frozenset[str]
    #: One of these is there.
    one_of: frozenset[str] = frozenset()


#: Mailchimp's files of those who left, and of those whose addresses bounced, have columns of their own for that.
MAILCHIMP_LEFT, MAILCHIMP_CLEANED = "unsub_time", "clean_time"
SERVICES = (
    Service(name="compose", columns=frozenset(("email", "status", "consented", "consent"))),
    Service(name="Mailchimp", columns=frozenset(("email_address", "leid", "euid"))),
    Service(name="Mailchimp", columns=frozenset(("email_address", "member_rating", "optin_time"))),
    Service(name="listmonk", columns=frozenset(("uuid", "email", "attributes", "status"))),
    Service(name="Substack", columns=frozenset(("email", "active_subscription", "email_disabled"))),
    Service(
        name="Buttondown",
        columns=frozenset(("creation_date", "metadata")),
        one_of=frozenset(("type", "subscriber_type")),
    ),
    Service(name="Ghost", columns=frozenset(("email", "subscribed_to_emails", "stripe_customer_id"))),
    Service(name="HubSpot", columns=frozenset(("record_id", "email", "unsubscribed_from_all_email"))),
    Service(name="phpList", columns=frozenset(("email", "confirmed", "blacklisted", "htmlemail"))),
    Service(name="CleverReach", columns=frozenset(("email", "activated", "deactivated", "registered"))),
    Service(name="Brevo", columns=frozenset(("email", "double_opt_in", "opt_in"))),
    Service(name="Mautic", columns=frozenset(("email", "date_identified", "points"))),
    Service(name="Kit", columns=frozenset(("first_name", "email", "state", "created_at"))),
    Service(name="beehiiv", columns=frozenset(("email", "status", "subscription_tier"))),
    Service(name="Sendy", columns=frozenset(("name", "email", "last_activity", "status"))),
    Service(name="MailerLite", columns=frozenset(("subscriber", "subscribed", "opened", "clicked"))),
    Service(name="Keila", columns=frozenset(("email", "first_name", "last_name", "data", "status"))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is taken from where: names of things, and of merge fields, to the number of a column, from 0."""

    kind: str
    taken: Mapping[str, int]
    #: Merge fields of the newsletter that have a column.
    fields: Mapping[str, int]
    #: Columns that are not taken, as they are called in the list.
    left_out: tuple[str, ...]
    #: How many columns the list says it has: cells behind them belong to none.
    width: int
    #: How somebody stands in this list who has no column that says so.
    standing: str = ""
    #: Columns that say who has left, bounced, confirmed …: number, name as written, what it is about.
    says: tuple[tuple[int, str, Says], ...] = ()
    #: What `--map VALUE=…` says of words in those columns and in the status, in small letters.
    values: Mapping[str, Says] = field(default_factory=dict)
    #: The name of the column that `taken["consented"]` is, as written.
    dated: str = ""


def columns_of(
    table: Table, fields: Collection[str], given: Mapping[str, str], labels: Mapping[str, str] | None = None
) -> Columns:
    """Tell which column of a table is what; `given` is what --map says, by name or number of a column.

    `labels` are what the newsletter calls its fields before its readers, by field.

    Raises UsageError for a --map that does not fit, ListError when no column holds addresses.
    """
    own = tuple(name for name in fields if name not in KNOWN)
    header = table.header or tuple(f"column {number}" for number in range(1, table.width + 1))
    keys = [key_of(name) for name in header]
    kind = _service(keys)
    mapped, values = _mapped(given, header, own)
    says = {at: said for at, target in mapped.items() if (said := _SAYS.get(target))}
    mapped = {at: "" if at in says else target for at, target in mapped.items()}
    labelled = {key: name for name, label in (labels or {}).items() if (key := key_of(label))}
    taken: dict[str, int] = {}
    for at, key in sorted(enumerate(keys), key=lambda each: each[1] not in _PREFERRED):
        target = mapped[at] if at in mapped else _target(key, kind, own) or labelled.get(key, "")
        if target and (target not in taken or at in mapped):
            taken[target] = at
    if table.at_address is not None:
        taken.setdefault("email", table.at_address)
    if "email" not in taken:
        shown = ", ".join(header[:20])
        raise ListError(
            f"{table.name}: no column holds addresses; there are: {shown}",
            "say which one does:   --map 'COLUMN=email'",
        )
    used = set(taken.values())
    for at, key in enumerate(keys):
        if at not in used and at not in mapped and kind not in _OWN_COLUMNS and (said := says_of(key)):
            says[at] = said
    silent = used | set(says) | {at for at, target in mapped.items() if not target}
    if kind != "list":
        silent |= {at for at, key in enumerate(keys) if key in _TECHNICAL or key.startswith(("unsub_", "clean_"))}
    return Columns(
        kind=kind,
        taken={name: at for name, at in taken.items() if name in KNOWN},
        fields={name: at for name, at in taken.items() if name not in KNOWN},
        left_out=tuple(name for at, name in enumerate(header) if name and at not in silent),
        width=1 + max(at for at, name in enumerate(header) if name or at in silent),
        standing=_standing(kind, keys, table.name),
        says=tuple((at, header[at], said) for at, said in sorted(says.items()) if said is not Says.IGNORE),
        values=values,
        dated=header[taken["consented"]] if "consented" in taken else "",
    )


def _target(key: str, kind: str, own: Iterable[str]) -> str:
    if key in own:
        return key
    if kind == "list" and key in _ONLY_OF_SERVICES:
        return ""
    return next((target for target, names in KNOWN.items() if key in names), "")


def _mapped(
    given: Mapping[str, str], header: tuple[str, ...], own: tuple[str, ...]
) -> tuple[dict[int, str], dict[str, Says]]:
    """Read --map: column (by name or number, from 1) to what it is, and words of a column to what they mean.

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
                f"--map: there is no column “{column}”",
                f"did you mean {near}?" if near else f"there are: {', '.join(header)}",
            )
        if target and target not in allowed:
            near = nearest(target, allowed)
            raise UsageError(
                f"--map: there is no field “{target}”",
                f"did you mean {near}?" if near else f"there are: {', '.join(allowed)}",
            )
        found[at] = target
    return found, values


def _service(keys: Iterable[str]) -> str:
    there = frozenset(keys)
    for service in SERVICES:
        if service.columns <= there and (not service.one_of or service.one_of & there):
            return service.name
    return "list"


def _standing(kind: str, keys: Iterable[str], name: str) -> str:
    """Mailchimp says by the file how those in it stand."""
    if kind != "Mailchimp":
        return ""
    if MAILCHIMP_LEFT in keys:
        return "unsubscribed"
    if MAILCHIMP_CLEANED in keys:
        return "cleaned"
    file = name.replace("\\", "/").rpartition("/")[2].lower()
    return "nonsubscribed" if file.startswith(("nonsubscribed", "non-subscribed", "transactional")) else ""


def key_of(name: str) -> str:
    """Give a column's name in the form in which names are compared: small, without accents, one _ between words."""
    text = unicodedata.normalize("NFKD", name.strip().lstrip("\ufeff").casefold())
    text = unicodedata.normalize("NFC", "".join(each for each in text if not "\u0300" <= each <= "\u036f"))
    return re.sub(r"[\W_]+", "_", text).strip("_")


def is_address_column(cell: str) -> bool:
    """Tell whether a header's cell names a column of addresses."""
    return key_of(cell) in KNOWN["email"]


def is_address(cell: str) -> bool:
    """Tell whether a cell is an address as it stands."""
    text = cell.strip()
    if "@" not in text or len(text) > 320:
        return False
    try:
        normal_address(text)
    except AddressError:
        return False
    return True

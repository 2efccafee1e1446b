"""The words of lists about subscriptions: in the status column, in columns about unsubscribing, and in remarks.

Input: a cell, and what its column is about. Output: the status of its person (`standing_of`), what the cell says about
them (`told`), or that it is not understood. Guarantees: pure; never reads an unknown value as consent. English, German,
French, Spanish and Chinese.
"""

import re
from functools import lru_cache

from composer.audience.lists.meaning.dates import looks_like_date
from composer.audience.lists.meaning.normal_keys import key_of
from composer.audience.lists.meaning.status_columns import Says, says_of
from composer.audience.suppression import Reason

#: The status of people who get the newsletter, and of people who have not agreed yet; the others are suppression
#: reasons.
SUBSCRIBER, PENDING = "subscriber", "pending"
STAYING = (SUBSCRIBER, PENDING)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words of the status column. A word that is not here can be in `_SELF_EVIDENT`, or be a service's own (services.py).
_STATUS_WORDS = {
    SUBSCRIBER: "active subscribed enabled confirmed regular premium trialed unpaid gifted churning paused past_due aktiv actif"
    " activo verified bestatigt confirme confirmado valid 正常 有效 已确认 已激活",
    PENDING: "pending unconfirmed unactivated nonsubscribed non_subscribed validating transactional unverified",
    Reason.UNSUBSCRIBED.value: "unsubscribed blocklisted opted_out optout cancelled canceled inactive deactivated"
    " inaktiv inactif inactivo unsub removed_by_user left",
    Reason.BOUNCED.value: "bounced cleaned undeliverable unreachable hard_bounced soft_bounced invalid held",
    Reason.COMPLAINED.value: "complained spam abuse junk marked_as_spam",
    Reason.IMPORTED.value: "disabled removed spammy blocked imported blacklisted deleted",
    Reason.BY_HAND.value: "by_hand",
}
STANDINGS = {word: standing for standing, words in _STATUS_WORDS.items() for word in words.split()}
#: The status of a person by the meaning of a cell, or of `--map`.
STANDING_OF = {
    Says.UNSUBSCRIBED: Reason.UNSUBSCRIBED.value,
    Says.SUBSCRIBED: SUBSCRIBER,
    Says.CONFIRMED: SUBSCRIBER,
    Says.UNCONFIRMED: PENDING,
    Says.BOUNCED: Reason.BOUNCED.value,
    Says.COMPLAINED: Reason.COMPLAINED.value,
    Says.IGNORE: SUBSCRIBER,
}
#: Words with the same meaning in every column.
_SELF_EVIDENT = {
    word: says
    for says, words in {
        Says.SUBSCRIBED: "subscribed opted_in opt_in optin angemeldet abonniert inscrit inscrite abonne suscrito"
        " inscrito"
        " 已订阅 订阅中 resubscribed eingetragen",
        Says.UNSUBSCRIBED: "unsubscribed unsubscribe opted_out opt_out optout optedout abgemeldet ausgetragen"
        " abbestellt"
        " gekundigt widerrufen desinscrit desinscrite desabonne desabonnee baja dado_de_baja desuscrito"
        " cancelled canceled"
        " blacklisted blocklisted suppressed do_not_contact do_not_email deactivated deaktiviert gesperrt geloscht"
        " 退订 已退订 取消订阅 已取消订阅 取消 黑名单 not_subscribed nicht_abonniert 未订阅 不同意",
        Says.BOUNCED: "bounced bounce hard_bounce hard_bounced soft_bounce soft_bounced hardbounce softbounce cleaned"
        " undeliverable unreachable unzustellbar rebotado rebote 退信 invalid_email unreachable_address",
        Says.COMPLAINED: "complained complaint complaints spam marked_as_spam spam_complaint abuse reported_spam"
        " plainte"
        " beschwerde queja 投诉 垃圾邮件",
        Says.UNCONFIRMED: "unconfirmed pending unverified not_confirmed unbestatigt nicht_bestatigt ausstehend"
        " non_confirme en_attente pendiente no_confirmado 未确认 待确认 未验证 awaiting_confirmation",
    }.items()
    for word in words.split()
}
_YES = _words(
    "true yes y 1 -1 x xx on t ja j wahr oui o vrai si sí s verdadero 是 对 有 真 ✓ ✔ ✔️ ☑ ✅ active aktiv actif activo"
    " confirmed verified enabled granted given agreed accepted checked bestatigt confirme confirmado 同意 已确认 已验证 valid"
    " accepte acceptee accorde aceptado acepta zugestimmt erteilt einverstanden"
)
_NO = _words(
    "false no n 0 off f nein falsch non faux falso 否 不 无 假 ✗ ✘ ☐ ❌ - -- – — inactive inaktiv inactif inactivo"
    " refuse refusee rechazado abgelehnt verweigert"
    " disabled denied refused withdrawn revoked never nie jamais nunca none keine kein"
)
#: In a column about unsubscribing the meaning of these is unknown: "opt-out: active".
_UNCLEAR_OF_LEAVING = _words(
    "active aktiv actif activo confirmed verified enabled granted given agreed accepted inactive inaktiv inactif"
    " inactivo"
    " disabled denied refused withdrawn revoked bestatigt confirme confirmado 同意 已确认 已验证 valid"
)
_INACTIVE = _words("inactive inaktiv inactif inactivo disabled withdrawn revoked removed left deleted")
#: With one of these words, a column about some state is about the subscription.
_OF_SUBSCRIPTIONS = _UNCLEAR_OF_LEAVING | _INACTIVE
_AGAINST = (Says.UNSUBSCRIBED, Says.COMPLAINED, Says.BOUNCED, Says.UNCONFIRMED)
#: What programs write for an empty value.
EMPTY = frozenset(
    ("", "null", "nan", "n/a", "na", "#n/a", "none", "nil", "\\n", "(null)", "undefined", "<null>", "nat", "(blank)")
)
_NUMBER = re.compile(r"\d{1,15}(?:[.,]0+)?")
#: The zero dates of databases.
_NEVER = re.compile(
    r"(?:0000-00-00|0001-01-01|1970-01-01|01[./]01[./]1970|00[./]00[./]0000)(?:[T ]0{1,2}:00(?::00)?.*)?"
)


@lru_cache(maxsize=1024)
def meaning_of(cell: str) -> Says | None:
    """Return what a cell says about a person in any column; None for other texts."""
    return _SELF_EVIDENT.get(key_of(cell))


@lru_cache(maxsize=1024)
def is_about_subscription(cell: str) -> bool:
    """Return whether a value shows that a column about some state is about the subscription: not one about provinces."""
    return meaning_of(cell) is not None or key_of(cell) in _OF_SUBSCRIPTIONS


@lru_cache(maxsize=256)
def standing_of(text: str) -> str | None:
    """Return the status that a word in a status column means; None if it is not understood."""
    found = STANDINGS.get(re.sub(r"[\W_]+", "_", text.casefold())) or STANDINGS.get(key_of(text))
    if found is None and (meaning := meaning_of(text)):
        return STANDING_OF[meaning]
    return found


@lru_cache(maxsize=1024)
def is_true(cell: str) -> bool | None:
    """Return whether a cell means yes; None if it is not understood. A date means yes, because it is the day of the event."""
    text = cell.strip().casefold()
    if text in EMPTY or _NEVER.fullmatch(text):
        return False
    if text in _YES:
        return True
    if text in _NO:
        return False
    word = key_of(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", ".")) > 0
    return True if looks_like_date(text) else None


@lru_cache(maxsize=4096)
def told(cell: str, says: Says | None, is_reason: bool = False) -> Says | None:
    """Return what a cell says about its person in a column about `says`; None if it is not understood.

    SUBSCRIBED also means "no objection". In a column without a known meaning, only the words of that column are
    understood.
    """
    text = cell.strip()
    is_empty = text.casefold() in EMPTY or _NEVER.fullmatch(text) is not None
    meaning = meaning_of(text) if text else None
    if says is None:
        return Says.SUBSCRIBED if is_empty else meaning
    if meaning is not None:
        # In a column about something else, "subscribed" never outweighs other columns.
        return meaning
    if says is Says.IGNORE:
        # The column is about another state, so only an unambiguous word counts. The user is asked about an ambiguous one.
        return None if key_of(text) in _INACTIVE else Says.SUBSCRIBED
    is_yes = is_true(text)
    if is_reason and is_empty:
        return Says.SUBSCRIBED
    if is_reason and is_yes is None:
        if says is not Says.SUBSCRIBED:
            return says
        # How they agreed, as text, unless the text is about unsubscribing.
        return None if says_of(key_of(text)) in _AGAINST else says
    match says:
        case Says.BOUNCED:
            # The answer of a server also means yes.
            return Says.SUBSCRIBED if is_yes is False else says
        case _ if is_yes is None:
            return None
        case Says.UNSUBSCRIBED | Says.COMPLAINED | Says.UNCONFIRMED:
            if key_of(text) in _UNCLEAR_OF_LEAVING:
                return None
            return says if is_yes else Says.SUBSCRIBED
        case Says.CONFIRMED:
            return Says.SUBSCRIBED if is_yes else Says.UNCONFIRMED
        case Says.SUBSCRIBED:
            # An empty cell means that the person has not agreed, not that they have unsubscribed.
            return Says.SUBSCRIBED if is_yes else Says.UNCONFIRMED if is_empty else Says.UNSUBSCRIBED


def leaving_words() -> frozenset[str]:
    """Return the words, as lists write them, that in any column mean that a person must not become active."""
    words = [word.replace("_", " ") for word, says in _SELF_EVIDENT.items() if says is not Says.SUBSCRIBED]
    written = [*words, *(word.replace(" ", "_") for word in words), *(word.replace(" ", "-") for word in words)]
    accented = ["désinscrit", "désinscrite", "désabonné", "désabonnée", "gekündigt", "gelöscht", "unbestätigt"]
    every = [word for word in (*written, *accented) if word not in _EVERYDAY]
    return frozenset(form for word in every for form in (word, word.capitalize(), word.upper(), word.title()))


#: Words that can have another meaning in a column of remarks or of names.
_EVERYDAY = _words(
    "pending cancelled canceled bounce spam abuse complaint complaints cleaned 取消 baja pendiente invalid_email"
)
#: Remarks about people who do not want, or do not get, the newsletter.
_REMARKS = (
    r"\bun-?subscri", r"\bopt(?:ed|ing|s)?[ -]?out", r"\bdo(?:es)? not (?:want|e-?mail|contact|send|write)",
    r"\bdon['’]?t (?:want|e-?mail|contact|send|write)", r"\bno (?:more|further) (?:e-?mail|newsletter|mail)",
    r"\bno newsletter", r"\bstop (?:sending|mailing|e-?mail)", r"\bremove (?:me|him|her|them|from)\b",
    r"\bleft the list", r"\b(?:hard|soft)[ -]?bounc", r"\bbounced\b", r"\bundeliverable",
    r"\b(?:as|reported|marked) (?:as )?spam\b", "abgemeldet", r"\babmeld", "abbestell", "ausgetragen",
    r"\baustragen", "gekündigt", "widerrufen", "unzustellbar", r"\bkeinen? newsletter",
    r"\bkeine (?:weiteren )?(?:e-?)?mails?\b", "nicht mehr (?:an)?(?:schreiben|mailen|senden)",
    "nicht (?:an)?(?:schreiben|kontaktieren)", "will (?:nichts?|kein)", "möchte (?:nichts?|kein)", "désinscri",
    "désabonn", "ne (?:plus|pas) (?:envoyer|contacter|recevoir|écrire)", "ne (?:veut|souhaite) (?:plus|pas)",
    r"\b(?:dad[oa]|darse|dio|pidió la) (?:se )?(?:de )?baja", "desuscri", r"\bno (?:enviar|contactar|quiere|desea)",
    "退订", "取消订阅", "不要再?[发寄]", "不再[发寄订]", "拒收",
)  # fmt: skip
_REMARK = re.compile("|".join(_REMARKS), re.IGNORECASE)
#: Every such remark contains one of these: looking for them first is twenty times as fast.
_ROOTS = (
    "subscri", "opt", "not ", "n't", "n’t", "no ", "stop", "remove", "left", "bounc", "undeliv", "spam", "bmeld",
    "gemeld", "bbest", "trag", "kündigt", "widerruf", "unzust", "kein", "nicht", "nscri", "bonn", "ne ", "baja",
    "suscri", "退", "取消", "不", "拒",
)  # fmt: skip


def is_about_leaving(remarks: str) -> bool:
    """Return whether remarks may mean that a person does not want, or does not get, the newsletter."""
    text = remarks.casefold()
    # A loop, because `any` takes three times as long, and this runs for every row.
    for root in _ROOTS:
        if root in text:
            return _REMARK.search(text) is not None
    return False

"""Columns of a list that say who has left, opted in or out, bounced, complained or confirmed, and what their cells mean.

Input: a column's name in the form of `columns.key_of`, a cell. Output: what the column is about, what a cell says. Guarantees: pure;
what is not understood is reported as such and never taken for consent. English, German, French, Spanish and Chinese.
"""

import re
from enum import StrEnum
from functools import lru_cache

from composer.audience.lists.dates import looks_like_date


class Says(StrEnum):
    """What a column is about: what `--map COLUMN=…` and `--map VALUE=…` take."""

    UNSUBSCRIBED = "unsubscribed"
    SUBSCRIBED = "subscribed"
    CONFIRMED = "confirmed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    #: says nothing about whether somebody gets the newsletter
    IGNORE = "ignore"


#: The first that fits is taken: "unsubscribed" holds "subscribed", and "not_confirmed" holds "confirmed".
_COLUMNS: tuple[tuple[Says, str], ...] = (
    # Dates of agreement, counts and preferences that only look like a status.
    (
        Says.IGNORE,
        r"^(?:subscribed_at|bounce_?counts?|subscribe[dr]?_(?:date|time|on|since)|subscriber_(?:since|id)|opt_?in_(?:time|date|ip|at|source|url)"
        r"|(?:email_)?confirm(?:ed)?_(?:time|ip|at|date|on)|soft_bounces?|bounce_rate|spam_score|unsubscribe_(?:link|url|key|hash|token)"
        r"|active_subscription|preferred_.*|last_(?:active|activity).*|abonniert_(?:am|seit)|angemeldet_(?:am|seit)"
        r"|date_(?:d_)?(?:inscription|abonnement)|fecha_(?:de_)?(?:alta|suscripcion)|订阅(?:时间|日期)|optedin_?(?:date|time))$",
    ),
    (
        Says.COMPLAINED,
        r"complain|spam|abuse|\bfbl\b|junk|beschwerde|plainte|signale_comme|queja|denuncia|投诉|举报|垃圾邮件",
    ),
    (
        Says.BOUNCED,
        r"bounc|undeliverable|invalid_email|email_invalid|unzustellbar|unreachable|rebond|rebotad|rebote|退信|无法投递",
    ),
    (
        Says.UNSUBSCRIBED,
        r"unsub|opt(?:ed)?_?out|opt_?outs?$|do_not_(?:e?_?mail|contact|send|market)|do_not_contact|^dnc|_dnc$|no_?mail$|suppress"
        r"|(?:black|block|deny)_?list|^blocked$|^banned$|(?:^|_)left(?:_|$)|^deleted(?:_|$)|_deleted$|deactivated|^disabled$|cancel"
        r"|^removed(?:_|$)|withdrawn|revoked|abgemeldet|abmeld|abbestell|ausgetragen|austrag|kundig|widerruf|gesperrt|sperr"
        r"|keine_(?:e_?)?mail|deaktiviert|geloscht|desinscri|desabonn|retire|refus|oppose|desuscri|(?:^|_)baja(?:_|$)|dado_de_baja"
        r"|cancelad|no_contactar|excluid|退订|取消订阅|不再接收|黑名单|已注销",
    ),
    (
        Says.CONFIRMED,
        r"confirm|double_?opt_?in|(?:^|_)doi(?:_|$)|verified|validated|activated|bestatigt|verifiziert|verifie|valide|verificad|确认|验证",
    ),
    (
        Says.SUBSCRIBED,
        r"^(?:is_)?subscribed|subscribed_to|^opt(?:ed)?_?in(?:_?(?:status|e?_?mail|email|marketing|newsletter))?$|(?:email|mail|newsletter|marketing)_opt_?in"
        r"|(?:accepts?|accepted|receives?|wants?|allow)_(?:e?_?mails?_?)?(?:marketing|newsletter|e?_?mail)|marketing_(?:consent|permission|opt)"
        r"|(?:email|mail|marketing|newsletter|gdpr)_(?:consent|permission|allowed|status|subscription)|^(?:is_)?(?:active|enabled)$|^newsletter$|permission"
        r"|abonniert|angemeldet|^aktiv$|einwilligung|einverstanden|zustimmung|newsletter_erwunscht|^inscrit|abonne(?:e)?$|consentement|accepte|^actif$"
        r"|^inscrito|suscrit|consentimiento|acepta|^activo$|^订阅|^已订阅|同意|接收",
    ),
)
_PATTERNS = tuple((says, re.compile(pattern)) for says, pattern in _COLUMNS)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_YES = _words(
    "true yes y 1 x on t ja j wahr oui o vrai si sí s verdadero 是 对 有 真 ✓ ✔ ☑ active aktiv actif activo subscribed opted_in optin"
    " confirmed verified enabled granted given agreed accepted checked abonniert angemeldet inscrit suscrito 已订阅 订阅 同意"
)
_NO = _words(
    "false no n 0 off f nein falsch non faux falso 否 不 无 假 ✗ ✘ ☐ - – — inactive inaktiv inactif inactivo unsubscribed"
    " opted_out optout unconfirmed unverified disabled denied refused withdrawn revoked never nie jamais nunca none"
    " abgemeldet desinscrit baja 未订阅 已退订 退订 不同意"
)
#: What programs write where there is nothing.
EMPTY = frozenset(
    ("", "null", "nan", "n/a", "na", "#n/a", "none", "nil", "\\n", "(null)", "undefined", "<null>", "nat")
)
_NUMBER = re.compile(r"\d{1,12}(?:[.,]0+)?")


def says_of(key: str) -> Says | None:
    """Tell what a column is about by its name; None for one that has nothing to do with it."""
    return next((says for says, pattern in _PATTERNS if pattern.search(key)), None)


@lru_cache(maxsize=1024)
def is_true(cell: str) -> bool | None:
    """Tell whether a cell says yes; None where it is not understood. A date is a yes: the day when it happened."""
    text = cell.strip().casefold()
    if text in EMPTY:
        return False
    word = re.sub(r"[\s_-]+", "_", text)
    if text in _YES or word in _YES:
        return True
    if text in _NO or word in _NO:
        return False
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", ".")) > 0
    return True if looks_like_date(text) else None

"""Columns that say who has unsubscribed, opted in or out, bounced, complained or confirmed.

Input: the name of a column in the form of `normal_keys.key_of`. Output: what the column is about. Guarantees: pure; a
name that may be about unsubscribing and is not understood is reported as suspicious. English, German, French, Spanish
and Chinese.
"""

import re
from enum import StrEnum


class Says(StrEnum):
    """What a column is about: the values of `--map COLUMN=…` and `--map VALUE=…`."""

    UNSUBSCRIBED = "unsubscribed"
    SUBSCRIBED = "subscribed"
    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    #: does not say whether a person gets the newsletter
    IGNORE = "ignore"


_TIME = r"(?:time|date|at|on|am|le|since|seit|datum)"
_NOT = r"(?:^|_)(?:no|not|non|nicht|kein|keine|keinen|ne_pas|pas_de|sin|sans|ohne|never)_?"
#: The first match counts: "unsubscribed" contains "subscribed", and "not_confirmed" contains "confirmed".
_COLUMNS: tuple[tuple[Says, tuple[str, ...]], ...] = (
    (
        # Sign-up dates, counts and addresses that only look like a status.
        Says.IGNORE,
        (
            rf"^(?:subscribe[dr]?|subscription|subscriber|abonniert|abonne|angemeldet|optedin)_{_TIME}$",
            r"^(?:subscri\w*|newsletter|(?:email_)?opt_?in|(?:email_)?confirm\w*|sign_?up)_"
            r"(?:id|ip|ip_address|source|url|link|page|form|plan|tier|name|number|amount|price|type|method|text|words)$",
            r"^(?:un_?subscribe|opt_?out|confirm\w*|preferences)_(?:link|url|key|hash|token|ip)$",
            r"^(?:active_subscription|spam_score|bounce_rate|marketing_emails_\w+|preferred_\w+|last_active\w*)$",
            r"^date_(?:d_)?(?:inscription|abonnement)$|^fecha_(?:de_)?(?:alta|suscripcion|inscripcion)$",
            r"^(?:订阅|注册)(?:时间|日期|来源)$",
        ),
    ),
    (
        Says.COMPLAINED,
        (
            r"complain|spam|abuse|(?:^|_)fbl(?:_|$)|junk|beschwerde|plainte|signale_comme|(?:^|_)queja|denuncia",
            r"投诉|举报|垃圾邮件",
        ),
    ),
    (
        Says.BOUNCED,
        (
            r"bounced|hard_?bounce|(?:^|_)bounce(?:$|_(?!count))|bouncing|undeliverable|unreachable",
            r"delivery_fail|quarantin|npai|ungultig",
            r"(?:invalid|wrong|bad|dead)_?e?_?mail|e?mail_(?:address_)?invalid|unzustellbar|rucklaufer",
            r"nicht_zustellbar",
            r"rebond|rebotad|rebote|rejete|invalide|退信|无法投递|弹回|退回|无效",
        ),
    ),
    (
        Says.UNSUBSCRIBED,
        (
            r"un_?subs|un_?subbed|unenrol|opt(?:ed)?_?outs?|sign(?:ed)?_?off",
            r"do_?not_?(?:e?_?mail|contact|send|market|disturb)",
            r"(?:^|_)dnc(?:_|$)|no_?mails?$|suppress|(?:black|block|deny)_?list",
            r"(?:^|_)(?:blocked|banned|barred)(?:_|$)",
            r"(?:^|_)left(?:_(?:at|on|date|time|list))?$|(?:^|_)deleted(?:_|$)|deactivat",
            r"(?:^|_)disabled?(?:_|$)|cancel|suspend|exclude",
            r"(?:^|_)removed(?:_|$)|withdrawn?|revoke|(?:^|_)inacti[vf]|inaktiv|churn|(?:^|_)exit(?:_|$)",
            r"objected|objection",
            rf"{_NOT}(?:longer_)?(?:newsletter|e?_?mails?|abonn|subscri|aktiv|active?|actif|interess|werbung|envoyer|contact|inscri)",
            r"no_(?:enviar|contactar|suscri|activo|desea)|abgemeldet|abmeld|abbestell|ausgetragen|austrag",
            r"austritt|kundig",
            r"widerruf|widersp|gesperrt|(?:^|_)sperr|sperre(?:_|$)|sperrliste|mailverbot|werbeverbot",
            r"robinson|deaktiv|gelosch",
            r"desinscri|desabonn|resili|retire|(?:^|_)refus|oppos|liste_noire|bloque|supprime|(?:^|_)sorti(?:_|$)",
            r"desuscri|(?:^|_)bajas?(?:_|$)|anulad|lista_negra|excluid|eliminad|borrad|rechaz|revocad",
            r"退订|取消订阅|取消关注|不再接收|拒收|拒绝|黑名单|注销|停用|禁用|未订阅|已删除|屏蔽",
            r"disiscri|disdett|cancellat|uitgeschreven|afgemeld|descadastr|cancelou|配信停止|解除",
        ),
    ),
    (
        Says.UNCONFIRMED,
        (
            r"un_?confirm|un_?verif|unvalidated|unactivated|(?:^|_)pending(?:_|$)|awaiting|unbestatigt|ausstehend",
            rf"{_NOT}(?:yet_)?(?:confirm|verif|valid|activat|bestatigt|aktiviert)|en_attente|pendiente|未确认",
            r"未验证|未激活|待确认",
        ),
    ),
    (
        Says.CONFIRMED,
        (
            r"confirm|double_?opt|(?:^|_)doi(?:_|$)|verified|validated|activat|aktiviert|bestatig|verifiziert",
            rf"^(?:email_|single_)?opt_?in_{_TIME}$|^{_TIME}_opt_?in$|^optin(?:time|date)$",
            r"verifie|(?:^|_)valide|verificad|(?:^|_)validad|确认|验证|激活|核实",
        ),
    ),
    (
        Says.SUBSCRIBED,
        (
            r"^(?:is|has)?_?(?:currently_)?subscribe[dr]?(?:_|$)|subscribed_to",
            r"^(?:is_?)?(?:active|enabled|opted_?in|optin)$",
            r"^(?:\w+_)?opt(?:ed)?_?in(?:_?(?:status|e?_?mails?|marketing|newsletter|flag))?$|^e?mail_?opt_?in$",
            r"(?:accept|accepts|accepted|receives?|wants?|allows?|gets?|send|ok)_?(?:for_|to_)?(?:e?_?mails?_?)?"
            r"(?:marketing|newsletter|e?_?mails?)$",
            r"(?:e?_?mail|marketing|newsletter|gdpr|dsgvo|rgpd)_?(?:ok|consent|permission|allowed|subscri\w*|agreed|erlaubt)",
            r"(?:consent|permission)_(?:given|granted|e?mail|marketing|newsletter|status)",
            r"^(?:permission|agreed|(?:has_)?consented)$",
            r"^(?:email_marketing|gdpr|dsgvo|rgpd|newsletters?|marketing_consent|marketing_opt\w*|aktiv|actif|activo|abo)$",
            r"newsletter_(?:ja_nein|yes_no|empfang\w*|erwunscht|gewunscht|abo|aktiv)|abonniert",
            r"(?:^|_)angemeldet$|abonnent$",
            r"einwilligung|einverstanden|zustimmung|werbe_?erlaubnis|(?:^|_)eingetragen$",
            r"^inscrite?(?:_|$)|(?:^|_)abonnee?(?:_|$)|consentement|accepte|accord|souhaite|recevoir",
            r"^inscrit[oa](?:_|$)|(?:^|_)suscrit[oa]?(?:_|$)|consentimiento|acepta|desea_recibir|autoriza",
            r"订阅|同意|接收|有效|启用|iscritto|ingeschreven|inscrito|購読",
        ),
    ),
)
_PATTERNS = tuple((says, re.compile("|".join(patterns))) for says, patterns in _COLUMNS)
#: Names that may be about unsubscribing or agreeing in an unknown way. The user is asked about the values.
_SUSPICIOUS = re.compile(
    r"subscri|opt_?in|opt_?out|consent|permission|bounce|(?:^|_)abo(?:_|$)|abonn|einwillig|werbung|inscri|suscri"
    r"|(?:^|_)(?:empfang|gewunscht|erwunscht|erhalten|receive|recevoir|recibir)(?:_|$)|newsletter|mailing|(?:e?_?mail|contact|member|user|account|abo|list|empfanger|kontakt|kunden)_?(?:status|state)|mailable"
    r"|(?:^|_)(?:gdpr|dsgvo|rgpd)(?:_|$)|(?:^|_)kein|status_(?:e?_?mail|newsletter|abo)|iscri|订|购读|退|拒"
)
#: Columns about a state, which may not be the subscription, so only unambiguous words in them count.
_STATES = re.compile(r"(?:status|state|statut|etat|estado|stato|zustand|状态|狀態|ステータス|类型)$|^(?:\w+_)?typ[e]?$")
#: Names that only look suspicious.
_HARMLESS = re.compile(
    r"(?:list|newsletter|mailing)s?_?(?:name|id|list|lists|title|count)|mailing_(?:address|street|city|zip\w*|state|country|postal\w*)"
    r"|(?:^|_)description$|transcri|(?:^|_)bestellt(?:_|$)|_id$|_ip$|_url$|_source$|prescri"
)
#: The column says why or when: any value in it means yes.
_EXPLAINS = re.compile(r"reason|grund(?:$|_)|ursache|raison|motif|motivo|causa|原因|comment|kommentar|message|feedback")


def says_of(key: str) -> Says | None:
    """Return what a column is about by its name; None if it is not about subscriptions, or is not understood."""
    return next((says for says, pattern in _PATTERNS if pattern.search(key)), None)


def is_suspicious(key: str) -> bool:
    """Return whether a column that `says_of` does not understand may be about unsubscribing."""
    return _SUSPICIOUS.search(key) is not None and _HARMLESS.search(key) is None


def is_state(key: str) -> bool:
    """Return whether a column is about some state: `told` understands only unambiguous words in it (Says.IGNORE)."""
    return _STATES.search(key) is not None


def explains(key: str) -> bool:
    """Return whether a column gives reasons: any text in it means yes."""
    return _EXPLAINS.search(key) is not None

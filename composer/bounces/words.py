"""What servers say in sentences: what a failure is about, where no code tells.

Comes in: a server's sentence, in its language. Goes out: a `Meaning`, or None. Pure. Sentences that speak of rules and of
reputation come first: a reader is never held responsible for what may be our own fault.
"""

import re

from composer.transport.status import Meaning


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


#: Ours for certain: these win over any code but one that says so itself.
_BLOCKED = _any(
    r"spamhaus|barracudacentral|spamcop|cloudmark|senderscore",
    r"blocked (?:using|by|due|because|for)|is blocked|been blocked|:blocked\b|(?:block|black|deny)[ -]?list",
    r"(?<!not )listed (?:in|on|at|by)\b|reputation|rate[ -]limit|too many (?:messages|connections)",
    r"(?:as|like|be|is|for) spam|spam (?:message|content|detected|score|filter rejected)|unsolicited",
    r"\bDMARC\b|\bSPF\b|\bDKIM\b|unauthenticated|not authenticated|reverse DNS|\bPTR\b|greylist",
    r"als Spam|comme (?:du )?spam|como spam|垃圾邮件|垃圾郵件|迷惑メール|спам",
)
_PHRASES: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    (
        Meaning.FULL,
        _any(
            r"(?:mailbox|inbox|account|user|maildir|storage|postfach)\b.{0,40}\b(?:full|exceed|voll\b)",
            r"over[ -]?quota|quota exceeded",
            r"exceed\w* .{0,30}(?:quota|storage|mailbox size)|disk quota|out of storage",
            r"(?:is|not) .{0,20}enough (?:storage|disk) space|insufficient (?:system )?storage|quota.{0,20}erschöpft",
            r"bo[iî]te .{0,40}(?:pleine|satur)|quota dépassé",
            r"buz[oó]n .{0,20}lleno|cuota .{0,20}(?:excedida|superada)",
            r"casella .{0,30}piena|caixa .{0,30}(?:cheia|lotada)",
            r"postvak .{0,20}vol|skrzynka .{0,30}(?:pełna|przepełniona)",
            r"postlådan .{0,20}full|ящик .{0,20}переполнен",
            r"(?:邮箱|郵箱|信箱).{0,10}(?:已满|已滿|满了|空间不足)|容量(?:を超|オーバー)",
            r"メールボックスが(?:いっぱい|一杯)|용량.{0,10}초과",
        ),
    ),
    (
        Meaning.NO_DOMAIN,
        _any(
            r"(?:host|domain|name server)\b(?:(?!user|mailbox|recipient|account).){0,60}?"
            r"\b(?:not found|unknown|not exist|lookup fail|no valid|not resolve)",
            r"null ?MX|does not accept mail\b|unrout(?:e)?able (?:address|mail domain)",
            r"no (?:valid )?MX|NXDOMAIN|bad destination (?:host|system)|unknown host",
            r"couldn'?t find any host|can'?t find (?:any )?(?:the )?(?:domain|host)",
            r"name or service not known|bad domain",
            r"domain.{0,30}(?:existiert nicht|nicht gefunden)",
            r"domaine.{0,30}(?:inconnu|n'existe)|dominio.{0,30}(?:no existe|inesistente)",
            r"域名.{0,10}(?:不存在|错误)|домен.{0,30}не (?:существует|найден)",
        ),
    ),
    (
        Meaning.GONE,
        _any(
            r"(?:no such|unknown|invalid|non[- ]?existent) (?:local )?(?:user|mailbox|recipient|address)",
            r"(?:no such|unknown|invalid) (?:local )?(?:account|person|alias)",
            r"(?:user|mailbox|recipient|account|address|addressee|alias|inbox)\b.{0,80}?\b(?:unknown|not found|not exist)",
            r"(?:user|mailbox|recipient|account|address)\b.{0,40}?\b(?:disabled|deactivated|inactive|no longer)",
            r"(?:does not|doesn't|doesnt) (?:exist|have an? .{0,30}account)",
            r"couldn'?t be found|could not be found|wasn'?t found",
            r"no mailbox (?:here|found|by that name)|not (?:our|a known|a valid) (?:customer|user|mailbox|recipient)",
            r"unrouteable mail ?box|not listed in (?:domino|public)|not in (?:my|the) (?:address|user) (?:book|list)",
            r"account (?:has been |is )?(?:closed|terminated|suspended|expired)",
            r"unknown or illegal alias|no account by that name",
            r"recipient address rejected: (?:access denied|undeliverable)",
            r"recipientnotfound|addr-?notfound|user_unknown",
            r"(?:empfänger|adresse|postfach|nutzer).{0,60}?(?:unbekannt|nicht gefunden|existiert nicht|ungültig)",
            r"(?:adresse|destinataire|utilisateur|bo[iî]te).{0,60}?(?:n'existe p|inconnu|introuvable|invalide)",
            r"n'a pas été trouvé",
            r"(?:usuario|direcci[oó]n|destinatario|buz[oó]n).{0,60}?(?:no existe|desconocid|no se (?:ha encontrado|encontró))",
            r"(?:utente|indirizzo|destinatario|casella).{0,60}?(?:sconosciut|inesistente|non esiste|non (?:è stat\w )?trovat)",
            r"(?:usuário|usuario|endereço|destinatário).{0,60}?(?:não existe|desconhecid|não (?:foi )?encontrad)",
            r"(?:gebruiker|adres|ontvanger).{0,60}?(?:onbekend|bestaat niet|niet gevonden)",
            r"okänd (?:användare|mottagare)",
            r"(?:użytkownik|adres|odbiorca).{0,60}?(?:nie istnieje|nieznany)",
            r"(?:адрес|пользовател|получател|ящик).{0,60}?не (?:существует|найден)",
            r"(?:用户|收件人|地址|邮箱|信箱|用戶|使用者|收件者).{0,20}?(?:不存在|未找到|找不到|未知)",
            r"找不到.{0,20}?(?:用户|收件人|邮箱|收件者)",
            r"(?:宛先|ユーザ|アドレス|受信者|メールボックス).{0,30}?(?:存在し|見つかり|不明|ありません)",
            r"사용자.{0,20}없|수신자.{0,20}없",
        ),
    ),
    (
        Meaning.TOO_LARGE,
        _any(
            r"too (?:large|big)|message size exceed|size (?:limit|exceeds)|exceeds .{0,30}(?:maximum|size)|zu gro[sß]"
        ),
    ),
    (
        Meaning.POLICY,
        _any(r"polic(?:y|ies)|not (?:allowed|permitted|authori[sz]ed)|relay(?:ing)? access|denied"),
    ),
)


def is_blocked(text: str) -> bool:
    """Tell whether a sentence speaks of blocking, of spam or of our own standing."""
    return _BLOCKED.search(text) is not None


def meaning_in(text: str) -> Meaning | None:
    """Tell what a sentence is about; None where it does not say."""
    if is_blocked(text):
        return Meaning.STANDING
    return next((meaning for meaning, pattern in _PHRASES if pattern.search(text)), None)

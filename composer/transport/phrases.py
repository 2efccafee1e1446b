"""What servers say in sentences: what a failure is about, where no code tells, and where a code says something else.

Input: a server's sentence, in its language. Output: a `Meaning`, or None. Guarantees: pure; never looks into an address, so that
a mailbox named `spam` or a domain named `reputation` decides nothing. Sentences about us come first: a subscriber is never held
responsible for what may be our own fault.
"""

import re

from composer.transport.meanings import Meaning


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


#: Addresses, and what stands in angle brackets as one.
_ADDRESS = re.compile(r"<[^<>\s]*@[^<>\s]*>|[^\s<>()\[\]\"',;:]+@[\w.-]+")
#: Our own address is refused (sender verification, a sender domain that they cannot find). It wins over every code.
_SENDER = _any(
    r"in reply to MAIL FROM|sender (?:address |domain |e-?mail )?(?:\S+ )?(?:was |is )?"
    r"(?:rejected|refused|denied|verif|invalid|unknown|not found|does not exist|blocked)",
    r"(?:verify|validate|verification (?:of|for)|verification failed for|unknown|invalid|bad|unrouteable) (?:the )?"
    r"(?:sender|envelope from|return[- ]path|from address)",
    r"(?:domain of (?:the )?sender|sender'?s? (?:address )?domain|mail ?from domain|from domain|envelope sender|return[- ]path)\b"
    r".{0,60}(?:not (?:exist|found|resolve|valid)|does(?:n't| not)|reject|refus|invalid|unknown|no (?:mx|a) record)",
    r"(?:could not|cannot|can't|unable to) verify (?:sender|your|the from)|callback (?:verification )?(?:failed|denied)",
    r"sender verify|absender(?:adresse)?.{0,40}(?:abgelehnt|unbekannt|ungültig|nicht gefunden)",
    r"exp[ée]diteur.{0,40}(?:refus|inconnu|invalide)|remitente.{0,40}(?:rechaz|desconocid|inv[aá]lid)|发件人.{0,20}(?:不存在|拒绝|无效)",
)
#: Their account is closed, whatever the word is: not a block of ours.
_CLOSED = _any(
    r"(?<!your )(?<!sender )(?<!sending )(?<!sender's )\b(?:account|mailbox|user|recipient|inbox|e-?mail account|destination)\b"
    r"(?: (?:of|for|with) [^.]{0,30}?| address)?(?: name)?(?: that you tried to reach)?[ :,]{1,3}(?:has been |have been |is |was |currently )*"
    r"(?:temporarily )?(?:blocked|disabled|deactivated|suspended|locked|inactive|closed|terminated|deleted|removed|no longer (?:active|valid|available|in use))",
    r"(?:blocked|disabled|inactive|suspended|closed|deactivated|locked) (?:recipient|mailbox|user|account)\b",
    r"(?:konto|postfach).{0,30}(?:gesperrt|deaktiviert|geschlossen)|compte.{0,30}(?:désactivé|suspendu|fermé|bloqué)",
    r"cuenta.{0,30}(?:desactivad|suspendid|bloquead|cancelad)|(?:帐户|账户|帐号|账号|用户|邮箱).{0,10}(?:被禁用|已停用|被锁定|已冻结|已注销)",
)
#: Somebody gets more than their provider allows: the subscriber is there.
_BUSY = _any(
    r"receiving (?:mail|e-?mail|messages) (?:too (?:quickly|fast|often)|at (?:a|too high) )",
    r"(?:recipient|mailbox|user|account|addressee).{0,60}(?:receiv|accept)\w* .{0,20}(?:too (?:many|much|fast|quickly)|rate|limit)",
    r"(?:recipient|mailbox|user)'?s? .{0,30}(?:rate|hourly|daily) limit|too many (?:messages|e-?mails|mails) (?:to|for) (?:this|the) (?:user|recipient|mailbox)",
)
#: Tried for as long as their or our relay tries.
_EXPIRED = _any(
    r"message expired|expired (?:in|from) (?:the )?queue|delivery (?:time )?expired|queue (?:time|lifetime) (?:exceeded|expired)",
    r"unable to deliver in \d+|retry (?:timeout|time) (?:exceeded|expired)|too long in (?:the )?queue|maximum (?:queue|retry)",
    r"(?:message|delivery) (?:timed? ?out|was not delivered within)|been in the queue too long|delivery attempts? (?:were )?exhausted",
)
#: Ours for certain: these win over any code but one that says so itself.
_BLOCKED = _any(
    r"spamhaus|barracudacentral|spamcop|proofpoint dynamic reputation|cloudmark|senderscore",
    r"blocked (?:using|by|due|because|for)|is blocked|been blocked|:blocked\b|(?:block|black|deny)[ -]?list|\b[rd]nsbl\b",
    r"(?<!not )(?<!not currently )listed (?:in|on|at|by)\b(?! (?:domino|public))|reputation|rate[ -]?limit|(?:sending|message|hourly|daily|frequency) (?:rate )?limit",
    r"too many (?:connections|e-?mails|mails|recipients|messages)|too (?:frequent|often|fast|quickly)|throttl|frequency",
    r"(?:hourly|daily|per[- ](?:hour|day)|sending) (?:quota|limit|rate)|exceeded .{0,30}(?:sending|messages per|e-?mails per|per hour|per day)",
    r"virus|malware|phish|infected|trojan|acceptable use|\bAUP\b|abus(?:e|ive)|junk ?mail|bulk (?:mail|sender)|blacklisted|banned|poor sender",
    r"(?:as|like|be|is|for) (?:unsolicited|spam)|spam (?:message|content|detected|score|filter rejected)|unsolicited",
    r"\bDMARC\b|\bSPF\b|\bDKIM\b|unauthenticated|not authenticated|reverse[ -](?:DNS|lookup)|\br?DNS (?:check|record)|\bPTR\b|gr[ea]ylist",
    r"als Spam|comme (?:du )?spam|como spam|垃圾邮件|垃圾郵件|迷惑メール|спам",
)
_PHRASES: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    (
        Meaning.FULL,
        _any(
            r"(?:mailbox|inbox|account|user|maildir|storage|postfach)\b.{0,40}\b(?:full|over ?quota|exceed|voll\b)",
            r"(?:user|mailbox|account|inbox|recipient)\b.{0,30}(?:has|contains|holds) too many (?:messages|mails|e-?mails|files)",
            r"too many (?:messages|mails|e-?mails|files) (?:on the server|in (?:the|this|your) (?:mailbox|inbox|folder))|mailbox size limit",
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
            r"\b(?:not found|unknown|not exist|lookup fail|no mx|no valid|not resolve)",
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
            r"(?:empfänger|adresse|benutzer|postfach|nutzer).{0,60}?(?:unbekannt|nicht gefunden|existiert nicht|ungültig)",
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
            r"사용자.{0,20}없|수신자.{0,20}(?:없|찾을 수)",
        ),
    ),
    (
        Meaning.TOO_LARGE,
        _any(
            r"too (?:large|big)|(?:message|mail) size .{0,20}exceed|size (?:limit|exceeds)|exceeds .{0,30}(?:maximum|size)|zu gro[sß]"
            r"|(?:maximum|max) (?:message )?size"
        ),
    ),
    (
        Meaning.POLICY,
        _any(r"polic(?:y|ies)|not (?:allowed|permitted|authori[sz]ed)|relay(?:ing)? (?:denied|access)|denied"),
    ),
)


_BY_MEANING = dict(_PHRASES)
_NO_SUCH = _any(
    r"(?:no such|unknown|invalid|non[- ]?existent) (?:local )?(?:user|mailbox|account|person|alias)\b",
    r"(?:user|mailbox|account)(?: \S+)? (?:is )?(?:unknown|not found|does(?:n't| not) exist)",
    r"(?:用户|邮箱|收件人|信箱).{0,10}不存在|user_unknown|recipientnotfound",
)
#: Meanings that a sentence names so clearly that it wins over a code that says something else.
_CLEAR = (Meaning.FULL, Meaning.TOO_LARGE)


def masked(text: str) -> str:
    """Take every address out of a text."""
    return _ADDRESS.sub("<>", text)


def is_about_us(text: str) -> Meaning | None:
    """Tell whether a masked sentence is about us: our address (SENDER), our standing or how often we send (STANDING)."""
    if _SENDER.search(text):
        return Meaning.SENDER
    if _BUSY.search(text) or _of(Meaning.FULL).search(text):
        return None
    return Meaning.STANDING if _BLOCKED.search(_CLOSED.sub(" ", text)) else None


def overrides(text: str) -> Meaning | None:
    """Tell what a masked sentence is about where that wins over any code; None where the code may speak.

    A busy mailbox and a message that expired are there (RECIPIENT, NETWORK); a closed account is gone, whatever code says so.
    """
    if ours := is_about_us(text):
        return ours
    if _BUSY.search(text):
        return Meaning.RECIPIENT
    if clear := next((each for each in _CLEAR if _of(each).search(text)), None):
        return clear
    if _EXPIRED.search(text):
        return Meaning.NETWORK
    return Meaning.GONE if _CLOSED.search(text) else None


def is_unmistakably_gone(text: str) -> bool:
    """Tell whether a masked sentence says in plain words that there is no such mailbox."""
    return _NO_SUCH.search(text) is not None


def meaning_in(text: str) -> Meaning | None:
    """Tell what a masked sentence is about; None where it does not say."""
    return overrides(text) or next((meaning for meaning, pattern in _PHRASES if pattern.search(text)), None)


def _of(meaning: Meaning) -> re.Pattern[str]:
    return _BY_MEANING[meaning]

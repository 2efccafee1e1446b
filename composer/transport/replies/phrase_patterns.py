"""Patterns for servers' error sentences, by meaning.

Input: nothing. Output: patterns, to be used on masked text only (see phrases.py). Guarantees: no pattern matches in an
address or a host name, because masking has removed them.
"""

from composer.transport.replies.meanings import Meaning
from composer.transport.replies.phrase_index import AnyOf

_SPAN = r"[^.;/]{0,60}?"


#: Our own address is rejected: sender verification, or a sender's domain that cannot be found. This overrides every
#: code.
SENDER = AnyOf(
    r"in reply to (?:the )?(?:\w+ )?MAIL FROM|\bMAIL FROM\b[^.;/]{0,40}(?:reject|refus|invalid|bad|unknown|not (?:exist"
    r"|found|valid)|does not)",
    r"sender(?:'s)? (?:e-?mail )?(?:address |domain |e-?mail |host )?(?:<[^>]*>:? )?(?:was |is |has been )?"
    r"(?:rejected|refused|denied|verif|invalid|unknown|not found|not known|does not exist|doesn't exist|not exist"
    r"|not allowed|not accepted"
    r"|non-?existent|unrouteable|undeliverable|misformatted|blocked|must exist|not resolv|does not resolve)",
    r"(?:verify|validate|verification (?:of|for)|verification failed for|unknown|invalid|bad|unrouteable|unroutable|forged"
    r"|fake|bogus"
    r"|unresolvable|non-?existent) (?:the |your )?(?:sender|envelope[- ]from|return[- ]path|from[: ]address|mail from"
    r"|from: domain)",
    r"(?:domain of (?:the )?sender|sender'?s? (?:address'?s? )?domain|mail ?from domain|\bfrom[: ]domain"
    r"|envelope[- ]sender|return[- ]path"
    r"|domain of (?:the )?(?:envelope[- ]from|mail from)|sending domain|your (?:e-?mail )?domain)\b"
    rf"{_SPAN}(?:not (?:exist|found|resolve|valid|have)|does(?:n't| not)|reject|refus|invalid|unknown|no (?:valid )?(?:mx"
    r"|a\b|dns)"
    r"|(?:could not|cannot|can't) be (?:found|resolved|verified)|unresolvable|nxdomain)",
    r"(?:could not|cannot|can't|unable to) (?:verify|resolve|find|validate) (?:the |your )?(?:sender|from\b|return"
    r"|envelope|e-?mail domain|domain)",
    r"sender (?:(?:is )?not (?!authenticated)|domain is\b|must\b|has no\b)"
    r"|mail from not|envelope senders? (?:is |are )?not|without a valid sender"
    r"|from: domain is|(?:e-?mail )?address is not verified|not (?:allowed|permitted|authori[sz]ed) to send (?:e-?mail "
    r"|mail )?(?:from|as)\b",
    r"sender(?:'s address)? call(?:back|out)|callback (?:verification )?(?:failed|denied)",
    r"invalid DNS MX or A|no MX or A (?:record )?for (?:the )?sender",
    r"(?:your|the) (?:sender(?:'s)?|from|return|envelope) address (?:is |was |has been |could )",
    r"absender[^.;/]{0,40}(?:abgelehnt|unbekannt|ungültig|nicht gefunden|existiert nicht|unzulässig"
    r"|verweigert)",
    r"(?:exp[ée]diteur|[ée]metteur)[^.;/]{0,40}(?:refus|rejet|inconnu|invalide|n'existe)",
    r"remitente[^.;/]{0,40}(?:rechaz|desconocid|inv[aá]lid|no existe)|mittente[^.;/]{0,40}(?:rifiutat|sconosciut|non valid"
    r"|inesistente)",
    r"发件人[^。]{0,20}(?:不存在|拒绝|无效|未知)|寄件者[^。]{0,20}(?:不存在|拒絕|無效)"
    r"|отправител\w+[^.;/]{0,40}(?:не найден|не существует|отклон)",
)
#: The recipient's account is closed, with the reason: not a block of the sender.
CLOSED = AnyOf(
    r"(?<!your )(?<!sender )(?<!sending )(?<!sender's )\b(?:account|mailbox|user|recipient|inbox|destination)\b"
    r"(?: (?:of|for|with) [^.]{0,30}?| address)?(?: name)?(?: that you tried to reach)?(?: <>)?[ :,]{1,3}"
    r"(?:has been |have been |had been |is |was |currently |being |now )*"
    r"(?:permanently )?(?:blocked|disabled|deactivated|suspended|locked|frozen|inactive|closed|terminated|cancell?ed"
    r"|deleted|removed|discontinued"
    r"|dormant|archived|no longer (?:active|valid|available|in use|in service|exists?))"
    r"(?: (?:for|due to|because of|owing to|as a result of) [^.;]*)?",
    r"(?:recipient|user) suspend|extended inactivity",
    r"(?<!temporarily )\b(?:blocked|disabled|inactive|suspended|closed|deactivated|locked|frozen|dormant) (?:recipient"
    r"|mailbox|user|account)\b",
    r"(?:konto|postfach|mailbox)\b[^.;/]{0,30}(?:gesperrt|deaktiviert|geschlossen|gelöscht|stillgelegt)",
    r"(?:compte|bo[iî]te)\b[^.;/]{0,30}(?:désactivé|suspendu|fermé|bloqué|supprimé|clôturé|archiv[ée]e)",
    r"(?:cuenta|buz[oó]n)\b[^.;/]{0,30}(?:desactivad|suspendid|bloquead|cancelad|inhabilitad|cerrad)",
    r"(?:account|casella)\b[^.;/]{0,30}(?:disattivat|sospes|chius|disabilitat)"
    r"|conta\b[^.;/]{0,30}(?:desativad|suspens"
    r"|bloquead|encerrad)",
    r"(?:帐户|账户|帐号|账号|用户|邮箱|帳戶|帳號|用戶)[^。]{0,10}(?:被禁用|被锁定|已冻结|被冻结|已注销|已被注销|被封|停用|鎖定)",
    r"(?:учетная запись|аккаунт|ящик)[^.;/]{0,40}(?:заблокирован|отключен|удал[её]н)|アカウント[^。]{0,20}(?:停止|無効|削除)",
)
#: The mailbox receives more than its provider allows: it exists.
BUSY = AnyOf(
    r"receiving (?:mail|e-?mail|messages) (?:too (?:quickly|fast|often)|at (?:a|too high|an excessive) )",
    r"\b(?:recipient|mailbox|user|account|addressee)\b[^.;/]{0,60}(?:receiv|accept|incoming|inbound)\w*\b[^.;/]{0,40}"
    r"(?:too (?:many|much|fast|quickly)|rate|limit|threshold)",
    r"\b(?:recipient|mailbox|user|account|they|he|she)\b[^;/]{0,80}(?:limit|rate|threshold|quota)\b[^.;/]{0,60}\breceiv",
    r"\b(?:recipient|mailbox|addressee)(?:'s)?\b[^.;/]{0,30}\b(?:rate|hourly|daily) (?:\w+ )?limit",
    r"(?:receiving|incoming|inbound) (?:\w+ ){0,2}(?:rate|limit|quota)[^.;/]{0,40}(?:exceed|reached)",
    r"too many (?:messages|e-?mails|mails|deliveries) (?:\w+ ){0,3}?(?:to|for) (?:this|the|that|one) (?:user|recipient"
    r"|mailbox|address)",
)
#: Rejected temporarily, with any first digit of the code.
FOR_NOW = AnyOf(
    r"\b(?:temporar(?:il)?y|momentarily) (?:\w+ )?(?:disabled|inactive|unavailable|locked|suspended|blocked|not available"
    r"|closed|inaccessible"
    r"|unreachable|out of service|undeliverable|unable)",
    r"\b(?:disabled|inactive|unavailable|locked|suspended|blocked|closed) temporar(?:i?l?y)?\b",
    r"unverified address|\b(?:try|retry|resend|send)(?: it| (?:the|your) (?:message|mail))? (?:again )?(?:later|in a few|in \d+)",
    r"\bvor(?:ü|ue)bergehend\b|temporairement|temporalmente|temporaneamente|temporariamente|временно|暂时|一時的",
)
#: A relay has tried for as long as it does.
EXPIRED = AnyOf(
    r"(?:message|mail) (?:has )?expired|expired from (?:the )?queue|delivery (?:time |period )?(?:has )?expired",
    r"queue (?:time|lifetime) (?:exceeded|expired)|message too old|retry (?:timeout|time|limit|period) (?:has been "
    r"|was )?(?:exceeded|expired|reached)",
    r"unable to deliver in \d+|retry time not reached for any host after a long failure|(?:too long|expired) (?:in"
    r"|on) (?:the )?queue",
    r"maximum (?:queue|retry)|(?:message|delivery|operation) (?:has )?timed? ?out|was not delivered within"
    r"|been in the queue too long",
    r"connection (?:timed out|refused|reset)|server did not respond|(?:unable to deliver|not delivered) (?:\w+ )?(?:within"
    r"|for|after) \d"
    r"|deferred too long",
    r"delivery attempts? (?:were |have been )?exhausted|retries (?:were |have been )?exhausted|(?:giv|gave)\w*"
    r" up after \d",
    r"could not be delivered (?:for|within|after) (?:more than )?\d+ (?:hour|day|minute)"
    r"|not reachable within the allowed queue period",
    r"numerous attempts to deliver|zustellung[^.;/]{0,40}(?:zeitüberschreitung|abgelaufen)|délai d'attente"
    r"|tiempo de entrega[^.;/]{0,20}agotado",
)
#: We send more, or more often, than a relay or a server accepts.
OUR_RATE = AnyOf(
    r"\b(?:your|the sender's|sender|sending) (?:\w+ ){0,4}(?:exceed|over"
    r"|reach)\w*\b[^.;/]{0,60}(?:limit|quota|rate|maximum|number of|allow)",
    r"\byou(?:'ve| have)? (?:\w+ )?(?:exceed|reach)\w*\b",
    r"\b(?:sending|send|outgoing|outbound|sender|relay|submission)\b (?:\w+ ){0,2}(?:limit|quota|rate)\b",
    r"exceed\w*\b[^.;/]{0,50}(?:sending|messages per|mails per|connections per|recipients per|per (?:hour|day"
    r"|minute)|defers and failures)",
    r"has sent (?:to )?too many",
)
#: Certainly about the sender: these override any code, and a full mailbox in the same sentence.
BLOCKED = AnyOf(
    r"spamhaus|barracudacentral|spamcop|cloudmark|senderscore|\bPDR\b|\bsorbs\b|uceprotect"
    r"|abusix|invaluement|\bCBL\b",
    r"blocked (?:using|by|due|because|for|- see|at|from|as|on)|is blocked|are blocked|been blocked|was blocked|:blocked\b"
    r"|blocked senders?|envelope blocked",
    r"(?:block|black|deny|drop)[ -]?list|\b[rd]?nsbl\b|\brbls?\b|\buribls?\b|\bDNSBLs?\b",
    r"(?<!not )(?<!not currently )\b(?:is|are|was|been|host|ip|address|domain|client|server|sender|zen|you"
    r"|\d)\]? (?:currently )?listed (?:in|on|at|by)\b",
    r"reputation",
    r"\b(?<!anti-)virus|malware|phish|infected|trojan|acceptable[ -]use|\bAUP\b|\b(?<!report )abus(?:e|ive)\b(?! (?:desk"
    r"|team|contact|department))",
    r"junk ?(?:e-?)?mail|(?:bulk|mass) (?:e-?mail|mail|sender|advertis)|banned|poor sender|suspicious|suspicion",
    r"(?<!anti )(?<!report )(?<!reporting )(?<![.@\w-])spam(?:mer|mers|ming|my|assassin|trap)?\b"
    r"(?! (?:reports?|desk|team|contact)\b)",
    r"\b(?:by|from|our|your|the) (?:\w+ ){0,2}anti-?spam|anti-?spam (?:\w+ )?(?:check|filter|polic|rule|engine|system"
    r"|measure)|unsolicited|\bUBE\b|\bUCE\b",
    r"\bDMARC\b|\bSPF\b|\bDKIM\b|\bARC\b seal|\bBATV\b|backscatter|unauthenticated|(?:not|must be|isn't) authenticated"
    r"|authentication (?:is )?(?:required|fail)"
    r"|smtp auth",
    r"reverse[ -](?:DNS|lookup|host|IP)|\br?DNS (?:check|record|resource)|\bPTR\b|\brDNS\b|FCrDNS|forward[- ]confirmed"
    r"|(?:find|resolve) your (?:reverse )?"
    r"address|IP name lookup|dynamic IP|generic (?:host|dns)|client host rejected|\b(?:helo"
    r"|ehlo)\b[^.;/]{0,30}(?:reject|invalid|command|name|mismatch)",
    r"\byour (?:ip|network|host(?:name)?|remotehost|mta|isp)\b|your server (?:is|has|requires|does)|from ip address"
    r"|client ip\b|open proxy"
    r"|relay host name|(?:from|by) (?:this|your|the) (?:ip|network|mail server|mta)\b|confirm this mail server"
    r"|protocol violation|captcha",
    r"gr[ea]y[- ]?list|content (?:blocked|filter)|content (?:\w+ ){0,3}(?:security|reject|prohibit|denied)"
    r"|bad outbound|not accept(?:ing)? mail from your",
    r"(?:due to|by|for|against|violat\w+|breach\w+|local|organi[sz]ation\w*|security) (?:\w+ ){0,2}polic(?:y|ies)\b"
    r"|polic(?:y|ies) (?:violation|restriction|reason)",
    r"relay(?:ing)? (?:access )?(?:denied|prohibited|forbidden|not (?:permitted|allowed))|(?:unable|not permitted"
    r"|not allowed|cannot) (?:to )?relay",
    r"badmailfrom|allowed rcpthosts|third-party dsn|null sender",
    r"als Spam|wegen Spam|sperrliste|comme (?:du )?spam|ind[ée]sirable|liste noire|como spam|lista negra|lista nera"
    r"|no deseado|indesiderat",
    r"垃圾|黑名单|黑名單|迷惑メール|スパム|ブラックリスト|病毒|спам|ч[её]рн\w+ списк|репутаци|스팸",
)
#: About the sender, unless a mailbox receives or contains too much.
TOO_OFTEN = AnyOf(
    r"rate[ -]?limit|(?:sending|message|connection) (?:rate )?limit|(?:hourly|daily|per[- ](?:hour"
    r"|day)) (?:\w+ ){0,2}(?:quota|limit|rate)",
    r"too many (?:concurrent |simultaneous |open )?(?:connections|sessions|e-?mails|mails|recipients|messages|errors"
    r"|requests|bad|invalid|unknown|failed)",
    r"too many (?:smtp )?(?:sessions|attempts)|again slower|slow down",
    r"throttl|too (?:frequent|often|fast|quickly)|frequen(?:cy|tly)|unusual (?:rate|volume)|unexpected volume"
    r"|excessive (?:\w+ )?(?:mail|volume|rate|connections)",
    r"zu viele (?:verbindungen|nachrichten|e-?mails|mails)|trop de (?:connexions|messages|mails|destinataires)"
    r"|demasiad[ao]s (?:conexiones|mensajes|correos)",
    r"troppi (?:messaggi|destinatari)|troppe connessioni|muitas (?:conexões|mensagens)"
    r"|слишком (?:много|часто)|频率|频繁|過於頻繁|超过限制",
)
#: About the message, unless the sentence says that the mailbox does not exist.
ABOUT_MESSAGE = AnyOf(
    r"\b(?:message|mail|e-?mail|content|header|attachment)s? (?:was |is |has been |were |are )?(?:\w+ )?(?:filtered"
    r"|refused|bounced due|given low)",
    r"(?:unacceptable|illegal|forbidden|executable|prohibited) (?:\w+ )?(?:content|attachment|file|header)",
    r"rejecting (?:mail|message|\w+ )?content|recipient preferences|go away|denied \[",
)
FULL = AnyOf(
    r"(?<!your )(?:mailbox|inbox|account|user|maildir|mailfolder|mail folder|storage|postfach"
    r"|recipient)\b[^;/]{0,40}\b(?:full|exceed|voll\b)",
    r"(?:user|mailbox|account|inbox|recipient)\b[^.;/]{0,30}(?:has|contains|holds) too many (?:messages|mails|e-?mails|files)",
    r"too many (?:messages|mails|e-?mails|files) (?:on the server|in (?:the|this|your) (?:mailbox|inbox|folder))"
    r"|mailbox size limit|mailbox is too large",
    r"over[ -]?quota|quota (?:\w+ )?(?:exceed|violat|reached|full)|(?:disk|disc|mail|storage) ?quota|quota of",
    r"(?:over|exceed|reach)\w* [^.;/]{0,30}(?:quota|storage|mailbox size|disk space|space limit)|out of (?:storage|space|disk)",
    r"(?:is|not|have|has) [^.;/]{0,20}enough (?:storage|disk|free|mailbox )?\s?space|insufficient (?:system |disk "
    r"|mailbox )?(?:storage|space)|quota[^.;/]{0,20}erschöpft",
    r"(?:blocks|inode) limit exceeded|no space left|(?:space|storage)\b[^.;/]{0,20}(?:used up|exhausted)|full (?:mailbox"
    r"|inbox)|speicherplatz[^.;/]{0,30}(?:erschöpft|voll|überschritten)",
    r"bo[iî]te [^.;/]{0,40}(?:pleine|satur)|quota dépassé",
    r"buz[oó]n [^.;/]{0,20}lleno|cuota [^.;/]{0,20}(?:excedida|superada)",
    r"casella [^.;/]{0,30}piena|caixa [^.;/]{0,30}(?:cheia|lotada)",
    r"postvak [^.;/]{0,20}vol|skrzynka [^.;/]{0,30}(?:pełna|przepełniona)",
    r"postlådan [^.;/]{0,20}full|ящик [^.;/]{0,20}переполнен",
    r"(?:邮箱|郵箱|信箱)[^。]{0,10}(?:已满|已滿|满了|空间不足)|容量(?:を超|オーバー)",
    r"メールボックスが(?:いっぱい|一杯)|용량.{0,10}초과",
)
#: The size of the message, not of a mailbox.
MESSAGE_SIZE = AnyOf(
    r"(?:message|mail|content|attachment)s?\b(?: is| was| are|:)? (?:\w+ )?too (?:large|big|long)",
    r"(?<!mailbox )(?:message|\be-?mail|\bmail) (?:file )?size\b[^.;/]{0,30}(?:exceed|limit|large|big)",
    r"exceed\w* [^.;/]{0,40}\b(?:message|e-?mail|mail) ?size|(?:maximum|max\.?) (?:message|e-?mail|mail) ?size|mailsize limit",
    r"(?:message|mail) (?:exceeds|is larger than|larger than) [^.;/]{0,40}(?:size|limit|maximum)",
)
#: Meanings by sentence, used without a precise code; in this order.
BY_WORDS: tuple[tuple[Meaning, AnyOf], ...] = (
    (
        Meaning.NO_DOMAIN,
        AnyOf(
            r"(?:host|domain|name server)\b(?:(?!user|mailbox|recipient|account).){0,60}?"
            r"\b(?:not found|unknown|not exist|lookup fail|no valid|not resolve)",
            r"null ?MX|does not accept mail\b|unrout(?:e)?able (?:address|mail domain)",
            r"no (?:valid )?MX|NXDOMAIN|bad destination (?:host|system)|unknown (?:host|domain)|no such (?:domain|host)",
            r"(?:couldn'?t|unable to|could not|cannot) find (?:any |the |a |valid )*(?:host|mx|domain|mail exchanger)"
            r"|can'?t find (?:any )?(?:the )?(?:domain|host)",
            r"name or service not known|bad domain",
            r"domain.{0,30}(?:existiert nicht|nicht gefunden)",
            r"domaine.{0,30}(?:inconnu|n'existe)|dominio.{0,30}(?:no existe|inesistente)",
            r"域名.{0,10}(?:不存在|错误)|домен.{0,30}не (?:существует|найден)",
        ),
    ),
    (
        Meaning.GONE,
        AnyOf(
            r"(?:no such|unknown|invalid|non[- ]?existent|bad) (?:local |virtual |e-?mail |destination )*(?:user"
            r"|mailbox|recipient|address|account|person|alias)",
            r"unknown or invalid (?:\w+ )?(?:user|mailbox|recipient)|unknown local[- ]?part",
            r"(?:user|mailbox|recipient|account|address|addressee|alias|inbox|usr)(?:e?s)?\b.{0,80}?\b(?:unknown|not known"
            r"|not found|not exist|missing|invalid\b)",
            r"(?:user|mailbox|recipient|account|address)\b.{0,40}?\b(?:disabled|deactivated|inactive|no longer|not active"
            r"|not present)",
            r"(?:does not|doesn't|doesnt|don't|do not) (?:exist|have an? .{0,30}account)|no longer (?:accepts mail"
            r"|with (?:us|the company)|valid|on server)",
            r"couldn'?t be found|could not be found|wasn'?t found|was not found",
            r"(?:there is )?no (?:one|user|account|mail ?drop) (?:here|found|by that name|at this address"
            r"|of this name|with that name)|no mail ?box",
            r"not (?:our|a known|a valid|an active|a local) (?:customer|user|mailbox|recipient|address)",
            r"unrouteable mail ?box|not listed in (?:domino|public)|not in (?:my|the) (?:address|user|validrcptto"
            r"|recipient)",
            r"account (?:has been |is )?(?:closed|terminated|suspended|expired)",
            r"unknown or illegal alias|no user record|in name directory|not in directory",
            r"recipient address rejected: (?:access denied|undeliverable)",
            r"recipientnotfound|addr-?notfound|user_unknown|userunknown|recipnotfound",
            r"(?:empfänger|adresse|postfach|nutzer|teilnehmer).{0,60}?(?:unbekannt|nicht gefunden|existiert nicht"
            r"|ungültig|nicht bekannt)",
            r"(?:adresse|destinataire|utilisateur|bo[iî]te).{0,60}?(?:n'existe p|inconnu|introuvable|invalide)",
            r"n'a pas été trouvé",
            r"(?:usuario|direcci[oó]n|destinatario|buz[oó]n|persona).{0,60}?(?:no existe|desconocid|no se (?:ha encontrado"
            r"|encontró))|no existe (?:ese|dicha|el|la) ",
            r"nessun utente|is not local\b",
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
        AnyOf(
            r"too (?:large|big)|(?<!mailbox )size (?:limit|exceeds)|exceeds .{0,30}(?:maximum|size)|zu gro(?:ß|ss)",
            r"(?:message|mail) size .{0,20}exceed|(?:maximum|max) (?:message )?size",
        ),
    ),
    (
        Meaning.POLICY,
        AnyOf(
            r"polic(?:y|ies)|not (?:allowed|permitted|authori[sz]ed)|relay(?:ing)? access|denied|administrator"
            r"|refused by"
        ),
    ),
)
#: Sentences that clearly say that the mailbox does not exist.
NO_SUCH = AnyOf(
    r"(?:no such|unknown|invalid|non[- ]?existent) (?:local |virtual )?(?:user|mailbox|account|person|alias|recipient)\b",
    r"(?:user|mailbox|account|recipient)(?: \S+)? (?:is |was )?(?:unknown|not known|not found|does(?:n't| not) exist"
    r"|not exist)\b",
    r"(?:account|address|mailbox) that you tried to reach does not exist|no mailbox (?:here )?by that name",
    r"(?:用户|邮箱|收件人|信箱).{0,10}不存在|user_unknown|recipientnotfound|(?:empfänger|benutzer|teilnehmer|utilisateur"
    r"|destinataire) (?:\w+ )?(?:unbekannt|inconnu)",
)

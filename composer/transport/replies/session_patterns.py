"""Patterns for servers' sentences about a session that accepts no more messages, although a new one would.

Input: nothing. Output: patterns, to be used on masked text only (see phrases.py).
"""

from composer.transport.replies.phrase_index import AnyOf

#: What is counted, per what, and the words that may be in between.
_COUNTED = (
    r"\b(?:messages?|msgs?|mails?|e-?mails?|letters|transactions?|recipients?|rcpts?|envelopes?|deliver(?:y|ies)|transfers?"
    r"|commands?|errors?|requests|senders?|items)\b"
)
_SESSION = (
    r"(?:smtp |tcp |mail |client |e-?mail )?"
    r"(?:session|connect(?:ion)?|conn|connexion|conversation|dialog(?:ue)?|channel)\b"
)
_ONE = r"(?:(?:an?|one|1|each|every|this|the|your|any|per|single|same|current|given|individual|existing|open) ){0,3}"
_IN = rf".{{0,30}}?(?:\b(?:in|per|for|on|over|during|within|by|from|through|via|with)\b|/) ?{_ONE}{_SESSION}"
_MOST = (
    r"(?:too many|max(?:imum|imal)?\b|limit|exceed|reach|allow|quota|more than|only|at most|enough|no more|already|over\b"
    r"|threshold|cap\b)"
)


#: A limit of one session, with any code.
FULL_SESSION = AnyOf(
    rf"{_MOST}.{{0,80}}?{_COUNTED}{_IN}",
    rf"\b\d+ {_COUNTED}{_IN}|{_COUNTED}{_IN}.{{0,60}}?{_MOST}",
    rf"(?<!concurrent )(?<!simultaneous )(?<!parallel )\b{_SESSION}(?:'s)? (?:\w+ ){{0,3}}?(?:limit|quota|allowance|lifetime)\b",
    rf"\b{_SESSION}.{{0,30}}?\b(?:too many|after \d+) {_COUNTED}",
    rf"\b{_SESSION} (?:has |have |is |was |had )?(?:been )?(?:\w+ )?(?:reached|exceeded|used up|sent too many|full\b)",
    rf"\bper[- ]{_SESSION}.{{0,40}}?{_MOST}|{_MOST}.{{0,40}}?\bper[- ]{_SESSION}",
    rf"\bmax(?:imum|\.)? {_SESSION} (?:size|messages?|e-?mails?|mails?)\b",
    r"\btoo many (?:\w+ ){0,2}(?:errors|commands)\b",
    r"\bre-?connect\b(?! later)",
    rf"\b(?:open|start|use|establish|make|create|begin|try|need|require) (?:\w+ ){{0,2}}"
    rf"(?:new|another|fresh|different|separate) {_SESSION}",
    # NetEase: the limit of messages, recipients, commands or errors in one connection.
    r"\b(?:MI:DMC|RP:DRC|MI:CCL|RP:CCL|MI:CEL|RP:CEL)\b",
    r"(?:zu viele|\bmax|höchst\w*|limit|anzahl|mehr als|\bnur\b)[^.;]{0,60}\b(?:in|pro|je|für|über|während"
    r"|innerhalb)\b (?:\w+ ){0,2}(?:smtp-?)?(?:sitzung|verbindung|session)\b|\bpro (?:smtp-?)?(?:sitzung|verbindung)\b"
    r"|\b(?:sitzungs|verbindungs)(?:limit|grenze)",
    r"(?:trop de|maxim\w+|limite|plus de|nombre)[^.;]{0,60}\b(?:par|dans|sur|pour|lors de|au cours de) (?:\w+ ){0,2}"
    r"(?:session|connexion)\b",
    r"(?:demasiad\w+|máxim\w+|maxim\w+|límite|limite)[^.;]{0,60}\b(?:por|en|para|durante) (?:\w+ ){0,2}"
    r"(?:sesi[oó]n|conexi[oó]n)\b",
    r"(?:tropp\w+|massim\w+|limite)[^.;]{0,60}\b(?:per|in|nella|della|durante) (?:\w+ ){0,2}(?:sessione|connessione)\b",
    r"(?:muit\w+|demasiad\w+|máxim\w+|limite)[^.;]{0,60}\b(?:por|nesta|na|em|numa|durante) (?:\w+ ){0,2}"
    r"(?:sess[aã]o|conex[aã]o|ligação)\b",
    r"(?:te veel|maxim\w+|limiet)[^.;]{0,60}\b(?:in|per|voor|tijdens) (?:\w+ ){0,2}(?:sessie|verbinding)\b",
    r"(?:zbyt wiele|limit|maksymaln\w+)[^.;]{0,60}\b(?:w|na|podczas) (?:\w+ ){0,2}(?:sesj|połączeni)",
    r"(?:слишком много|превы\w+|лимит|максимальн\w+|предел|ограничен\w+)[^.;]{0,80}\b(?:в|за|на|для|через) (?:\w+ ){0,2}"
    r"(?:сесси|соединени|подключени|сеанс)",
    r"(?:当前|當前|单次|單次|单个|單個|每次|每个|每個|本次|此次|一次|一个|一個|同一|该|該|此)(?:个|個|次)?(?:SMTP)?(?:连接|連接|连线|連線|会话|會話)(?!数|數)"
    r".{0,30}?(?:超|过多|過多|上限|限制|最大|最多|太多|达到|達到)",
    r"(?:超|过多|過多|上限|限制|最大|太多|达到|達到).{0,20}?(?:单次|單次|每次|每个|每個|同一)(?:SMTP)?(?:连接|連接|连线|連線|会话|會話)(?!数|數)",
    r"(?:セッション|接続|コネクション)(?!数).{0,30}?(?:超え|超過|上限|制限|多すぎ|最大)(?!.{0,4}接続数)|(?:送信数|通数|メール数).{0,20}?(?:セッション|接続)",
    r"(?:세션|연결|접속)(?:당|에서|마다|의| ).{0,30}?(?:초과|제한|한도|너무 많)",
)
#: The session has been open for too long.
OLD_SESSION = AnyOf(
    rf"\b{_SESSION} (?:time|duration|age)\b",
    rf"\b{_SESSION}.{{0,30}}?\b(?:timed? ?out|timeout|too (?:long|old)|for \d+)\b",
    rf"\b(?:too long|time limit|maximum time) (?:in|on|for|of|per) {_ONE}{_SESSION}",
)
#: The server ends the session, counts messages, or asks for a new session at once: a new session may help, unless the
#: sentence names another problem.
ENDED_SESSION = AnyOf(
    rf"{_COUNTED}{_IN}",
    r"\bclos(?:e|ing|ed)\b[^.;]{0,40}\b(?:channel|connection|session)\b",
    r"\b(?:connection|session|channel)\b[^.;]{0,30}\b(?:clos(?:e|ed|ing)|end(?:ed|ing)?|expired?|terminat\w+|finished|over)\b",
    r"\btimeout exceeded\b|\bidle\b",
    r"\b(?:new|another|fresh|different|separate|second) (?:smtp )?(?:connection|session)\b",
    r"\b(?:message|mail|e-?mail|recipient|transaction|command|RSET)s? (?:count|limit|number)\b",
    r"\bnumber of (?:messages|e-?mails|mails|transactions|commands)\b",
    r"\btoo many (?:messages|e-?mails|mails|transactions|MAIL|RSET)\b",
    r"\bmax(?:imum)? (?:messages|e-?mails|mails|transactions)\b",
    r"neue verbindung|neu verbinden|verbindung (?:wird |wurde )?(?:geschlossen|beendet|getrennt)",
    r"nouvelle connexion|connexion fermée",
    r"重新连接|重新連接|新的?(?:连接|連接)|连接(?:已|被)?关闭|再接続|新しい(?:接続|セッション)|다시 연결|재접속",
)
#: About a period: a new session does not help.
BY_TIME = AnyOf(
    r"\brates?\b|\brate[- ]?limit|\b(?:per|an?|each|every|this|last|one|past) (?:\d+ )?(?:second|minute|hour|day)"
    r"|\b(?:hour|dai)ly\b|\btoday\b",
    r"\b\d+ ?(?:s|secs?|seconds?|mins?|minutes?|hours?|h|days?)\b",
    r"too (?:fast|quickly|often|frequent)|slow(?:er)?(?: ?down)?\b|frequen(?:cy|t)|throttl|\bburst",
    r"pro (?:sekunde|minute|stunde|tag)|par (?:seconde|minute|heure|jour)|por (?:segundo|minuto|hora|d[ií]a)",
    r"в (?:секунду|минуту|час|сутки|день)|每(?:秒|分钟|分鐘|小时|小時|天|日)|\d+ ?(?:秒|分钟|分鐘|小时|小時|分)|频率|頻率"
    r"|短期|当天|1分間|1時間",
)
#: Busy, or try later: together with the end of a session, this means a problem of the server and not a full session.
IN_TROUBLE = AnyOf(
    r"\blater\b|\bbusy\b|over ?load|\bload\b|temporar|resource|memory|\bspace\b|storage|shutting down|shutdown|maintenance",
    r"defer|try again in|wait\b|später|plus tard|más tarde|più tardi|позже|稍后|稍後|暂时|一時的|しばらく|나중에",
    r"not in\b|allow-?list|whitelist|denied|refus|reject|block",
    r"too many (?:\w+ )?(?:connections|sessions)|concurren|simultaneous|parallel",
)

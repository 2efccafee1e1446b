"""Recognise what programs answer automatically: absences, receipts, tests whether the sender is a person.

Input: a message as parts. Output: a kind and how it was recognised, or None. Guarantees: pure. None of these is a
bounce, whatever its text says (RFC 3834; Exchange; the texts of mail programs in many languages).
"""

import re

from composer.bounces.parse.mime import MimePart, decode_words
from composer.bounces.parse.vocabulary import ReturnedKind

#: The beginnings of subjects.
_ABSENT = re.compile(
    r"""\W{0,9}(?:(?:re|aw|fw|fwd|wg|antw|rif|sv)\W{1,9})?(?:
    out[ -]of[ -](?:the[ -])?office
    | auto(?:matic|mated|matische|matiche|m[aá]tica)?[ -]?(?:reply|response|answer|antwort|antwoord)
    | auto[ -]?(?:respond|svar|vastaus|odpowiedź) | away[ ]from | on[ ]vacation | vacation
    | i(?:'|\N{RIGHT SINGLE QUOTATION MARK}|[ ]?a)?m[ ](?:currently[ ])?(?:out|away|on[ ])
    | absence | absent
    | abwesenheit | abwesend | automatische[ ]e-?mail | ich[ ]bin[ ](?:nicht|im|bis|vom)
    | r[ée]ponse[ ]automatique | message[ ]d'absence
    | respuesta[ ]autom[aá]tica | fuera[ ]de[ ](?:la[ ])?oficina
    | risposta[ ]automatica | fuori[ ](?:sede|ufficio) | assenza
    | resposta[ ]autom[aá]tica | fora[ ]do[ ]escrit[oó]rio | aus[eê]ncia
    | automatisch[ ](?:antwoord|bericht) | afwezig
    | niet[ ]aanwezig | automatiskt[ ]svar | automatisk[ ]svar
    | frånvaro | fravær | automaattinen[ ]vastaus | poissa | automatyczna[ ]odpowiedź | nieobecno
    | automatick[áé][ ]odpov | nepřítomnost | автоответ | автоматический[ ]ответ | otomatik[ ]yanıt
    | 自动(?:回复|答复) | 自動(?:回覆|回復|応答|返信|送信) | 不在 | 休假 | 外出 | 자동[ ]?(?:응답|회신) | 부재[ ]?중
    | thank[ ]you[ ]for[ ](?:contacting|your[ ](?:e-?mail|message|inquiry)) | ticket[ ](?:received|created)
    | vielen[ ]dank[ ]für[ ]ihre | eingangsbestätigung | we(?:'ve|[ ]have)[ ]received[ ]your
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_CHALLENGE_SUBJECT = re.compile(
    r"\W{0,9}(?:re\W{1,9})?(?:please confirm (?:your (?:message|e-?mail)|delivery)|(?:sender|e-?mail) verification"
    r"|verify your e-?mail to"
    r"|your message to .{1,80} (?:awaits|is (?:awaiting|waiting for|on hold))|confirm your message"
    r"|challenge[- ]response|action required: your e-?mail to)",
    re.IGNORECASE,
)
_CHALLENGERS = ("boxbe", "spamarrest", "choicemail", "tmda", "0spam", "mailblocks", "sanebox challenge", "bluebottle")
#: RFC 8098, RFC 6533.
_RECEIPTS = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
#: Header fields that only answering programs write.
_ANSWERS = frozenset(
    {"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-mail-autoreply", "x-vacation"}
)
_MAILERS = re.compile(
    r"\b(?:mailer-?daemon|postmaster|mail-?daemon|mmdf|microsoftexchange[0-9a-f]{8,}|mdaemon|bounces?"
    r"|mail[ ._-]?(?:delivery|system|subsystem)\w*|delivery[ ._-]?(?:status|subsystem|notification)\w*)\b",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"undeliver|fail|return|delivery (?:status|report|notification|problem)"
    r"|not (?:be )?deliver|rejected|delivery[- ]error"
    r"|unzustellbar|nicht zugestellt|zustell(?:ung|fehler)|non remis"
    r"|échec|no se (?:puede|pudo)|no entregado|devuelto"
    r"|mancato recapito|non (?:recapit|consegn)|não (?:foi )?entreg"
    r"|onbestelbaar|niet bezorg|nie dostarczon|niedoręcz|kan inte levereras"
    r"|не доставлено|не удалось доставить|退信|无法投递|無法傳遞"
    r"|送信できません|配信不能|配信できません|전송 실패|반송",
    re.IGNORECASE,
)


#: A notice of a changed address: the message was forwarded, or should be sent to the new address.
_MOVED = re.compile(
    r"(?:e-?mail )?address .{0,80}has (?:been )?changed|(?:new|changed) (?:e-?mail )?address|change of (?:e-?mail )?address"
    r"|update your (?:address ?book|contacts|records)|neue e-?mail-?adresse|nouvelle adresse|nueva direcci[oó]n|新邮箱|新的邮箱",
    re.IGNORECASE,
)
#: What Dovecot's Sieve writes when it rejects a message (RFC 5429 section 2.2): in the form of a receipt.
_TURNED_AWAY = re.compile(r"automatically rejected|was (?:rejected|refused) by the recipient", re.IGNORECASE)


def is_rejection_receipt(message: MimePart) -> bool:
    """Return whether a message in the form of a receipt says that the recipient's server rejected ours."""
    if not any(part.type in _RECEIPTS for part in message.walk()):
        return False
    return any(_TURNED_AWAY.search(part.text()[:4096]) for part in message.walk() if part.type == "text/plain")


def is_change_of_address(message: MimePart, sentences: str) -> bool:
    """Return whether a message is a notice of a changed address, and not a failure report."""
    return (
        not speaks_of_failure(message)
        and _MOVED.search(f"{_short(message, 'subject')}\n{sentences[:4096]}") is not None
    )


def automatic(message: MimePart) -> tuple[ReturnedKind, str] | None:
    """Recognise an automatic answer that is not a bounce; None for everything else."""
    subject = _short(message, "subject")
    if any(part.type in _RECEIPTS for part in message.walk()):
        return ReturnedKind.RECEIPT, "a receipt: the message was read, or deleted unread"
    names = (_short(message, name) for name in ("from", "x-mailer", "x-delivery-agent"))
    sender = " ".join(names).lower()
    if _CHALLENGE_SUBJECT.match(subject) or any(each in sender for each in _CHALLENGERS):
        return ReturnedKind.CHALLENGE, "a program asks whether the sender is a person"
    if _ABSENT.match(subject):
        return ReturnedKind.OUT_OF_OFFICE, "the subject is that of an automatic reply"
    if message.get("x-failed-recipients") or comes_from_mailer(message):
        return None
    if "vacation" in f"{message.get('x-apple-action')} {message.get('x-apple-criteria')}".lower():
        return ReturnedKind.OUT_OF_OFFICE, "according to the header x-apple-action"
    if found := next((name for name, _ in message.fields if name in _ANSWERS), None):
        return ReturnedKind.OUT_OF_OFFICE, f"according to the header {found}"
    if message.get("auto-submitted").lower().startswith("auto-replied"):
        return ReturnedKind.OUT_OF_OFFICE, "according to the header auto-submitted"
    if message.get("precedence").lower() in ("auto_reply", "auto-reply"):
        return ReturnedKind.OUT_OF_OFFICE, "according to the header precedence"
    if message.get("x-auto-response-suppress") and message.get("in-reply-to"):
        return ReturnedKind.OUT_OF_OFFICE, "according to the header x-auto-response-suppress"
    return None


def comes_from_mailer(message: MimePart) -> bool:
    """Return whether a mail server wrote it, not a person or a person's program."""
    return _MAILERS.search(_short(message, "from")) is not None


def speaks_of_failure(message: MimePart) -> bool:
    """Return whether its subject is that of a bounce."""
    return _FAILED.search(_short(message, "subject")) is not None


def _short(message: MimePart, name: str) -> str:
    """Return the beginning of a header field, which is enough to recognise it."""
    return decode_words(message.get(name))[:500]

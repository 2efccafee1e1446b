"""Find what a server said in a text: its reply, its status, its sentences before the copy of our message.

Input: a diagnostic (RFC 3464, section 2.3.6) or a text for people. Output: a `ServerReply`, a status or a text.
Guarantees: pure.
"""

import re

from composer.transport.outcome import ServerReply
from composer.transport.smtp.reply_parser import make_reply

_ENHANCED = r"[245]\.\d{1,3}\.\d{1,3}"
#: From the most to the least certain: with an enhanced code after it; where a reply begins; anywhere.
_REPLIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\d.])(?P<code>[45][0-7]\d)[ -]+#?(?P<enhanced>{_ENHANCED})(?![\d.])",
        r"(?:^|said:|says:|responded:|response:|error:|replied:|was:|>:|\bsmtp;)\s*#?(?P<code>[45][0-5]\d)(?=[ -]|$)",
        r"(?:^|[:;(>]|\s{2})\s?(?P<code>[45][0-5]\d)[ -](?=[A-Z<#])",
    )
)
#: qmail and Exchange: `(#5.1.1)`, `#5.1.1`; others: `[5.1.1]`, `Status: 5.1.1`.
_BARE = re.compile(rf"(?:#|\(|\[|status(?: code)?:?\s|\s)({_ENHANCED})(?![\d.])", re.IGNORECASE)
_MOST = 4096
#: The beginning of the part that quotes our message, which is not the server's own text.
_COPY = re.compile(
    r"""^[ \t>*]{0,20}(?:
    [-=_]{2,30}[^\n]{0,80}?(?:original|copy|returned|unsent|header|nachricht|mensaje|messaggio|mensagem|原|元の)
    | (?:return-path|received|dkim-signature|message-id|x-mailer):[ ]
    | (?:a[ ])?copy[ ]of[ ](?:the|your)[ ](?:original[ ])?message | message[ ](?:text|header)s?[ ]follow
    | your[ ](?:original[ ])?message[ ](?:is[ ]attached|follows|reads)
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
#: Lines that repeat the subject of our message among a server's own sentences.
_SUBJECT = re.compile(
    r"^[ \t>*]{0,20}(?:subject|betreff|objet|asunto|oggetto|assunto|onderwerp|тема|主题|主旨|件名)[ \t]{0,4}[:：][^\n]*",
    re.IGNORECASE | re.MULTILINE,
)


def reply_in(text: str) -> ServerReply | None:
    """Return the reply that a text quotes."""
    text = text[:_MOST]
    for pattern in _REPLIES:
        if match := pattern.search(text):
            code, rest = match["code"], text[match.end("code") :]
            # Here the lines of a reply follow each other: 550-5.1.1 The account 550 5.1.1 does not exist.
            enhanced = match.groupdict().get("enhanced") or ""
            rest = re.sub(rf"(?<=\s){code}[ -]+(?:{re.escape(enhanced)}\s+)?", "", rest)
            return make_reply((int(code), [rest.lstrip(" -#").encode("utf-8", "replace")]))
    return None


def status_in(text: str) -> str | None:
    """Return an enhanced status code in a text without a reply around it."""
    match = _BARE.search(text[:_MOST])
    return match[1] if match else None


def before_copy(text: str) -> str:
    """Return the server's text for people: up to the copy of our message, without lines that repeat its subject."""
    copy = _COPY.search(text)
    return _SUBJECT.sub("", text[: copy.start()] if copy else text)

"""Read delivery reports (RFC 3464, RFC 6522; for international addresses RFC 6533).

Input: a message as parts. Output: a finding for each recipient in a report. Guarantees: pure.
"""

import re

from composer.bounces.parse.bounce_classes import judge, why
from composer.bounces.parse.mime import Fields, MimePart, decode_words, read_fields
from composer.bounces.parse.server_replies import before_copy, reply_in
from composer.bounces.parse.vocabulary import BounceFinding, ReturnedKind
from composer.transport.outcome import ServerReply
from composer.transport.replies.reply_meaning import VAGUE

_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_STATUS = re.compile(r"\s*([245])\s*\.\s*(\d{1,3})\s*\.\s*(\d{1,3})")
_KINDS = {
    "failed": ReturnedKind.BOUNCE,
    "failure": ReturnedKind.BOUNCE,
    "delayed": ReturnedKind.DELAY,
    "delivered": ReturnedKind.RECEIPT,
    "relayed": ReturnedKind.RECEIPT,
    "expanded": ReturnedKind.RECEIPT,
}
_BY_DIGIT = {"5": ReturnedKind.BOUNCE, "4": ReturnedKind.DELAY, "2": ReturnedKind.RECEIPT}
_INLINE = re.compile(r"^(?:reporting-mta|original-recipient|final-recipient):", re.IGNORECASE | re.MULTILINE)
#: RFC 6533, section 3: \x{4E2D} in an address of type utf-8.
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_MOST = 50


def read_report(message: MimePart) -> tuple[BounceFinding, ...]:
    """Return the findings of a delivery report; empty without a report, or if it names no recipient."""
    sentences = before_copy(next((part.text() for part in message.walk() if part.type == "text/plain"), ""))
    for part in message.walk():
        if part.type in _STATUS_PARTS:
            raw = part.data()
        elif part.type == "text/plain" and (fields := _INLINE.search(text := part.text())):
            # A gateway took the report apart, or its boundary is broken.
            raw = text[fields.start() :].encode("utf-8", "replace")
        else:
            continue
        groups = _groups(raw)
        # The text for people is about every recipient of the report; with several recipients, each has only their own
        # group.
        about = sentences if len(groups) == 1 else ""
        found = tuple(_finding(group, about) for group in groups)
        if found:
            return found[:_MOST]
    return ()


def _groups(raw: bytes) -> list[Fields]:
    """Split a report into the groups of its recipients, without the group of the message, even if groups run together."""
    found: list[Fields] = []
    for block in re.split(rb"\n[ \t\r]*\n", raw, maxsplit=2 * _MOST):
        fields: list[tuple[str, str]] = []
        for name, value in read_fields(block):
            if name == "final-recipient" and any(each == name for each, _ in fields):
                found.append(tuple(fields))
                fields = []
            fields.append((name, value))
        found.append(tuple(fields))
    return [each for each in found if {"final-recipient", "original-recipient"} & {name for name, _ in each}]


def _finding(fields: Fields, sentences: str) -> BounceFinding:
    said = {name: decode_words(value) for name, value in reversed(fields)}
    match = _STATUS.match(said.get("status", ""))
    status = ".".join(match.groups()) if match else None
    kind = _KINDS.get(_bare(said.get("action", ""))) or _BY_DIGIT.get(status[0] if status else "", ReturnedKind.BOUNCE)
    diagnostic = said.get("diagnostic-code", "")
    reply = reply_in(diagnostic.partition(";")[2] or diagnostic)
    finding = BounceFinding(
        recipient=address_in(said.get("final-recipient", "")) or address_in(said.get("original-recipient", "")),
        original=address_in(said.get("original-recipient", "")),
        kind=kind,
        status=status,
        reply=reply,
    )
    if kind is not ReturnedKind.BOUNCE:
        return explained(finding)
    found = judged(finding, diagnostic)
    if sentences and (found.meaning in VAGUE or reply is None):
        # "Address not found", above a code and a reply that give no reason.
        return judged(finding, f"{diagnostic} {sentences}")
    return found


def judged(finding: BounceFinding, text: str) -> BounceFinding:
    """Add class, meaning and reason to the finding of a bounce."""
    bounce, meaning = judge(finding.status, finding.reply, text)
    return BounceFinding(
        recipient=finding.recipient,
        original=finding.original,
        kind=ReturnedKind.BOUNCE,
        bounce=bounce,
        meaning=meaning,
        status=best_status(finding.status, finding.reply),
        reply=finding.reply,
        why=why(meaning),
    )


def explained(finding: BounceFinding) -> BounceFinding:
    """Add the reason to a finding that is not a bounce."""
    words = {
        ReturnedKind.DELAY: "the server is still retrying",
        ReturnedKind.RECEIPT: "the message was delivered or forwarded",
    }
    return BounceFinding(
        recipient=finding.recipient,
        original=finding.original,
        kind=finding.kind,
        status=finding.status,
        reply=finding.reply,
        why=words.get(finding.kind, ""),
    )


def best_status(status: str | None, reply: ServerReply | None) -> str | None:
    """Return the most specific status: the report's own, unless it is one of those without a meaning."""
    if reply and reply.enhanced and (not status or status.endswith(".0.0")):
        return reply.enhanced
    return status


def address_in(value: str) -> str:
    """Return the address in `rfc822; <name@example.org>` (RFC 3464, section 2.1.3): printable, 254 characters at most."""
    kind, semicolon, address = value.partition(";")
    address = address if semicolon else kind
    if kind.strip().lower() == "utf-8":
        address = _ESCAPED.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), address)
    address = address.strip()
    if match := re.search(r"<([^<>]*)>", address):
        address = match[1].strip()
    return "".join(each for each in address[:254] if each.isprintable()).strip("<> ")


def _bare(action: str) -> str:
    """Return the action: some servers write `failed (permanent)` for `failed`."""
    return re.split(r"[^a-z]", action.lower())[0]

"""Classify a returned message.

Input: bytes, of which the first 512 KiB count. Output: one `Returned`. Guarantees: never fails, never connects to
anything, never acts. The order matters: what servers write for programs counts before what anybody writes for people,
and a message that is not certainly a bounce is not one.
"""

from composer.bounces.parse.automatic_replies import (
    automatic,
    comes_from_mailer,
    is_change_of_address,
    is_rejection_receipt,
    speaks_of_failure,
)
from composer.bounces.parse.candidates import candidates_of
from composer.bounces.parse.delivery_report import read_report
from composer.bounces.parse.feedback_report import read_feedback
from composer.bounces.parse.free_text import read_freeform, text_of
from composer.bounces.parse.mime import MimePart, decode_words, parse
from composer.bounces.parse.vocabulary import BounceFinding, Format, Returned, ReturnedKind
from composer.transport.replies.reply_meaning import VAGUE

#: In a report about several recipients, the worst finding classifies the whole.
_RANK = (ReturnedKind.BOUNCE, ReturnedKind.DELAY, ReturnedKind.RECEIPT)
_MOST = 200


def classify(data: bytes) -> Returned:
    """Classify one returned message."""
    message = parse(data)
    kind, why, form, findings = _read(message)
    return Returned(
        kind=kind,
        why=why,
        format=form,
        findings=findings,
        traces=candidates_of(message),
        sender=_line(message.get("from")),
        subject=_line(message.get("subject")),
    )


def _read(message: MimePart) -> tuple[ReturnedKind, str, Format, tuple[BounceFinding, ...]]:
    if feedback := read_feedback(message):
        return feedback.kind, feedback.why, feedback.format, feedback.findings
    if findings := _reported(message):
        kind = min((each.kind for each in findings), key=_RANK.index)
        return kind, _reason(kind, findings), Format.REPORT, findings
    if is_rejection_receipt(message) and (findings := read_freeform(message)):
        return ReturnedKind.BOUNCE, _reason(ReturnedKind.BOUNCE, findings), Format.FREE_TEXT, findings
    if told := automatic(message):
        return *told, Format.HEADERS, ()
    if _asks_to_unsubscribe(message):
        return ReturnedKind.UNSUBSCRIBE, "a subscriber wrote to the unsubscribe address", Format.HEADERS, ()
    if is_change_of_address(message, text_of(message)):
        return ReturnedKind.OUT_OF_OFFICE, "a notice of a changed address", Format.NONE, ()
    is_from_nobody = message.get("return-path").strip() == "<>" and speaks_of_failure(message)
    if (comes_from_mailer(message) or message.get("x-failed-recipients") or is_from_nobody) and (
        findings := read_freeform(message)
    ):
        kind = findings[0].kind
        return kind, _reason(kind, findings), Format.FREE_TEXT, findings
    return ReturnedKind.NOT_UNDERSTOOD, "not recognised: a person should look at it", Format.NONE, ()


def _reported(message: MimePart) -> tuple[BounceFinding, ...]:
    """Read a report, or the report inside it if a gateway wrapped it in its own and says nothing clear itself."""
    found = read_report(message)
    if any(each.kind is not ReturnedKind.BOUNCE or each.meaning not in VAGUE for each in found):
        return found
    if not found and not comes_from_mailer(message):
        return ()
    for part in message.walk():
        if part.type == "message/rfc822" and part.parts and part.parts[0].type == "multipart/report":
            return read_report(parse(part.data())) or found
    return found


def _reason(kind: ReturnedKind, findings: tuple[BounceFinding, ...]) -> str:
    return next(each.why for each in findings if each.kind is kind)


def _asks_to_unsubscribe(message: MimePart) -> bool:
    """Return whether a message asks to unsubscribe: its subject begins as our own link writes it."""
    return decode_words(message.get("subject")).strip().lower().removeprefix("re:").strip().startswith("unsubscribe")


def _line(value: str) -> str:
    text = decode_words(value)[:_MOST]
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())

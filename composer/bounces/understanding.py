"""From the bytes of a message that came back to what it says.

Comes in: bytes, of which the first 512 KiB count. Goes out: one `Returned`. Never fails, never asks anybody, never acts.
The order matters: what servers write for programs is believed before what anybody writes for people, and what is not
certainly a bounce is none.
"""

from composer.bounces.automatic import (
    automatic,
    comes_from_mailer,
    is_change_of_address,
    is_turned_away,
    speaks_of_failure,
)
from composer.bounces.feedback import read_feedback
from composer.bounces.freeform import read_freeform, text_of
from composer.bounces.mime import Part, decode_words, parse
from composer.bounces.report import read_report
from composer.bounces.traces import traces_of
from composer.bounces.vocabulary import Finding, Format, Kind, Returned
from composer.transport.status import VAGUE

#: Of several recipients in one report, what is worst names the whole.
_RANK = (Kind.BOUNCE, Kind.DELAY, Kind.RECEIPT)
_MOST = 200


def understand(data: bytes) -> Returned:
    """Read one message that came back."""
    message = parse(data)
    kind, why, form, findings = _read(message)
    return Returned(
        kind=kind,
        why=why,
        format=form,
        findings=findings,
        traces=traces_of(message),
        sender=_line(message.get("from")),
        subject=_line(message.get("subject")),
    )


def _read(message: Part) -> tuple[Kind, str, Format, tuple[Finding, ...]]:
    if feedback := read_feedback(message):
        return feedback.kind, feedback.why, feedback.format, feedback.findings
    if findings := _reported(message):
        kind = min((each.kind for each in findings), key=_RANK.index)
        return kind, _reason(kind, findings), Format.REPORT, findings
    if is_turned_away(message) and (findings := read_freeform(message)):
        return Kind.BOUNCE, _reason(Kind.BOUNCE, findings), Format.FREEFORM, findings
    if told := automatic(message):
        return *told, Format.HEADERS, ()
    if _asks_to_leave(message):
        return Kind.UNSUBSCRIBE, "a reader wrote to the address for leaving", Format.HEADERS, ()
    if is_change_of_address(message, text_of(message)):
        return Kind.OUT_OF_OFFICE, "a notice of another address", Format.NONE, ()
    is_from_nobody = message.get("return-path").strip() == "<>" and speaks_of_failure(message)
    if (comes_from_mailer(message) or message.get("x-failed-recipients") or is_from_nobody) and (
        findings := read_freeform(message)
    ):
        kind = findings[0].kind
        return kind, _reason(kind, findings), Format.FREEFORM, findings
    return Kind.NOT_UNDERSTOOD, "nothing known to us: a person should look at it", Format.NONE, ()


def _reported(message: Part) -> tuple[Finding, ...]:
    """Read a report, and the report inside it where a gateway wrapped one in its own and says nothing clear itself."""
    found = read_report(message)
    if any(each.kind is not Kind.BOUNCE or each.meaning not in VAGUE for each in found):
        return found
    if not found and not comes_from_mailer(message):
        return ()
    for part in message.walk():
        if part.type == "message/rfc822" and part.parts and part.parts[0].type == "multipart/report":
            return read_report(parse(part.data())) or found
    return found


def _reason(kind: Kind, findings: tuple[Finding, ...]) -> str:
    return next(each.why for each in findings if each.kind is kind)


def _asks_to_leave(message: Part) -> bool:
    """Tell whether a message asks to be left out: its subject begins as our own link writes it."""
    return decode_words(message.get("subject")).strip().lower().removeprefix("re:").strip().startswith("unsubscribe")


def _line(value: str) -> str:
    text = decode_words(value)[:_MOST]
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())

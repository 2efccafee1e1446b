"""Read complaints: feedback reports (RFC 5965, RFC 6650, RFC 9477), and Microsoft's, which have another format.

Input: a message as parts. Output: the complaint, or None. Guarantees: pure. Recipients are often removed from the
report, and no action follows from them.
"""

from dataclasses import dataclass

from composer.bounces.parse.candidates import returned_header
from composer.bounces.parse.delivery_report import address_in
from composer.bounces.parse.mime import Fields, MimePart, read_fields
from composer.bounces.parse.vocabulary import BounceFinding, Format, ReturnedKind

#: What subscribers do (RFC 5965, section 7.3, and its registry). `auth-failure`, `virus` and `not-spam` are not
#: complaints.
_COMPLAINTS = {
    "abuse": "a subscriber reported the message as spam",
    "fraud": "a subscriber reported the message as fraud",
    "opt-out": "a subscriber asked to be unsubscribed",
    "opt-out-list": "a subscriber asked to be unsubscribed",
}
#: Microsoft puts the subscriber's address at the top of the message that it returns.
_MICROSOFT = "x-hmxmroriginalrecipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """The content of a feedback report."""

    kind: ReturnedKind
    format: Format
    why: str
    findings: tuple[BounceFinding, ...]


def read_feedback(message: MimePart) -> Feedback | None:
    """Read a feedback report; None without one."""
    for part in message.walk():
        if part.type == "message/feedback-report":
            return _standard(read_fields(part.data()))
    if recipient := returned_header(message, _MICROSOFT):
        reason = _COMPLAINTS["abuse"]
        finding = BounceFinding(recipient=address_in(recipient), kind=ReturnedKind.COMPLAINT, why=reason)
        return Feedback(kind=ReturnedKind.COMPLAINT, format=Format.JUNK_MAIL, why=reason, findings=(finding,))
    return None


def _standard(fields: Fields) -> Feedback:
    said = dict(reversed(fields))
    told = said.get("feedback-type", "").lower()
    reason = _COMPLAINTS.get(told)
    if reason is None:
        what = f"a report of type “{told[:40]}”" if told.isprintable() and told else "a report without a type"
        return Feedback(
            kind=ReturnedKind.NOT_UNDERSTOOD, format=Format.FEEDBACK, why=f"{what}: not a complaint", findings=()
        )
    names = [address_in(value) for name, value in fields if name in ("original-rcpt-to", "removal-recipient")]
    findings = tuple(
        BounceFinding(recipient=each, kind=ReturnedKind.COMPLAINT, why=reason) for each in dict.fromkeys(names or [""])
    )
    return Feedback(kind=ReturnedKind.COMPLAINT, format=Format.FEEDBACK, why=reason, findings=findings[:50])

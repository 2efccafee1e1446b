"""Requests for approval by email: a short message to each person who may approve, with a personal link.

Input: a built edition, the people to ask, their links. Output: messages that are ready to send. The edition itself is
in the test message that is sent with it. Guarantees: nothing here is shown to subscribers.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from markupsafe import escape

from composer.core.addresses import Address
from composer.delivery.approval.reviews import Review
from composer.delivery.messages.editor_test import Addressed
from composer.editions.pipeline import Built
from composer.mail.compiled_message import compile_message
from composer.mail.dot_stuffing import to_wire
from composer.mail.letterhead import Addressing, Letterhead
from composer.transport.envelope import Envelope

_TEXT = """\
{name}: please review {stems}.

Subject: {subject}

Review the edition, then approve it or request changes:

{link}

This link is personal; please do not share it. It works for {days} days. If the issue changes, it needs a new approval.
"""
_HTML = """\
<html><head><title>{title}</title></head><body><p>{name}: please review {stems}.</p><p>Subject: {subject}</p>\
<p><a href="{link}">Review the edition, then approve it or request changes</a></p>\
<p>This link is personal; please do not share it. It works for {days} days. If the issue changes, it needs a new approval.</p>\
</body></html>
"""


def requests(
    built: Built,
    review: Review,
    links: Mapping[Address, str],
    days: int,
    now: datetime,
    sign: Callable[[bytes], bytes],
) -> Iterator[Addressed]:
    """Yield one message for each person. Raises HeaderError."""
    newsletter = built.newsletter
    subject = review.editions[0].subject
    for address, link in links.items():
        words: dict[str, object] = {
            "title": f"Please review: {subject}",
            "name": newsletter.name,
            "stems": ", ".join(each.stem for each in review.editions),
            "subject": subject,
            "link": link,
            "days": days,
        }
        compiled = compile_message(
            Letterhead(
                sender=newsletter.sender, reply_to=newsletter.reply_to, subject=str(words["title"]), language="en"
            ),
            html=_HTML.format(**{key: escape(value) for key, value in words.items()}),
            text=_TEXT.format(**words),
        )
        identity = hashlib.sha256(f"{link} {now.isoformat()}".encode()).hexdigest()[:32]
        addressing = Addressing(to=address, date=now, message_id=f"<ask.{identity}@{newsletter.sender.domain}>")
        envelope = Envelope(sender=newsletter.sender.wire, recipient=address.wire, id=identity)
        yield Addressed(to=address, variant=1, envelope=envelope, message=to_wire(sign(compiled.fill({}, addressing))))

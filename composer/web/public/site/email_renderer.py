"""Renders the mails of the public pages in the newsletter's design: a link to confirm, or a link to the preferences.

Input: the newsletter, an address, a link. Output: a message as bytes. Guarantees: contains nothing that was typed into the form;
otherwise anybody could use the form to send a text of their own to any address.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from composer.core.addresses import Address
from composer.mail.compiled_message import compile_message
from composer.mail.letterhead import Addressing, Letterhead
from composer.mail.parts import MailPart
from composer.render.bidi import directed_text
from composer.web.public.site.brand import Logo
from composer.web.public.site.page_templates import HTML, PLAIN
from composer.web.public.site.publication import PublicNewsletter
from composer.web.public.site.translations import PageTexts


class EmailText(StrEnum):
    """The text of a mail; part of the names of its phrases."""

    #: a link to confirm the subscription
    CONFIRM = "confirm"
    #: a link to the preferences
    LINK = "link"
    #: a link to the preferences, for an address that is already subscribed
    KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRenderer:
    """Renders the mails of one newsletter."""

    publication: PublicNewsletter

    def write(
        self, said: EmailText, texts: PageTexts, to: Address, link: str, *, message_id: str, now: datetime
    ) -> bytes:
        """Return a mail. Raises HeaderError, AddressError."""
        newsletter, brand = self.publication.newsletter(texts.language), self.publication.brand(texts.language)
        domain = newsletter.sender.domain
        # A subscriber's mail looks the same, so that somebody who glances at it learns nothing.
        look = EmailText.LINK if said is EmailText.KNOWN else said
        pictures = {logo.name: _part(logo, domain) for logo in (brand.logo, brand.dark_logo) if logo is not None}
        values = {
            "words": texts,
            "brand": brand,
            "title": texts[f"mail_{look}_title"],
            "text": texts.about(f"mail_{said}_text", brand.name),
            "button": texts[f"mail_{look}_button"],
            "link": link,
            "sources": {name: f"cid:{part.content_id}" for name, part in pictures.items()},
        }
        compiled = compile_message(
            Letterhead(
                sender=newsletter.sender,
                reply_to=newsletter.reply_to,
                subject=texts.about(f"mail_{look}_subject", brand.name),
                language=texts.language,
                list_id=newsletter.delivery.list_id,
                list_name=newsletter.name,
            ),
            html=HTML.get_template("letter.html.j2").render(values),
            text=directed_text(PLAIN.get_template("letter.txt.j2").render(values), texts.direction),
            pictures=tuple(pictures.values()),
        )
        zone = newsletter.zone
        return compiled.fill({}, Addressing(to=to, date=now.astimezone(zone), message_id=f"<{message_id}@{domain}>"))


def _part(logo: Logo, domain: str) -> MailPart:
    return MailPart(
        content_id=f"{logo.name.rpartition('.')[0]}@{domain}",
        filename=logo.name,
        media_type=logo.media_type,
        data=logo.data,
    )

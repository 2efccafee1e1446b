"""The small messages of the pages, in the newsletter's look: confirm it is you; here is your link.

Input: the publication, an address, a link. Output: a message as bytes. Nothing in it was written by whoever filled in the
form: with a name in it, a form would let anybody send anybody a text of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from composer.core.addresses import Address
from composer.mail.compiled_message import compile_message
from composer.mail.letterhead import Addressing, Letterhead
from composer.mail.parts import MailPart
from composer.web.public.site.brand import Logo
from composer.web.public.site.page_templates import HTML, PLAIN
from composer.web.public.site.publication import PublicNewsletter
from composer.web.public.site.translations import PageTexts


class EmailText(StrEnum):
    """What a letter says; the names of its phrases begin so."""

    #: confirm that it is you
    CONFIRM = "confirm"
    #: here is your link
    LINK = "link"
    #: you are subscribed already; here is your link
    KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRenderer:
    """Writes letters for one publication."""

    publication: PublicNewsletter

    def write(
        self, said: EmailText, texts: PageTexts, to: Address, link: str, *, message_id: str, now: datetime
    ) -> bytes:
        """Write a letter. Raises HeaderError, AddressError."""
        newsletter, brand = self.publication.newsletter(texts.language), self.publication.brand(texts.language)
        domain = newsletter.sender.domain
        # What somebody who is subscribed already gets looks the same, to whoever reads over their shoulder.
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
            text=PLAIN.get_template("letter.txt.j2").render(values),
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

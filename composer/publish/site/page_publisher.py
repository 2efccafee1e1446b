"""Who publishes the archive, for the footer of pages without an article: an article has its own.

Input: a newsletter in one language. Output: texts for templates. Guarantees: pure.
"""

from dataclasses import dataclass

from composer.content.document.newsletter import Newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePublisher:
    """The imprint in short: name and address in lines, how to reach them, and the privacy policy."""

    lines: tuple[str, ...] = ()
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    responsible: str | None = None
    privacy_url: str | None = None


def publisher_of(newsletter: Newsletter) -> PagePublisher | None:
    """Return the publisher; None if newsletter.yaml has neither an imprint nor a postal address nor a privacy policy."""
    postal, imprint = newsletter.postal_address, newsletter.imprint
    given = {name: imprint[name] for name in imprint} if imprint else {}
    texts = {name: value for name, value in given.items() if isinstance(value, str)}
    address = given.get("address")
    written = [texts.get("name"), *(address if isinstance(address, tuple) else ())]
    lines = [line for line in written if isinstance(line, str) and line not in (postal or "")]
    found = PagePublisher(
        lines=(*lines, *((postal,) if postal else ())),
        phone=texts.get("phone"),
        email=texts.get("email"),
        website=texts.get("website"),
        responsible=texts.get("responsible"),
        privacy_url=newsletter.privacy_url,
    )
    return found if found != PagePublisher() else None

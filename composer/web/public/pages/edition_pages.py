"""An edition as a page: the frozen edition of a mailing, without any subscriber's values.

Input: a finished message. Output: an `EditionPage`, with HTML and its pictures. Guarantees: shows no message headers, and runs no
script in an edition, which the page's policy forbids.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import default
from typing import Protocol
from urllib.parse import quote, urlsplit

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPage:
    """An edition's page. In the HTML, a picture's address is `cid:` and its id."""

    subject: str
    html: str
    text: str
    #: Media type and bytes, by id.
    pictures: Mapping[str, tuple[str, bytes]] = field(repr=False)


class Editions(Protocol):
    """Finds editions that have been sent. The ledger implements it."""

    def find(self, connection: Connection, stem: str) -> EditionPage | None:
        """Return the edition of an issue's stem if a server has accepted a message of it, else None."""
        ...

    def withdrawn(self, connection: Connection, stem: str) -> str | None:
        """Return why an issue that was sent was withdrawn; None if it was not."""
        ...


def shown_of(message: bytes) -> EditionPage:
    """Return the page of a message that compose wrote."""
    parsed = BytesParser(policy=default).parsebytes(message)
    html = text = ""
    pictures: dict[str, tuple[str, bytes]] = {}
    for part in parsed.walk():
        if part.get_content_type() == "text/html":
            html = part.get_content()
        elif part.get_content_type() == "text/plain":
            text = part.get_content()
        elif part.get_content_maintype() == "image" and (identity := part["Content-ID"]):
            data = part.get_payload(decode=True)
            pictures[str(identity).strip("<> ")] = (part.get_content_type(), data if isinstance(data, bytes) else b"")
    return EditionPage(subject=str(parsed["Subject"] or ""), html=html, text=text, pictures=pictures)


def page_of(shown: EditionPage, folder: str) -> str:
    """Return the page's HTML, with its pictures below an address and its links in new windows."""
    html = shown.html
    for identity in shown.pictures:
        html = html.replace(f'"cid:{identity}"', f'"{folder}/{quote(identity, safe="@")}"')
    return re.sub(r"(<head\b[^>]*>)", r'\1<base target="_blank">', html, count=1)


def policy_of(assets_url: str | None, *, is_framed: bool) -> str:
    """Return the policy of an edition's page: styles in attributes, pictures from here or from `assets_url`."""
    parts = urlsplit(assets_url or "")
    elsewhere = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self'{elsewhere}; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {chr(39)}{'self' if is_framed else 'none'}{chr(39)}; "
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    )

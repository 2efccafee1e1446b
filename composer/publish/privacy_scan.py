"""Looks for what must not be on a public page: tokens, links of a subscriber, unfilled merge fields, addresses of
subscribers.

Input: the HTML of an article, the addresses that are public, and a function that knows the subscribers. Output:
findings, each with the text that was found. Guarantees: pure; a page with a finding is not published.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from urllib.parse import unquote

from composer.content.document.newsletter import Newsletter
from composer.content.values.formats import SUBSCRIBERS_OWN
from composer.content.values.merge_fields import TOKEN

#: A subscriber's token (audience/identity/tokens.py): a word without digits is an ordinary word.
_TOKEN = re.compile(r"(?<![A-Za-z0-9])(?=[a-z]*[2-7])[a-z2-7]{34}(?:[a-z2-7]{8})?(?![A-Za-z0-9])")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[\w-]+(?:\.[\w-]+)+")


class PrivateKind(StrEnum):
    """What was found."""

    TOKEN = "token"  # noqa: S105 - the name of a kind
    #: A link to unsubscribe, or to the preferences.
    LINK = "link"
    MERGE_FIELD = "merge-field"
    ADDRESS = "address"

    @property
    def in_words(self) -> str:
        """Return what was found, as text."""
        match self:
            case PrivateKind.TOKEN:
                return "a subscriber's token"
            case PrivateKind.LINK:
                return "a link to unsubscribe or to preferences"
            case PrivateKind.MERGE_FIELD:
                return "a merge field without a value"
            case PrivateKind.ADDRESS:
                return "the address of a subscriber"

    @property
    def hint(self) -> str:
        """Return what to do."""
        if self is PrivateKind.ADDRESS:
            return "remove it; if it may be published, add it to   archive: public_addresses:   in newsletter.yaml"
        return "remove it from the issue: everybody can read the archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateText:
    """Something private on a page."""

    kind: PrivateKind
    text: str


def private_texts(html: str, newsletter: Newsletter, is_subscriber: Callable[[str], bool]) -> Sequence[PrivateText]:
    """Return what must not be published, each text once."""
    text = unescape(html)
    return tuple(dict.fromkeys(_found(text, newsletter, is_subscriber)))


def _found(text: str, newsletter: Newsletter, is_subscriber: Callable[[str], bool]) -> Iterator[PrivateText]:
    for match in TOKEN.finditer(text):
        yield PrivateText(kind=PrivateKind.MERGE_FIELD, text=match[0])
    for match in _TOKEN.finditer(text):
        yield PrivateText(kind=PrivateKind.TOKEN, text=match[0])
    for address in _leaving(newsletter):
        for match in re.finditer(rf"{re.escape(address)}[^\s\"'<>]*", text):
            yield PrivateText(kind=PrivateKind.LINK, text=match[0])
    allowed = public_addresses(newsletter)
    # Few words need to be looked at; an address may be percent-encoded in a link.
    words = " ".join(word for word in text.split() if "@" in word or "%40" in word)
    for match in _ADDRESS.finditer(unquote(words)):
        address = match[0].strip(".")
        if address.casefold() not in allowed and is_subscriber(address):
            yield PrivateText(kind=PrivateKind.ADDRESS, text=address)


def _leaving(newsletter: Newsletter) -> Iterator[str]:
    """Yield the beginnings of links that only subscribers get."""
    delivery = newsletter.delivery
    if delivery.public_url is not None:
        base = delivery.public_url.rstrip("/")
        yield from (f"{base}/unsubscribe", f"{base}/preferences", f"{base}/confirm/", f"{base}/approve/")
    if delivery.unsubscribe_url is not None:
        yield delivery.unsubscribe_url.partition(SUBSCRIBERS_OWN)[0]
    if delivery.unsubscribe_mailto is not None:
        yield f"mailto:{delivery.unsubscribe_mailto.address}"


def public_addresses(newsletter: Newsletter) -> Collection[str]:
    """Return the addresses that the newsletter itself publishes: of its sender, editors and imprint."""
    given = (newsletter.sender, newsletter.reply_to, *newsletter.editors, *newsletter.archive.public_addresses)
    return {each.address.casefold() for each in given if each is not None} | {
        text.casefold() for text in newsletter.contact_addresses
    }

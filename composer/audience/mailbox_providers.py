"""The provider of an address's mailbox: one with its own rules for bulk senders, or the address's own domain.

Input: a domain. Output: a provider, or a key to group people by. Guarantees: pure; does not look up where a company's
own domain is hosted.
"""

from enum import StrEnum

from sqlalchemy import ColumnElement, or_


class Provider(StrEnum):
    """The providers with their own rules for bulk senders, and all others."""

    GMAIL = "Gmail"
    YAHOO = "Yahoo"
    MICROSOFT = "Microsoft"
    OTHERS = "others"


_GMAIL = ("gmail.com", "googlemail.com")
_YAHOO = ("yahoo.", "ymail.com", "rocketmail.com", "aol.", "aim.com", "myyahoo.com")
_MICROSOFT = ("outlook.", "hotmail.", "live.", "msn.com")


def provider_of(domain: str) -> Provider:
    """Return the provider of a domain."""
    if domain in _GMAIL:
        return Provider.GMAIL
    if domain.startswith(_YAHOO):
        return Provider.YAHOO
    if domain.startswith(_MICROSOFT):
        return Provider.MICROSOFT
    return Provider.OTHERS


def key_of(normal: str) -> str:
    """Return the key that groups people at one provider: its name, or the domain of the address."""
    domain = normal.rpartition("@")[2]
    provider = provider_of(domain)
    return domain if provider is Provider.OTHERS else provider.name.lower()


def is_at(column: ColumnElement[str], key: str) -> ColumnElement[bool]:
    """Return the condition for addresses with this `key_of`."""
    match key:
        case "gmail":
            return or_(*(column.endswith(f"@{each}", autoescape=True) for each in _GMAIL))
        case "yahoo":
            return or_(*(column.contains(f"@{each}", autoescape=True) for each in _YAHOO))
        case "microsoft":
            return or_(*(column.contains(f"@{each}", autoescape=True) for each in _MICROSOFT))
        case _:
            return column.endswith(f"@{key}", autoescape=True)

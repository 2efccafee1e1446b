"""Whose mailboxes an address is in: the providers with rules of their own for bulk senders, and everybody else's domain.

Input: a domain. Output: a provider, or a key to group people by. Guarantees: pure; a company's own domain at a provider is not
looked up.
"""

from enum import StrEnum

from sqlalchemy import ColumnElement, or_


class Provider(StrEnum):
    """Whose mailboxes: those that have rules of their own for senders to many, and everybody else's."""

    GMAIL = "Gmail"
    YAHOO = "Yahoo"
    MICROSOFT = "Microsoft"
    OTHERS = "others"


_GMAIL = ("gmail.com", "googlemail.com")
_YAHOO = ("yahoo.", "ymail.com", "rocketmail.com", "aol.", "aim.com", "myyahoo.com")
_MICROSOFT = ("outlook.", "hotmail.", "live.", "msn.com")


def provider_of(domain: str) -> Provider:
    """Return whose mailboxes a domain's are."""
    if domain in _GMAIL:
        return Provider.GMAIL
    if domain.startswith(_YAHOO):
        return Provider.YAHOO
    if domain.startswith(_MICROSOFT):
        return Provider.MICROSOFT
    return Provider.OTHERS


def key_of(normal: str) -> str:
    """Return by what people at one provider are grouped: its name, or the domain of the address."""
    domain = normal.rpartition("@")[2]
    provider = provider_of(domain)
    return domain if provider is Provider.OTHERS else provider.name.lower()


def is_at(column: ColumnElement[str], key: str) -> ColumnElement[bool]:
    """Return the condition of addresses whose `key_of` this is."""
    match key:
        case "gmail":
            return or_(*(column.endswith(f"@{each}", autoescape=True) for each in _GMAIL))
        case "yahoo":
            return or_(*(column.contains(f"@{each}", autoescape=True) for each in _YAHOO))
        case "microsoft":
            return or_(*(column.contains(f"@{each}", autoescape=True) for each in _MICROSOFT))
        case _:
            return column.endswith(f"@{key}", autoescape=True)

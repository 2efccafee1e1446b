"""Finds bare web and email addresses in a text, and separates them from the sentence around them.

Input: a text. Output: the text in pieces, some of which are web or email addresses. Guarantees: pure.
"""

import re
from collections.abc import Iterator
from functools import cache

from composer.content.values.markdown_parser import is_cjk

_WEB = r"(?<![A-Za-z0-9@/.:_-])(?<!\)\[)(?:https?://|www\.(?=[a-z0-9-]+\.[a-z]))[^\s<>\"“”„‟‘’‚«»‹›…—–|^`{}\\]+"
_MAIL = (
    r"(?<![A-Za-z0-9@/.+_-])[a-z0-9](?:[a-z0-9._%+-]{0,62}[a-z0-9_+-])?"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![A-Za-z0-9@_-]|:[A-Za-z0-9/])"
)
_ENDS = "?!.,:;*_~'’"
_PAIRS = {")": "(", "]": "["}


def pieces(words: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a text with the address of each; an empty address for other words."""
    done = 0
    for match in _address().finditer(words) if _may_hold_one(words) else ():
        written = match[0] if match["mail"] else _without_end(match[0])
        if match["web"] and not re.match(r"(?:https?://|www\.)[^/?#]", written, re.IGNORECASE):
            continue
        if match.start() > done:
            yield words[done : match.start()], ""
        done = match.start() + len(written)
        scheme = "mailto:" if match["mail"] else "" if "://" in written[:8] else "https://"
        yield written, f"{scheme}{written}"
    if done < len(words):
        yield words[done:], ""


def _may_hold_one(words: str) -> bool:
    return "://" in words or "@" in words or "www." in words or "WWW." in words


@cache
def _address() -> re.Pattern[str]:
    # Compiled late: most texts contain no address.
    return re.compile(f"(?P<web>{_WEB})|(?P<mail>{_MAIL})", re.IGNORECASE)


def _goes_on(address: str, at: int) -> bool:
    """Check whether a Chinese word is part of an address's path, as in /wiki/中国."""
    return address[at].isalnum() and (
        address[at - 1] == "=" or (address[at - 1] == "/" and address.count("/", 0, at) > 3)
    )


def _without_end(address: str) -> str:
    """Return an address without Chinese text, punctuation and brackets at its end that belong to the sentence."""
    variant = next((at for at, character in enumerate(address) if is_cjk(character)), len(address))
    if variant < len(address) and _goes_on(address, variant):
        variant = next(
            (at for at in range(variant, len(address)) if not address[at].isalnum() and is_cjk(address[at])),
            len(address),
        )
    address = address[:variant]
    while address:
        last = address[-1]
        is_alone = last in _PAIRS and address.count(last) > address.count(_PAIRS[last])
        if last not in _ENDS and not is_alone:
            break
        address = address[:-1]
    return address

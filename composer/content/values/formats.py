"""The formats of short values: web addresses, dates, colours, rates, languages.

Input: a text as written. Output: the value in its normal form, or what is wrong and how to write it. Guarantees: does
not use the network.
"""

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from composer.core.language_tags import canonical_tag, is_language


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """An address in ASCII, or what is wrong with it."""

    url: str = ""
    problem: str = ""
    hint: str = ""


#: How many addresses are known at most: a preview reads the same ones at every save.
_MOST_KNOWN = 2048
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):")
_SHAPE = "write an address such as https://www.example.org/page"
_LABEL = re.compile(r"^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$")


@lru_cache(maxsize=_MOST_KNOWN)
def web_address(text: str, *, mail: bool = False, field_mark: str | None = None) -> WebAddress:
    """Read a web address (RFC 3986), a host in another script as its A-label (RFC 5891).

    `mail` also allows mailto: and tel:. Merge-field tokens (they start with `field_mark`) are allowed only in path and query.
    """
    written = f"“{text}”"
    if mail and text.lower().startswith("mailto:"):
        if field_mark and field_mark in text.partition("?")[0]:
            return WebAddress(problem="the address of an email link cannot contain a merge field",
                              hint="write the address in full")  # fmt: skip
        ok = re.match(r"^mailto:[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$", text, re.IGNORECASE)
        return WebAddress(url=text) if ok else WebAddress(problem=f"{written} is not an email address",
                                                          hint="write   mailto:name@example.org")  # fmt: skip
    if mail and text.lower().startswith("tel:"):
        return _telephone(text, written, field_mark)
    if mail and re.fullmatch(r"[^\s@<>/:]+@[^\s@<>/:]+", text):
        return WebAddress(problem=f"{written} is an email address; a link to it must start with mailto:",
                          hint=f"write   mailto:{text}")  # fmt: skip
    if re.search(r"\s", text):
        return WebAddress(problem=f"{written} is not a web address: it contains a space",
                          hint="copy the address from your browser's address bar")  # fmt: skip
    scheme = _SCHEME.match(text)
    if scheme is None or scheme[1].lower() not in ("http", "https") or not text[scheme.end() :].startswith("//"):
        return WebAddress(problem=f"{written} is not a web address", hint=_scheme_hint(text, scheme))
    try:
        parts = urlsplit(text)
        if field_mark and field_mark in parts.netloc:
            return WebAddress(problem="the host name of an address cannot contain a merge field",
                              hint="use a merge field only after the first / that follows the host name")  # fmt: skip
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        return WebAddress(problem=f"{written} is not a web address", hint="copy it from your browser's address bar")
    if parts.username is not None or parts.password is not None:
        return WebAddress(problem=f"{written} contains a user name or password, which every subscriber would see",
                          hint="remove everything between // and @, and the @ itself")  # fmt: skip
    if not host:
        return WebAddress(problem=f"{written} is not a web address: the host name is missing", hint=_SHAPE)
    ascii_host = _host(host)
    if ascii_host is None and (bare := text.rstrip(",;.:!?)>”\"'")) != text and web_address(bare).url:
        return WebAddress(problem=f"{written} is not a web address", hint=f"did you mean {bare} ?")
    if ascii_host is None:
        return WebAddress(problem=f"{written} is not a web address: “{host}” is not a valid host name",
                          hint=_SHAPE)  # fmt: skip
    netloc = ascii_host if port is None else f"{ascii_host}:{port}"
    path, query, fragment = (_encode(part) for part in (parts.path, parts.query, parts.fragment))
    return WebAddress(url=urlunsplit((parts.scheme.lower(), netloc, path, query, fragment)))


def _telephone(text: str, written: str, field_mark: str | None) -> WebAddress:
    """Read a telephone number (RFC 3966), without the signs that only make it readable."""
    if field_mark and field_mark in text:
        return WebAddress(problem="the number of a telephone link cannot contain a merge field",
                          hint="write the number in full")  # fmt: skip
    number = re.sub(r"[-.()]", "", text[len("tel:") :])
    if not re.fullmatch(r"\+[1-9][0-9]{5,14}|[0-9]{3,15}", number, re.ASCII):
        return WebAddress(problem=f"{written} is not a telephone number",
                          hint="write   tel:+493012345   with the country code and no spaces")  # fmt: skip
    return WebAddress(url=f"tel:{number}")


def _encode(part: str) -> str:
    """Percent-encode what RFC 3986 does not allow; do not encode anything twice."""
    return quote(part, safe="/%:@!$&'()*+,;=?~-._#[]").replace("#", "%23")


def _scheme_hint(text: str, scheme: re.Match[str] | None) -> str:
    if scheme is not None and re.match(r"^(h?t+p+s?|https?|htps?|hhttps?)$", scheme[1], re.IGNORECASE):
        return "did you mean https:// ?"
    rest = re.sub(r"^(?:h?t+p+s?[:/\\]+)", "", text.strip("“”„\"'‘’<>()[],;. "), flags=re.IGNORECASE)
    if re.match(r"^[\w-]+(?:\.[\w-]+)*\.[^\W\d]{2,}(?:[/?#]|$)", rest):
        return f"did you mean https://{rest} ?"
    return "start the address with https://"


def _host(host: str) -> str | None:
    if not host or len(host) > 253:
        return None
    if re.fullmatch(r"[0-9a-f:.]+", host) and ":" in host:
        return f"[{host}]"
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    labels = host.rstrip(".").split(".")
    if not all(_LABEL.match(label) for label in labels):
        return None
    return host.lower() if len(labels) > 1 or host == "localhost" else None


_MONTHS = "write the date as year-month-day: 2025-01-30"


def iso_date(text: str) -> datetime.date | str:
    """Return a date (ISO 8601, YYYY-MM-DD), or a message about what is wrong."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return f"“{text}” is not a date in the form year-month-day"
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return f"{text} is not a day in the calendar"


def date_hint(text: str) -> str:
    """Return a hint with the date that was probably meant; two dates if day and month could be swapped."""
    guesses = dates_meant(text)
    return f"did you mean {' or '.join(guesses)}?" if guesses else _MONTHS


def dates_meant(text: str) -> tuple[str, ...]:
    """Return the dates that were probably meant, as year-month-day."""
    found: list[tuple[int, int, int]] = []
    if match := re.fullmatch(r"(\d{1,2})[./\-–](\d{1,2})[./\-–](\d{4}|\d{2})", text):
        first, second, year = int(match[1]), int(match[2]), int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        found = [(year, second, first), (year, first, second)] if "." not in text else [(year, second, first)]
    elif match := re.match(r"(\d{4})[-–/.年]? ?(\d{1,2})[-–/.月]? ?(\d{1,2})日?(?:[T ]|$)", text):
        found = [(int(match[1]), int(match[2]), int(match[3]))]
    elif re.search(r"[^\W\d]{3}", text):
        found = [_in_words(text)]
    return tuple(dict.fromkeys(day for each in found if (day := _day(each))))


#: The languages whose month names are recognised for a hint.
_MONTH_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da")


def _in_words(text: str) -> tuple[int, int, int]:
    """Read a date with the name of a month, `3 December 2026` or `Dec. 3rd, 2026`; day 0 for other texts."""
    # Imported late: language data is slow to load and only needed for this mistake.
    from babel.dates import get_month_names

    numbers = [int(each) for each in re.findall(r"\d+", text)]
    years, days = [each for each in numbers if each > 999], [each for each in numbers if each <= 31]
    for word in re.findall(r"[^\W\d]{3,}", text.casefold()):
        for language in _MONTH_LANGUAGES:
            for width in ("wide", "abbreviated"):
                for number, name in get_month_names(width, locale=language).items():
                    if word == str(name).casefold().strip(".") and len(numbers) == 2 and years and days:
                        return years[0], number, days[0]
    return 0, 0, 0


def _day(parts: tuple[int, int, int]) -> str | None:
    try:
        return datetime.date(*parts).isoformat()
    except ValueError:
        return None


def is_colour(text: str) -> bool:
    """Check whether a text is a colour that every mail program supports: `#rrggbb`."""
    return re.fullmatch(r"#[0-9A-Fa-f]{6}", text) is not None


#: The placeholder for the subscriber's token in the address of another service.
SUBSCRIBERS_OWN = "{token}"


def token_address(text: str) -> WebAddress:
    """Read an https address with `{token}` after the host name, in place of each subscriber's token."""
    stand_in = "t0k3n"
    read = web_address(text.replace(SUBSCRIBERS_OWN, stand_in))
    if read.problem:
        return read
    if urlsplit(read.url).scheme != "https":
        return WebAddress(problem=f"“{text}” is not an https address", hint="mail programs unsubscribe only over https")
    if SUBSCRIBERS_OWN not in text or stand_in in urlsplit(read.url).netloc:
        hint = "write   https://leave.example.org/{token}"
        return WebAddress(
            problem=f"“{text}” has no {SUBSCRIBERS_OWN} after the host name, in place of the subscriber's token",
            hint=hint,
        )
    return WebAddress(url=read.url.replace(stand_in, SUBSCRIBERS_OWN))


def holds_password(url: str) -> bool:
    """Check whether the address of a server contains a password."""
    return re.search(r"://[^/?#]*:[^/?#]*@|[?&]\w*password=", url, re.IGNORECASE) is not None


_RATE = re.compile(r"([1-9][0-9]{0,6}) ?/ ?(s|sec|min|h|hour)")
_MINUTES = {"s": 1 / 60, "sec": 1 / 60, "min": 1.0, "h": 60.0, "hour": 60.0}
#: The hint for a sending rate.
RATE_SHAPE = "write it like   600/min   (or 10/s, 36000/h)"


def messages_a_minute(text: str) -> float | None:
    """Return a sending rate in messages per minute: `600/min`, `10/s`, `36000/h`; None if it is not a rate."""
    match = _RATE.fullmatch(text.strip())
    return int(match[1]) / _MINUTES[match[2]] if match else None


#: Country codes after an outlet's name, which are commonly used for its language.
_COUNTRIES = {"cn": "zh", "tw": "zh-Hant", "hk": "zh-Hant", "jp": "ja", "kr": "ko", "at": "de", "ch": "de", "ua": "uk"}
#: Country codes that are language codes of other languages, such as UK (uk is Ukrainian).
_OTHER_COUNTRIES = {
    "CZ": "cs",
    "DK": "da",
    "EE": "et",
    "GR": "el",
    "IL": "he",
    "IR": "fa",
    "SE": "sv",
    "SI": "sl",
    **dict.fromkeys(("AR", "BE", "BR", "CA", "IE", "IN", "LA", "MY", "PA", "SA", "SG", "SV", "UK", "US"), None),
}


def language_tag(text: str) -> str | None:
    """Return the language (BCP 47) of a language or country code such as CN; None if it is neither."""
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", text):
        return None
    if text in _OTHER_COUNTRIES:
        return _OTHER_COUNTRIES[text]
    if text.lower() in _COUNTRIES:
        return _COUNTRIES[text.lower()]
    tag = canonical_tag(text)
    return tag if is_language(tag) else None

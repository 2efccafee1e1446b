"""What must be known to create a newsletter, and whether each answer is possible.

Input: texts as people type them. Output: a `NewsletterSetup`, or an error that says what to write. Guarantees: reads at
most the file of the logo.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import available_timezones

from composer.content.document.phrase_files import PhraseGroup, phrase_languages
from composer.content.document.section_types import SectionType, read_section_type
from composer.content.schema.messages import described, nearest
from composer.content.values.formats import is_colour, language_tag
from composer.content.values.pictures.picture_files import PictureMistake, load_picture
from composer.core.addresses import Address, AddressError, parse_address
from composer.core.errors import UsageError
from composer.core.language_tags import nearest_language
from composer.core.workspace import INCLUDED, ThemeFiles, Workspace

#: The accent color if none is chosen: it has enough contrast on white and on dark backgrounds.
COLOR = "#1f5a8a"
#: The sections if none are chosen: a greeting, and a list of links.
SECTIONS = ("text", "links")
#: Words between languages, as in `English and French`.
_JOINING = ("and", "und", "et", "y", "e")
_LOGOS = (".png", ".jpg", ".jpeg", ".gif", ".webp")


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChoice:
    """A section of the new newsletter: its type, and its heading by language; without one it has no heading."""

    type: str
    headings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterSetup:
    """The answers. The first language is the newsletter's own."""

    name: str
    sender: Address
    postal_address: str
    languages: tuple[str, ...] = ("en",)
    #: Its name in other languages, if it differs.
    names: Mapping[str, str] = field(default_factory=dict)
    sections: tuple[SectionChoice, ...] = tuple(SectionChoice(type=name) for name in SECTIONS)
    timezone: str = "UTC"
    #: Who gets test messages; by default the sender.
    editor: Address | None = None
    color: str = COLOR
    logo: Path | None = None

    @property
    def language(self) -> str:
        """The newsletter's own language."""
        return self.languages[0]

    def keyed_sections(self) -> tuple[tuple[str, SectionChoice], ...]:
        """Return the sections with their keys: the type, with a number if there are several of one type."""
        types = [choice.type for choice in self.sections]
        numbers = [types[: at + 1].count(name) for at, name in enumerate(types)]
        names = (name if number == 1 else f"{name}_{number}" for name, number in zip(types, numbers, strict=True))
        return tuple(zip(names, self.sections, strict=True))


def available_types(folder: Path) -> tuple[SectionType, ...]:
    """Return the section types of the included theme, for a newsletter that does not exist yet."""
    theme = _theme(folder)
    found = (read_section_type(theme, name) for name in theme.section_types())
    return tuple(kind for kind in found if kind is not None)


def available_languages(folder: Path) -> tuple[str, ...]:
    """Return the languages in which the included theme and the public pages have texts."""
    return phrase_languages(_theme(folder), PhraseGroup.EDITION)


def _theme(folder: Path) -> ThemeFiles:
    return Workspace(root=folder).theme(INCLUDED)


def one_line(text: str, what: str) -> str:
    """Return a text without line breaks. Raises UsageError if it is empty."""
    line = " ".join(text.split())
    if not line:
        raise UsageError(f"{what} is empty")
    return line


def sender_from(text: str, name: str) -> Address:
    """Return the sender: `letter@example.org` gets the newsletter's name. Raises UsageError."""
    address = mailbox_from(text)
    return address if address.name else Address(name=name, address=address.address)


def mailbox_from(text: str) -> Address:
    """Return an address. Raises UsageError."""
    try:
        return parse_address(text)
    except AddressError as error:
        raise UsageError(str(error)) from error


def languages_from(texts: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    """Return language tags from `en`, `en, fr`, `English, French` or a list. Raises UsageError."""
    words = [word for text in texts for word in re.split(r"[\s,;&+]+", text) if word and word.lower() not in _JOINING]
    tags: list[str] = []
    for word in words:
        tag = language_by_name(word, available) or language_tag(word)
        if tag is None or nearest_language(tag, available) is None:
            hint = f"write codes, such as en or en, fr. Available: {', '.join(available)}"
            raise UsageError(f"“{word}” is not the code of an available language", hint)
        tags.append(tag)
    if not tags:
        raise UsageError("no language is named", "write a code, such as en")
    return tuple(dict.fromkeys(tags))


def language_by_name(word: str, available: Sequence[str]) -> str | None:
    """Return the tag of an available language from its English name, or None."""
    # Tags are shorter, and the names of languages are slow to load.
    if len(word) <= 3:
        return None
    return next((tag for tag in available if language_name(tag).lower() == word.lower()), None)


def sections_from(texts: Sequence[str], types: Sequence[SectionType], language: str) -> tuple[SectionChoice, ...]:
    """Return sections from `story`, `2` (the second type), `story=Top story` or `top story`.

    Words that describe only one type choose it, and are the heading. Raises UsageError that names all mistakes.
    """
    names = tuple(kind.name for kind in types)
    titles = {kind.title.lower(): kind.name for kind in types}
    choices = tuple(_section_from(text, names, titles, types, language) for text in texts)
    wrong = tuple(dict.fromkeys(choice.type for choice in choices if choice.type not in names))
    if wrong:
        near = tuple(dict.fromkeys(each for word in wrong if word and (each := nearest(word, names))))
        hint = f"did you mean {' and '.join(near)}? " if near else ""
        listed = ", ".join(f"“{word}”" for word in wrong)
        message = f"there is no section type {listed}" if len(wrong) == 1 else f"these are not section types: {listed}"
        raise UsageError(message, f"{hint}available types: {', '.join(names)}")
    return choices


def _section_from(
    text: str, names: Sequence[str], titles: Mapping[str, str], types: Sequence[SectionType], language: str
) -> SectionChoice:
    word, _, heading = (part.strip() for part in text.partition("="))
    word = word if word in names else titles.get(word.lower(), word)
    if word.isdecimal() and 1 <= int(word) <= len(names):
        word = names[int(word) - 1]
    if word not in names and (kind := described(word, {kind.name: kind.description for kind in types})):
        word, heading = kind, heading or f"{word[:1].upper()}{word[1:]}"
    return SectionChoice(type=word, headings={language: heading} if heading else {})


def color_from(text: str) -> str:
    """Return a color code from a code, with or without #, or from a CSS name such as `dark red`. Raises UsageError."""
    word = text.strip()
    code = word if word.startswith("#") else f"#{word}"
    if is_colour(code):
        return code.lower()
    if named := _named_color(word):
        return named
    hint = "write # and six digits or letters from a to f, such as #9b1c1c, or a name from CSS, such as dark red, navy or teal"
    raise UsageError(f"“{text}” is not a color code", hint)


def _named_color(word: str) -> str | None:
    from tinycss2.color4 import parse_color

    # CSS writes the names of colors in one word: darkorange.
    name = re.sub(r"[\s_-]+", "", word)
    color = parse_color(name) if name.isalpha() else None
    if color is None or color == "currentcolor" or color.alpha < 1:
        return None
    return "#" + "".join(f"{round(part * 255):02x}" for part in color.coordinates)


def logo_from(path: Path) -> Path:
    """Return the file of a logo. Raises UsageError if it is not a picture."""
    path = path.expanduser()
    if not path.is_file():
        raise UsageError(f"file not found: {path}", "write the path of a PNG, JPEG, GIF or WebP file")
    if path.suffix.lower() not in _LOGOS:
        raise UsageError(f"{path.name} is not a PNG, JPEG, GIF or WebP file", "save the logo as PNG")
    try:
        load_picture(path)
    except PictureMistake as error:
        raise UsageError(str(error), error.hint) from error
    return path


def timezone_from(text: str) -> str:
    """Return the name of a time zone, from its name, its city, or a country with only one. Raises UsageError."""
    known = available_timezones()
    if text in known:
        return text
    # `Brussels, Belgium` is a city and a country.
    words = tuple(map(_zone_word, (text, *text.split(","))))
    for zone in sorted(known, key=lambda each: (each.startswith("Etc/"), -each.count("/"), each)):
        if _zone_word(zone) in words or "/" in zone and _zone_word(zone.rpartition("/")[2]) in words:
            return zone
    zones = _zones_of_country(words[-1])
    if len(zones) == 1:
        return zones[0]
    cities = {zone.rpartition("/")[2].replace("_", " "): zone for zone in known}
    near = nearest(text, tuple(known)) or cities.get(nearest(text.strip().title(), tuple(cities)) or "")
    if zones:
        hint = f"write one of its time zones, such as {', '.join(zones[:4])}"
    elif near:
        hint = f"did you mean {near}?"
    else:
        hint = "write the largest city of your time zone, such as Brussels, or its name, such as Europe/Brussels"
    raise UsageError(f"“{text}” is not a time zone", hint)


def _zone_word(text: str) -> str:
    """Return a time zone, a city or a country in one spelling."""
    return re.sub(r"[\s_-]+", " ", text).strip().casefold()


def _zones_of_country(word: str) -> tuple[str, ...]:
    """Return the time zones of a country with this English name."""
    # Imported late: language data is slow to load.
    from babel.core import Locale, get_global

    countries = {name.casefold(): code for code, name in Locale("en").territories.items()}
    code = countries.get(word)
    known = available_timezones()
    return tuple(
        zone for zone, where in sorted(get_global("zone_territories").items()) if where == code and zone in known
    )


def local_timezone() -> str:
    """Return the time zone of this computer, as far as it can be found out; else UTC."""
    link = os.path.realpath("/etc/localtime")
    named = os.environ.get("TZ", "").lstrip(":") or link.partition("zoneinfo/")[2]
    return named if named in available_timezones() - {"Etc/UTC"} else "UTC"


def language_name(tag: str) -> str:
    """Return the English name of a language."""
    from babel.core import Locale

    return Locale.parse(tag, sep="-").get_display_name("en") or tag

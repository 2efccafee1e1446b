"""The questions of `compose init`, and its options as answers.

Input: the options that were used. Output: a `NewsletterSetup`. Guarantees: asks again until an answer is possible; an
option that is not possible is an error.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from composer.app.scaffold.newsletter_setup import (
    COLOR,
    SECTIONS,
    NewsletterSetup,
    SectionChoice,
    available_languages,
    available_types,
    color_from,
    language_name,
    languages_from,
    local_timezone,
    logo_from,
    mailbox_from,
    one_line,
    sections_from,
    sender_from,
    timezone_from,
)
from composer.cli.ui import console
from composer.content.document.section_types import SectionType
from composer.core.errors import UsageError

#: The options that were used, by their names.
GivenAnswers = Mapping[str, Any]


def answers(folder: Path, given: GivenAnswers) -> NewsletterSetup:
    """Return the answers of options; defaults for the others. Raises UsageError."""
    languages = languages_from(given.get("languages", ("en",)), available_languages(folder))
    types = available_types(folder)
    chosen = given.get("sections", SECTIONS)
    name = one_line(given["name"], "the name")
    return NewsletterSetup(
        name=name,
        sender=sender_from(given["sender"], name),
        postal_address=one_line(given["postal_address"], "the postal address"),
        languages=languages,
        sections=sections_from(chosen, types, languages[0]),
        timezone=timezone_from(given["timezone"]) if "timezone" in given else local_timezone(),
        editor=mailbox_from(given["editor"]) if "editor" in given else None,
        color=color_from(given.get("color", COLOR)),
        logo=logo_from(given["logo"]) if "logo" in given else None,
    )


def ask_missing(folder: Path, given: GivenAnswers) -> NewsletterSetup:
    """Ask for everything that no option says. Raises UsageError for an option."""
    console.talk(
        "Some questions. Enter accepts the answer in brackets. You can change everything later in newsletter.yaml."
    )
    available, types = available_languages(folder), available_types(folder)
    found = dict(given)

    def ask(name: str, question: str, check: Callable[[str], object], default: str | None = None) -> None:
        if name not in found:
            found[name] = _ask(question, check, default)

    ask("name", "Name of the newsletter", lambda text: one_line(text, "the name"))
    ask("sender", "Address it is sent from, such as letter@your-domain.org", mailbox_from)
    address = mailbox_from(found["sender"]).address
    ask("editor", "Your own address, for test messages", mailbox_from, address)
    ask(
        "postal_address",
        "Postal address in one line (many countries require it in every message)",
        lambda text: one_line(text, "the postal address"),
    )
    if "languages" not in found:
        console.talk(f"Languages: {', '.join(f'{tag} ({language_name(tag)})' for tag in available)}")
        console.talk("With   en   , dates are written as January 30, 2025; with   en-GB   , as 30 January 2025.")
        question = "Languages of the newsletter, the main one first, such as en, fr"
        found["languages"] = (_ask(question, lambda text: languages_from((text,), available), "en"),)
    languages = languages_from(found["languages"], available)
    names = {tag: _ask(f"Name in {language_name(tag)}", _any, found["name"]) for tag in languages[1:]}
    ask("timezone", "Time zone: its name, or a city such as Brussels", timezone_from, local_timezone())
    sections = _ask_sections(types, languages) if "sections" not in found else None
    ask("color", "Main color: a name such as dark orange, or a code such as #9b1c1c", color_from, COLOR)
    if "logo" not in found and (path := _ask("File of the logo: PNG, JPEG, GIF or WebP; Enter for none", _logo, "")):
        found["logo"] = _path(path)
    setup = replace(answers(folder, found), names=names)
    return setup if sections is None else replace(setup, sections=sections)


def _ask_sections(types: Sequence[SectionType], languages: Sequence[str]) -> tuple[SectionChoice, ...]:
    console.talk("Sections: an issue consists of sections. These types are available:")
    width = max(len(kind.name) for kind in types)
    for number, kind in enumerate(types, 1):
        console.talk(f"  {number:>2}  {kind.name:<{width}}  {kind.description or kind.title}")

    def read(text: str) -> tuple[SectionChoice, ...]:
        # A heading has spaces, as in `story=Top story, links`.
        parts = text.split(",") if "," in text or "=" in text else text.split()
        return sections_from([part for part in parts if part.strip()], types, languages[0])

    text = _ask("Sections of an issue, in order, by name or number", read, ", ".join(SECTIONS))
    titles = {kind.name: kind.title for kind in types}
    return tuple(_with_headings(choice, titles[choice.type], languages) for choice in read(text))


def _with_headings(choice: SectionChoice, title: str, languages: Sequence[str]) -> SectionChoice:
    headings: dict[str, str] = dict(choice.headings)
    for tag in languages:
        if tag in headings:
            continue
        which = f" in {language_name(tag)}" if len(languages) > 1 else ""
        such_as = f", such as “{title}”" if title and tag.startswith("en") else ""
        if first := headings.get(languages[0]):
            # Without a heading, the section of this edition would have none.
            such_as = f", to translate “{first}”"
        if heading := _ask(f"Heading of “{choice.type}”{which}{such_as}; Enter for none", _any, ""):
            headings[tag] = heading
    return replace(choice, headings=headings)


def _ask(question: str, check: Callable[[str], object], default: str | None = None) -> str:
    """Ask until the answer is possible, and return it."""
    while True:
        shown = console.shown(question)
        # Without a default of its own, click would ask again without a word.
        text = str(click.prompt(shown, default=default or "", show_default=bool(default), err=True)).strip()
        try:
            check(text)
        except UsageError as error:
            console.talk("  " + "; ".join(filter(None, (error.message, error.hint))))
        else:
            return text


def _any(text: str) -> str:
    return text


def _logo(text: str) -> Path | None:
    return logo_from(_path(text)) if text.strip() else None


def _path(text: str) -> Path:
    """Return a path as people type or paste it, perhaps in quotation marks."""
    return Path(text.strip().strip("'\""))

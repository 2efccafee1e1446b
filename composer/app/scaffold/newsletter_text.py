"""newsletter.yaml of a new newsletter, and the file of each further language.

Input: the answers. Output: YAML. Guarantees: pure; the files are valid, and contain nothing that was not answered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from composer.app.scaffold.newsletter_setup import NewsletterSetup
from composer.app.text_editors.schema_files import LANGUAGE, SETTINGS, schema_line

_TEXT_COLUMN = 30
#: What is not asked. Whoever sets up sending needs it; nothing of it is needed to write and to test.
_LATER = (
    "# Before you send to subscribers (remove the # and the space after it):",
    "# masthead:                   # the editorial team, at the end of every issue",
    "#   - heading: Editors",
    "#     people:",
    "#       - name: …",
    "# imprint:                    # the publisher; some countries require it in every message",
    "#   name: …",
    "# delivery:                   # how to set up sending:   compose help set-up-sending",
    "#   public_url: https://…     # the public pages: unsubscribe, preferences, online editions",
)


def newsletter_text(setup: NewsletterSetup, descriptions: Mapping[str, str], logo: str | None) -> str:
    """Return newsletter.yaml. `descriptions` says what each section type is for; `logo` is the path of the picture."""
    editor = setup.editor or setup.sender
    lines = [
        schema_line(SETTINGS),
        "# The settings of the newsletter, for every issue. Do not put passwords in this file.",
        "# All settings:   compose help newsletter-format",
        "",
        f"name: {quoted(setup.name)}",
        *_language(setup.language),
        _said(f"timezone: {setup.timezone}", "the date of an issue starts at midnight here"),
        "",
        *_brand(setup, logo),
        "",
        "sender:",
        f"  from: {quoted(_mailbox(setup.sender.name, setup.sender.address))}",
        f"  postal_address: {quoted(setup.postal_address)}",
        "  # The page that explains how you use the addresses of your subscribers:",
        "  # privacy_url: https://…",
        "",
        *_LATER,
        "",
        "# The people who receive test messages from   compose test",
        "editors:",
        f"  - {quoted(editor.address)}",
        "",
        "# The sections of an issue, in order. Editors use the same keys in an issue.",
        "# All section types:   compose sections",
        "sections:",
    ]
    for key, choice in setup.keyed_sections():
        heading = choice.headings.get(setup.language, "")
        shown = f"    heading: {quoted(heading)}" if heading else _said('    heading: ""', "optional", 4)
        lines += [f"  {key}:", _said(f"    type: {choice.type}", _first(descriptions[choice.type]), 4), shown]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSection:
    """A section in the file of a further language: the heading there, and the texts of the newsletter to translate."""

    key: str
    heading: str = ""
    original: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Yield its lines; only the heading counts, until somebody removes the # before the others."""
        has_heading = bool(self.original or self.heading)
        sign = "" if has_heading else "# "
        if has_heading or self.labels:
            yield f"  {sign}{self.key}:"
        if has_heading:
            yield _said(f"    heading: {quoted(self.heading)}", self.original, 4)
        if self.labels:
            yield "    # labels:"
            yield from (f"    #   {name}: {quoted(text)}" for name, text in self.labels.items())


def language_text(setup: NewsletterSetup, language: str) -> str:
    """Return the file of a further language: its name and its headings; those that are not known are empty."""
    sections = (
        OtherSection(key=key, heading=each.headings.get(language, ""), original=each.headings.get(setup.language, ""))
        for key, each in setup.keyed_sections()
    )
    name = setup.names.get(language, setup.name)
    own_name = setup.sender.name == setup.name and name != setup.name
    sender = _mailbox(name, setup.sender.address) if own_name else ""
    return overlay_text(language, name, sections, sender=sender)


def overlay_text(
    language: str,
    name: str,
    sections: Iterable[OtherSection],
    *,
    sender: str = "",
    masthead: Iterable[str] = (),
    offers: Mapping[str, str] | None = None,
) -> str:
    """Return the file of a language. `sender` is the sender with the name in this language, `masthead` its lines.

    The masthead and the labels are written as comments: until somebody translates them, those of newsletter.yaml apply.
    """
    lines = [
        schema_line(LANGUAGE),
        f"# What differs in this language ({language}); everything else comes from newsletter.yaml.",
        f"language: {language}",
        f"name: {quoted(name)}",
        *(["sender:", f"  from: {quoted(sender)}"] if sender else []),
    ]
    written = [line for section in sections for line in section.lines()]
    lines += ["sections:", *written] if written else []
    team = [f"# {line}" for line in masthead]
    lines += ["# masthead:", *team] if team else []
    if offers:
        lines += ["# offers:", *(f"#   {tag}: {quoted(label)}" for tag, label in offers.items())]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text in quotation marks: in apostrophes if it contains quotation marks itself."""
    if '"' in text and "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _language(tag: str) -> Iterator[str]:
    yield _said(f"language: {tag}", "the language of files without a language in their name")
    if tag == "en":
        yield "                              # en writes January 30, 2025; en-GB writes 30 January 2025, and reads 3/4 as 3 April"


def _brand(setup: NewsletterSetup, logo: str | None) -> Iterator[str]:
    yield "brand:"
    if logo is not None:
        yield "  logo:"
        yield f"    light: {logo}"
        yield "    # For dark mode; without it, the logo is shown on a light background:"
        yield "    # dark: assets/logo-dark.png"
        yield _said(f"    alt: {quoted(setup.name)}", "read aloud, and shown without pictures", 4)
    yield _said(f'  accent: "{setup.color}"', "the main color", 2)


def _said(line: str, comment: str, indent: int = 0) -> str:
    """Return a line with a comment after it."""
    # YAML needs a space before a comment.
    return f"{f'{line}  '.ljust(_TEXT_COLUMN + indent)}# {comment}" if comment else line


def _first(description: str) -> str:
    return description.split(": ")[0].rstrip(".") if len(description) > 80 else description.rstrip(".")


def _mailbox(name: str, address: str) -> str:
    """Return `Name <address>`; a name with special characters in quotation marks (RFC 5322)."""
    plain = all(letter.isalnum() or letter in " -_'’&!?" or ord(letter) > 127 for letter in name)
    shown = name if plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{shown} <{address}>"

"""Begins a language that the newsletter does not have yet: the files with what differs in it, ready to be translated.

Input: a newsletter and a language. Output: the files that were written. Guarantees: never overwrites a file; phrases that are
left empty are English, and `compose check` names them.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from composer.app.scaffold.newsletter_text import OtherSection, overlay_text, quoted
from composer.content.document.language_overlay import overlay_name
from composer.content.document.newsletter import Newsletter
from composer.content.document.phrase_files import FALLBACK, PhraseGroup, phrase_languages, phrase_paths
from composer.content.document.sections import SectionSpec
from composer.content.values.field_values import Group, group_in, groups_in, text_in
from composer.core.language_tags import nearest_language
from composer.core.workspace import TEMPLATES, Workspace
from composer.web.public.site.translations import own_name

_PHRASE = re.compile(r'(?P<name>[a-z_]+): "(?P<text>.*)"')
#: Punctuation is the same in most languages: it is not left empty.
_PUNCTUATION = ("colon", "comma", "dot", "brackets", "by", "who_and")


def begin_language(workspace: Workspace, newsletter: Newsletter, language: str) -> tuple[Path, ...]:
    """Write the newsletter's file for a language, and a file of each group of phrases that does not have the language."""
    texts = {workspace.root / overlay_name(language): _overlay(newsletter, language)}
    files = newsletter.theme
    groups = [PhraseGroup.EDITION] + ([PhraseGroup.PAGES] if newsletter.delivery.public_url else [])
    for group in groups:
        if nearest_language(language, phrase_languages(files, group)) is None:
            path = workspace.root / TEMPLATES / files.name / group / f"{language}.yaml"
            texts[path] = _phrases(phrase_paths(files, group, FALLBACK)[0], group, language)
    made = [path for path in texts if not path.exists()]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], encoding="utf-8", newline="\n")
    return tuple(made)


def _overlay(newsletter: Newsletter, language: str) -> str:
    sections = (OtherSection(key=spec.key, original=spec.heading, labels=_labels(spec)) for spec in newsletter.sections)
    team = (line for group in newsletter.masthead for line in _team(group))
    return overlay_text(language, newsletter.name, sections, masthead=team, offers=newsletter.offers)


def _team(group: Group) -> Iterator[str]:
    """Yield the lines of a group of the masthead."""
    heading = text_in(group, "heading")
    people = [(text_in(person, "name"), text_in(person, "title")) for person in groups_in(group, "people")]
    yield f"  - heading: {quoted(heading)}" if heading else "  - people:"
    if heading:
        yield "    people:"
    for name, title in people:
        yield f"      - name: {quoted(name or '')}"
        if title:
            yield f"        title: {quoted(title)}"


def _labels(spec: SectionSpec) -> dict[str, str]:
    labels = group_in(spec.options, "labels") if "labels" in iter(spec.options) else Group({})
    return {name: text for name in labels if (text := text_in(labels, name))}


def _phrases(english: Path, group: PhraseGroup, language: str) -> str:
    return "\n".join(_lines(english.read_text(encoding="utf-8").splitlines(), group, language)) + "\n"


def _lines(english: list[str], group: PhraseGroup, language: str) -> Iterator[str]:
    what = "the public pages and of the mails they send" if group is PhraseGroup.PAGES else "the theme"
    yield f"# The texts of {what} in “{language}”. Each comment holds an English text; write the translation below it."
    yield "# When somebody who speaks the language well has read all of them, write   reviewed: true"
    yield "reviewed: false"
    begun = False
    for line in english:
        found = _PHRASE.fullmatch(line)
        begun = begun or found is not None
        if found is None:
            if begun and line.startswith("#"):
                yield f"\n{line}"
            continue
        name, text = found["name"], found["text"]
        if name in _PUNCTUATION:
            yield line
        elif name == "language_name":
            yield f'{name}: "{own_name(language)}"'
        else:
            yield f'# {text}\n{name}: ""'

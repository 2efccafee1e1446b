"""The names under which a newsletter's sections, fields and settings appear in a draft, in the language of the newsletter.

Input: a newsletter and the theme's phrases. Output: a `Vocabulary`. Guarantees: pure; labels in newsletter.yaml come first,
then phrases of the theme, then the titles of fields.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from composer.content.document.newsletter import Newsletter
from composer.content.document.phrase_files import Phrases
from composer.content.document.sections import SectionSpec
from composer.content.schema.schema import SchemaField
from composer.content.values.field_values import Group, group_in, groups_in, text_in, value_in
from composer.drafts.mapping.names.heading_match import normal_heading

#: Words for fields in drafts, besides the labels of the newsletter and the titles of fields.
_FIELD_WORDS = {
    "outlet": (
        "source",
        "quelle",
        "fuente",
        "fonte",
        "bron",
        "published in",
        "published by",
        "appeared in",
        "erschienen in",
        "veröffentlicht in",
        "publié dans",
        "paru dans",
        "publicado en",
        "pubblicato in",
        "gepubliceerd in",
    ),
    "value": ("number", "figure", "zahl", "wert", "chiffre", "valeur", "cifra", "número", "valor", "numero", "cijfer"),
    "date": ("date", "datum", "fecha", "data"),
    "place": ("place", "location", "venue", "where", "ort", "lieu", "lugar", "luogo", "plaats"),
    "time": ("time", "when", "zeit", "uhrzeit", "wann", "heure", "hora", "ora", "tijd"),
    "caption": ("caption", "bildunterschrift", "légende", "leyenda", "didascalia"),
    "credit": ("credit", "photo", "foto", "bild", "image", "crédit", "picture"),
    "length": ("length", "duration", "länge", "dauer", "durée", "duración"),
    "url": ("link", "url", "web"),
    "subject": ("subject", "subject line", "betreff", "betreffzeile", "objet", "asunto", "oggetto", "onderwerp"),
    "preheader": ("preheader", "preview text", "preview", "vorschau", "vorschautext", "aperçu"),
    "note": ("note", "greeting", "hinweis", "notiz"),
    "number": ("number", "issue number", "issue", "ausgabe", "nummer", "numéro", "número", "numero"),
}
_CONTENTS = (
    "contents", "table of contents", "in this issue", "inhalt", "inhaltsverzeichnis", "in dieser ausgabe", "sommaire",
    "table des matières", "dans ce numéro", "contenido", "índice", "en este número", "indice", "sommario", "inhoud",
    "in dit nummer", "目录", "本期内容", "目次",
)  # fmt: skip
_CONTACT = (
    "tel", "telephone", "phone", "fax", "mail", "email", "e mail", "web", "website", "internet", "telefon", "téléphone",
    "courriel", "teléfono", "telefono", "contact", "kontakt", "address", "adresse",
)  # fmt: skip


#: Names of the masthead, and roles that begin one, in any language.
_TEAM = (
    "editorial team", "the team", "team", "masthead", "editorial staff", "redaktion", "redaktionsteam", "rédaction",
    "équipe de rédaction", "équipe éditoriale", "l’équipe", "redacción", "equipo editorial", "redazione", "redactie",
    "redação", "redakcja",
)  # fmt: skip
_ROLES = ("editors", "editor", "edited by", "redakteure", "rédacteurs", "rédactrices", "redactores", "redattori")


@dataclass(frozen=True, slots=True)
class FieldName:
    """A name of a field; `is_loose` if similar words mean it, too."""

    key: str
    name: str
    is_loose: bool


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person of the masthead."""

    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names of everything that a draft may mention."""

    language: str
    newsletter: str
    #: Words that do not distinguish headings, because the newsletter's own name has them.
    common: frozenset[str]
    #: Keys of sections with their names.
    sections: tuple[tuple[str, str], ...]
    #: Titles of section types, which mean a section only if a heading has exactly these words.
    types: tuple[tuple[str, str], ...]
    #: Labels within sections, which are not headings of sections.
    labels: frozenset[str]
    frame: tuple[FieldName, ...]
    contents: frozenset[str]
    #: `Issue %s` and other ways to write the number.
    issue_words: tuple[str, ...]
    #: Names of the masthead and the imprint, roles of people, people, and other texts of the imprint.
    team: tuple[str, ...]
    roles: tuple[str, ...]
    publisher: tuple[str, ...]
    people: tuple[KnownPerson, ...]
    imprint: tuple[str, ...]
    contact: tuple[str, ...]
    byline: str
    phrases: Mapping[str, str]
    #: The names of the newsletter in the languages that it has.
    titles: tuple[str, ...]


def vocabulary_of(newsletter: Newsletter, phrases: Phrases) -> Vocabulary:
    """Return the names that a newsletter uses in its language."""
    imprint = newsletter.imprint
    masthead = newsletter.masthead
    people = tuple(
        KnownPerson(text_in(person, "name") or "", str(value_in(person, "title") or ""))
        for group in masthead
        for person in groups_in(group, "people")
    )
    headings = tuple(heading for group in masthead if (heading := text_in(group, "heading")))
    return Vocabulary(
        language=newsletter.language,
        newsletter=newsletter.name,
        common=frozenset(normal_heading(newsletter.name).split()),
        sections=tuple(_section_names(newsletter.sections)),
        types=tuple(_type_names(newsletter.sections)),
        labels=frozenset(_labels(newsletter.sections, phrases)),
        frame=tuple(_words("subject", "preheader", "note", "date", "number")),
        contents=frozenset(normal_heading(name) for name in (*_CONTENTS, phrases["contents"])),
        issue_words=(phrases["issue_number"].replace("%s", "").strip(), "issue", "no", "nr", "ausgabe", "numéro", "n"),
        team=(phrases["team"], *_TEAM),
        roles=(*headings, *_ROLES),
        publisher=tuple(
            filter(None, ((text_in(imprint, "heading") if imprint else ""), "publisher", "imprint", "impressum"))
        ),
        people=people,
        imprint=_imprint_texts(imprint, newsletter),
        contact=(*_CONTACT, phrases["phone"], phrases["email"], phrases["website"], phrases["responsible"]),
        byline=phrases["byline"],
        phrases=phrases,
        titles=(newsletter.name,),
    )


def field_names(spec: SectionSpec, fields: Mapping[str, SchemaField], vocabulary: Vocabulary) -> tuple[FieldName, ...]:
    """Return the names of the fields of a section or of its items."""
    labels = group_in(spec.options, "labels") if "labels" in iter(spec.options) else Group({})
    known = spec.type.options.properties.get("labels", SchemaField()).properties
    found: list[FieldName] = []
    for key, field in fields.items():
        if key in known:
            found += [FieldName(key, label, True) for label in (text_in(labels, key),) if label]
            found += [FieldName(key, phrase, True) for phrase in (vocabulary.phrases.get(key),) if phrase]
        if field.format == "sources":
            # Over one source, people write the singular.
            found.append(FieldName(key, vocabulary.phrases["source"], key in known))
        found += [FieldName(key, name, key in known) for name in (field.title, key.replace("_", " ")) if name]
        found += _words(key)
    return tuple(dict.fromkeys(found))


def _words(*keys: str) -> list[FieldName]:
    return [FieldName(key, name, False) for key in keys for name in _FIELD_WORDS.get(key, ())]


def _section_names(specs: tuple[SectionSpec, ...]) -> Iterator[tuple[str, str]]:
    for spec in specs:
        for name in dict.fromkeys((spec.heading, spec.key.replace("_", " "))):
            if name:
                yield spec.key, name


def _type_names(specs: tuple[SectionSpec, ...]) -> Iterator[tuple[str, str]]:
    """Yield the titles of types that only one section has."""
    types = [spec.type.name for spec in specs]
    return ((spec.key, spec.type.title) for spec in specs if types.count(spec.type.name) == 1)


def _labels(specs: tuple[SectionSpec, ...], phrases: Phrases) -> Iterator[str]:
    """Yield the labels of all sections, as headings are compared."""
    for spec in specs:
        known = spec.type.options.properties.get("labels", SchemaField()).properties
        labels = group_in(spec.options, "labels") if "labels" in iter(spec.options) else Group({})
        for key in known:
            for label in (text_in(labels, key) if key in iter(labels) else None, phrases.get(key)):
                if label:
                    yield normal_heading(label)


def _imprint_texts(imprint: Group | None, newsletter: Newsletter) -> tuple[str, ...]:
    found: list[str] = []
    for name in imprint or ():
        assert imprint is not None
        value = imprint[name]
        found += (
            [str(each) for each in value] if isinstance(value, tuple) else [str(value)] if value is not None else []
        )
    found += [newsletter.postal_address or "", newsletter.name]
    return tuple(sorted(filter(None, found), key=len, reverse=True))

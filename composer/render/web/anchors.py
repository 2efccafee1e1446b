"""The places of an issue that links lead to: its sections and items.

Input: the sections of an issue. Output: an anchor for each item, from the words of its title. Guarantees: anchors are
unique and depend only on the keys and titles, so that they stay the same when items move; none has a capital letter, so that
templates can use names with capitals.
"""

import re
import unicodedata
from collections.abc import Sequence

from composer.content.document.issue import Section
from composer.content.values.merge_fields import MergeField
from composer.render.template_values import title_of

#: The longest name made from a title, in characters; it ends with a whole word, if the title has spaces.
_LONGEST = 60


def item_anchors(sections: Sequence[Section], fields: Sequence[MergeField]) -> tuple[tuple[str, ...], ...]:
    """Return the anchors of the items of each section: `topics-a-cheap-model`; merge fields have their defaults."""
    taken = {section.spec.anchor for section in sections}
    found = []
    for section in sections:
        own: list[str] = []
        for item in section.items:
            title = title_of(item) or ""
            for field in fields:
                title = title.replace(field.token, field.stand_in)
            own.append(_unique(f"{section.spec.anchor}-{slug(title)}".rstrip("-"), taken))
        found.append(tuple(own))
    return tuple(found)


def _unique(name: str, taken: set[str]) -> str:
    """Return the name, or the name with the first number that is free; remember it."""
    anchor, number = name, 1
    while anchor in taken:
        number += 1
        anchor = f"{name}-{number}"
    taken.add(anchor)
    return anchor


def slug(title: str) -> str:
    """Return the letters and digits of a title in lower case, with `-` between words. Letters of all scripts are kept."""
    plain = unicodedata.normalize("NFKC", title).lower()
    # Apostrophes are within words; marks (accents, vowel signs) belong to their letters.
    plain = re.sub("['’ʼ]", "", plain)
    words = "".join(letter if _is_kept(letter) else "-" for letter in unicodedata.normalize("NFC", plain))
    name = re.sub("-+", "-", words).strip("-")
    if len(name) <= _LONGEST:
        return name
    cut = name[:_LONGEST]
    return cut.rpartition("-")[0] if "-" in cut[_LONGEST // 2 :] and name[_LONGEST] != "-" else cut.strip("-")


def _is_kept(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter).startswith("M")

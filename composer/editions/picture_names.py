"""Names the picture files of an edition.

Input: the pictures of an issue, and which of them an edition shows. Output: a file name for each picture shown. Guarantees: the
name of a picture does not depend on which others are shown; no two names differ only in capitals.
"""

import hashlib
from collections.abc import Collection, Sequence

from composer.content.values.field_values import Picture


def named_pictures(
    pictures: Sequence[Picture], shown: Collection[Picture], *, is_linked: bool
) -> tuple[tuple[str, Picture], ...]:
    """Return each shown picture with a unique file name; on the web, the name changes with its content."""
    # Two files with the same bytes are one picture, with the name of the first.
    different: dict[str, Picture] = {}
    for picture in pictures:
        different.setdefault(picture.src, picture)
    named: dict[str, Picture] = {}
    for picture in different.values():
        stem, dot, ending = picture.name.rpartition(".")
        if is_linked:
            stem = f"{stem or picture.name}-{hashlib.sha256(picture.data).hexdigest()[:10]}"
        name, number = f"{stem}{dot}{ending}" if dot else stem or picture.name, 1
        while name.casefold() in (taken.casefold() for taken in named):
            number += 1
            name = f"{stem}-{number}{dot}{ending}" if dot else f"{picture.name}-{number}"
        named[name] = picture
    return tuple((name, picture) for name, picture in named.items() if picture in shown)

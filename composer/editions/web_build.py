"""From an issue to its web edition with the addresses of its pictures: for the archive, its feeds and the PDF.

Input: a newsletter and an issue, as `read_issue` returns them. Output: a `BuiltWeb`. Guarantees: writes nothing.
"""

from dataclasses import dataclass
from urllib.parse import quote

from composer.content.document.issue import Issue
from composer.content.document.newsletter import Newsletter
from composer.content.values.field_values import Picture
from composer.editions.picture_names import named_pictures
from composer.mail.merge_slots import fill_html
from composer.render.web.web_edition import WebEdition, render_web


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltWeb:
    """A web edition, and the files that its pictures are."""

    edition: WebEdition
    #: File names and pictures. A name changes when the picture changes, so that the files can be cached without a time limit.
    pictures: tuple[tuple[str, Picture], ...]


def build_web(
    newsletter: Newsletter, issue: Issue, pictures: str = "pictures/", *, has_places: bool = False
) -> BuiltWeb:
    """Render the public form of an issue; `pictures` is the address of the folder of its pictures, with a slash at its end.

    With `has_places`, the elements of the editors' texts have their places in `data-at`.
    Raises ContentError for mistakes in the theme, PlaceError for a merge field where no value is safe.
    """
    edition = render_web(issue, newsletter, fill_html, has_places=has_places)
    named = named_pictures(issue.pictures, edition.pictures, is_linked=True)
    addresses = {picture.src: f"{pictures}{quote(name)}" for name, picture in named}
    return BuiltWeb(edition=edition.with_pictures(addresses), pictures=named)

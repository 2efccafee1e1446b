"""The web edition and the printed one, as documents for the preview's frames.

Input: a `PublicEdition`, which is made when a page first shows it. Output: an HTML document for `web-light`, `web-dark` or
`print`. Guarantees: it is the public form of the issue, for no subscriber; no script runs in it, and no link leaves it. The
printed edition is shown on one long sheet: page breaks, page numbers and running heads are only in the PDF.
"""

from collections.abc import Iterator
from html import escape

from composer.web.preview.view_model import PublicEdition
from composer.web.preview.views import ColourScheme, settled

#: The names of the documents.
WEB_FRAMES = (*(f"web-{scheme}" for scheme in ColourScheme), "print")
_BASE = '<base target="_blank">'
#: The margins of the sheet, which the style sheet sets for pages only.
_SHEET = "body { padding: 25mm }"


def web_document(edition: PublicEdition, name: str, csp: str = "") -> str:
    """Return the document of a frame. `csp` is a policy to write into it, for exported pages without a server."""
    is_print = name == "print"
    scheme = ColourScheme.DARK if name == "web-dark" else ColourScheme.LIGHT
    meta = f'<meta http-equiv="Content-Security-Policy" content="{csp}">' if csp else ""
    styles = f"{edition.print_css}\n{_SHEET}" if is_print else edition.screen_css
    publication = f'<p class="publication">{escape(edition.newsletter)}</p>' if is_print else ""
    body = publication + edition.body if edition.body else f"<p>{escape(edition.error)}</p>"
    page = (
        f'<!DOCTYPE html><html lang="{escape(edition.language)}" dir="{edition.direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><style>{styles}</style></head><body>{body}</body></html>'
    )
    page = settled(page, scheme, edition.pictures)
    # The page has no other <head>, because `settled` changes no text.
    return page.replace("<head>", f"<head>{meta}{_BASE}<style>:root{{color-scheme:{scheme}}}</style>", 1)


def web_documents(edition: PublicEdition, csp: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the document of each frame, for exported pages."""
    for name in WEB_FRAMES:
        yield name, web_document(edition, name, csp)

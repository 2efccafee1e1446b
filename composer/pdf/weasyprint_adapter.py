"""Calls WeasyPrint, in one function.

Input: a `PrintJob`. Output: a tagged PDF (PDF/UA-1), and the characters that no font has. Guarantees:
reads no file and no address, only the pictures of the job; the same job gives the same bytes on one computer.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weasyprint import CSS, HTML
from weasyprint.text.ffi import harfbuzz_subset
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from composer.pdf.print_job import PrintJob
from composer.pdf.structure_tags import corrected_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Addresses in the page are relative to an address that leads nowhere.
_BASE = "https://issue.invalid/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedDocument:
    """A PDF that was not read back."""

    data: bytes
    #: The characters that no font on this computer has.
    missing: frozenset[str]
    is_subsetting_slow: bool


class _PictureFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Hands out the pictures of a job; every other address is refused."""

    def __init__(self, pictures: "Mapping[str, bytes]") -> None:
        super().__init__(allowed_protocols=())
        self._pictures = pictures

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        data = self._pictures.get(url.removeprefix(_BASE))
        if data is None:
            # WeasyPrint goes on without it.
            raise ValueError(url)
        return URLFetcherResponse(url, data)


def print_document(job: PrintJob) -> PrintedDocument:
    """Print a page."""
    # WeasyPrint reports each property and each picture that it does not take. Faults are found in the PDF itself.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL + 1)
    fetcher, fonts = _PictureFetcher(job.pictures), FontConfiguration()
    page = HTML(string=job.printed_html, base_url=_BASE, url_fetcher=fetcher)
    styles = CSS(string=job.styles, base_url=_BASE, url_fetcher=fetcher, font_config=fonts)
    document = page.render(font_config=fonts, stylesheets=[styles])
    metadata = document.metadata
    metadata.title, metadata.authors, metadata.generator = job.title, [job.author], "compose"
    metadata.created = metadata.modified = job.date.isoformat()
    with corrected_tags(page.etree_element) as finisher:
        data = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=job.digest.encode(), finisher=finisher)
    missing = {chr(number) for font in document.fonts.values() for number in font.missing}
    return PrintedDocument(data=data, missing=frozenset(missing), is_subsetting_slow=harfbuzz_subset is None)
